//! Phase king in three rounds a phase, for n > 3f.
//!
//! Problem: binary consensus with up to f < n/3 traitors, synchronous, no signatures.
//! Source: Berman, Garay, Perry 1989.
//!
//! Between the vote and the king there is a round that leaves at most one of 0 and 1 among the
//! correct: 2 stands for "undecided". If a correct process ignores the king, n-f sent it its
//! value in that round, f+1 of them correct, so everybody, the king too, has adopted it.
//!
//! What differs: nothing; lecture notes often leave the undecided silent in the second round,
//! which is equally right and sends fewer messages. Binary as in the paper: turpin-coan lifts it
//! to more values. A run that is longer than asked crowns the same f+1 kings again.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Bits, Domain, Faults, Flaw, Group, Inbox, Liar, Message, Mutant, Outgoing, Process, Renamed,
    Renaming, Rounds, Rule, Traitor, Value, View, Vocabulary, coded, inspect, mutants, rules,
};
use quorate_problems::Consensus;

pub use super::phase_king::Config;
use super::phase_king::{king, reigns};
use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};

rules! {
    VOTE = "1": "in the first round of a phase send V to all";
    PROPOSE = "2": "V = the value that came at least n-f times, 2 if none did";
    TELL = "3": "in the second round send V, be it 0, 1 or 2, to all";
    ADOPT = "4": "V = the smallest value that came more than f times, if one did";
    REIGN = "5": "in the third round the king of the phase sends min(1, V) to all";
    KEEP = "6": "if V is not 2 and came at least n-f times, keep it";
    OBEY = "7": "else V = the king's value, 0 if it sent none";
    DECIDE = "8": "after f+1 phases decide V";
}

mutants! {
    PROPOSE_EASILY = "propose-at-one-less" breaks PROPOSE: "proposes a value that came n-f-1 \
        times", "";
    PROPOSE_HARDLY = "propose-at-one-more" breaks PROPOSE: "proposes a value only if it came n-f+1 \
        times", "";
    ADOPT_EASILY = "adopt-at-f" breaks ADOPT: "adopts a value that came f times", "";
    ADOPT_HARDLY = "adopt-above-f-plus-one" breaks ADOPT: "adopts a value only if it came more \
        than f+1 times", "";
    KEEP_EASILY = "keep-at-one-less" breaks KEEP: "keeps V if it came n-f-1 times", "";
    KEEP_HARDLY = "keep-at-one-more" breaks KEEP: "keeps V only if it came n-f+1 times", "";
    EARLY = "one-phase-early" breaks DECIDE: "decides after f phases", "";
    STUBBORN = "never-obeys" breaks OBEY: "keeps its V, whatever the king says", "";
    ONE_KING = "one-king" breaks REIGN: "the first king reigns in every phase", "";
}

/// 0, 1, or 2 for undecided.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ternary(u8);

const UNDECIDED: Ternary = Ternary(2);

impl Ternary {
    /// min(1, V), the paper's way to make a bit of it.
    fn bit(self) -> Value {
        Value(u16::from(self.0.min(1)))
    }

    fn of(value: Value) -> Self {
        Self(value.0.min(2) as u8)
    }
}

coded!(Ternary(number));

impl Renamed for Ternary {}

impl Bits for Ternary {
    fn bits(&self, _: Domain) -> u32 {
        2
    }

    fn flip(&mut self, bit: u32, _: Domain) {
        self.0 ^= 1 << bit;
    }
}

/// What is sent: a bit in the first and third round of a phase, one of three values in between.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Vote {
    /// 0 or 1.
    Binary(Value),
    /// 0, 1 or 2.
    Ternary(Ternary),
}

coded!(
    enum Vote {
        Binary(value),
        Ternary(value),
    }
);

impl Renamed for Vote {
    fn rename(&mut self, by: &Renaming) {
        if let Self::Binary(value) = self {
            value.rename(by);
        }
    }
}

