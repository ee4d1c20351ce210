//! What the catalogue says of a protocol.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_kernel::{Domain, Faults, Group, Problem, Process, Rounds, Rule, Traitor, Value};

/// A protocol with everything that the catalogue, the conformance suite and the manual need.
pub trait Catalogued: Traitor + Rounds<Problem: Problem<Input = Value>> {
    /// The name on the command line.
    const NAME: &'static str;
    /// Other names for it.
    const ALIASES: &'static [&'static str] = &[];
    /// What it is, in one line.
    const TITLE: &'static str;
    /// Author, year, section.
    const SOURCE: &'static str;
    /// A paragraph for `explain`: what differs from the source and why, and the known pitfalls.
    const NOTES: &'static str;
    /// What may fail by default: the strongest kind that it is built for.
    const FAULTS: Faults;
    /// The bound on n and f, as the literature writes it.
    const BOUND: Bound;
    /// How many rounds, as a formula for people.
    const ROUNDS: &'static str;
    /// How many messages without failures, as a formula for people.
    const MESSAGES: &'static str;
    /// The part of the special process, if there is one: `commander`, `king`.
    const SPECIAL: Option<&'static str> = None;
    /// Whether only the special process proposes.
    const ONE_INPUT: bool = false;
    /// The protocol's own parameters; the first word of each is the default.
    const PARAMETERS: &'static [Parameter] = &[];

    /// Groups up to n = 4 at which a search of every run takes longer than a test may.
    const HEAVY: &'static [(u16, u16)] = &[];

    /// The rules, those of its parts included, in the order in which views count them.
    fn rules() -> Vec<Rule>;

    /// What it promises, and what breaks just outside.
    fn claims() -> Vec<Claim>;

    /// The configuration for a setup.
    ///
    /// # Errors
    /// A sentence that says what does not fit and what would.
    fn configure(setup: &Setup<'_>) -> Result<Self::Config, String>;

    /// The exact cost of a run without failures, where all propose what `inputs` says.
    fn cost(group: Group, config: &Self::Config, inputs: &[Option<Value>]) -> Option<Cost>;
}

/// A condition on n and f.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// As the literature writes it.
    pub text: &'static str,
    /// Whether a group satisfies it.
    pub admits: fn(Group) -> bool,
}

impl Bound {
    /// Nothing fails.
    pub const NO_FAULT: Self = Self { text: "f = 0", admits: |g| g.f == 0 };
    /// Any number of failures short of all.
    pub const ANY: Self = Self { text: "n > f", admits: |g| g.n > g.f };
    /// A majority is correct.
    pub const HALF: Self = Self { text: "n > 2f", admits: |g| exceeds(g, 2) };
    /// More than two thirds are correct.
    pub const THIRD: Self = Self { text: "n > 3f", admits: |g| exceeds(g, 3) };
    /// More than three quarters are correct.
    pub const QUARTER: Self = Self { text: "n > 4f", admits: |g| exceeds(g, 4) };
}

/// Whether n > times f, in numbers wide enough for any group.
fn exceeds(group: Group, times: u32) -> bool {
    u32::from(group.n) > times * u32::from(group.f)
}

/// A promise: a requirement, under a kind of fault, within a bound; and where it ends.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The requirement's name.
    pub requirement: &'static str,
    /// What may fail.
    pub faults: Faults,
    /// For which groups it is promised.
    pub within: Bound,
    /// Groups `(n, f)` outside the bound at which it must be seen to break.
    pub breaks: &'static [(u16, u16)],
    /// Groups inside the bound at which it must break with one round less.
    pub breaks_early: &'static [(u16, u16)],
}

impl Claim {
    /// A claim that says nothing of where it ends.
    pub const fn new(requirement: &'static str, faults: Faults, within: Bound) -> Self {
        Self { requirement, faults, within, breaks: &[], breaks_early: &[] }
    }

    /// Whether anything is promised at all: a claim may also just say where a requirement breaks.
    pub fn is_promise(&self) -> bool {
        [0, 1].into_iter().any(|f| (self.within.admits)(Group { n: 1000, f }))
    }

    /// The same, breaking at these groups outside the bound.
    pub const fn breaks(mut self, groups: &'static [(u16, u16)]) -> Self {
        self.breaks = groups;
        self
    }

    /// The same, breaking at these groups with one round less.
    pub const fn breaks_early(mut self, groups: &'static [(u16, u16)]) -> Self {
        self.breaks_early = groups;
        self
    }
}

/// A parameter of a protocol: `--set KEY=WORD`.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The key.
    pub key: &'static str,
    /// The words that it may have, the default first.
    pub words: &'static [&'static str],
    /// What it decides.
    pub text: &'static str,
}

/// The exact cost of a run without failures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Rounds.
    pub rounds: u64,
    /// Messages between different processes.
    pub messages: u64,
}

/// What the user asked for, before the protocol has seen it.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    /// How many processes, and how many may fail.
    pub group: Group,
    /// The values that may be proposed.
    pub domain: Domain,
    /// Who plays the special part.
    pub special: Process,
    /// The protocol's own parameters, as given.
    pub settings: &'a [(String, String)],
}

impl Setup<'_> {
    /// The word of one parameter: what the user set, or its default.
    ///
    /// # Errors
    /// If the user set a word that the parameter does not have.
    pub fn word(&self, parameter: &Parameter) -> Result<&'static str, String> {
        let Some((_, given)) = self.settings.iter().rev().find(|(key, _)| key == parameter.key)
        else {
            return Ok(parameter.words[0]);
        };
        parameter.words.iter().find(|word| *word == given).copied().ok_or_else(|| {
            let known = parameter.words.join(", ");
            format!("{} cannot be {given:?}; it can be {known}", parameter.key)
        })
    }

    /// Checks that no parameter is set that the protocol does not have.
    ///
    /// # Errors
    /// A sentence that lists those it has.
    pub fn only(&self, parameters: &[Parameter]) -> Result<(), String> {
        let known = |key: &str| parameters.iter().any(|parameter| parameter.key == key);
        match self.settings.iter().find(|(key, _)| !known(key)) {
            None => Ok(()),
            Some((key, _)) if parameters.is_empty() => {
                Err(format!("this protocol has no parameters, so {key:?} cannot be set"))
            }
            Some((key, _)) => {
                let keys: Vec<String> = parameters.iter().map(|p| p.key.to_string()).collect();
                Err(format!("{key:?} is no parameter of this protocol; it has {}", keys.join(", ")))
            }
        }
    }
}
