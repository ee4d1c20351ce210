//! What the catalogue says of a protocol.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_kernel::{
    Deceit, Domain, Faults, Group, InputOf, Links, Mutant, Problem, Process, Rounds, Rule, Timing,
    Traitor, Value, marked, named,
};

/// Where a search on a network begins that is told no bounds: with these it ends soon.
#[derive(Clone, Copy, Debug, Default)]
pub struct First {
    /// The last round that a process may enter.
    pub rounds: Option<u16>,
    /// How often timers go off.
    pub timers: u8,
    /// Parameters, as `--set` has them.
    pub settings: &'static [(&'static str, &'static str)],
}

impl First {
    /// With everything but timers: there are no rounds, or there is an end to them.
    pub const WHOLE: Self = Self { rounds: None, timers: 0, settings: &[] };
    /// With one round.
    pub const ROUND: Self = Self { rounds: Some(1), ..Self::WHOLE };
    /// With one leader and an attempt of another to be one.
    pub const LEADER: Self = Self { rounds: Some(2), timers: 1, ..Self::WHOLE };
}

/// What the catalogue says of any protocol.
pub trait Listed {
    /// The name on the command line.
    const NAME: &'static str;
    /// The protocol that it is a form of, if it is one: what can be wrong with it on purpose is
    /// shown there.
    const FORM_OF: Option<&'static str> = None;
    /// Other names for it.
    const ALIASES: &'static [&'static str] = &[];
    /// What it is, in one line.
    const TITLE: &'static str;
    /// Author, year, section.
    const SOURCE: &'static str;
    /// A paragraph for `explain`: what differs from the source and why, and the known pitfalls.
    const NOTES: &'static str;
    /// The timing that it is built for: the least that it needs to keep all its promises.
    const TIMING: Timing = Timing::Synchronous;
    /// The links that it is built for: the least that it needs to keep all its promises.
    const LINKS: Links = Links::Reliable;
    /// Whether its processes may crash and come back with what they stored.
    const RESTARTS: bool = false;
    /// What may fail by default: the strongest kind that it is built for.
    const FAULTS: Faults;
    /// The bound on n and f, as the literature writes it.
    const BOUND: Bound;
    /// How many rounds or delays, as a formula for people.
    const ROUNDS: &'static str;
    /// How many messages without failures, as a formula for people.
    const MESSAGES: &'static str;
    /// The part of the special process, if there is one: `commander`, `king`, `sequencer`.
    const SPECIAL: Option<&'static str> = None;
    /// Whether only the special process proposes.
    const ONE_INPUT: bool = false;
    /// The protocol's own parameters; the first word of each is the default.
    const PARAMETERS: &'static [Parameter] = &[];

    /// Where a search on a network begins that is told no bounds.
    const FIRST: First = First::WHOLE;

    /// Groups up to n = 4 at which a search of every run takes longer than a test may.
    const HEAVY: &'static [(u16, u16)] = &[];

    /// The rules, those of its parts included, in the order in which views count them.
    fn rules() -> Vec<Rule>;

    /// What it promises, and what breaks just outside.
    fn claims() -> Vec<Claim>;

    /// What can be wrong with it on purpose, besides a rule left out. What is wrong with a part is
    /// shown where the part is at home.
    fn mutants() -> Vec<Mutant> {
        Vec::new()
    }
}

