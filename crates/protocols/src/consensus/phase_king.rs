//! Phase king: f+1 kings take turns in breaking ties; two rounds a phase.
//!
//! Problem: consensus with up to f < n/4 traitors, synchronous, no signatures.
//! Source: Berman, Garay 1989; Attiya, Welch 2004, 5.2.5.
//!
//! Persistence: if all correct processes hold v, each counts at least n-f > n/2+f of it and keeps
//! it, whatever the king says. Good king: if a correct process keeps v it counted more than n/2+f,
//! so more than half of all are correct and sent v, and a correct king's majority is v as well.
//! Among f+1 kings one is correct.
//!
//! What differs: any number of values, with the most frequent (the smallest if several are) as
//! the majority; the proofs do not mind. A run that is longer than asked crowns the same f+1
//! kings again.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Domain, Faults, Group, Inbox, Liar, Mutant, Outgoing, Process, Rounds, Rule, Traitor, Value,
    View, Vocabulary, inspect, mutants, rules,
};
use quorate_problems::Consensus;

use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};
use crate::tally::most_frequent;

rules! {
    VOTE = "1": "in the first round of a phase send x to all";
    COUNT = "2": "maj = the most frequent value received, mult = how often it came";
    REIGN = "3": "in the second round the king of the phase sends its maj to all";
    KEEP = "4": "if mult > n/2 + f, or being the king, x = maj";
    OBEY = "5": "else x = the king's value, the default if it sent none";
    DECIDE = "6": "after f+1 phases decide x";
}

mutants! {
    HALF = "bare-majority" breaks KEEP: "keeps maj if more than n/2 sent it, and not n/2 + f", "";
    AT_LEAST = "at-least" breaks KEEP: "keeps maj if mult >= n/2 + f, which works for odd n", "";
    ONE_KING = "one-king" breaks REIGN: "the first king reigns in every phase", "";
    EARLY = "one-phase-early" breaks DECIDE: "decides after f phases", "";
    STUBBORN = "never-obeys" breaks OBEY: "keeps its maj, whatever the king says", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The values that may be proposed.
    pub domain: Domain,
    /// The king of the first phase; the next in order follow.
    pub first_king: Process,
}

/// The king of a phase, counted from 0.
///
/// Kings beyond the first f+1 would do no harm, but no good either, and it takes a fixed set of
/// kings to say which processes are alike.
pub(crate) fn king(phase: u16, first: Process, group: Group) -> Process {
    let turn = u32::from(phase) % (u32::from(group.f) + 1);
    Process(((u32::from(first.0) + turn) % u32::from(group.n.max(1))) as u16)
}

/// The king of the phase of a round.
fn reigning(round: u16, view: &View<'_, Config>) -> Process {
    let phase = if view.is_flawed(ONE_KING) { 0 } else { (round - 1) / 2 };
    king(phase, view.config.first_king, view.group)
}