impl Bits for Vote {
    fn bits(&self, domain: Domain) -> u32 {
        match self {
            // One bit, whatever the values of a protocol are that runs this one as its part.
            Self::Binary(value) => value.bits(Domain::BINARY),
            Self::Ternary(value) => value.bits(domain),
        }
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        match self {
            Self::Binary(value) => value.flip(bit, domain),
            Self::Ternary(value) => value.flip(bit, domain),
        }
    }
}

impl Message for Vote {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Binary(value) => value.label(name),
            Self::Ternary(value) => format!("{}", value.0),
        }
    }
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PhaseKing3f {
    v: Ternary,
    /// Whether enough sent V to keep it, between the second and the third round of a phase.
    sure: bool,
}

inspect!(PhaseKing3f { v, sure });

/// How often each of 0, 1 and 2 came; garbage counts for nothing.
fn tally(inbox: &Inbox<'_, Vote>) -> [u32; 3] {
    let mut counts = [0; 3];
    for (_, vote) in inbox.iter() {
        let at = match vote {
            Vote::Binary(value) => usize::from(value.0),
            Vote::Ternary(value) => usize::from(value.0),
        };
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
    }
    counts
}

impl PhaseKing3f {
    fn propose(&mut self, inbox: &Inbox<'_, Vote>, view: &View<'_, Config>) {
        let counts = tally(inbox);
        let quorum = u32::from(view.group.n.saturating_sub(view.group.f));
        view.cite(PROPOSE);
        let quorum = off_by_one(quorum, PROPOSE_EASILY, PROPOSE_HARDLY, view);
        self.v = UNDECIDED;
        for k in [0, 1] {
            if counts[k] >= quorum {
                self.v = Ternary(k as u8);
            }
        }
    }

    fn adopt(&mut self, inbox: &Inbox<'_, Vote>, view: &View<'_, Config>) {
        let counts = tally(inbox);
        let quorum = u32::from(view.group.n.saturating_sub(view.group.f));
        let tolerated = off_by_one(view.group.f.into(), ADOPT_EASILY, ADOPT_HARDLY, view);
        let quorum = off_by_one(quorum, KEEP_EASILY, KEEP_HARDLY, view);
        if let Some(k) = (0..3).find(|k| counts[*k] > tolerated) {
            view.cite(ADOPT);
            self.v = Ternary(k as u8);
        }
        let support = counts.get(usize::from(self.v.0)).copied().unwrap_or(0);
        self.sure = self.v < UNDECIDED && support >= quorum;
    }

    fn follow(&mut self, king: Process, inbox: &Inbox<'_, Vote>, view: &View<'_, Config>) {
        if self.sure {
            view.cite(KEEP);
        } else if view.me == king {
            self.v = Ternary::of(self.v.bit());
        } else if !view.is_flawed(STUBBORN) {
            view.cite(OBEY);
            self.v = match inbox.from(king) {
                Some(Vote::Binary(value)) if view.config.domain.contains(*value) => {
                    Ternary::of(*value)
                }
                _ => Ternary(0),
            };
        }
        self.sure = false;
    }
}

/// A threshold, one less or one more if that is what is wrong.
fn off_by_one(right: u32, less: Flaw, more: Flaw, view: &View<'_, Config>) -> u32 {
    match (view.is_flawed(less), view.is_flawed(more)) {
        (true, _) => right.saturating_sub(1),
        (_, true) => right + 1,
        _ => right,
    }
}

fn reigning(phase: u16, view: &View<'_, Config>) -> Process {
    let phase = if view.is_flawed(ONE_KING) { 0 } else { phase };
    king(phase, view.config.first_king, view.group)
}

/// The phase, from 0, and the round in it, from 0.
fn place(round: u16) -> (u16, u16) {
    let before = round.saturating_sub(1);
    (before / 3, before % 3)
}

impl Rounds for PhaseKing3f {
    type Problem = Consensus;
    type Config = Config;
    type Message = Vote;

    fn rounds(group: Group, _: &Config) -> u16 {
        group.f.saturating_add(1).saturating_mul(3)
    }

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(input: Option<Value>, _: &View<'_, Config>) -> Self {
        Self { v: Ternary::of(input.unwrap_or(Value::DEFAULT)), sure: false }
    }

