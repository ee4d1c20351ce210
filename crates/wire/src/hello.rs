//! What two processes say first: who they are, and whether they belong together.
//!
//! The one that dials says `Hello`. The other answers `Welcome`, with its own incarnation, or
//! `Refused`, with what it has in place of what was said. After a welcome comes `Begin`, which only
//! a process that is still there can send: a hello may have waited for as long as the other was
//! stopped. Then `Through` says which messages have arrived, and messages may come.

use std::{error, fmt};

use crate::frame::{Frame, Kind, Malformed, VERSION};
use crate::settings::Delivery;

/// How many bytes of payload a frame has at most, before it is known who speaks.
pub const HELLO_MAX: usize = 64;

/// Who speaks, and to whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hello {
    /// The group.
    pub cluster: u64,
    /// What the group does: the protocol and its parameters.
    pub fingerprint: u64,
    /// A number that is another one each time the process begins.
    pub incarnation: u64,
    /// Who speaks.
    pub from: u16,
    /// Whom it wants to speak to.
    pub to: u16,
    /// What the links promise.
    pub delivery: Delivery,
}

/// Why a hello is refused. `here` is what the reader of the sentence has, and `there` what the
/// other end has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The formats have different versions.
    Version {
        /// The other end's.
        there: u8,
    },
    /// They are of different groups.
    Cluster {
        /// This end's.
        here: u64,
        /// The other end's.
        there: u64,
    },
    /// Another process is there than the one that was wanted.
    Process {
        /// Who is at the end that was dialled.
        found: u16,
        /// Who was wanted.
        wanted: u16,
    },
    /// The one that dialled says that it is a process that the group does not have.
    Unknown {
        /// Its number.
        from: u16,
    },
    /// They have different protocols or parameters.
    Fingerprint {
        /// This end's.
        here: u64,
        /// The other end's.
        there: u64,
    },
    /// One has lossy links, and the other reliable ones.
    Delivery {
        /// This end's.
        here: Delivery,
    },
    /// The certificate of the one that dialled is another process's.
    Certificate {
        /// Who it says it is.
        from: u16,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { there } => write!(
                f,
                "the other end speaks version {there} of the format and this one version \
                 {VERSION}: run the same program on both"
            ),
            Self::Cluster { here, there } => write!(
                f,
                "this process is of the cluster {here:016x} and the other of the cluster \
                 {there:016x}: one of the two has the wrong address"
            ),
            Self::Process { found, wanted } => write!(
                f,
                "p{wanted} was wanted, and p{found} is there: give every process the same list of \
                 addresses"
            ),
            Self::Unknown { from } => {
                write!(f, "the group has no other process p{from}: give each a number of its own")
            }
            Self::Fingerprint { here, there } => write!(
                f,
                "this process has the configuration {here:016x} and the other {there:016x}: give \
                 both the same protocol and the same parameters"
            ),
            Self::Delivery { here } => {
                write!(f, "this process has {here} links and the other has not: give both the same")
            }
            Self::Certificate { from } => {
                write!(f, "the certificate is not that of p{from}: give each process its own")
            }
        }
    }
}

impl error::Error for Refusal {}

impl Hello {
    /// The payload of its frame.
    pub fn payload(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(29);
        out.extend(self.cluster.to_le_bytes());
        out.extend(self.fingerprint.to_le_bytes());
        out.extend(self.incarnation.to_le_bytes());
        out.extend(self.from.to_le_bytes());
        out.extend(self.to.to_le_bytes());
        out.push(self.delivery.number());
        out
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the frame is another one, or says nonsense.
    pub fn read(frame: Frame<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::of(frame, Kind::Hello)?;
        let hello = Self {
            cluster: fields.number()?,
            fingerprint: fields.number()?,
            incarnation: fields.number()?,
            from: u16::from_le_bytes(fields.take()?),
            to: u16::from_le_bytes(fields.take()?),
            delivery: Delivery::of(u8::from_le_bytes(fields.take()?))
                .ok_or(Malformed::Nonsense { kind: Kind::Hello })?,
        };
        fields.end()?;
        Ok(hello)
    }

    /// Whether whoever says this is one of a group of `n`, and wants to speak to the process that
    /// would say `own`.
    ///
    /// # Errors
    /// Why not.
    pub fn fits(&self, own: &Self, n: u16) -> Result<(), Refusal> {
        if self.cluster != own.cluster {
            return Err(Refusal::Cluster { here: own.cluster, there: self.cluster });
        }
        if self.to != own.from {
            return Err(Refusal::Process { found: own.from, wanted: self.to });
        }
        if self.from >= n || self.from == own.from {
            return Err(Refusal::Unknown { from: self.from });
        }
        if self.fingerprint != own.fingerprint {
            return Err(Refusal::Fingerprint { here: own.fingerprint, there: self.fingerprint });
        }
        if self.delivery != own.delivery {
            return Err(Refusal::Delivery { here: own.delivery });
        }
        Ok(())
    }
}

impl Refusal {
    /// The payload of its frame: why, and what there is here.
    pub fn payload(&self) -> Vec<u8> {
        let (code, here) = match *self {
            Self::Version { .. } => (0, u64::from(VERSION)),
            Self::Cluster { here, .. } => (1, here),
            Self::Process { found, .. } => (2, u64::from(found)),
            Self::Unknown { from } => (3, u64::from(from)),
            Self::Fingerprint { here, .. } => (4, here),
            Self::Delivery { here } => (5, u64::from(here.number())),
            Self::Certificate { from } => (6, u64::from(from)),
        };
        let mut out = vec![code];
        out.extend(u64::to_le_bytes(here));
        out
    }

    /// Reads the answer to a hello.
    ///
    /// # Errors
    /// If the frame is another one, or says nonsense.
    pub fn read(frame: Frame<'_>, own: &Hello) -> Result<Self, Malformed> {
        let mut fields = Fields::of(frame, Kind::Refused)?;
        let code = u8::from_le_bytes(fields.take()?);
        let there = fields.number()?;
        fields.end()?;
        Ok(match code {
            0 => Self::Version { there: there as u8 },
            1 => Self::Cluster { here: own.cluster, there },
            2 => Self::Process { found: there as u16, wanted: own.to },
            3 => Self::Unknown { from: own.from },
            4 => Self::Fingerprint { here: own.fingerprint, there },
            5 => Self::Delivery { here: own.delivery },
            6 => Self::Certificate { from: own.from },
            _ => return Err(Malformed::Nonsense { kind: Kind::Refused }),
        })
    }
}

/// Reads the one number that a welcome or a through says.
///
/// # Errors
/// If the frame is another one, or says nonsense.
pub fn read_number(frame: Frame<'_>, kind: Kind) -> Result<u64, Malformed> {
    let mut fields = Fields::of(frame, kind)?;
    let number = fields.number()?;
    fields.end()?;
    Ok(number)
}

/// What is left of a payload.
struct Fields<'a> {
    kind: Kind,
    left: &'a [u8],
}

impl<'a> Fields<'a> {
    fn of(frame: Frame<'a>, due: Kind) -> Result<Self, Malformed> {
        let kind = frame.kind;
        if kind == due {
            Ok(Self { kind, left: frame.payload })
        } else {
            Err(Malformed::Turn { kind })
        }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (field, left) =
            self.left.split_first_chunk().ok_or(Malformed::Nonsense { kind: self.kind })?;
        self.left = left;
        Ok(*field)
    }

    fn number(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    fn end(&self) -> Result<(), Malformed> {
        if self.left.is_empty() { Ok(()) } else { Err(Malformed::Nonsense { kind: self.kind }) }
    }
}
