//! How the processes of a group know each other.

use std::path::Path;

use quorate_wire::{Security, certs};

use crate::serve::Failure;

/// By the certificates in a folder; by none, on one machine only, if there is no folder.
pub(crate) fn security(folder: Option<&Path>, me: u16, cluster: u64) -> Result<Security, Failure> {
    let Some(folder) = folder else { return Ok(Security::Plain) };
    certs::load(folder, cluster, me).map(Security::Tls).map_err(Failure::Links)
}

/// Makes certificates for the processes of a group.
///
/// # Errors
/// If some are there already, or the system says no.
pub fn make_certificates(folder: &Path, cluster: u64, n: u16) -> Result<(), Failure> {
    certs::make(folder, cluster, n).map_err(Failure::Links)
}
