//! What can go wrong.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use std::{error, fmt, io};

use crate::frame::Malformed;
use crate::hello::Refusal;

/// Why links cannot be made, or do not take a message.
#[derive(Debug)]
pub enum Error {
    /// So much waits for the peer that no more is taken: it is away, or slower than this process.
    Full {
        /// The peer.
        to: u16,
        /// How many messages wait for it.
        messages: usize,
        /// How many bytes.
        bytes: usize,
    },
    /// A message is longer than any may be.
    TooLong {
        /// How many bytes it has.
        bytes: usize,
        /// How many it may have.
        most: usize,
    },
    /// There is no such peer.
    NoPeer {
        /// Its number.
        to: u16,
        /// How many processes there are.
        n: usize,
    },
    /// The settings do not fit together.
    Settings(&'static str),
    /// An address that is not loopback, without certificates.
    Plain {
        /// The address.
        address: SocketAddr,
    },
    /// There is no tokio runtime around.
    NoRuntime,
    /// The listener cannot be used.
    Listener(io::Error),
    /// The system has no random numbers.
    Random(getrandom::Error),
    /// A file of certificates cannot be written or read.
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// A certificate or a key is of no use.
    Certificate {
        /// The file, or the folder.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { to, messages, bytes } => write!(
                f,
                "{messages} messages of {bytes} bytes wait for p{to}, and no more are taken: send \
                 slower, or wait until it is back"
            ),
            Self::TooLong { bytes, most } => {
                write!(f, "a message of {bytes} bytes is too long: at most {most} are allowed")
            }
            Self::NoPeer { to, n } => write!(
                f,
                "there is no link to p{to}: links go to the other processes of a group of {n}"
            ),
            Self::Settings(what) => f.write_str(what),
            Self::Plain { address } => write!(
                f,
                "{address} is not a loopback address, and without certificates nothing else is \
                 allowed: make certificates, or use 127.0.0.1"
            ),
            Self::NoRuntime => f.write_str("links need a tokio runtime: start them inside one"),
            Self::Listener(source) => write!(f, "the listener cannot be used: {source}"),
            Self::Random(source) => write!(f, "the system gave no random number: {source}"),
            Self::File { doing, file, source } => {
                write!(f, "cannot {doing} {}: {source}", file.display())
            }
            Self::Certificate { file, what } => write!(f, "{}: {what}", file.display()),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Listener(source) | Self::File { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Why a connection has ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The other end closed it.
    Closed,
    /// The system says so.
    Io(io::Error),
    /// The ends do not know each other by their certificates.
    Tls(io::Error),
    /// What came is malformed.
    Malformed(Malformed),
    /// The other end refuses this one.
    RefusedThere(Refusal),
    /// This end refuses the other.
    RefusedHere(Refusal),
    /// Nothing came for so long.
    Silent(Duration),
    /// It took longer than this to be known.
    Late(Duration),
    /// It made room for another one before it was known who speaks.
    CrowdedOut,
    /// A newer connection takes its place.
    Replaced,
    /// The other process began anew.
    Anew,
    /// An acknowledgement of what was never sent, or a step back.
    Acknowledged { through: u64, first: u64, most: u64 },
    /// Nobody takes what arrives.
    NoOwner,
    /// The address is none, or not one that is allowed.
    Address(String),
}

impl Ended {
    /// Whether what came was against the rules.
    pub(crate) fn is_malformed(&self) -> bool {
        matches!(self, Self::Malformed(_) | Self::Acknowledged { .. })
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the other end closed the connection"),
            Self::Io(error) => error.fmt(f),
            Self::Tls(error) => write!(
                f,
                "no TLS: {error}; give every process its own certificate, all of one authority"
            ),
            Self::Malformed(what) => what.fmt(f),
            Self::RefusedThere(why) => write!(f, "refused by the other end: {why}"),
            Self::RefusedHere(why) => write!(f, "refused: {why}"),
            Self::Silent(time) => write!(f, "nothing came for {time:?}"),
            Self::Late(time) => write!(f, "it was not known within {time:?} who speaks"),
            Self::CrowdedOut => f.write_str("too many connections did not say who speaks"),
            Self::Replaced => f.write_str("a newer connection takes its place"),
            Self::Anew => f.write_str("the other process began anew"),
            Self::Acknowledged { through, first, most } => write!(
                f,
                "message {through} was acknowledged where {} to {most} could be: are there two \
                 processes of one number?",
                first - 1
            ),
            Self::NoOwner => f.write_str("nobody takes what arrives"),
            Self::Address(what) => f.write_str(what),
        }
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Malformed> for Ended {
    fn from(what: Malformed) -> Self {
        Self::Malformed(what)
    }
}
