//! More than two values, of which at most k may be decided: what each process has heard of, and
//! whether all may decide the least of that.

use super::graph::Graph;
use super::limits::Stopped;
use super::states::States;
use super::views::{NONE, Names, Rows};

/// The values that are heard of in each final view, one bit each.
pub(crate) fn heard_of(states: &States<'_>, graph: &Graph) -> Vec<u16> {
    let n = states.adversary.n();
    let values = states.adversary.values();
    let named = usize::from(states.names == Names::Kept);
    let count = if named == 1 { n * usize::from(values) } else { usize::from(values) };
    let mut heard: Vec<u16> = (0..count).map(|at| 1 << (at % usize::from(values))).collect();
    for rows in states.views.iter().chain([&graph.vertices]) {
        heard = (0..rows.len() as u32).map(|at| together(rows, at, named, &heard)).collect();
    }
    heard
}

fn together(rows: &Rows, at: u32, named: usize, heard: &[u16]) -> u16 {
    let parts = rows.get(at)[named..].iter().filter(|part| **part != NONE);
    parts.fold(0, |all, part| all | heard[*part as usize])
}

/// What to decide at each view, if it is enough that each decides the least that it has heard of.
pub(crate) fn least(states: &States<'_>, graph: &Graph) -> Result<Option<Vec<u8>>, Stopped> {
    let values = states.adversary.values();
    let heard = heard_of(states, graph);
    let decisions: Vec<u8> = heard.iter().map(|heard| heard.trailing_zeros() as u8).collect();
    for set in 0..graph.len() {
        if set.is_multiple_of(1 << 14) {
            states.limits().look(0)?;
        }
        let decided = |p: usize| {
            let views = graph.of(set, p).iter();
            views.fold(0, |all: u16, view| all | 1 << decisions[*view as usize])
        };
        let decided: Vec<u16> = (0..graph.processes()).map(decided).collect();
        if can_all_differ(&decided, values) {
            return Ok(None);
        }
    }
    Ok(Some(decisions))
}

/// Whether each of the values can be decided by another process, if each can decide these.
fn can_all_differ(decided: &[u16], values: u8) -> bool {
    fn from(decided: &[u16], value: u8, values: u8, used: u16) -> bool {
        value == values
            || (0..decided.len()).any(|p| {
                let free = used & (1 << p) == 0 && decided[p] & (1 << value) != 0;
                free && from(decided, value + 1, values, used | 1 << p)
            })
    }
    from(decided, 0, values, 0)
}
