//! How the processes of a group know each other.

use std::path::Path;

use quorate_wire::Security;

use crate::serve::Failure;

/// By the certificates in a folder; by none, on one machine only, if there is no folder.
pub(crate) fn security(folder: Option<&Path>, me: u16, cluster: u64) -> Result<Security, Failure> {
    match folder {
        None => Ok(Security::Plain),
        Some(folder) => Err(Failure::Settings(format!(
            "{}: no certificates of p{me} in group {cluster:x}",
            folder.display()
        ))),
    }
}
