//! `certs`: the certificates by which the processes of a group know each other.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;

/// What `certs` takes.
#[derive(Args, Debug)]
pub(crate) struct CertsArgs {
    /// The folder to write them into; it is made if it is not there
    folder: PathBuf,
    /// For how many processes
    #[arg(short, long, value_name = "N", default_value_t = 3)]
    nodes: u16,
    /// The number of the group, in hexadecimal digits; drawn if not given
    #[arg(long, value_name = "HEX")]
    cluster: Option<String>,
}

/// Makes them.
pub(crate) fn certs(args: &CertsArgs) -> Result<u8, Failure> {
    let _ = (&args.nodes, &args.cluster);
    Err(Failure::usage(format!("{}: not yet", args.folder.display())))
}
