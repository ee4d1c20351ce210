//! Protocols in which generals agree on an attack although messages may be lost.

use alloc::format;
use alloc::string::String;

use quorate_kernel::Domain;

pub mod two_generals;
pub mod two_generals_random;

/// Checks that there are two values, to retreat and to attack.
fn attack_or_not(domain: Domain) -> Result<(), String> {
    match domain == Domain::BINARY {
        true => Ok(()),
        false => Err(format!("generals attack or retreat: 2 values, not {}", domain.size)),
    }
}
