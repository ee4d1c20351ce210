//! What clients asked for, when, and what they were told.

use std::collections::BTreeSet;

use quorate_history::{Action, Form, History, Model, Operation};

/// A change of a key that somebody was told of.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) revision: i64,
    pub(crate) key: String,
    /// What is there then; none if it was removed.
    pub(crate) value: Option<i64>,
}

/// Everything that clients saw.
#[derive(Default)]
pub(crate) struct Book {
    operations: Vec<Operation>,
    /// The next place among the events.
    place: u32,
    /// The highest revision that anybody was told.
    pub(crate) revision: i64,
    pub(crate) changes: Vec<Change>,
    revisions: BTreeSet<i64>,
    /// The values that were written, or may have been.
    pub(crate) values: BTreeSet<i64>,
}

/// A value or none, for the judge.
pub(crate) fn form(value: Option<i64>) -> Form {
    value.map_or(Form::Nil, Form::Int)
}

impl Book {
    /// Somebody asks for something: where that stands. The action is what it does if nothing more
    /// is heard of it.
    pub(crate) fn asks(&mut self, client: usize, key: &str, action: Action) -> usize {
        self.place += 1;
        self.operations.push(Operation {
            process: Form::Int(client as i64),
            key: Some(Form::Text(key.into())),
            action,
            invoked: self.place,
            returned: None,
            line: self.operations.len() as u32 + 1,
        });
        self.operations.len() - 1
    }

    /// It is answered: at that revision, which cannot be before what anybody was told when it was
    /// asked for.
    pub(crate) fn answered(
        &mut self,
        at: usize,
        action: Action,
        (floor, revision): (i64, i64),
    ) -> Result<(), String> {
        self.place += 1;
        let operation = &mut self.operations[at];
        (operation.action, operation.returned) = (action, Some(self.place));
        if revision < floor {
            return Err(format!(
                "{} is answered at revision {revision}, and somebody was told {floor} before it \
                 was asked for",
                operation.action
            ));
        }
        self.revision = self.revision.max(revision);
        Ok(())
    }

    /// It changed something, after the revision that anybody knew when it was asked for.
    pub(crate) fn changed(&mut self, floor: i64, change: Change) -> Result<(), String> {
        if change.revision <= floor || !self.revisions.insert(change.revision) {
            return Err(format!("{change:?} is at a revision that was taken; {floor} was known"));
        }
        self.changes.push(change);
        Ok(())
    }

    /// For the judge.
    pub(crate) fn history(self) -> History {
        History { model: Model::Kv, operations: self.operations, failed: 0 }
    }
}
