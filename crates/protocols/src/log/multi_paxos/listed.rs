//! What the catalogue says of it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Deceit, Faults, Group, Links, Mutant, Rule, Timing, Value};
use quorate_problems::{Call, Payload};

use super::{Config, MUTANTS, MultiPaxos, RULES};
use crate::ballot::majority;
use crate::card::{Bound, Claim, Cost, First, Hosted, Listed, Parameter, Request, Setup, Weaker};
use crate::log::writes;

impl<C: Payload> Deceit for MultiPaxos<C> {}

const UNSAFE: Parameter = Parameter {
    key: "unsafe",
    words: &["no", "yes"],
    text: "whether quorums q1 and q2 may be so small that they need not share a process",
};

impl Listed for MultiPaxos {
    const NAME: &'static str = "multi-paxos";
    const ALIASES: &'static [&'static str] = &["multipaxos", "flexible-paxos"];
    const TITLE: &'static str =
        "one ballot for all slots: a leader has each command accepted at once";
    const SOURCE: &'static str =
        "Lamport 2001, 3; Howard, Malkhi, Spiegelman 2016; Chandra, Griesemer, Redstone 2007";
    const NOTES: &'static str = "A new leader must take, slot by slot, what was accepted in the \
        largest ballot that a quorum reports, and fill the gaps before the last such slot with \
        commands that do nothing; a report must describe one instant. Quorums of the two phases \
        need only share a process with each other: q1 + q2 > n, so that fewer acceptances can be \
        bought with more promises. A follower takes for chosen what it accepted in the leader's \
        ballot up to where the leader says; what it accepted in an older ballot it must ask for. \
        Commands are told apart by whose they are and their number, so that a repeated one does \
        nothing. The state is the set of commands applied; it is stored every so many slots, and \
        the log before it dropped. --set q1=N and q2=N are the quorums (with unsafe=yes they may \
        be too small, to see it break), snapshot=SLOTS how often the state is stored, \
        window=MESSAGES how many messages with proposals may be under way, batch=COMMANDS for how \
        many commands to wait before the next and linger=TICKS how long at most, each=TIMES how \
        often each process proposes its input, beat=TICKS how often a leader says that it leads \
        while there is something to do, patience=TICKS how long another waits for that at least.";
    const TIMING: Timing = Timing::Partial;
    const LINKS: Links = Links::Lossy;
    const RESTARTS: bool = true;
    const FAULTS: Faults = Faults::Crash;
    const FIRST: First = First::LEADER;
    const BOUND: Bound = Bound::HALF;
    const ROUNDS: &'static str = "2 delays a command";
    const MESSAGES: &'static str =
        "2(n-1) for all commands at hand, n-1 to say that they are chosen if none follow";
    const SPECIAL: Option<&'static str> = Some("leader");
    const PARAMETERS: &'static [Parameter] = &[UNSAFE];

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        let safe = |requirement| {
            Claim::new(requirement, Faults::Crash, Bound::ANY)
                .timed(Timing::Asynchronous)
                .over(Links::Lossy)
                .with_restarts()
        };
        let agreed = safe("log-agreement").breaks_under(&[(Weaker::Forgetful, (3, 1))]);
        let live = |requirement| {
            Claim::new(requirement, Faults::Crash, Bound::HALF)
                .timed(Timing::Partial)
                .over(Links::Lossy)
                .with_restarts()
        };
        let applied = live("termination").breaks(&[(2, 1), (4, 2)]);
        let safe =
            ["exactly-once", "in-order", "durability", "linearizability", "integrity"].map(safe);
        [agreed].into_iter().chain(safe).chain([applied, live("uniform-agreement")]).collect()
    }
}

const NUMBERS: &[&str] =
    &["q1", "q2", "snapshot", "window", "batch", "linger", "each", "beat", "patience"];

impl Hosted for MultiPaxos {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(Self::PARAMETERS, NUMBERS)?;
        let (n, delay) = (u64::from(setup.group.n), setup.delay_ticks);
        let q1 = setup.number("q1", majority(setup.group) as u64, 1, n)?;
        let q2 = setup.number("q2", majority(setup.group) as u64, 1, n)?;
        if q1 + q2 <= n && setup.word(&UNSAFE)? == "no" {
            return Err(format!(
                "quorums of {q1} and {q2} of {n} need not share a process: q1 + q2 must exceed n; \
                 set unsafe=yes to see what comes of it"
            ));
        }
        // What is answered at once is answered before the second beat after it was sent.
        let beat = setup.number("beat", 2 * delay + 1, 1, 1 << 40)?;
        Ok(Config {
            domain: setup.domain,
            leader: setup.special,
            q1: q1 as u16,
            q2: q2 as u16,
            snapshot: setup.number("snapshot", 4, 1, 1 << 32)?,
            window: setup.number("window", 8, 1, 1 << 10)? as u16,
            batch: setup.number("batch", 1, 1, 1 << 10)? as u32,
            linger_ticks: setup.number("linger", delay / 4 + 1, 1, 1 << 40)?,
            each: setup.number("each", 1, 1, 1 << 16)? as u32,
            beat_ticks: beat,
            patience_ticks: setup.number("patience", 3 * beat, 1, 1 << 40)?,
        })
    }

    /// One after the other, a delay apart.
    fn requests(
        setup: &Setup<'_>,
        config: &Config,
        inputs: &[Option<Value>],
    ) -> Vec<Request<Call>> {
        writes(config.each, setup, inputs)
    }

    fn show_request(input: &Call, name: &dyn Fn(Value) -> String) -> String {
        input.show(name)
    }

    /// Each try is left alone with a chance of more than a half: after thirty, somebody was. Where
    /// all is quiet the first comes eight times as late.
    fn calm_ticks(group: Group, config: &Config) -> u64 {
        38 * (config.patience_ticks + 2 * u64::from(group.n) * config.beat_ticks)
    }

    /// What elections and signs of life cost is a matter of time.
    fn cost(_: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        None
    }
}
