//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Agreement between processes that may fail: name a protocol and what may fail, and see it hold
/// or break.
///
/// Without a command, takes you on a tour of ten seconds.
#[derive(Parser, Debug)]
#[command(name = "quorate", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// List the protocols: what they solve, what they stand, what they cost
    List {
        /// List what can be wrong with them on purpose, and the commands that show it
        #[arg(long)]
        museum: bool,
        /// How to print the result
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Advise what can be agreed on, by which protocol, at what cost; or why nothing can
    Advise(crate::advise::AdviseArgs),
    /// Explain a protocol (rules, claims, source) or a term of the field
    Explain {
        /// A protocol's name, a requirement, or a term such as `integrity` or `oral-messages`
        word: String,
    },
    /// Make one run: who decided what, when, at what cost, and whether it was right
    Run(RunArgs),
    /// Search every run within the bounds: the shortest violation, or "proved" with the counts
    Check(CheckArgs),
    /// Make many seeded runs on all cores: distributions, and the simplest run that fails
    Sweep(SweepArgs),
    /// Prove for every algorithm that there is no agreement, or that there is: with a certificate
    Prove(crate::prove::ProveArgs),
    /// Replay a saved run, step by step, exactly as it was
    Replay(ReplayArgs),
    /// Judge what a real system left: traces of a run in time (whether the protocol's own code
    /// allows them, and whether what is required holds), or histories (whether they are
    /// linearizable)
    Judge(JudgeArgs),
    /// Start a group of real processes on this machine, ready in seconds
    Up(crate::cluster::UpArgs),
    /// Run one process of a real group
    Serve(crate::cluster::ServeArgs),
    /// Ask the processes of a real group what they know
    Status(crate::cluster::StatusArgs),
    /// Make the certificates by which the processes of a group know each other
    Certs(crate::cluster::CertsArgs),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder; it must exist
        folder: PathBuf,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Expect {
    /// Nothing is violated
    Holds,
    /// Something is violated
    Violated,
    /// It is impossible
    Impossible,
}

/// What `run` takes.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) experiment: ExperimentArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What `check` takes.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) experiment: ExperimentArgs,
    /// How many bits may flip in a run, in states and messages, anywhere and at any time
    #[arg(long, value_name = "K")]
    pub(crate) flips: Option<u16>,
    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
    /// How many threads to use; all cores if not given
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Stop when the visited states take about so many bytes (as in 500M or 4G)
    #[arg(long, value_name = "BYTES", default_value = "4G")]
    pub(crate) memory: String,
    #[command(flatten)]
    pub(crate) kept: KeptArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A search on a network that is stopped and goes on another time.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct KeptArgs {
    /// Keep a search on a network in a file if it is stopped, by Ctrl-C too; where no bounds are
    /// said, it takes the widest of the usual ones at once
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Go on with the same search from where it was stopped, to the same end
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,
}

/// How much may happen in a run on a network that is searched; a verdict names these bounds.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct BoundArgs {
    /// How often timers go off in a run, before any calm; 2 if not given
    #[arg(long, value_name = "K")]
    pub(crate) timers: Option<u8>,
    /// How many crashes there are; as many as may fail for good, and one more with restarts, if
    /// not given
    #[arg(long, value_name = "K")]
    pub(crate) crashes: Option<u8>,
    /// How often a crashed process comes back; once, if processes do, if not given
    #[arg(long, value_name = "K")]
    pub(crate) restarts: Option<u8>,
    /// How many words traitors say; any number, if not given
    #[arg(long, value_name = "K")]
    pub(crate) lies: Option<u16>,
    /// How a traitor lies: it says any words that its receivers could tell apart (words), or it is
    /// two copies of the honest process under one name, given any two values (twins)
    #[arg(long, value_enum, default_value_t = LiarWord::Words)]
    pub(crate) liar: LiarWord,
    /// Over lossy links, let each message arrive at most once, instead of any number of times
    #[arg(long)]
    pub(crate) once: bool,
    /// Make every delivery a step of its own, instead of putting off those that do not matter yet
    #[arg(long)]
    pub(crate) no_reduction: bool,
    /// Search all cases and states, also those that differ only by a permutation of processes or of
    /// values
    #[arg(long)]
    pub(crate) no_symmetry: bool,
    /// Tell states apart by 128 bits instead of 64
    #[arg(long)]
    pub(crate) wide: bool,
    /// What happens in a run without end: what can happen all the time (weak), or what can happen
    /// again and again (strong)
    #[arg(long, value_enum, default_value_t = FairnessWord::Weak)]
    pub(crate) fairness: FairnessWord,
    /// In the calm, how often timers of others go off while one runs (1 to 15); 2 if not given
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(1..=15))]
    pub(crate) pace: Option<u8>,
    /// Keep a run undecided for so many steps, from a beginning from which either decision can
    /// come, although whatever waits longest happens next
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..=2_000))]
    pub(crate) undecided: Option<u32>,
    /// In runs without end, let lots and coins fall as the adversary likes, instead of by chance
    #[arg(long)]
    pub(crate) any_lots: bool,
    /// Tell the least and the greatest probability, exactly, that all correct processes have
    /// decided by round 1, 2, ... R, whatever the schedule and the faults
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) odds: Option<u32>,
    /// In which order states on a network are searched
    #[arg(long, value_enum, default_value_t = SearchWord::Breadth)]
    pub(crate) search: SearchWord,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum SearchWord {
    /// By the number of moves: the violation that is shown is a shortest
    #[default]
    Breadth,
    /// The longest ways first: few states wait, but without --rounds it may follow one for ever
    Depth,
    /// First where most was decided, delivered or learned in few moves
    Directed,
    /// Random walks from --seed until the time is up, for what is too large: proves nothing
    Swarm,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum LiarWord {
    /// Anything that some receiver could tell from everything else
    #[default]
    Words,
    /// What two copies of the honest process say, each by what it hears
    Twins,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum FairnessWord {
    /// What can happen all the time happens
    #[default]
    Weak,
    /// What can happen again and again happens
    Strong,
}

/// What `sweep` takes.
#[derive(Args, Debug)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub(crate) experiment: ExperimentArgs,
    /// How many runs; 10,000 if not given
    #[arg(long, value_name = "N")]
    pub(crate) runs: Option<u64>,
    /// How many threads to use; all cores if not given
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// How many bits may flip in a run, in states, messages and stored records
    #[arg(long, value_name = "K")]
    pub(crate) flips: Option<u16>,
    /// Count every violation, instead of ending with the first
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Make every run twice, and compare what happened step by step
    #[arg(long)]
    pub(crate) audit: bool,
    /// Make one part of the runs only: 3/16 the third of sixteen
    #[arg(long, value_name = "K/M")]
    pub(crate) shard: Option<String>,
    /// Keep what was counted in a file, and go on from there if it exists
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,
    /// Put the results of several parts together, and run nothing
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["shard", "results"])]
    pub(crate) merge: Vec<PathBuf>,
    /// Show the first failing run as it was drawn, not made simpler
    #[arg(long)]
    pub(crate) as_drawn: bool,
    /// Write the distributions as SVG
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What `replay` takes.
#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    /// A trace that `--trace` wrote
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What a history is about.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ModelWord {
    /// Read and write; nil at first
    Register,
    /// The same with compare-and-set
    Cas,
    /// Acquire and release; free at first
    Lock,
    /// Get, put, append by key; a missing key is the empty string
    Kv,
    /// Append, and read of the whole list
    Log,
}

