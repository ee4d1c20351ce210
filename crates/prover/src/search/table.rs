//! The algorithm, as a table.

use super::graph::Graph;
use super::states::States;
use super::views::{NONE, Names, Rows};
use crate::certificate::Table;

/// The views of all rounds and the decisions of the last.
pub(crate) fn table(states: &States<'_>, graph: &Graph, mut decisions: Vec<u8>) -> Table {
    let rounds = states.views.iter().chain([&graph.vertices]);
    let names = states.names == Names::Kept;
    let early = states.views.iter().filter(|_| !states.question.early.is_empty());
    let mut earlier: Vec<Vec<i8>> = early.map(|views| vec![-1; views.len()]).collect();
    let last = decisions.split_off(graph.early);
    for ((round, view), decision) in states.early.vertices.iter().zip(decisions) {
        earlier[usize::from(*round) - 1][*view as usize] = decision as i8;
    }
    let decisions = last;
    Table { names, views: rounds.map(|rows| listed(rows, names)).collect(), decisions, earlier }
}

fn listed(rows: &Rows, names: bool) -> Vec<Vec<i32>> {
    let number = |place: &u32| if *place == NONE { -1 } else { *place as i32 };
    let row = |at: u32| {
        let cells = rows.get(at).iter();
        // Without names, nothing is told of those who were not heard.
        cells.filter(|place| names || **place != NONE).map(number).collect()
    };
    (0..rows.len() as u32).map(row).collect()
}
