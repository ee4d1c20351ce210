//! Errors as gRPC has them: a code for the kind, and etcd's text.

use quorate_store::Error;
use tonic::{Code, Status};

use crate::replica::Unavailable;

/// What the store refuses.
pub(crate) fn error(error: Error) -> Status {
    let code = match error {
        Error::NoKey
        | Error::KeyNotFound
        | Error::ValueProvided
        | Error::LeaseProvided
        | Error::TooManyOperations
        | Error::DuplicateKey
        | Error::SortOption => Code::InvalidArgument,
        Error::LeaseNotFound => Code::NotFound,
        Error::Compacted | Error::Future => Code::OutOfRange,
    };
    Status::new(code, error.to_string())
}

/// What a replica cannot do.
pub(crate) fn unavailable(why: Unavailable) -> Status {
    let code = match why {
        Unavailable::NoLeader
        | Unavailable::LeaderChanged
        | Unavailable::TimedOut
        | Unavailable::LeaderFailed
        | Unavailable::ConnectionLost
        | Unavailable::Stopped => Code::Unavailable,
        Unavailable::TooManyRequests | Unavailable::NoSpace => Code::ResourceExhausted,
        Unavailable::Corrupt => Code::DataLoss,
    };
    Status::new(code, why.to_string())
}

pub(crate) fn too_large() -> Status {
    Status::invalid_argument("etcdserver: request is too large")
}

pub(crate) fn not_for_learners() -> Status {
    Status::failed_precondition("etcdserver: rpc not supported for learner")
}

/// What is in the interface, and is not answered here.
pub(crate) fn missing(what: &str) -> Status {
    Status::unimplemented(format!("{what} is not offered by this server"))
}
