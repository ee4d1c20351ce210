//! That k + 1 values are decided in some execution, by Sperner's argument (Chaudhuri, Inf.
//! Comput. 1993; Chaudhuri, Herlihy, Lynch, Tuttle, JACM 2000).
//!
//! A simplex is what k + 1 processes see in one execution. Take any set of them, and ask in how
//! many all decide differently. Such a simplex has one face in which 0 to k - 1 are decided, and
//! every other simplex has none or two. So the number is even or odd as that of the faces in the
//! boundary of the set in which 0 to k - 1 are decided. Where a view in the face has heard of k,
//! that is not known: no such face may be in the boundary. The others are simplices with one corner
//! less, and so on, until corners are left that have heard of 0 only, and decide it. If they are
//! odd, there is an execution in which all k + 1 values are decided.
//!
//! All this is linear over the field of two elements, so such a set is found by elimination.

use std::collections::{BTreeMap, HashMap, HashSet};

use rustc_hash::FxBuildHasher;

use super::graph::Graph;
use super::limits::Stopped;
use super::paths::execution;
use super::states::States;
use super::values::heard_of;
use crate::certificate::Simplex;

/// The number of the row that counts corners in which 0 is decided.
const CORNERS: u32 = 0;

/// A sum over the field of two elements: what is in it, in order.
type Sum = Vec<u32>;

/// What k + 1 processes see, in order, and where.
struct Cell {
    views: Vec<u32>,
    set: u32,
}

/// Executions in an odd number of which k + 1 values are decided, if some are found.
pub(crate) fn parity(
    states: &mut States<'_>,
    graph: &Graph,
) -> Result<Option<Vec<Simplex>>, Stopped> {
    let heard = heard_of(states, graph);
    let mut search = Search {
        all: (1 << states.adversary.values()) - 1,
        heard: &heard,
        rows: HashMap::default(),
        pivots: HashMap::default(),
        cells: Vec::new(),
        known: HashSet::default(),
        held: states.bytes() + graph.bytes(),
        bytes: 0,
    };
    let Some(chosen) = search.run(states, graph)? else { return Ok(None) };
    let cells = chosen.iter().map(|at| &search.cells[*at as usize]);
    told(states, graph, cells).map(Some)
}

struct Search<'s> {
    /// All values, one bit each.
    all: u16,
    heard: &'s [u16],
    /// The faces whose decisions are not known, each with a row of its own.
    rows: HashMap<Vec<u32>, u32, FxBuildHasher>,
    /// By the last row of a sum, the sum and the cells that make it.
    pivots: HashMap<u32, (Sum, Sum), FxBuildHasher>,
    cells: Vec<Cell>,
    known: HashSet<Vec<u32>, FxBuildHasher>,
    held: usize,
    bytes: usize,
}

