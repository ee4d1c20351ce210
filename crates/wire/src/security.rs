//! How the ends of a connection know each other.

use std::net::SocketAddr;

use tokio::net::TcpStream;

use crate::error::{Ended, Error};
use crate::stream::Stream;

/// How the ends of a connection know each other.
#[derive(Clone, Debug)]
pub enum Security {
    /// They do not. Only loopback addresses are allowed.
    Plain,
}

impl Security {
    /// Whether an address is allowed.
    pub(crate) fn allows(&self, address: SocketAddr) -> Result<(), Error> {
        match self {
            Self::Plain if !address.ip().to_canonical().is_loopback() => {
                Err(Error::Plain { address })
            }
            _ => Ok(()),
        }
    }

    /// Makes a connection that was dialled one to this peer.
    pub(crate) async fn dialled(&self, tcp: TcpStream, _to: u16) -> Result<Stream, Ended> {
        match self {
            Self::Plain => Ok(Box::new(tcp)),
        }
    }

    /// Makes a connection of one that was accepted.
    pub(crate) async fn accepted(&self, tcp: TcpStream) -> Result<Stream, Ended> {
        match self {
            Self::Plain => Ok(Box::new(tcp)),
        }
    }
}
