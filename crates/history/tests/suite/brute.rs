//! The definition of linearizability, tried out: every order of the operations, on plain values.

use quorate_history::{Action, Form, History, Model, Operation};

/// Whether some order of `kept` explains all answers. The others may have happened at any time:
/// where a value that one of them wrote would help, it is there.
pub(crate) fn linearizable(history: &History, kept: &[usize]) -> bool {
    let all = &history.operations;
    let outside: Vec<&Operation> =
        (0..all.len()).filter(|at| !kept.contains(at)).map(|at| &all[at]).collect();
    let inside: Vec<&Operation> = kept.iter().map(|at| &all[*at]).collect();
    keys(&inside).into_iter().all(|key| {
        let mine = |one: &&Operation| one.key == key;
        let inside: Vec<&Operation> = inside.iter().copied().filter(mine).collect();
        let outside: Vec<&Operation> = outside.iter().copied().filter(mine).collect();
        let start = first(history.model);
        orders(history.model, &inside, &outside, &start, &mut vec![false; inside.len()])
    })
}

fn keys(operations: &[&Operation]) -> Vec<Option<Form>> {
    let mut keys: Vec<Option<Form>> = operations.iter().map(|one| one.key.clone()).collect();
    keys.sort();
    keys.dedup();
    keys
}

fn text(letters: &str) -> Form {
    Form::Text(letters.into())
}

fn first(model: Model) -> Form {
    match model {
        Model::Register | Model::Cas => Form::Nil,
        Model::Lock => Form::Bool(false),
        Model::Kv => text(""),
        Model::Log => Form::Vector(Vec::new()),
    }
}

fn orders(
    model: Model,
    inside: &[&Operation],
    outside: &[&Operation],
    state: &Form,
    done: &mut [bool],
) -> bool {
    let left = |done: &[bool]| (0..inside.len()).filter(|at| !done[*at]).collect::<Vec<_>>();
    let owed = |at: &&usize| inside[**at].returned.is_some();
    if left(done).iter().find(owed).is_none() {
        return true;
    }
    for at in left(done) {
        let waits = |other: &usize| {
            inside[*other].returned.is_some_and(|returned| returned < inside[at].invoked)
        };
        if left(done).iter().any(waits) {
            continue;
        }
        let Some(next) = step(model, inside[at], outside, state) else { continue };
        done[at] = true;
        if orders(model, inside, outside, &next, done) {
            return true;
        }
        done[at] = false;
    }
    false
}

/// Whether a value may be there, since an operation outside wrote it.
fn free(outside: &[&Operation], value: &Form) -> bool {
    outside.iter().any(|one| match &one.action {
        Action::Write(new) | Action::Cas(_, new) => new == value,
        Action::Acquire => *value == Form::Bool(true),
        Action::Release => *value == Form::Bool(false),
        Action::Append(_) | Action::Read(_) => false,
    })
}

fn step(model: Model, one: &Operation, outside: &[&Operation], state: &Form) -> Option<Form> {
    let found = |value: &Form| value == state || free(outside, value);
    let plain = |form: &Form| match (model, form) {
        (Model::Kv, Form::Nil) => text(""),
        (Model::Log, Form::Nil) => Form::Vector(Vec::new()),
        _ => form.clone(),
    };
    match &one.action {
        Action::Read(Some(_)) if one.returned.is_none() => Some(state.clone()),
        Action::Read(None) => Some(state.clone()),
        Action::Read(Some(value)) => {
            let value = without(&plain(value), outside);
            found(&value).then_some(value)
        }
        Action::Write(value) => Some(plain(value)),
        Action::Cas(old, new) => found(&plain(old)).then(|| plain(new)),
        Action::Acquire => found(&Form::Bool(false)).then_some(Form::Bool(true)),
        Action::Release => found(&Form::Bool(true)).then_some(Form::Bool(false)),
        Action::Append(value) => Some(match (state, value) {
            (Form::Text(before), Form::Text(more)) => text(&format!("{before}{more}")),
            (Form::Vector(before), value) => {
                let mut list = before.clone();
                list.push(value.clone());
                without(&Form::Vector(list), outside)
            }
            _ => panic!("nothing can be appended to {state}"),
        }),
    }
}

/// A list without what operations outside appended.
fn without(value: &Form, outside: &[&Operation]) -> Form {
    let Form::Vector(parts) = value else { return value.clone() };
    let struck =
        |part: &&Form| outside.iter().any(|one| one.action == Action::Append((*part).clone()));
    Form::Vector(parts.iter().filter(|part| !struck(part)).cloned().collect())
}
