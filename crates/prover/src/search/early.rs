//! Decisions before the last round: with few faulty processes some views have to decide earlier.
//!
//! A view has to decide after a round if its process is correct in some execution with it in which
//! the time is up by then. So its process decides with the first such view that it has, and that
//! is what is joined, in place of what it has seen in the end.

use super::adversary::{Set, members};
use super::views::{NONE, Rows};
use crate::certificate::Question;

/// The first views to decide in the rounds before the last, each with a number.
#[derive(Default)]
pub(crate) struct Early {
    /// For each round and view with which number its process has decided, or [`NONE`].
    first: Vec<Vec<u32>>,
    /// The round and the view of each number.
    pub(crate) vertices: Vec<(u16, u32)>,
}

impl Early {
    /// With which number a process has decided that has this view after a round.
    pub(crate) fn of(&self, round: usize, view: u32) -> u32 {
        let views = round.checked_sub(1).and_then(|at| self.first.get(at));
        views.and_then(|views| views.get(view as usize)).copied().unwrap_or(NONE)
    }

    pub(crate) fn bytes(&self) -> usize {
        let first: usize = self.first.iter().map(|views| views.capacity() * 4).sum();
        first + self.vertices.capacity() * 8
    }

    /// Finds who decides with the views of one more round: states say what each process has seen,
    /// and who is correct in the end if nothing else happens.
    pub(crate) fn add<'s>(
        &mut self,
        question: &Question,
        rows: &Rows,
        states: impl Iterator<Item = (&'s [u32], Set)>,
    ) {
        let round = self.first.len() + 1;
        let mut must = vec![false; rows.len()];
        for (views, correct) in states {
            if is_due(question, correct, round as u16) {
                members(correct).for_each(|p| must[views[p] as usize] = true);
            }
        }
        let first = (0..rows.len() as u32).map(|view| {
            let row = rows.get(view);
            let own = row[row[0] as usize + 1];
            match self.of(round - 1, own) {
                NONE if must[view as usize] => {
                    self.vertices.push((round as u16, view));
                    self.vertices.len() as u32 - 1
                }
                before => before,
            }
        });
        let first = first.collect();
        self.first.push(first);
    }
}

/// Whether all who are correct have to have decided after a round, if these are.
pub(crate) fn is_due(question: &Question, correct: Set, round: u16) -> bool {
    question.deadline(usize::from(question.n) - correct.count_ones() as usize) <= round
}
