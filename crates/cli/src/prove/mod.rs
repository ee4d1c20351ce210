//! `prove`: what no algorithm can do, what one can, and a certificate for either.

mod args;
mod ask;
mod bivalent;
mod covering;
mod losses;
mod notes;
mod pictures;
mod report;
mod verify;

pub(crate) use args::ProveArgs;
use args::Theorem;
pub(crate) use verify::read;

use crate::failure::Failure;

/// Proves, and says with which code to exit.
pub(crate) fn prove(args: &ProveArgs) -> Result<u8, Failure> {
    match &args.theorem {
        Theorem::Rounds(args) => ask::rounds(args),
        Theorem::Traitors(args) => match &args.protocol {
            Some(protocol) => covering::covering(args, protocol),
            None => ask::traitors(args),
        },
        Theorem::TwoArmies(args) => ask::two_armies(args),
        Theorem::Asynchrony(args) => match &args.protocol {
            Some(protocol) => bivalent::bivalent(args, protocol),
            None => ask::asynchrony(args),
        },
        Theorem::Verify(args) => verify::verify(args),
    }
}
