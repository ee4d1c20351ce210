//! What comes of a search.

use quorate_kernel::Deceit;

use super::checkpoint::Kept;
use super::coverage::{Met, Taken};
use super::cut_off::CutOff;
use super::endless::Forever;
use super::expand::{Expander, Step};
use super::roles::Roles;
use super::search::Root;
use super::sinks::Pick;
use super::state::State;
use super::symmetry::Symmetry;
use super::trail::{Shown, follow};
use crate::question::Stop;

/// How much was searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Explored {
    /// Distinct states; of those that are the same but for names, where there are such, one.
    pub states: u64,
    /// Steps from one state to another or to itself, and the beginnings.
    pub transitions: u64,
    /// States in which nothing more must happen.
    pub ends: u64,
    /// The most steps from a beginning to a state by a shortest way, the beginning counted; where
    /// the search is not breadth first, by the way on which it was found.
    pub depth: u32,
    /// The most states that waited at a time.
    pub frontier_max: u64,
    /// Bytes that the visited states took, with the way back to each.
    pub bytes: u64,
    /// Bytes of states that waited on disk, since memory was short.
    pub spilled: u64,
    /// How many random walks were made.
    pub walks: u64,
}

/// A requirement that some run breaks, and such a run: a shortest, if the search is breadth first.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Its place in [`Inquiry::requirements`].
    pub requirement: usize,
    /// Whether it shows once nothing more must happen.
    pub over: bool,
    /// The run.
    pub run: Shown,
}

/// What came of a search.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Why it stopped early; `None` if every state within the bounds was visited.
    pub stopped: Option<Stop>,
    /// How much was searched.
    pub explored: Explored,
    /// Which bounds cut runs off.
    pub cut_off: CutOff,
    /// What is broken, in the order of the requirements.
    pub broken: Vec<Broken>,
    /// Which rules fired in some run: bit k stands for rule k.
    pub cited: u64,
    /// Which faults met a process after which of its rules.
    pub met: Met,
    /// The requirements for which anything was at stake: bit k for the k-th.
    pub occasions: u64,
    /// Whether nothing was at stake for the others; otherwise that is not known.
    pub occasions_known: bool,
    /// What became of it, if it was stopped and to be kept.
    pub kept: Option<Kept>,
    /// Whether what was kept does not fit this program, so that nothing was searched.
    pub refused: bool,
    /// Whether there may be runs without end that were not looked at: then what is owed may never
    /// come although every run that ends has it.
    pub endless: bool,
    /// Whether lots or coins decide where steps lead.
    pub lots: bool,
    /// What was searched for runs without end, if anything was.
    pub forever: Option<Forever>,
    /// The requirements that ask for something that must come in the end: bit k for the k-th.
    pub owed: u64,
    /// Which names could be exchanged, so that of states that are the same but for these one was
    /// searched.
    pub symmetry: Symmetry,
    /// The probability that a state was left out, since another has the same print.
    pub omission: f64,
}

/// Puts into words what was found: by requirement, whether it shows in the end, and the way there.
pub(super) fn conclude<P: Deceit>(
    roles: &mut Roles<'_, P>,
    found: &mut Findings,
    ways: Vec<(usize, bool, (Root, Vec<Step>))>,
    taken: &Taken,
) {
    let broken = ways.iter().fold(0u64, |set, (requirement, ..)| set | 1 << requirement);
    if !roles.has_lapsed() {
        found.met = roles.met(taken);
        (found.occasions, found.occasions_known) = roles.occasions(taken, broken);
    }
    (found.endless, found.owed, found.lots) = (roles.circles.any(), roles.owed, roles.lots);
    found.symmetry = roles.mirrors.in_effect();
    found.broken = ways
        .into_iter()
        .map(|(requirement, over, (root, steps))| {
            let run = follow(roles, &root, &steps);
            Broken { requirement, over, run }
        })
        .collect();
}

/// The steps from a root that take these successors, one after the other.
pub(super) fn retrace(expander: &mut Expander<'_>, root: &Root, successors: &[u32]) -> Vec<Step> {
    let mut words = root.words.clone();
    let mut steps = Vec::new();
    for wanted in successors {
        let state = State { words: &words, n: expander.n };
        let print = state.print(expander.scope.fifo, &mut expander.tables) & expander.mask;
        let mut pick = Pick { wanted: *wanted, at: 0, taken: None };
        expander.expand(&words, print, &mut pick);
        let Some((taken, next)) = pick.taken else { break };
        steps.extend(taken);
        words = next;
    }
    steps
}
