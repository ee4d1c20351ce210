//! The messages of the interface, its clients, and what a server of it has to be: made of the texts
//! in `proto/`, which say what a field is.
#![allow(missing_docs, unreachable_pub, clippy::all)]

/// What is asked and answered.
pub mod etcdserverpb {
    tonic::include_proto!("etcdserverpb");
}

/// What is stored.
pub mod mvccpb {
    tonic::include_proto!("mvccpb");
}

/// Whether a server is well.
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}