    fn send(&self, round: u16, view: &View<'_, Config>) -> Outgoing<Vote> {
        match place(round) {
            (_, 0) => {
                view.cite(VOTE);
                Outgoing::All(Vote::Binary(self.v.bit()))
            }
            (_, 1) => {
                view.cite(TELL);
                Outgoing::All(Vote::Ternary(self.v))
            }
            (phase, _) if view.me == reigning(phase, view) => {
                view.cite(REIGN);
                Outgoing::All(Vote::Binary(self.v.bit()))
            }
            _ => Outgoing::Nothing,
        }
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Vote>,
        view: &View<'_, Config>,
    ) -> Option<Value> {
        match place(round) {
            (_, 0) => self.propose(inbox, view),
            (_, 1) => self.adopt(inbox, view),
            (phase, _) => self.follow(reigning(phase, view), inbox, view),
        }
        let early = view.is_flawed(EARLY) && round + 3 == view.last;
        if round < view.last && !early {
            return None;
        }
        view.cite(DECIDE);
        Some(self.v.bit())
    }

    fn alike(a: Process, b: Process, group: Group, config: &Config) -> bool {
        let subject = |p| !reigns(p, config.first_king, group);
        a == b || subject(a) && subject(b)
    }
}

impl Traitor for PhaseKing3f {
    fn vocabulary<'a>(liar: &'a Liar<'a, Self>, round: u16, to: Process) -> Vocabulary<'a, Vote> {
        let bits = || Vocabulary::one_of([0, 1].map(|bit| Vote::Binary(Value(bit))).into());
        match place(round) {
            (_, 0) => bits(),
            (_, 1) => {
                Vocabulary::one_of([0, 1, 2].map(|value| Vote::Ternary(Ternary(value))).into())
            }
            (phase, _) => {
                let king = king(phase, liar.config.first_king, liar.group);
                // Only the king is listened to, and a silent king is taken to say 0.
                if liar.me == king && to != king {
                    bits().with_silence()
                } else {
                    Vocabulary::none()
                }
            }
        }
    }
}

impl Listed for PhaseKing3f {
    const NAME: &'static str = "phase-king-3f";
    const TITLE: &'static str = "f+1 kings take turns in breaking ties, three rounds a phase";
    const SOURCE: &'static str = "Berman, Garay, Perry 1989";
    const NOTES: &'static str = "The best resilience there is without signatures, with messages \
        of two bits: eig is faster by two thirds, and its messages grow exponentially. The paper \
        calls this one phase king, and the one with two rounds phase queen. Every threshold is \
        tight at n = 3f+1; two wrong ones survive n = 5, f = 1. At n = 3 a liar that echoes to \
        each process its own value keeps two correct processes apart for ever, whatever the \
        kings say.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::THIRD;
    const ROUNDS: &'static str = "3(f+1)";
    const MESSAGES: &'static str = "(f+1)(n-1)(2n+1)";
    const SPECIAL: Option<&'static str> = Some("king");

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement| Claim::new(requirement, Faults::Byzantine, Bound::THIRD);
        [
            claim("agreement").breaks(&[(3, 1)]).breaks_early(&[(4, 1)]),
            claim("irrevocability"),
            claim("integrity").breaks(&[(2, 1), (4, 2)]),
            claim("validity-all"),
            claim("termination"),
            claim("deadline"),
        ]
        .into()
    }
}

impl Catalogued for PhaseKing3f {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        if setup.domain != Domain::BINARY {
            return Err(format!(
                "phase-king-3f agrees on one of two values, not of {}; turpin-coan runs it for \
                 any number of values",
                setup.domain.size
            ));
        }
        Ok(Config { domain: setup.domain, first_king: setup.special })
    }

    fn cost(group: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        let (n, phases) = (u64::from(group.n), u64::from(group.f) + 1);
        let messages = phases * n.saturating_sub(1) * (2 * n + 1);
        Some(Cost { rounds: 3 * phases, messages })
    }
}
