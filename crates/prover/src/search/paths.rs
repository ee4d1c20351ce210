//! From a set of joined views back to one of its executions.

use super::adversary::Set;
use super::graph::Graph;
use super::states::States;
use crate::certificate::Execution;

/// The execution of a set in which these processes have these views, and the others hear as many as
/// they can.
pub(crate) fn execution(
    states: &mut States<'_>,
    graph: &Graph,
    set: usize,
    held: &[(u8, u32)],
) -> Execution {
    let origin = graph.origins[set];
    let round = states.layers.len() - 1;
    let (_, situation) = states.state(round, origin.state);
    let mut path = states.path(round, origin.state);
    let blocks = states.blocks(situation, round as u16 + 1);
    let block = &blocks[usize::from(origin.block)];
    let (before, _) = states.state(round, origin.state);
    let mut view = Vec::new();
    let heard = block.heard.iter().enumerate().map(|(p, sets)| -> Set {
        let alone = || graph.set(set).len() == 1;
        let own = held.iter().find(|(owner, _)| usize::from(*owner) == p).map(|(_, view)| *view);
        let own = own.or_else(|| graph.of(set, p).first().copied().filter(|_| alone()));
        let fits = |heard: &&Set| {
            states.names.view(p, **heard, before, &mut view);
            graph.vertices.find(&view) == own
        };
        let chosen = if own.is_some() { sets.iter().find(fits) } else { sets.first() };
        chosen.copied().unwrap_or(0)
    });
    let heard: Vec<Set> = heard.collect();
    path.heard.push(heard);
    path.situations.push(block.next);
    states.adversary.told(&path)
}
