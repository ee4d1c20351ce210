//! Connections of clients that name a server by its whole URL.
//!
//! etcdctl 3.4 sends `:authority: http://127.0.0.1:2379` where it asks a single member by its URL,
//! as `endpoint status --cluster` does. A slash has no place in it (RFC 9113, 8.3.1; RFC 3986,
//! 3.2), and h2 takes no such request; etcd's library does not look. Nothing here asks for the
//! authority. So the beginning of a connection is read ahead up to its first request, and the
//! scheme replaced there by letters of the same lengths, plain and in Huffman's code (RFC 7541,
//! appendix B). Later requests refer to the first one's. Everything else passes as it is.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

/// What every client of HTTP/2 says first (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The head of a frame, and the longest that a client may send unasked (RFC 9113, 4.1 and 4.2).
const HEAD: usize = 9;
const FRAME_MAX: usize = 1 << 14;

/// The frame in which a request begins, and what may be before its fields (RFC 9113, 6.2).
const HEADERS: u8 = 1;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// The number of `:authority` (RFC 7541, appendix A).
const AUTHORITY: usize = 1;

/// A scheme, and what takes its place.
const SCHEME: &[u8; 7] = b"http://";
const HARMLESS: &[u8; 7] = b"httpj--";

/// The codes of `http`, and of what follows it in each: bits and their number.
const HTTP: [(u64, u32); 4] = [(0b10_0111, 6), (0b0_1001, 5), (0b0_1001, 5), (0b10_1011, 6)];
const SLASHES: [(u64, u32); 3] = [(0b101_1100, 7), (0b01_1000, 6), (0b01_1000, 6)];
const DASHES: [(u64, u32); 3] = [(0b111_0100, 7), (0b01_0110, 6), (0b01_0110, 6)];
const CODED_BITS: u32 = 41;
const CODED_BYTES: usize = 6;

fn coded(rest: &[(u64, u32); 3]) -> u64 {
    HTTP.iter().chain(rest).fold(0, |all, (code, bits)| all << bits | code)
}

/// A connection whose beginning is looked at.
pub(crate) struct Lenient<S> {
    stream: S,
    /// What was read, and is not given on yet.
    held: Vec<u8>,
    /// How much of it may be given on.
    released: usize,
    begun: bool,
    /// Nothing is looked at any more.
    passes: bool,
}

impl<S> Lenient<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, held: Vec::new(), released: 0, begun: false, passes: false }
    }

    /// Looks at what is held, and releases what is whole.
    fn look(&mut self) {
        if !self.begun {
            let length = self.held.len().min(PREFACE.len());
            self.begun = self.held.starts_with(PREFACE);
            self.passes = self.held[..length] != PREFACE[..length];
            self.released = if self.begun { PREFACE.len() } else { 0 };
        }
        while self.begun && !self.passes {
            let rest = &mut self.held[self.released..];
            let Some(head) = rest.first_chunk::<HEAD>() else { return };
            let (kind, flags) = (head[3], head[4]);
            let length =
                usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            // Whoever sends more is refused, and not here.
            self.passes = length > FRAME_MAX || kind == HEADERS && rest.len() >= HEAD + length;
            if self.passes && length <= FRAME_MAX {
                mend(flags, &mut rest[HEAD..HEAD + length]);
            }
            if rest.len() < HEAD + length {
                break;
            }
            self.released += HEAD + length;
        }
        if self.passes {
            self.released = self.held.len();
        }
    }
}

/// Replaces a scheme in the authority of a request, if there is one.
fn mend(flags: u8, frame: &mut [u8]) -> Option<()> {
    let padding = usize::from(flags & PADDED != 0);
    let priority = if flags & PRIORITY != 0 { 5 } else { 0 };
    let fields = frame.get_mut(padding + priority..)?;
    let mut at = 0;
    loop {
        let (bits, has_value) = match fields.get(at)? {
            0x80.. => (7, false),
            0x40.. => (6, true),
            0x20.. => (5, false),
            _ => (4, true),
        };
        let name = number(fields, &mut at, bits)?;
        if !has_value {
            continue;
        }
        if name == 0 {
            let length = number(fields, &mut at, 7)?;
            at = at.checked_add(length)?;
        }
        let is_coded = fields.get(at)? & 0x80 != 0;
        let length = number(fields, &mut at, 7)?;
        let end = at.checked_add(length)?;
        let value = fields.get_mut(at..end)?;
        if name == AUTHORITY {
            return if is_coded { mend_coded(value) } else { mend_plain(value) };
        }
        at = end;
    }
}

/// A number whose first bits share a byte with something else (RFC 7541, 5.1).
fn number(fields: &[u8], at: &mut usize, bits: u32) -> Option<usize> {
    let most = (1 << bits) - 1;
    let mut number = usize::from(*fields.get(*at)?) & most;
    *at += 1;
    if number < most {
        return Some(number);
    }
    for shift in [0, 7, 14] {
        let byte = *fields.get(*at)?;
        *at += 1;
        number += usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn mend_plain(value: &mut [u8]) -> Option<()> {
    let scheme = value.first_chunk_mut().filter(|begin| **begin == *SCHEME)?;
    *scheme = *HARMLESS;
    Some(())
}

fn mend_coded(value: &mut [u8]) -> Option<()> {
    let begin = value.first_chunk_mut::<CODED_BYTES>()?;
    let bits = begin.iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
    let rest = 8 * CODED_BYTES as u32 - CODED_BITS;
    if bits >> rest != coded(&SLASHES) {
        return None;
    }
    let mended = bits ^ (coded(&SLASHES) ^ coded(&DASHES)) << rest;
    begin.copy_from_slice(&mended.to_be_bytes()[8 - CODED_BYTES..]);
    Some(())
}

impl<S: AsyncRead + Unpin> AsyncRead for Lenient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.released == 0 && !this.passes {
            let mut room = [0; 4096];
            let mut read = ReadBuf::new(&mut room);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut read))?;
            this.held.extend(read.filled());
            this.look();
            if read.filled().is_empty() {
                // The client says no more, so nothing becomes whole.
                (this.passes, this.released) = (true, this.held.len());
            }
        }
        if this.released == 0 {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        let given = this.released.min(buf.remaining());
        buf.put_slice(&this.held[..given]);
        this.held.drain(..given);
        this.released -= given;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lenient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: Connected> Connected for Lenient<S> {
    type ConnectInfo = S::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.stream.connect_info()
    }
}

#[cfg(test)]
#[path = "authority_tests.rs"]
mod tests;