impl Search<'_> {
    fn run(&mut self, states: &States<'_>, graph: &Graph) -> Result<Option<Sum>, Stopped> {
        for set in 0..graph.len() {
            let mut cells = Vec::new();
            self.list(graph, set, 0, &mut Vec::new(), &mut cells);
            for views in cells {
                states.limits().look(self.held + self.bytes)?;
                if let Some(chosen) = self.add(views, set as u32) {
                    return Ok(Some(chosen));
                }
            }
        }
        Ok(None)
    }

    /// Lists what k + 1 of the processes from p on can see together in a set of executions, where
    /// they have heard of all values.
    fn list(
        &mut self,
        graph: &Graph,
        set: usize,
        p: usize,
        views: &mut Vec<u32>,
        cells: &mut Vec<Vec<u32>>,
    ) {
        let size = self.all.count_ones() as usize;
        if views.len() == size {
            let mut cell = views.clone();
            cell.sort_unstable();
            if self.values(&cell) == self.all && self.known.insert(cell.clone()) {
                cells.push(cell);
            }
            return;
        }
        if graph.processes() - p < size - views.len() {
            return;
        }
        for view in graph.of(set, p) {
            views.push(*view);
            self.list(graph, set, p + 1, views, cells);
            views.pop();
        }
        self.list(graph, set, p + 1, views, cells);
    }

    fn values(&self, views: &[u32]) -> u16 {
        views.iter().fold(0, |all, view| all | self.heard[*view as usize])
    }

    /// Adds a cell. If some sum of the cells until now leaves nothing but one corner, those cells.
    fn add(&mut self, views: Vec<u32>, set: u32) -> Option<Sum> {
        let mut sum = Sum::new();
        self.boundary(&views, self.all, &mut sum);
        let mut made = vec![self.cells.len() as u32];
        self.bytes += 200 + 16 * views.len();
        self.cells.push(Cell { views, set });
        while let Some(last) = sum.last().copied() {
            if last == CORNERS {
                return Some(made);
            }
            let Some((other, cells)) = self.pivots.get(&last) else {
                self.bytes += 4 * (sum.len() + made.len());
                self.pivots.insert(last, (sum, made));
                return None;
            };
            sum = added(&sum, other);
            made = added(&made, cells);
        }
        None
    }

    /// Adds the boundary of a cell whose corners have heard of these values.
    fn boundary(&mut self, views: &[u32], values: u16, sum: &mut Sum) {
        // The greatest value is not decided in a face that counts.
        let (counted, greatest) = (values >> 1, values & !(values >> 1));
        for left_out in 0..views.len() {
            let mut face = views.to_vec();
            face.remove(left_out);
            let heard = self.values(&face);
            if face.is_empty() {
                *sum = added(sum, &[CORNERS]);
            } else if heard & counted != counted {
                // It has not heard of all that would have to be decided.
            } else if heard & greatest == 0 {
                self.boundary(&face, counted, sum);
            } else {
                let fresh = self.rows.len() as u32 + 1;
                let row = *self.rows.entry(face).or_insert(fresh);
                *sum = added(sum, &[row]);
            }
        }
    }
}

/// The sum of two.
fn added(a: &[u32], b: &[u32]) -> Sum {
    let (mut out, mut i, mut j) = (Vec::with_capacity(a.len() + b.len()), 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => {
                out.push(a[i]);
                i += 1;
            }
            std::cmp::Ordering::Greater => {
                out.push(b[j]);
                j += 1;
            }
            std::cmp::Ordering::Equal => {
                i += 1;
                j += 1;
            }
        }
    }
    out.extend_from_slice(&a[i..]);
    out.extend_from_slice(&b[j..]);
    out
}

/// The executions of cells. Where a process is faulty, one in which it is correct and sees the same
/// shows that it has to decide.
fn told<'c>(
    states: &mut States<'_>,
    graph: &Graph,
    cells: impl Iterator<Item = &'c Cell>,
) -> Result<Vec<Simplex>, Stopped> {
    let mut simplices = Vec::new();
    let (mut shown, mut open) = (HashSet::new(), BTreeMap::new());
    for Cell { views, set } in cells {
        let set = *set as usize;
        let mut held = Vec::new();
        for p in 0..graph.processes() {
            let own = graph.of(set, p).iter().find(|view| views.contains(view));
            held.extend(own.map(|view| (p as u8, *view)));
        }
        for (p, view) in &held {
            if graph.origins[set].correct & (1 << p) != 0 {
                shown.insert(*view);
            } else {
                open.insert(*view, *p);
            }
        }
        let who = held.iter().map(|(p, _)| u16::from(*p)).collect();
        simplices.push(Simplex { execution: execution(states, graph, set, &held)?, who });
    }
    for set in 0..graph.len() {
        for p in 0..graph.processes() {
            for view in graph.of(set, p) {
                let correct = graph.origins[set].correct & (1 << p) != 0;
                if correct && open.contains_key(view) && shown.insert(*view) {
                    let execution = execution(states, graph, set, &[(p as u8, *view)])?;
                    simplices.push(Simplex { execution, who: vec![p as u16] });
                }
            }
        }
    }
    Ok(simplices)
}