/// A synchronous protocol with everything that the conformance suite and the manual need.
pub trait Catalogued: Listed + Traitor + Rounds<Problem: Problem<Input = Value>> {
    /// The configuration for a setup.
    ///
    /// # Errors
    /// A sentence that says what does not fit and what would.
    fn configure(setup: &Setup<'_>) -> Result<Self::Config, String>;

    /// The exact cost of a run without failures, where all propose what `inputs` says.
    fn cost(group: Group, config: &Self::Config, inputs: &[Option<Value>]) -> Option<Cost>;
}

/// A protocol as something to host on a network with delays: every protocol of the catalogue, the
/// synchronous ones in timed rounds.
pub trait Hosted: Listed + Deceit {
    /// The configuration for a setup.
    ///
    /// # Errors
    /// A sentence that says what does not fit and what would.
    fn configure(setup: &Setup<'_>) -> Result<Self::Config, String>;

    /// What is asked of whom, and when, if the processes are given these values.
    fn requests(
        setup: &Setup<'_>,
        config: &Self::Config,
        inputs: &[Option<Value>],
    ) -> Vec<Request<InputOf<Self>>>;

    /// How long after the last failure, with every bound holding again, all that is owed has come.
    fn calm_ticks(group: Group, config: &Self::Config) -> u64;

    /// The exact cost of a run without failures and with all delays equal; `None` if there is no
    /// formula for these inputs.
    fn cost(group: Group, config: &Self::Config, inputs: &[Option<Value>]) -> Option<Cost>;

    /// How long after whatever calls for it every answer comes, if every bound holds: what
    /// [`End::deadline`](quorate_kernel::End::deadline) is in a run in time.
    fn deadline_ticks(group: Group, config: &Self::Config) -> Option<u64> {
        let _ = (group, config);
        None
    }

    /// For a protocol that draws lots, the probability that somebody correct is undecided after
    /// `round` rounds, if nobody fails and the processes are given these values.
    fn tail(
        group: Group,
        config: &Self::Config,
        inputs: &[Option<Value>],
        round: u32,
    ) -> Option<Tail> {
        let _ = (group, config, inputs, round);
        None
    }

    /// How long a round lasts, for a synchronous protocol in timed rounds.
    fn round_ticks(config: &Self::Config) -> Option<u64> {
        let _ = config;
        None
    }

    /// A request, for people.
    fn show_request(input: &InputOf<Self>, name: &dyn Fn(Value) -> String) -> String {
        named(&marked(input), name)
    }
}

/// A probability, known exactly or from above.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tail {
    /// The probability.
    pub probability: f64,
    /// Whether it is exactly this, and not at most this.
    pub exact: bool,
}

/// Something asked of a process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Request<I> {
    /// When, in ticks from the start.
    pub at_ticks: u64,
    /// Of whom.
    pub process: Process,
    /// What.
    pub input: I,
}

impl<I> Request<I> {
    /// One request at the start for everybody who has an input.
    pub fn at_once(inputs: impl IntoIterator<Item = Option<I>>) -> Vec<Self> {
        let all = inputs.into_iter().enumerate();
        all.filter_map(|(at, input)| {
            input.map(|input| Self { at_ticks: 0, process: Process(at as u16), input })
        })
        .collect()
    }
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
    /// What is known of time, at least.
    pub timing: Timing,
    /// What links promise, at least.
    pub links: Links,
    /// Whether it is promised even if crashed processes come back with what they stored.
    pub restarts: bool,
    /// For which groups it is promised.
    pub within: Bound,
    /// The parameters, and their words, with each of which it is not promised; any that is set if
    /// the word is empty.
    pub unless: &'static [(&'static str, &'static str)],
    /// The parameter, and its word, with which alone it is promised.
    pub only: Option<(&'static str, &'static str)>,
    /// Groups `(n, f)` outside the bound at which it must be seen to break.
    pub breaks: &'static [(u16, u16)],
    /// Groups inside the bound at which it must break with one round less.
    pub breaks_early: &'static [(u16, u16)],
    /// Groups inside the bound at which it must break under one weaker assumption.
    pub breaks_under: &'static [(Weaker, (u16, u16))],
}

/// An assumption made weaker than a claim needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weaker {
    /// Less is known of time.
    Timing(Timing),
    /// Links promise less.
    Links(Links),
    /// More may fail.
    Faults(Faults),
    /// Crashed processes come back.
    Restarts,
    /// Disks forget what they said they had stored.
    Forgetful,
}

impl Claim {
    /// A claim for the synchronous model that says nothing of where it ends.
    pub const fn new(requirement: &'static str, faults: Faults, within: Bound) -> Self {
        Self {
            requirement,
            faults,
            timing: Timing::Synchronous,
            links: Links::Reliable,
            restarts: false,
            within,
            unless: &[],
            only: None,
            breaks: &[],
            breaks_early: &[],
            breaks_under: &[],
        }
    }