/// What `judge` takes.
#[derive(Args, Debug)]
pub(crate) struct JudgeArgs {
    /// One trace of the whole run, or one file for each node; or histories, as Jepsen's logs or EDN
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// What the histories are about, where they do not say it
    #[arg(long, value_enum)]
    pub(crate) model: Option<ModelWord>,
    /// How long each history may take
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub(crate) budget: String,
    /// How much memory each history may take
    #[arg(long, value_name = "SIZE", default_value = "2G")]
    pub(crate) memory: String,
    /// Draw the least set of operations that no order explains, if there is one, as SVG
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Print the verdict only
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// What says which experiment it is: the same words as in a scenario file.
#[derive(Args, Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ExperimentArgs {
    /// A protocol's name, or a scenario file (FILE.toml)
    #[arg(value_name = "PROTOCOL|FILE.toml")]
    pub(crate) subject: String,
    /// How many processes; the fewest that the protocol stands, if not given
    #[arg(short = 'n', value_name = "N", allow_negative_numbers = true)]
    pub(crate) n: Option<i64>,
    /// How many of them may be faulty; 1, or as many as the protocol stands at n, if not given
    #[arg(short = 'f', value_name = "F", allow_negative_numbers = true)]
    pub(crate) f: Option<i64>,
    /// What each process proposes, in order (0,1,1,0); for generals, the commander's order alone
    #[arg(long, value_name = "V,V,...", allow_hyphen_values = true)]
    pub(crate) inputs: Option<String>,
    /// How many values may be proposed (3), or their names (1pm,3pm,4pm); two if not given
    #[arg(long, value_name = "K|NAME,...")]
    pub(crate) values: Option<String>,
    /// A crash: p3@2 in round 2, before it sends; p3@2:p0,p1 its last round reaches only these;
    /// p3@150ms at a time; p3@150ms:p0 in its next step from then on, which reaches only p0;
    /// p3@150ms/2 and its disk forgets its last two records
    #[arg(long, value_name = "P@R[:Q,...]")]
    pub(crate) crash: Vec<String>,
    /// A traitor: p3, or p3=silent|random|equivocate|flip|worst (worst, if not said)
    #[arg(long, value_name = "P[=MANNER]")]
    pub(crate) traitor: Vec<String>,
    /// A process that counts as faulty although it keeps to the protocol: p3
    #[arg(long, value_name = "P")]
    pub(crate) faulty: Vec<String>,
    /// A lie: p3@2:p1=0 says 0 to p1 in round 2; p3@2:p1= says nothing; in time 'p3>p1#2=0' says 0
    /// for the third message to p1
    #[arg(long, value_name = "P@R:Q=WORD")]
    pub(crate) lie: Vec<String>,
    /// A lost message: p3@2:p1 does not send to p1 in round 2; in time 'p3>p1#2' does not send the
    /// third to p1
    #[arg(long, value_name = "P@R:Q")]
    pub(crate) omit: Vec<String>,
    /// A message not received: p3@2:p1 does not receive what p1 sends to it in round 2; in time
    /// 'p1>p3#2' does not receive the third from p1
    #[arg(long, value_name = "P@R:Q")]
    pub(crate) miss: Vec<String>,
    /// A single event upset: p2@3 a bit of p2's state or of a message of p2 flips in round 3;
    /// p2@3#5 bit 5 of its state; p2@3:p1#0 bit 0 of its message to p1; p2@30ms at a time;
    /// p2@30ms:disk0#1 bit 1 of its first stored record
    #[arg(long, value_name = "P@R[:Q][#BIT]")]
    pub(crate) flip: Vec<String>,
    /// What may fail: none, crash, omission, general-omission, byzantine
    #[arg(long, value_name = "KIND")]
    pub(crate) faults: Option<String>,
    /// What is known of time: synchronous, partial or asynchronous; what the protocol is built
    /// for, if not given
    #[arg(long, value_name = "KIND")]
    pub(crate) timing: Option<String>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    /// Take the form of the protocol that signs its messages
    #[arg(long)]
    pub(crate) signed: bool,
    /// The seed of whatever is drawn
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
    /// Run fewer or more rounds than the protocol asks for
    #[arg(long, value_name = "R")]
    pub(crate) rounds: Option<u16>,
    /// Who is the commander, or the first king
    #[arg(long, value_name = "P")]
    pub(crate) commander: Option<String>,
    /// Take the protocol with something wrong on purpose; `quorate explain PROTOCOL` lists what
    #[arg(long, value_name = "NAME")]
    pub(crate) mutant: Option<String>,
    /// Set a parameter of the protocol; `quorate explain PROTOCOL` lists them
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// What must hold; what the protocol claims for this model, if not given
    #[arg(long, value_name = "NAME,...")]
    pub(crate) require: Option<String>,
    /// Exit with 0 if the verdict is this, and with 1 if it is not
    #[arg(long, value_enum)]
    pub(crate) expect: Option<Expect>,
    /// Stop after so long (as in 500ms, 60s or 5m) and say how far it came
    #[arg(long, value_name = "TIME")]
    pub(crate) budget: Option<String>,
}

