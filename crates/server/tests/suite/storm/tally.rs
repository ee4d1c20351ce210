//! What happened.

use std::fmt;

macro_rules! tally {
    ($($name:ident: $text:literal,)*) => {
        /// What happened in some runs.
        #[derive(Clone, Default, Debug)]
        pub(crate) struct Tally {
            $(pub(crate) $name: u64,)*
        }

        impl Tally {
            /// Adds another.
            pub(crate) fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }
        }

        impl fmt::Display for Tally {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                $(writeln!(out, "{:>12}  {}", self.$name, $text)?;)*
                Ok(())
            }
        }
    };
}

tally! {
    runs: "runs",
    five: "of these with five processes",
    crashes: "crashes",
    in_commits: "of these in an operation of the disk",
    in_openings: "of these while the log was opened",
    torn: "ends of a log that were torn",
    fails: "operations of a disk that failed",
    full: "commits for which there was no room",
    flips: "bits flipped on a disk",
    silent: "writes that a disk lost, misdirected or made light of",
    found: "damaged states found by a process that read its own back",
    refused: "damaged logs refused",
    pauses: "pauses",
    cuts: "partitions",
    handed_over: "leads handed over",
    lost: "messages lost",
    doubled: "messages doubled",
    checkpoints: "logs begun anew with a state",
    installed: "states taken over from a leader",
    brought: "states taken over with votes",
    compared: "states compared at the same place",
    digests: "digests compared by the servers themselves",
    acknowledged: "commands acknowledged",
    unknown: "commands and reads whose outcome is unknown",
    reads: "linearizable reads",
    undecided: "histories too large to be judged",
}