    /// The same, promised even if no more than this is known of time.
    pub const fn timed(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// The same, promised over these links.
    pub const fn over(mut self, links: Links) -> Self {
        self.links = links;
        self
    }

    /// The same, promised even if crashed processes come back with what they stored.
    pub const fn with_restarts(mut self) -> Self {
        self.restarts = true;
        self
    }

    /// The same, not promised where one of these parameters is set to this word; to any if there
    /// is none.
    pub const fn unless(mut self, set: &'static [(&'static str, &'static str)]) -> Self {
        self.unless = set;
        self
    }

    /// The same, promised only where this parameter is set to this word.
    pub const fn only(mut self, key: &'static str, word: &'static str) -> Self {
        self.only = Some((key, word));
        self
    }

    /// Whether it is promised with the parameters that are set.
    pub fn is_made_with(&self, settings: &[(String, String)]) -> bool {
        let is_set = |(key, word): (&str, &str)| {
            let set = settings.iter().rev().find(|(set, _)| set == key);
            set.is_some_and(|(_, given)| given == word || word.is_empty())
        };
        !self.unless.iter().copied().any(is_set) && self.only.is_none_or(is_set)
    }

    /// What must be set for it to be promised.
    pub fn settings(&self) -> Vec<(String, String)> {
        self.only.iter().map(|(key, word)| ((*key).into(), (*word).into())).collect()
    }

    /// The same, breaking under weaker assumptions at these groups.
    pub const fn breaks_under(mut self, cases: &'static [(Weaker, (u16, u16))]) -> Self {
        self.breaks_under = cases;
        self
    }

    /// Whether anything is promised at all: a claim may also just say where a requirement breaks.
    pub fn is_promise(&self) -> bool {
        let groups = [(2, 0), (1000, 0), (1000, 1)];
        groups.into_iter().any(|(n, f)| (self.within.admits)(Group { n, f }))
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
    /// The bound on the delay of a message, in ticks, where timing has one.
    pub delay_ticks: u64,
    /// How many rounds to run, where the user overrides the protocol's own number.
    pub rounds: Option<u16>,
    /// The protocol's own parameters, as given.
    pub settings: &'a [(String, String)],
}

impl Setup<'_> {
    /// The bound on the delay of a message unless the user says otherwise: 10 ms of 1,000 ticks.
    pub const DELAY_TICKS: u64 = 10_000;

    /// A setup with nothing set: p0 plays the special part.
    pub const fn of(group: Group, domain: Domain) -> Self {
        Self {
            group,
            domain,
            special: Process(0),
            delay_ticks: Self::DELAY_TICKS,
            rounds: None,
            settings: &[],
        }
    }

    /// The number that one parameter is set to, or `default`.
    ///
    /// # Errors
    /// If it is not a number between `least` and `most`.
    pub fn number(&self, key: &str, default: u64, least: u64, most: u64) -> Result<u64, String> {
        let Some((_, given)) = self.settings.iter().rev().find(|(set, _)| set == key) else {
            return Ok(default);
        };
        let number = given.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| {
            format!("{key} cannot be {given:?}; it is a number from {least} to {most}")
        })
    }

    /// What one parameter is set to, as it was written.
    pub fn text(&self, key: &str) -> Option<&str> {
        let set = self.settings.iter().rev().find(|(set, _)| set == key);
        set.map(|(_, given)| given.as_str())
    }

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
        self.only_or(parameters, &[])
    }

    /// The same, for a protocol that has numbers to set too.
    ///
    /// # Errors
    /// A sentence that lists those it has.
    pub fn only_or(&self, parameters: &[Parameter], numbers: &[&str]) -> Result<(), String> {
        let known = |key: &str| {
            parameters.iter().any(|parameter| parameter.key == key) || numbers.contains(&key)
        };
        match self.settings.iter().find(|(key, _)| !known(key)) {
            None => Ok(()),
            Some((key, _)) if parameters.is_empty() && numbers.is_empty() => {
                Err(format!("this protocol has no parameters, so {key:?} cannot be set"))
            }
            Some((key, _)) => {
                let words = parameters.iter().map(|p| p.key.to_string());
                let keys: Vec<String> =
                    words.chain(numbers.iter().map(|key| key.to_string())).collect();
                Err(format!("{key:?} is no parameter of this protocol; it has {}", keys.join(", ")))
            }
        }
    }
}
