//! Messages that a protocol says it ignores from now on.

use quorate_checker::Progress;
use quorate_checker::network::{Beginning, Findings, Inquiry, Scope, explore};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Message, Process, ProcessSet, Protocol, Turncoat, Value,
    Vocabulary, inspect,
};
use quorate_problems::Consensus;

use crate::models::named;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Vote;

inspect!(Vote {});

impl Message for Vote {}

/// Everybody votes at p0, which decides with the first vote, and says that no other matters. If
/// the configuration says so, that is not true: the third vote changes its mind.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Count {
    votes: u16,
}

inspect!(Count { votes });

impl Protocol for Count {
    type Problem = Consensus;
    type Config = bool;
    type Message = Vote;
    type Timer = ();
    type Stable = ();

    const PAST: bool = true;

    fn domain(_: &bool) -> Domain {
        Domain::BINARY
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        if cx.me != Process(0) {
            cx.send(Process(0), Vote);
        }
        Self { votes: 0 }
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, _: Process, Vote: Vote, cx: &mut Context<'_, Self>) {
        let counts = self.votes == 0 || *cx.config;
        self.votes += u16::from(counts);
        if counts && self.votes != 2 {
            cx.output(Value(u16::from(self.votes == 3)));
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn is_past(&self, _: Process, Vote: &Vote) -> bool {
        self.votes > 0
    }
}

impl Deceit for Count {
    fn lies<'a>(_: &'a Turncoat<'a, Self>, _: Process, _: Option<&Vote>) -> Vocabulary<'a, Vote> {
        Vocabulary::one_of(vec![Vote])
    }
}

fn searched(changes_its_mind: &bool, collapse: bool) -> Findings {
    let group = Group { n: 4, f: 0 };
    let inquiry: Inquiry<'_, Count> = Inquiry {
        group,
        config: changes_its_mind,
        scope: Scope { collapse, ..Scope::of(Links::Reliable) },
        beginnings: vec![Beginning {
            traitors: ProcessSet::new(),
            doomed: ProcessSet::new(),
            requests: vec![(0, Vec::new()); group.size()],
        }],
        requirements: named(&["irrevocability"]),
        budget: Default::default(),
        wide: false,
    };
    explore(&inquiry, 1, &Progress::default())
}

#[test]
fn what_is_ignored_from_now_on_is_dropped() {
    let (whole, less) = (searched(&false, false), searched(&false, true));
    assert!(whole.broken.is_empty() && less.broken.is_empty());
    assert_eq!((whole.explored.states, less.explored.states), (8, 2));
}

#[test]
fn a_protocol_that_is_wrong_about_it_is_found_out() {
    for collapse in [false, true] {
        let found = searched(&true, collapse);
        assert_eq!(found.broken.len(), 1, "the third vote counts, whatever the protocol says");
    }
}
