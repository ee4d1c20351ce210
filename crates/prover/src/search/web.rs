//! A graph that is small enough to be drawn.

use super::graph::Graph;
use super::limits::{Limits, Stopped};
use super::prove::adversary;
use super::states::States;
use super::views::Names;
use crate::certificate::Question;

/// More views than this are no picture.
const VIEWS_MAX: usize = 120;

/// A graph of final views, to be drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Web {
    /// The views.
    pub views: Vec<WebView>,
    /// The places of views that are seen in one execution.
    pub joined: Vec<(usize, usize)>,
    /// A shortest chain from 0 to 1, if there is one.
    pub chain: Vec<usize>,
}

/// A final view, to be drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebView {
    /// Whose it is, and what it heard.
    pub text: String,
    /// How far it is from where 0 must be decided, or one more than the farthest if it is not
    /// joined to that.
    pub column: usize,
    /// A bit for each value that must be decided in an execution with this view.
    pub forced: u8,
}

/// The graph of a question, if it is small enough to be drawn.
///
/// # Errors
///
/// If the limits are reached, or there are too many processes.
pub fn draw_views(question: Question, limits: Limits) -> Result<Option<Web>, Stopped> {
    let adversary = adversary(question, false)?;
    let mut states = States::new(&*adversary, question, Names::Kept, limits)?;
    for _ in 1..question.rounds {
        states.extend()?;
        if states.views.last().is_some_and(|views| views.len() > VIEWS_MAX) {
            return Ok(None);
        }
    }
    let graph = Graph::new(&mut states)?;
    let count = graph.count();
    if count > VIEWS_MAX {
        return Ok(None);
    }
    let mut joined = Vec::new();
    let mut forced = vec![0; count];
    for set in 0..graph.len() {
        let n = graph.processes();
        let pairs = (0..n).flat_map(|p| (p + 1..n).map(move |q| (p, q)));
        for (p, q) in pairs {
            for a in graph.of(set, p) {
                joined.extend(graph.of(set, q).iter().map(|b| (*a as usize, *b as usize)));
            }
        }
        for view in graph.set(set).iter().filter(|_| graph.allowed[set].count_ones() == 1) {
            forced[*view as usize] |= graph.allowed[set];
        }
    }
    joined.sort_unstable();
    joined.dedup();
    let (columns, chain) = columns(count, &joined, &forced);
    let round = usize::from(question.rounds);
    let views = (0..count).map(|at| WebView {
        text: text(&states, &graph, round, at as u32),
        column: columns[at],
        forced: forced[at],
    });
    Ok(Some(Web { views: views.collect(), joined, chain }))
}

/// How far each view is from those where 0 must be decided, and the way to one where 1 must be.
fn columns(count: usize, joined: &[(usize, usize)], forced: &[u8]) -> (Vec<usize>, Vec<usize>) {
    let mut next = vec![Vec::new(); count];
    for (a, b) in joined {
        next[*a].push(*b);
        next[*b].push(*a);
    }
    let mut far: Vec<Option<usize>> =
        forced.iter().map(|forced| (forced & 1 != 0).then_some(0)).collect();
    let mut before = vec![None; count];
    let mut queue: Vec<usize> = (0..count).filter(|at| far[*at].is_some()).collect();
    let mut head = 0;
    while let Some(at) = queue.get(head).copied() {
        head += 1;
        for other in &next[at] {
            if far[*other].is_none() {
                far[*other] = far[at].map(|far| far + 1);
                before[*other] = Some(at);
                queue.push(*other);
            }
        }
    }
    let last = queue.iter().copied().find(|at| forced[*at] & 0b10 != 0);
    let mut chain: Vec<usize> = last.into_iter().collect();
    while let Some(at) = chain.last().and_then(|at| before[*at]) {
        chain.push(at);
    }
    let aside = far.iter().flatten().max().map_or(0, |farthest| farthest + 1);
    (far.into_iter().map(|far| far.unwrap_or(aside)).collect(), chain)
}

fn text(states: &States<'_>, graph: &Graph, round: usize, at: u32) -> String {
    let (round, row) = match states.early.vertices.get(at as usize) {
        Some((round, view)) => {
            let round = usize::from(*round);
            (round, states.views[round - 1].get(*view))
        }
        None => (round, graph.vertices.get(at - graph.early as u32)),
    };
    let heard: Vec<String> =
        row[1..].iter().map(|seen| states.view_text(round - 1, *seen)).collect();
    format!("p{} {}", row[0], heard.join(if round == 1 { "" } else { " " }))
}