/// Whether a process is king in some phase.
pub(crate) fn reigns(p: Process, first: Process, group: Group) -> bool {
    (0..=group.f.min(group.n)).any(|phase| king(phase, first, group) == p)
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PhaseKing {
    /// x at the end of a phase, maj in the middle of one.
    x: Value,
    /// Whether enough sent maj to keep it, in the middle of a phase.
    sure: bool,
}

inspect!(PhaseKing { x, sure });

impl PhaseKing {
    fn count(&mut self, inbox: &Inbox<'_, Value>, view: &View<'_, Config>) {
        view.cite(COUNT);
        let votes = inbox.iter().map(|(_, vote)| *vote);
        let (maj, mult) = most_frequent(votes, view.config.domain).unwrap_or((Value::DEFAULT, 0));
        self.x = maj;
        let (n, f) = (u32::from(view.group.n), u32::from(view.group.f));
        let f = if view.is_flawed(HALF) { 0 } else { f };
        self.sure = 2 * mult > n + 2 * f || view.is_flawed(AT_LEAST) && 2 * mult == n + 2 * f;
    }

    fn follow(&mut self, king: Process, inbox: &Inbox<'_, Value>, view: &View<'_, Config>) {
        if self.sure || view.me == king {
            view.cite(KEEP);
        } else if !view.is_flawed(STUBBORN) {
            view.cite(OBEY);
            let word = inbox.from(king).copied();
            let readable = word.filter(|value| view.config.domain.contains(*value));
            self.x = readable.unwrap_or(Value::DEFAULT);
        }
        self.sure = false;
    }
}

impl Rounds for PhaseKing {
    type Problem = Consensus;
    type Config = Config;
    type Message = Value;

    fn rounds(group: Group, _: &Config) -> u16 {
        group.f.saturating_add(1).saturating_mul(2)
    }

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(input: Option<Value>, _: &View<'_, Config>) -> Self {
        Self { x: input.unwrap_or(Value::DEFAULT), sure: false }
    }

    fn send(&self, round: u16, view: &View<'_, Config>) -> Outgoing<Value> {
        if round % 2 == 1 {
            view.cite(VOTE);
            return Outgoing::All(self.x);
        }
        if view.me != reigning(round, view) {
            return Outgoing::Nothing;
        }
        view.cite(REIGN);
        Outgoing::All(self.x)
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Value>,
        view: &View<'_, Config>,
    ) -> Option<Value> {
        if round % 2 == 1 {
            self.count(inbox, view);
        } else {
            self.follow(reigning(round, view), inbox, view);
        }
        let early = view.is_flawed(EARLY) && round + 2 == view.last;
        if round < view.last && !early {
            return None;
        }
        view.cite(DECIDE);
        Some(self.x)
    }

    fn alike(a: Process, b: Process, group: Group, config: &Config) -> bool {
        let subject = |p| !reigns(p, config.first_king, group);
        a == b || subject(a) && subject(b)
    }
}

impl Traitor for PhaseKing {
    fn vocabulary<'a>(liar: &'a Liar<'a, Self>, round: u16, to: Process) -> Vocabulary<'a, Value> {
        let words = || Vocabulary::one_of(liar.config.domain.values().collect());
        if round % 2 == 1 {
            return words();
        }
        let king = king((round - 1) / 2, liar.config.first_king, liar.group);
        // Only the king is listened to, and a silent king is taken to say the default.
        if liar.me == king && to != king { words().with_silence() } else { Vocabulary::none() }
    }
}

impl Listed for PhaseKing {
    const NAME: &'static str = "phase-king";
    const ALIASES: &'static [&'static str] = &["phase-queen"];
    const TITLE: &'static str = "f+1 kings take turns in breaking ties, two rounds a phase";
    const SOURCE: &'static str = "Berman, Garay 1989; Attiya, Welch 2004, 5.2.5";
    const NOTES: &'static str = "Two algorithms go by this name. This one takes two rounds a phase \
        and n > 4f; Berman, Garay and Perry call it phase queen, and phase king the one with \
        three rounds and n > 3f, which is phase-king-3f here. The test is mult > n/2 + f: with \
        >= it still works for odd n and breaks at n = 6, f = 1 and at n = 10, f = 2. \
        mult >= n-f is equally right. Messages are single values, so it scales to any n that \
        n(n-1) messages a phase allow.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::QUARTER;
    const ROUNDS: &'static str = "2(f+1)";
    const MESSAGES: &'static str = "(f+1)(n^2-1)";
    const SPECIAL: Option<&'static str> = Some("king");

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement| Claim::new(requirement, Faults::Byzantine, Bound::QUARTER);
        [
            claim("agreement").breaks(&[(4, 1)]).breaks_early(&[(5, 1)]),
            claim("irrevocability"),
            claim("integrity").breaks(&[(4, 1)]),
            claim("validity-all"),
            claim("termination"),
            claim("deadline"),
        ]
        .into()
    }
}

impl Catalogued for PhaseKing {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        Ok(Config { domain: setup.domain, first_king: setup.special })
    }

    fn cost(group: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        let (n, phases) = (u64::from(group.n), u64::from(group.f) + 1);
        Some(Cost { rounds: 2 * phases, messages: phases * (n * n).saturating_sub(1) })
    }
}
