//! Exponential information gathering: who said that who said what, and majorities from the leaves.
//!
//! Problem: consensus with up to f < n/3 traitors, synchronous, no signatures.
//! Source: Lynch 1996, 6.3.2 (EIGByz); Bar-Noy, Dolev, Dwork, Strong 1987.
//!
//! Every path of f+1 distinct processes has a correct one on it, and what a correct process says
//! comes out the same at all correct processes. So at f+1 levels no path escapes, and the root is
//! the same everywhere.
//!
//! What differs: only the newest level is kept, since the inner nodes are computed from the
//! leaves and what was once received for them is not used again.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{
    Bits, Domain, Faults, Group, Inbox, Liar, Message, Mutant, Outgoing, Process, Renamed,
    Renaming, Rounds, Rule, Traitor, Value, View, Vocabulary, coded, inspect, mutants, rules,
};
use quorate_problems::Consensus;

use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};
use crate::tally::majority;
use crate::tree::{Level, Paths, affordable, deepest, levels};

rules! {
    RELAY = "1": "in round k send the values of all paths of length k-1 without oneself to all";
    GATHER = "2": "val(x.j) = what j sent for x; the default if it is missing or garbage";
    RESOLVE = "3": "from the leaves up, a node takes the strict majority of its children";
    DECIDE = "4": "after round f+1 decide the value of the root";
}

mutants! {
    OWN_WORD = "own-word" breaks RESOLVE: "takes its own word for what others said, and asks \
        nobody else", "";
    ONE_VOTE = "any-child" breaks RESOLVE: "a node takes the largest value of any child", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The values that may be proposed.
    pub domain: Domain,
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Eig {
    /// The values of all paths whose length is the number of rounds gone.
    leaves: Arc<[Value]>,
}

inspect!(Eig { leaves });

/// The values of all paths of one length that avoid the sender, as one message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Batch(Level);

coded!(Batch(level));

impl Renamed for Batch {
    fn rename(&mut self, by: &Renaming) {
        self.0.rename(by);
    }
}

impl Bits for Batch {
    fn bits(&self, domain: Domain) -> u32 {
        self.0.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        self.0.flip(bit, domain);
    }
}

impl Message for Batch {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        self.0.label(name)
    }

    fn items(&self, _: Process) -> u64 {
        self.0.paths.count()
    }

    fn cost_bits(&self, to: Process, domain: Domain) -> u64 {
        self.items(to) * u64::from(domain.width())
    }
}

/// The paths that are as long as `rounds`.
fn paths(group: Group, rounds: u16) -> Paths {
    Paths::new(group.n, None, rounds)
}

/// After how many rounds there is no longer path to ask for.
fn depth(group: Group, last: u16) -> u16 {
    last.min(deepest(group.n, None))
}

impl Eig {
    fn gather(&mut self, round: u16, inbox: &Inbox<'_, Batch>, view: &View<'_, Config>) {
        view.cite(GATHER);
        let before = paths(view.group, round - 1);
        let known = &self.leaves;
        let said = |path: &[Process], j: Process| {
            let heard = if j == view.me {
                known.get(before.rank(path)).copied()
            } else {
                let batch = inbox.from(j);
                batch.map(|batch| batch.0.value(before.without(j), path, view.config.domain))
            };
            heard.unwrap_or(Value::DEFAULT)
        };
        let level = before.grow(said);
        self.leaves = level;
    }

    /// Of every node the value of the child that is oneself, or of the first if one is on the path.
    fn own_word(&self, values: &[Value], length: u16, view: &View<'_, Config>) -> Vec<Value> {
        let nodes = paths(view.group, length);
        let (below, mut own) = (paths(view.group, length + 1), Vec::new());
        nodes.each(&mut |path| {
            let mut child = path.to_vec();
            child.push(view.me);
            let place = match path.contains(&view.me) {
                true => own.len() * nodes.branching(length),
                false => below.rank(&child),
            };
            own.push(values.get(place).copied().unwrap_or(Value::DEFAULT));
        });
        own
    }

