//! Two-phase commit (Gray, Lamport 2006, section 3) as a model of Stateright, with the data that
//! its own example has: vectors of states, and a set of messages.

use std::collections::BTreeSet;

use stateright::{Model, Property};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Standing {
    Working,
    Prepared,
    Committed,
    Aborted,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Words {
    Prepared(usize),
    Commit,
    Abort,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct State {
    resources: Vec<Standing>,
    manager: Standing,
    heard: Vec<bool>,
    sent: BTreeSet<Words>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Step {
    Commit,
    Abort,
    Hear(usize),
    Prepare(usize),
    Choose(usize),
    ObeyCommit(usize),
    ObeyAbort(usize),
}

/// So many resource managers.
#[derive(Clone)]
pub(crate) struct Commit {
    pub(crate) managers: usize,
}

impl Model for Commit {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            resources: vec![Standing::Working; self.managers],
            manager: Standing::Working,
            heard: vec![false; self.managers],
            sent: BTreeSet::new(),
        }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        let open = state.manager == Standing::Working;
        if open {
            steps.push(Step::Abort);
            if state.heard.iter().all(|heard| *heard) {
                steps.push(Step::Commit);
            }
        }
        let (commit, abort) =
            (state.sent.contains(&Words::Commit), state.sent.contains(&Words::Abort));
        for at in 0..self.managers {
            if open && state.sent.contains(&Words::Prepared(at)) {
                steps.push(Step::Hear(at));
            }
            if state.resources[at] == Standing::Working {
                steps.extend([Step::Prepare(at), Step::Choose(at)]);
            }
            steps.extend(commit.then_some(Step::ObeyCommit(at)));
            steps.extend(abort.then_some(Step::ObeyAbort(at)));
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut next = state.clone();
        match step {
            Step::Commit => {
                next.manager = Standing::Committed;
                next.sent.insert(Words::Commit);
            }
            Step::Abort => {
                next.manager = Standing::Aborted;
                next.sent.insert(Words::Abort);
            }
            Step::Hear(at) => next.heard[at] = true,
            Step::Prepare(at) => {
                next.resources[at] = Standing::Prepared;
                next.sent.insert(Words::Prepared(at));
            }
            Step::Choose(at) | Step::ObeyAbort(at) => next.resources[at] = Standing::Aborted,
            Step::ObeyCommit(at) => next.resources[at] = Standing::Committed,
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("agreement", |_, state: &State| {
            let any = |wanted| state.resources.contains(&wanted);
            !(any(Standing::Committed) && any(Standing::Aborted))
        })]
    }
}
