//! From a set of joined views back to one of its executions.

use super::adversary::{Hearing, honest};
use super::graph::Graph;
use super::limits::Stopped;
use super::states::States;
use crate::certificate::Execution;

/// The execution of a set in which these processes have these views, and the others hear as many as
/// they can.
pub(crate) fn execution(
    states: &mut States<'_>,
    graph: &Graph,
    set: usize,
    held: &[(u8, u32)],
) -> Result<Execution, Stopped> {
    let origin = graph.origins[set];
    let round = states.layers.len() - 1;
    let (before, situation) = states.state(round, origin.state);
    let before = before.to_vec();
    let mut path = states.path(round, origin.state)?;
    let blocks = states.blocks(situation, round as u16 + 1);
    let block = states.spoken(&blocks[usize::from(origin.block)], round, &before)?;
    let mut view = Vec::new();
    let heard = block.heard.iter().enumerate().map(|(p, options)| {
        let alone = || graph.set(set).len() == 1;
        let own = held.iter().find(|(owner, _)| usize::from(*owner) == p).map(|(_, view)| *view);
        let own = own.or_else(|| graph.of(set, p).first().copied().filter(|_| alone()));
        let fits = |heard: &&Hearing| {
            states.names.view(p, **heard, &before, &mut view);
            graph.find(&view) == own || own.is_some_and(|own| (own as usize) < graph.early)
        };
        let chosen = if own.is_some() { options.iter().find(fits) } else { options.first() };
        chosen.copied().unwrap_or(honest(0))
    });
    let heard: Vec<Hearing> = heard.collect();
    states.walk(&mut path, &heard);
    path.situations.push(block.next);
    Ok(states.adversary.told(&path))
}