impl ExperimentArgs {
    /// Whether the subject alone says which experiment it is.
    pub(crate) fn is_bare(&self) -> bool {
        let subject = self.subject.clone();
        let (expect, budget) = (self.expect, self.budget.clone());
        *self == Self { subject, expect, budget, ..Self::default() }
    }
}

/// What says how a network with delays behaves: an experiment that says any of this, or that is
/// about a protocol that is not one of rounds, is run in time.
#[derive(Args, Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct NetworkArgs {
    /// A crashed process is up again: p3@900ms
    #[arg(long, value_name = "P@TIME")]
    pub(crate) restart: Vec<String>,
    /// Groups that cannot talk to each other for a while: 'p0,p1|p2,p3@100ms..2s'; with > in
    /// place of | nothing gets from the left to the right only
    #[arg(long, value_name = "P,...|P,...@FROM..TO")]
    pub(crate) partition: Vec<String>,
    /// A process stops for a while and does not know it: p1@10ms..40ms
    #[arg(long, value_name = "P@FROM..TO")]
    pub(crate) pause: Vec<String>,
    /// A clock: p1@20ms+5ms its timers go off 5 ms earlier (-5ms later); p1@20ms*1.1 it runs a
    /// tenth fast from then on
    #[arg(long, value_name = "P@TIME+TIME")]
    pub(crate) clock: Vec<String>,
    /// A request at a time: p1@7.5ms=1 asks p1 for 1; with these alone nobody else is asked
    #[arg(long, value_name = "P@TIME=V")]
    pub(crate) ask: Vec<String>,
    /// The fate of one message: 'p0>p1#2=25ms' the third from p0 to p1 takes 25 ms; =lost,
    /// =twice
    #[arg(long, value_name = "P>Q#K=FATE")]
    pub(crate) message: Vec<String>,
    /// What links promise: strong, reliable or lossy
    #[arg(long, value_name = "KIND")]
    pub(crate) links: Option<String>,
    /// Links deliver in the order of sending
    #[arg(long)]
    pub(crate) fifo: bool,
    /// How long a message takes: 5ms, or 1ms..10ms; the largest is the bound where timing has one
    #[arg(long, value_name = "TIME[..TIME]")]
    pub(crate) delay: Option<String>,
    /// How many messages of a hundred are lost, until calm
    #[arg(long, value_name = "PERCENT")]
    pub(crate) loss: Option<String>,
    /// How many messages of a hundred take up to ten times as long, until calm if timing is partial
    #[arg(long, value_name = "PERCENT")]
    pub(crate) slow: Option<String>,
    /// How many messages of a hundred arrive twice, until calm
    #[arg(long, value_name = "PERCENT")]
    pub(crate) repeat: Option<String>,
    /// From when on nothing fails and every bound holds
    #[arg(long, value_name = "TIME")]
    pub(crate) calm: Option<String>,
    /// When the run ends at the latest
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Disks may forget, in a crash, what they said they had stored
    #[arg(long)]
    pub(crate) forgetful: bool,
    /// How lots fall: drawn, or plain (always the first option); p1=2,0 the first two of p1
    #[arg(long, value_name = "WORD|P=K,...")]
    pub(crate) lots: Vec<String>,
}

/// Where results go, and in which form.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OutputArgs {
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write the space-time diagram as SVG
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Write a page to step through the run
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the run as a trace to replay; for other programs as .itf.json, .shiviz or .mmd
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Print the verdict only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print the state of every process after every round too
    #[arg(short, long)]
    pub(crate) verbose: bool,
}
