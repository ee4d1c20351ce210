//! What `prove` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::args::Format;

/// What `prove` takes.
#[derive(Args, Debug)]
pub(crate) struct ProveArgs {
    /// What to prove
    #[command(subcommand)]
    pub(crate) theorem: Theorem,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Theorem {
    /// How many rounds agreement takes if processes crash, or omit to send or to receive
    Rounds(RoundsArgs),
    /// Whether there is agreement if processes lie
    Traitors(TraitorsArgs),
    /// Whether two armies can agree to attack if messages are lost
    TwoArmies(ArmiesArgs),
    /// Whether there is agreement if one process may always be late, or nobody waits for anybody
    Asynchrony(AsynchronyArgs),
    /// Check a certificate, without any code of the search that made it
    Verify(VerifyArgs),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum FaultWord {
    /// A process stops; the messages of its last round reach any of the others
    Crash,
    /// A process does not send some of its messages
    Omission,
    /// A process does not send some of its messages, or does not receive some
    GeneralOmission,
}

/// How large the group is.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct SizeArgs {
    /// How many processes
    #[arg(short = 'n', value_name = "N", default_value_t = 3)]
    pub(crate) n: u16,
    /// How many of them may be faulty
    #[arg(short = 'f', value_name = "F", default_value_t = 1)]
    pub(crate) f: u16,
}

/// What `prove rounds` takes.
#[derive(Args, Debug)]
pub(crate) struct RoundsArgs {
    #[command(flatten)]
    pub(crate) size: SizeArgs,
    /// After how many rounds all decide; f, or f/k, if not given
    #[arg(long, value_name = "R")]
    pub(crate) rounds: Option<u16>,
    /// What may fail
    #[arg(long, value_enum, default_value_t = FaultWord::Crash)]
    pub(crate) faults: FaultWord,
    /// Faulty processes that decide must agree too
    #[arg(long)]
    pub(crate) uniform: bool,
    /// Up to k of k + 1 values may be decided
    #[arg(short, long, value_name = "K", default_value_t = 1)]
    pub(crate) k: u16,
    /// By which round all who are correct decide if nobody, one, ... f processes fail, as in 2,2,3;
    /// one number D stands for round f' + D if f' fail, and for none later than --rounds (f + 1, if
    /// not given)
    #[arg(long, value_name = "ROUNDS", conflicts_with_all = ["k", "whole"])]
    pub(crate) early: Option<String>,
    /// Build the whole graph also where something smaller is enough for an answer
    #[arg(long)]
    pub(crate) whole: bool,
    #[command(flatten)]
    pub(crate) output: ProofArgs,
}

/// What `prove traitors` takes.
#[derive(Args, Debug)]
pub(crate) struct TraitorsArgs {
    #[command(flatten)]
    pub(crate) size: SizeArgs,
    /// After how many rounds all decide; f + 1, if not given
    #[arg(long, value_name = "R")]
    pub(crate) rounds: Option<u16>,
    /// All that is said is signed
    #[arg(long)]
    pub(crate) signed: bool,
    /// Messages are signed, but may be late: in a round each process may miss those of f others
    #[arg(long, conflicts_with = "whole")]
    pub(crate) late: bool,
    /// Run this protocol of the catalogue twice in a ring, and show where it breaks
    #[arg(long, value_name = "NAME", conflicts_with_all = ["signed", "late", "whole"])]
    pub(crate) protocol: Option<String>,
    /// Build the whole graph also where three executions are enough for an answer
    #[arg(long)]
    pub(crate) whole: bool,
    #[command(flatten)]
    pub(crate) output: ProofArgs,
}

/// What `prove two-armies` takes.
#[derive(Args, Debug)]
pub(crate) struct ArmiesArgs {
    /// How many messages are sent, in turn
    #[arg(long, value_name = "K", default_value_t = 3)]
    pub(crate) messages: u16,
    /// Both send in each of so many rounds, instead of in turn
    #[arg(long, value_name = "R", conflicts_with = "messages")]
    pub(crate) rounds: Option<u16>,
    /// What may be lost if both send in every round: any, one-a-round, of-p0, or how many in all;
    /// or what each round may lose of none, p0, p1 and both, as in none,p0,p1/none,p0/none: the
    /// last stands for all that follow
    #[arg(long, value_name = "SET", conflicts_with = "messages")]
    pub(crate) loss: Option<String>,
    #[command(flatten)]
    pub(crate) output: ProofArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum MemoryWord {
    /// Messages: in a round each process may miss those of f others
    Messages,
    /// Shared memory: in a round each process takes an immediate snapshot
    ImmediateSnapshot,
    /// Shared memory: in a round each process takes a snapshot
    Snapshot,
}

/// What `prove asynchrony` takes.
#[derive(Args, Debug)]
pub(crate) struct AsynchronyArgs {
    /// Show of this protocol of the catalogue a beginning from which either decision can come, and
    /// a run from there that is kept undecided: what `quorate check PROTOCOL --undecided` does
    pub(crate) protocol: Option<String>,
    /// How many processes; 3, or the fewest that the protocol stands, if not given
    #[arg(short = 'n', value_name = "N")]
    pub(crate) n: Option<u16>,
    /// How many may be late in a round; 1, or as many as the protocol stands, if not given
    #[arg(short = 'f', value_name = "F")]
    pub(crate) f: Option<u16>,
    /// How they communicate
    #[arg(long, value_enum, default_value_t = MemoryWord::Messages)]
    pub(crate) by: MemoryWord,
    /// Not what all propose matters, but what p0 says (the Byzantine generals)
    #[arg(long, conflicts_with_all = ["k", "by"])]
    pub(crate) order: bool,
    /// After how many rounds all decide
    #[arg(long, value_name = "R", default_value_t = 2)]
    pub(crate) rounds: u16,
    /// Up to k of k + 1 values may be decided
    #[arg(short, long, value_name = "K", default_value_t = 1)]
    pub(crate) k: u16,
    /// Of a protocol: what each process proposes, in order (0,1,-); all beginnings, if not given
    #[arg(long, value_name = "V,V,...", requires = "protocol")]
    pub(crate) inputs: Option<String>,
    /// Of a protocol: for how many steps the run is kept undecided; 30, if not given
    #[arg(
        long, value_name = "STEPS", requires = "protocol",
        value_parser = clap::value_parser!(u32).range(1..=2_000),
    )]
    pub(crate) undecided: Option<u32>,
    /// Set a parameter of the protocol; `quorate explain PROTOCOL` lists them
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "protocol")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) output: ProofArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum AnswerWord {
    /// No algorithm agrees
    Impossible,
    /// An algorithm agrees
    Solvable,
}

/// Where a proof goes, and how far it may go.
#[derive(Args, Clone, Debug)]
pub(crate) struct ProofArgs {
    /// Write what shows the answer: the chain, the simplices or the decision table
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
    /// Draw what shows an impossibility as SVG: the executions one below the other, the ring that
    /// they come from, or a triangle of simplices
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Draw the graph of views as SVG, if it is small
    #[arg(long, value_name = "FILE")]
    pub(crate) graph: Option<PathBuf>,
    /// Exit with 0 if the answer is this, and with 1 if it is not
    #[arg(long, value_enum)]
    pub(crate) expect: Option<AnswerWord>,
    /// Stop after so long (as in 500ms, 60s or 5m)
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub(crate) budget: String,
    /// Stop when the graph takes so many bytes (as in 500M or 4G)
    #[arg(long, value_name = "BYTES", default_value = "4G")]
    pub(crate) memory: String,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Print the verdict only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print the whole chain, however long
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// What `prove verify` takes.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// A certificate that --certificate wrote
    pub(crate) file: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
