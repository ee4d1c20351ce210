//! How the ends of a connection know each other.

use std::net::SocketAddr;

use rustls::client::verify_server_name;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::certs::{Identity, server_name};
use crate::error::{Ended, Error};
use crate::settings::Settings;
use crate::stream::Stream;

/// How the ends of a connection know each other.
#[derive(Clone, Debug)]
pub enum Security {
    /// They do not. Only loopback addresses are allowed.
    Plain,
    /// By certificates, and TLS 1.3: each end has to show that of the process that it says it is.
    Tls(Identity),
}

/// What the one that dialled has shown.
pub(crate) enum Shown {
    /// Nothing, and nothing is asked for.
    Nothing,
    /// A certificate of the group's authority, and that it has the key.
    Certificate(CertificateDer<'static>),
}

impl Security {
    /// Whether the settings are those of the certificates.
    pub(crate) fn check(&self, settings: &Settings) -> Result<(), Error> {
        match self {
            Self::Tls(own) if (own.me, own.cluster) != (settings.me, settings.cluster) => {
                Err(Error::Settings(
                    "the certificates are those of another process or of another cluster: load those of this one",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Whether an address is allowed.
    pub(crate) fn allows(&self, address: SocketAddr) -> Result<(), Error> {
        match self {
            Self::Plain if !address.ip().to_canonical().is_loopback() => {
                Err(Error::Plain { address })
            }
            _ => Ok(()),
        }
    }

    /// Makes a connection that was dialled one to this peer, and to nobody else.
    pub(crate) async fn dialled(&self, tcp: TcpStream, to: u16) -> Result<Stream, Ended> {
        match self {
            Self::Plain => Ok(Box::new(tcp)),
            Self::Tls(own) => {
                let name = server_name(own.cluster, to);
                let name = name.map_err(|error| Ended::Address(error.to_string()))?;
                let connected = TlsConnector::from(own.client.clone()).connect(name, tcp).await;
                Ok(Box::new(connected.map_err(Ended::Tls)?))
            }
        }
    }

    /// Makes a connection of one that was accepted.
    pub(crate) async fn accepted(&self, tcp: TcpStream) -> Result<(Stream, Shown), Ended> {
        match self {
            Self::Plain => Ok((Box::new(tcp), Shown::Nothing)),
            Self::Tls(own) => {
                let accepted = TlsAcceptor::from(own.server.clone()).accept(tcp).await;
                let stream = accepted.map_err(Ended::Tls)?;
                let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).cloned();
                let shown = shown.ok_or(Ended::Closed)?;
                Ok((Box::new(stream), Shown::Certificate(shown)))
            }
        }
    }
}

impl Shown {
    /// Whether it is that of this process.
    pub(crate) fn is_of(&self, cluster: u64, process: u16) -> bool {
        match self {
            Self::Nothing => true,
            Self::Certificate(certificate) => {
                let Ok(name) = server_name(cluster, process) else { return false };
                let parsed = ParsedCertificate::try_from(certificate);
                parsed.is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
            }
        }
    }
}