    fn root(&self, view: &View<'_, Config>) -> Value {
        let mut values = self.leaves.to_vec();
        for length in (0..depth(view.group, view.last)).rev() {
            let children = paths(view.group, length).branching(length).max(1);
            let of_children = |chunk: &[Value]| {
                let known = chunk.iter().copied();
                match view.is_flawed(ONE_VOTE) {
                    true => known.max(),
                    false => majority(known),
                }
            };
            let settle = |chunk: &[Value]| of_children(chunk).unwrap_or(Value::DEFAULT);
            let own = view.is_flawed(OWN_WORD) && length > 0;
            values = match own {
                true => self.own_word(&values, length, view),
                false => values.chunks(children).map(settle).collect(),
            };
        }
        values.first().copied().unwrap_or(Value::DEFAULT)
    }
}

impl Rounds for Eig {
    type Problem = Consensus;
    type Config = Config;
    type Message = Batch;

    fn rounds(group: Group, _: &Config) -> u16 {
        group.f.saturating_add(1)
    }

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(input: Option<Value>, _: &View<'_, Config>) -> Self {
        Self { leaves: [input.unwrap_or(Value::DEFAULT)].into() }
    }

    fn send(&self, round: u16, view: &View<'_, Config>) -> Outgoing<Batch> {
        if round > depth(view.group, view.last) {
            return Outgoing::Nothing;
        }
        view.cite(RELAY);
        let all = paths(view.group, round - 1);
        let mine = all.without(view.me);
        let mut values = Vec::new();
        mine.each(&mut |path| values.extend(self.leaves.get(all.rank(path))));
        Outgoing::All(Batch(Level { paths: mine, values: values.into() }))
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Batch>,
        view: &View<'_, Config>,
    ) -> Option<Value> {
        if round <= depth(view.group, view.last) {
            self.gather(round, inbox, view);
        }
        if round < view.last {
            return None;
        }
        view.cite(RESOLVE);
        view.cite(DECIDE);
        Some(self.root(view))
    }

    fn alike(_: Process, _: Process, _: Group, _: &Config) -> bool {
        true
    }
}

impl Traitor for Eig {
    fn vocabulary<'a>(liar: &'a Liar<'a, Self>, round: u16, _: Process) -> Vocabulary<'a, Batch> {
        if round > depth(liar.group, liar.last) {
            return Vocabulary::none();
        }
        let said = paths(liar.group, round - 1).without(liar.me);
        levels(said, liar.config.domain, |_| true, Batch)
    }
}

impl Listed for Eig {
    const NAME: &'static str = "eig";
    const TITLE: &'static str = "who said that who said what, and majorities from the leaves up";
    const SOURCE: &'static str = "Lynch 1996, 6.3.2; Bar-Noy, Dolev, Dwork, Strong 1987";
    const NOTES: &'static str = "om for all processes at once, in consensus form: as fast as \
        possible, f+1 rounds, and exponential in what it sends. It differs from n runs of om in \
        two ways: a process also relays to those who are on the path already, and at an inner \
        node it asks the others what it said itself, where om takes its own word for it. A \
        missing or unreadable value counts as the default at every level; leaving it out of the \
        majority instead is a mistake.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::THIRD;
    const ROUNDS: &'static str = "f+1";
    const MESSAGES: &'static str = "(f+1)n(n-1), with n(n-1)(n-1)!/(n-k)! values in round k";

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
            claim("integrity").breaks(&[(3, 1)]),
            claim("validity-all"),
            claim("termination"),
            claim("deadline"),
        ]
        .into()
    }
}

impl Catalogued for Eig {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        affordable(setup.group, None, 1)?;
        Ok(Config { domain: setup.domain })
    }

    fn cost(group: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        let (n, rounds) = (u64::from(group.n), u64::from(group.f) + 1);
        Some(Cost { rounds, messages: rounds * n * n.saturating_sub(1) })
    }
}
