//! What can go wrong.

use std::{error, fmt, io};

/// Why the log cannot be opened or written.
#[derive(Debug)]
pub enum Error {
    /// The disk refused something. A log that is open is not to be used any more.
    Disk {
        /// What was being done.
        doing: &'static str,
        /// The file.
        name: String,
        /// What the disk said.
        source: io::Error,
    },
    /// There is no room for the next segment. Nothing was written, and the log can be used on.
    Full {
        /// How many bytes it takes.
        bytes: u64,
        /// What the disk said.
        source: io::Error,
    },
    /// Something is there that no crash explains.
    Damaged {
        /// The file.
        name: String,
        /// The sector in it, from 0.
        sector: u64,
        /// What is wrong there.
        what: What,
    },
    /// Another process has the folder.
    Taken {
        /// The folder.
        folder: String,
    },
    /// A write or a sync failed before: what is on the disk is not known.
    Broken,
    /// A record is longer than a log can hold.
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
}

/// What is wrong with a sector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// Its checksum does not fit.
    Checksum,
    /// It is empty or of another batch, and a later batch is there.
    Missing,
    /// Its checksum fits, and what it says cannot be.
    Nonsense,
    /// It does not follow from the batches before it.
    Chain,
    /// The file has the wrong size, or is not there although a later one is.
    File,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Checksum => "its checksum does not fit",
            Self::Missing => "it is missing, although later ones are there",
            Self::Nonsense => "what it says cannot be",
            Self::Chain => "it does not follow from what is before it",
            Self::File => {
                "the file is not there or has the wrong size, although later ones are there"
            }
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk { doing, name, source } => {
                write!(
                    f,
                    "the disk failed to {doing} {name}: {source}; end this process, and look at \
                     the disk"
                )
            }
            Self::Full { bytes, source } => write!(
                f,
                "there is no room for {bytes} bytes more of log: {source}; make room, nothing is lost"
            ),
            Self::Damaged { name, sector, what } => write!(
                f,
                "{name} is damaged at sector {sector}: {what}; nothing was changed: leave this \
                 process out, since an older copy or an empty folder would forget what it has \
                 promised to the others"
            ),
            Self::Taken { folder } => {
                write!(f, "another process uses {folder}: end it first, or take another folder")
            }
            Self::Broken => f.write_str(
                "the disk failed before, and what it holds is not known: end this process and \
                 begin anew",
            ),
            Self::TooLong { bytes } => {
                write!(f, "a record of {bytes} bytes is too long: a batch takes at most 1 GiB")
            }
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Disk { source, .. } | Self::Full { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl Error {
    /// Says what failed, of what.
    pub(crate) fn disk(doing: &'static str, name: &str) -> impl FnOnce(io::Error) -> Self {
        let name = name.to_string();
        move |source| Self::Disk { doing, name, source }
    }
}
