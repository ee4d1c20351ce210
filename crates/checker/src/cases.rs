//! The cases: who is faulty from the start, and who proposes what.

use quorate_kernel::{Faults, Process, ProcessSet, RoundInput, Rounds};

use crate::question::Question;

/// One case, standing for `copies` cases that a permutation of processes makes equal to it.
#[derive(Clone, Debug)]
pub(crate) struct Case<R: Rounds> {
    pub(crate) faulty: ProcessSet,
    pub(crate) inputs: Vec<Option<RoundInput<R>>>,
    pub(crate) copies: u128,
}

/// Every case of a question, one for each class of permutations if symmetry is asked for.
pub(crate) fn cases<'q, R: Rounds>(
    question: &'q Question<'_, R>,
) -> impl Iterator<Item = Case<R>> + 'q {
    faulty_sets(question).into_iter().flat_map(move |faulty| {
        let classes = classes(question, &faulty);
        let sets = question.inputs.iter().map(Vec::len).collect();
        Odometer { digits: sets, next: Some(vec![0; question.inputs.len()]) }.filter_map(
            move |reading| {
                let copies = orbit(question, &classes, &faulty, &reading)?;
                let inputs = question.inputs.iter().zip(&reading);
                let inputs = inputs.map(|(options, at)| options[*at].clone()).collect();
                Some(Case { faulty: faulty.clone(), inputs, copies })
            },
        )
    })
}

/// The sets of processes that may be faulty from the start, smallest first.
fn faulty_sets<R: Rounds>(question: &Question<'_, R>) -> Vec<ProcessSet> {
    if let Some(fixed) = &question.faulty {
        return vec![fixed.clone()];
    }
    let dynamic = matches!(question.model.faults, Faults::None | Faults::Crash);
    let most = if dynamic { 0 } else { question.model.faulty_max.min(question.arena.group.n) };
    let mut sets = Vec::new();
    for size in 0..=most {
        subsets(question.arena.group.n, size, 0, &mut Vec::new(), &mut sets);
    }
    sets
}

fn subsets(n: u16, size: u16, from: u16, chosen: &mut Vec<Process>, out: &mut Vec<ProcessSet>) {
    if size == 0 {
        return out.push(chosen.iter().copied().collect());
    }
    for p in from..n {
        chosen.push(Process(p));
        subsets(n, size - 1, p + 1, chosen, out);
        chosen.pop();
    }
}

/// The processes by what they are: those of one class may be swapped.
fn classes<R: Rounds>(question: &Question<'_, R>, faulty: &ProcessSet) -> Vec<Vec<Process>> {
    let (group, config) = (question.arena.group, question.arena.config);
    let mut classes: Vec<Vec<Process>> = Vec::new();
    for p in group.processes() {
        let fits = |class: &&mut Vec<Process>| {
            let q = class[0];
            question.symmetry
                && R::alike(p, q, group, config)
                && question.inputs[p.index()] == question.inputs[q.index()]
                && (question.faulty.is_none() || faulty.contains(p) == faulty.contains(q))
        };
        match classes.iter_mut().find(fits) {
            Some(class) => class.push(p),
            None => classes.push(vec![p]),
        }
    }
    classes
}

/// How many cases a permutation makes equal to this one; `None` if it is not the one that stands
/// for them: within a class, faulty processes come last, and inputs rise.
fn orbit<R: Rounds>(
    _: &Question<'_, R>,
    classes: &[Vec<Process>],
    faulty: &ProcessSet,
    reading: &[usize],
) -> Option<u128> {
    let mut copies = 1u128;
    for class in classes {
        let what: Vec<(bool, usize)> =
            class.iter().map(|p| (faulty.contains(*p), reading[p.index()])).collect();
        if !what.is_sorted() {
            return None;
        }
        let mut same = 0;
        for (at, kind) in what.iter().enumerate() {
            same = if at > 0 && what[at - 1] == *kind { same + 1 } else { 1 };
            // The multinomial coefficient, one factor at a time: it stays whole.
            copies = copies * (at as u128 + 1) / same;
        }
    }
    Some(copies)
}

struct Odometer {
    digits: Vec<usize>,
    next: Option<Vec<usize>>,
}

impl Iterator for Odometer {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let now = self.next.take()?;
        let mut after = now.clone();
        for at in (0..after.len()).rev() {
            after[at] += 1;
            if after[at] < self.digits[at] {
                self.next = Some(after);
                break;
            }
            after[at] = 0;
        }
        Some(now)
    }
}
