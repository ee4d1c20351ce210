//! Runs that are the same but for names: symmetry under permutations of processes and of values.
//!
//! If a permutation maps every step of the system to a step, and every state to one that breaks the
//! same requirements, it is an *automorphism*, and of each *orbit*, the states that automorphisms
//! map to each other, one has to be expanded (Ip, Dill 1996; Clarke, Enders, Filkorn, Jha 1996;
//! Emerson, Sistla 1996). Nobody declares that a protocol has any:
//!
//! - Candidates are exchanges of two names that map the beginnings, as a set, to themselves.
//! - A step of the system is made of numbered things: local states, events, ledgers. An exchange
//!   maps each to the number of the renamed thing, and the map is checked to be its own inverse.
//!   It is an automorphism if it maps local steps to local steps, entries into ledgers to
//!   entries, and judgments to the same; how the system puts local steps together asks for no
//!   names. This is looked up (`equivariance.rs`), handlers being run where they have not been
//!   yet: for every local step, entry and judgment that the search uses, and for all their images
//!   under all permutations in use. Where one pair does not agree the exchange is given up, and
//!   the search begins again without it.
//! - A permutation is taken apart into such exchanges of neighbours, so that what holds for these
//!   holds for it, whatever [`quorate_kernel::Renamed`] does.
//!
//! So a reduction that does not preserve the verdict cannot come about within what is searched: a
//! protocol that compares the numbers of processes, or takes the smallest of some values, is found
//! out by the step in which it does so.
//!
//! Deliveries that are put off go with it: a run from a state in which k events are not silent is
//! mapped to one from any state of its orbit with k such events, which has a run in at most k
//! compound moves; so by induction over k nothing that can be seen is lost. What processes are
//! asked at the very start comes in the order of their numbers, which is no harm either: events
//! of different processes at the start commute.
//!
//! The states that are kept are those that were found, not representatives: only the print under
//! which a state is remembered is that of its orbit (`orbits.rs`). So a way back leads through a
//! run that exists, with as few moves as any.

use quorate_kernel::{Process, Value};

/// The most processes for which it is looked for.
pub(crate) const PROCESSES_MAX: u16 = 16;
/// The most values that are permuted: all their permutations are tried.
const VALUES_MAX: usize = 4;

/// Which processes, and which values, may exchange their names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Symmetry {
    /// Sets of at least two processes.
    pub processes: Vec<Vec<Process>>,
    /// Sets of at least two values.
    pub values: Vec<Vec<Value>>,
}

/// An exchange of two names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Swap {
    Processes(u16, u16),
    Values(u16, u16),
}

impl Symmetry {
    /// The largest sets in which every exchange of two neighbours is one that may be.
    pub(crate) fn of(n: u16, values: u16, mut may: impl FnMut(Swap) -> bool) -> Self {
        let processes = sets(n, usize::from(n), |a, b| may(Swap::Processes(a, b)));
        let values = sets(values, VALUES_MAX, |a, b| may(Swap::Values(a, b)));
        let process = |set: Vec<u16>| set.into_iter().map(Process).collect();
        let value = |set: Vec<u16>| set.into_iter().map(Value).collect();
        Self {
            processes: processes.into_iter().map(process).collect(),
            values: values.into_iter().map(value).collect(),
        }
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.processes.is_empty() && self.values.is_empty()
    }

    /// The exchanges of neighbours, those of processes first.
    pub(crate) fn swaps(&self) -> Vec<Swap> {
        let processes = self.processes.iter().flat_map(|set| set.windows(2));
        let values = self.values.iter().flat_map(|set| set.windows(2));
        let processes = processes.map(|pair| Swap::Processes(pair[0].0, pair[1].0));
        processes.chain(values.map(|pair| Swap::Values(pair[0].0, pair[1].0))).collect()
    }
}

fn sets(count: u16, most: usize, mut may: impl FnMut(u16, u16) -> bool) -> Vec<Vec<u16>> {
    let mut sets: Vec<Vec<u16>> = Vec::new();
    for name in 0..count {
        let joins = |set: &&mut Vec<u16>| set.len() < most && may(set[set.len() - 1], name);
        match sets.iter_mut().find(joins) {
            Some(set) => set.push(name),
            None => sets.push(vec![name]),
        }
    }
    sets.retain(|set| set.len() > 1);
    sets
}

/// How to come from one order of places to another by exchanges of neighbours: the places k such
/// that k and k+1 are exchanged, one after the other.
pub(crate) fn sorted_by_swaps(order: &mut [u8], mut swap: impl FnMut(usize)) {
    for end in (1..order.len()).rev() {
        for at in 0..end {
            if order[at] > order[at + 1] {
                order.swap(at, at + 1);
                swap(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_special_stands_alone() {
        let may = |swap: Swap| !matches!(swap, Swap::Processes(a, b) if a == 1 || b == 1);
        let found = Symmetry::of(5, 2, may);
        let set = [0, 2, 3, 4].map(Process).to_vec();
        let values = vec![vec![Value(0), Value(1)]];
        assert_eq!(found, Symmetry { processes: vec![set], values });
        assert_eq!(found.swaps().len(), 4);
        assert!(Symmetry::of(4, 2, |_| false).is_none());
    }

    #[test]
    fn exchanges_of_neighbours_make_any_order() {
        let mut order = [2u8, 0, 3, 1];
        let mut swaps = Vec::new();
        sorted_by_swaps(&mut order, |at| swaps.push(at));
        assert_eq!((order, swaps), ([0, 1, 2, 3], vec![0, 2, 1]));
    }
}
