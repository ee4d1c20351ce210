//! `certs`: the certificates by which the processes of a group know each other.

use std::path::PathBuf;

use clap::Args;
use quorate_server::make_certificates;

use super::failed;
use super::up::fresh;
use crate::failure::{Failure, exit};

/// What `certs` takes.
#[derive(Args, Debug)]
pub(crate) struct CertsArgs {
    /// The folder to write them into; it is made if it is not there
    folder: PathBuf,
    /// For how many processes
    #[arg(short, long, value_name = "N", default_value_t = 3)]
    nodes: u16,
    /// The number of the group, in hexadecimal digits, as in the files of its processes; drawn if
    /// not given
    #[arg(long, value_name = "HEX")]
    cluster: Option<String>,
}

/// Makes them.
pub(crate) fn certs(args: &CertsArgs) -> Result<u8, Failure> {
    let cluster = match &args.cluster {
        None => fresh()?,
        Some(given) => u64::from_str_radix(given, 16).map_err(|_| {
            Failure::usage(format!(
                "--cluster {given:?} is no number of up to 16 hexadecimal digits"
            ))
        })?,
    };
    if args.nodes == 0 || args.nodes > 64 {
        return Err(Failure::usage("a group has between 1 and 64 processes: --nodes 3"));
    }
    make_certificates(&args.folder, cluster, args.nodes).map_err(|broken| failed(&broken))?;
    let (folder, last) = (args.folder.display(), args.nodes - 1);
    crate::print(&format!(
        "Certificates of p0 to p{last} in group {cluster:x} are in {folder}, good for ten \
         years.\n\nEach process needs ca.pem and its own two files, p0.pem and p0.key for p0, and \
         in its file:\n\n  cluster = \"{cluster:x}\"\n  certificates = \"{folder}\"\n\nKeep \
         ca.key away from all of them: whoever has it can make more.\n"
    ))?;
    Ok(exit::AS_EXPECTED)
}
