//! A connection, plain or not, that frames go over.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::error::Ended;
use crate::frame::{self, Decoder, Frame, Kind};

/// What bytes go over.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// A connection.
pub(crate) type Stream = Box<dyn Duplex>;

/// Reads more bytes.
pub(crate) async fn read_more(
    stream: &mut (impl AsyncRead + Unpin),
    decoder: &mut Decoder,
) -> Result<(), Ended> {
    match stream.read_buf(decoder.room()).await? {
        0 => Err(Ended::Closed),
        _ => Ok(()),
    }
}

/// Reads one frame, and what it says.
pub(crate) async fn read_one<T>(
    stream: &mut (impl AsyncRead + Unpin),
    decoder: &mut Decoder,
    read: impl Fn(Frame<'_>) -> Result<T, Ended>,
) -> Result<T, Ended> {
    loop {
        if let Some(frame) = decoder.frame()? {
            return read(frame);
        }
        read_more(stream, decoder).await?;
    }
}

/// Writes one short frame, which the other end has to take in time.
pub(crate) async fn write_one(
    stream: &mut (impl AsyncWrite + Unpin),
    kind: Kind,
    payload: &[u8],
    most: Duration,
) -> Result<(), Ended> {
    let mut bytes = Vec::with_capacity(frame::HEAD_BYTES + payload.len());
    frame::put(&mut bytes, kind, &[payload]);
    let written = async {
        stream.write_all(&bytes).await?;
        stream.flush().await
    };
    match timeout(most, written).await {
        Ok(written) => Ok(written?),
        Err(_) => Err(Ended::Silent(most)),
    }
}
