//! A search depth first for a run without end in which nothing is handed out: whatever waits
//! longest happens next, unless somebody would hand something out. Such a run is fair if it comes
//! back.

use super::expand::{Expander, Kind, Step};
use super::fair::{Circles, Fairness, Lasso};
use super::graph::{Graph, Limits};
use super::rounds::Heights;
use super::search::Root;

/// A state on the way.
struct Stop {
    at: u32,
    /// What waits, the oldest first.
    queue: Vec<u32>,
    /// Its steps and where they lead, the next one last.
    left: Vec<(Step, u32)>,
}

/// How many states are expanded between two looks at the clock.
const LOOK: u64 = 256;

/// Looks for a run without end that breaks one of the requirements wanted; the graph as far as it
/// was expanded. `None` if some handler does not treat rounds alike.
pub(super) fn chase(
    expander: &mut Expander<'_>,
    heights: &mut Heights,
    roots: &[Root],
    (wanted, fairness): (u64, Fairness),
    (limits, most): (&Limits<'_>, usize),
) -> Option<(Graph, Vec<(usize, Lasso)>)> {
    let mut graph = Graph::begin(expander, roots, Some(heights));
    let mut on_way = vec![false; graph.len()];
    let (mut closed, mut next_look) = (0u64, 1);
    let (mut expanded, mut stack) = (0u64, Vec::new());
    for root in 0..graph.roots {
        stack.push(stop(&mut graph, expander, heights, root, Vec::new())?);
        while let Some(top) = stack.last_mut() {
            on_way.resize(graph.len(), false);
            on_way[top.at as usize] = true;
            let Some((step, to)) = top.left.pop() else {
                on_way[top.at as usize] = false;
                stack.pop();
                continue;
            };
            if on_way[to as usize] {
                closed += 1;
                if closed == next_look {
                    next_look *= 2;
                    let found = Circles::new(&graph, expander, fairness).find(wanted, limits).0;
                    if !found.is_empty() {
                        return Some((graph, found));
                    }
                }
                continue;
            }
            // What was expanded before led nowhere.
            if !graph.targets(to).is_empty() {
                continue;
            }
            let mut queue = top.queue.clone();
            queue.retain(|event| *event != step.event);
            expanded += 1;
            let late =
                expanded % LOOK == 0 && limits.stop(graph.bytes() + expander.bytes()).is_some();
            if late || graph.len() > most {
                return Some((graph, Vec::new()));
            }
            let next = stop(&mut graph, expander, heights, to, queue)?;
            // Whoever can hand something out will, if the run is fair, unless it is kept from it.
            let ends = |(step, after): &(Step, u32)| hands_out(&graph, *step, (to, *after));
            if !next.left.iter().any(ends) {
                stack.push(next);
            }
        }
    }
    let found = Circles::new(&graph, expander, fairness).find(wanted, limits).0;
    Some((graph, found))
}

/// Whether somebody hands something out in a step.
fn hands_out(graph: &Graph, step: Step, (from, to): (u32, u32)) -> bool {
    step.kind != Kind::Request && graph.state(from).ledger() != graph.state(to).ledger()
}

fn stop(
    graph: &mut Graph,
    expander: &mut Expander<'_>,
    heights: &mut Heights,
    at: u32,
    mut queue: Vec<u32>,
) -> Option<Stop> {
    let steps = graph.grow(expander, Some(heights), at)?;
    let mut new: Vec<u32> = steps.iter().map(|step| step.event).collect();
    new.retain(|event| !queue.contains(event));
    new.sort_unstable();
    new.dedup();
    queue.retain(|event| steps.iter().any(|step| step.event == *event));
    queue.extend(new);
    let targets = graph.targets(at).iter().copied();
    let mut left: Vec<(Step, u32)> = steps.into_iter().zip(targets).collect();
    let age = |step: &Step| queue.iter().position(|event| *event == step.event);
    left.sort_by_key(|(step, _)| std::cmp::Reverse(age(step)));
    Some(Stop { at, queue, left })
}
