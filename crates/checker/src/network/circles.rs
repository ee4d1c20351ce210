//! Whether runs can go on for ever: only then something can be owed that never comes although no
//! run ends without it.
//!
//! In a run without end some state comes back, or there would be no end of states. When it does,
//! every process is back in the same seat. So if no seat leads back to itself by way of others, no
//! process moves in such a circle, and all that happens are deliveries that leave their receivers
//! as they are. These come to an end too, unless what one of them sends leads back to it. A timer
//! that is set again when it goes off, and changes nothing else, is a circle of its own.

use rustc_hash::FxHashMap;

use super::tables::Landing;

/// The steps that are not counted, as edges.
#[derive(Debug, Default)]
pub(crate) struct Circles {
    /// From seat to seat.
    seats: Vec<(u32, u32)>,
    /// From a message that changes nothing at its receiver to what is sent because of it.
    echoes: Vec<(u32, u32)>,
}

impl Circles {
    /// Notes where an event leads; a timer can go off again without anybody's doing.
    pub(crate) fn lands(&mut self, seat: u32, (event, timer): (u32, bool), landing: &Landing) {
        if landing.seat != seat || timer {
            self.seats.push((seat, landing.seat));
        } else {
            self.echoes.extend(landing.sends.iter().map(|sent| (event, *sent)));
        }
    }

    /// Whether there may be a run without end.
    pub(crate) fn any(&self) -> bool {
        has_circle(&self.seats) || has_circle(&self.echoes)
    }
}

/// Whether a graph has a circle: whatever is left once all nodes are taken away, again and again,
/// that no edge leads to (Kahn 1962).
fn has_circle(edges: &[(u32, u32)]) -> bool {
    let mut into: FxHashMap<u32, u32> = FxHashMap::default();
    let mut out: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (from, to) in edges {
        into.entry(*from).or_default();
        *into.entry(*to).or_default() += 1;
        out.entry(*from).or_default().push(*to);
    }
    let mut free: Vec<u32> = into.iter().filter(|(_, n)| **n == 0).map(|(node, _)| *node).collect();
    let mut taken = 0;
    while let Some(node) = free.pop() {
        taken += 1;
        for to in out.get(&node).into_iter().flatten() {
            if let Some(left) = into.get_mut(to) {
                *left -= 1;
                if *left == 0 {
                    free.push(*to);
                }
            }
        }
    }
    taken < into.len()
}

#[cfg(test)]
mod tests {
    use super::has_circle;

    #[test]
    fn circles_are_found_and_joins_are_none() {
        assert!(!has_circle(&[]));
        assert!(!has_circle(&[(1, 2), (1, 3), (2, 4), (3, 4), (4, 5)]), "a join is no circle");
        assert!(has_circle(&[(1, 2), (2, 3), (3, 2)]));
        assert!(has_circle(&[(1, 1)]));
    }
}
