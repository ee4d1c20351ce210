//! Small histories drawn at random, judged as the definition says, and their witnesses least.

use quorate_history::{Action, Form, History, Model, Operation};

use crate::{brute, witness};

/// A generator of numbers (xorshift, Marsaglia 2003).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

/// Strings that do not begin with each other, or do.
const PIECES: [[&str; 3]; 2] = [["a", "b", "c"], ["a", "ab", ""]];

fn value(draw: &mut Draw, model: Model, set: usize) -> Form {
    match model {
        Model::Kv => Form::Text(PIECES[set][draw.below(3) as usize].into()),
        _ => Form::Int(draw.below(3) as i64),
    }
}

fn seen(draw: &mut Draw, model: Model, set: usize) -> Form {
    let count = draw.below(3);
    match model {
        Model::Log => Form::Vector((0..count).map(|_| value(draw, model, set)).collect()),
        Model::Kv => {
            let parts: Vec<&str> =
                (0..count).map(|_| PIECES[set][draw.below(3) as usize]).collect();
            Form::Text(parts.concat())
        }
        _ if count == 0 => Form::Nil,
        _ => value(draw, model, set),
    }
}

fn action(draw: &mut Draw, model: Model, set: usize) -> Action {
    let kind = draw.below(4);
    match (model, kind) {
        (Model::Lock, 0 | 1) => Action::Acquire,
        (Model::Lock, _) => Action::Release,
        (Model::Register, 0 | 1) | (Model::Kv | Model::Cas, 0) => {
            Action::Write(value(draw, model, set))
        }
        (Model::Cas, 1) | (Model::Kv, 3) => {
            Action::Cas(value(draw, model, set), value(draw, model, set))
        }
        (Model::Log, 0 | 1) | (Model::Kv, 1) => Action::Append(value(draw, model, set)),
        _ => Action::Read(Some(seen(draw, model, set))),
    }
}

/// A history of up to seven operations of four processes on two keys; one in five has no answer.
fn drawn(seed: u64, model: Model) -> History {
    let mut draw = Draw(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let set = draw.below(2) as usize;
    let count = 1 + draw.below(7) as usize;
    let mut operations: Vec<Operation> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut place = 0;
    while operations.len() < count || !open.is_empty() {
        if operations.len() < count && open.len() < 4 && draw.below(2) == 0 {
            open.push(operations.len());
            let key = (draw.below(6) == 0).then_some(Form::Int(1));
            operations.push(Operation {
                process: Form::Int(operations.len() as i64),
                key,
                action: action(&mut draw, model, set),
                invoked: place,
                returned: None,
                line: place + 1,
            });
        } else if !open.is_empty() {
            let at = open.swap_remove(draw.below(open.len() as u64) as usize);
            operations[at].returned = (draw.below(5) > 0).then_some(place);
        }
        place += 1;
    }
    History { model, operations, failed: 0 }
}

#[test]
fn verdicts_are_those_of_the_definition() {
    for model in Model::ALL {
        let mut violated = 0;
        for seed in 1..=4000 {
            let history = drawn(seed, model);
            let all: Vec<usize> = (0..history.operations.len()).collect();
            let found = witness(&history);
            let holds = brute::linearizable(&history, &all);
            assert_eq!(found.is_none(), holds, "{model:?} {seed}: {history:#?}");
            violated += u32::from(!holds);
        }
        assert!((400..3600).contains(&violated), "{model:?}: {violated} of 4000 are violated");
    }
}

#[test]
fn witnesses_are_not_explained_and_all_but_one_of_their_operations_are() {
    for model in [Model::Register, Model::Cas, Model::Lock, Model::Log] {
        for seed in 1..=2000 {
            let history = drawn(seed, model);
            let Some(witness) = witness(&history) else { continue };
            let of = &witness.operations;
            assert!(witness.minimal);
            let shown = || format!("{model:?} {seed}: {of:?} of {history:#?}");
            assert!(!brute::linearizable(&history, of), "{}", shown());
            for left_out in of {
                let rest: Vec<usize> = of.iter().copied().filter(|at| at != left_out).collect();
                assert!(brute::linearizable(&history, &rest), "{left_out} in {}", shown());
            }
        }
    }
}

#[test]
fn witnesses_of_stores_are_not_linearizable_alone() {
    for seed in 1..=4000 {
        let history = drawn(seed, Model::Kv);
        let Some(found) = witness(&history) else { continue };
        let of = found.operations.iter().map(|at| history.operations[*at].clone());
        let alone = History { operations: of.collect(), ..history.clone() };
        let all: Vec<usize> = (0..alone.operations.len()).collect();
        assert!(!brute::linearizable(&alone, &all), "{seed}: {history:#?}");
        assert!(found.minimal);
    }
}
