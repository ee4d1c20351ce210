//! What the clients of a replicated log saw, as a history: judged without a look at the logs.

use std::collections::VecDeque;

use quorate_diagram::{Interval, intervals_svg};
use quorate_history::{
    Action, Form, History, Limits, Model, Operation, Verdict as Found, draw, judge,
};
use quorate_kernel::Class;
use quorate_trace::{Trace, What};

use crate::report::{Judgment, Verdict, plural};
use crate::timed::ms_text;

/// The problem whose traces have clients.
const PROBLEM: &str = "replicated-log";

/// What was found of the clients of one trace.
pub(crate) struct Clients {
    history: History,
    found: Found,
    /// When each event of the trace was, in ticks.
    times: Vec<Option<u64>>,
}

/// A client's operations that wait for an answer, by their places in the history; and the number
/// of the last write that has one.
#[derive(Default)]
struct Open {
    writes: Vec<usize>,
    reads: VecDeque<usize>,
    done: u64,
}

impl Clients {
    /// Judges what the clients of a trace saw; nothing if it has none, or if its values have names
    /// that tell nothing.
    pub(crate) fn of(trace: &Trace, limits: Limits) -> Option<Self> {
        let unclear = trace.header.values.iter().any(|name| name == "nothing");
        if trace.header.problem != PROBLEM || unclear {
            return None;
        }
        let history = history(trace);
        let found = judge(&history, limits).verdict;
        let times = trace.events.iter().map(|event| event.at).collect();
        Some(Self { history, found, times })
    }

    /// The line of the report that says so.
    pub(crate) fn judgment(&self) -> Judgment {
        let (verdict, because) = match &self.found {
            Found::Holds => (Verdict::Holds, String::new()),
            Found::Violated(_) => (Verdict::Violated, self.because()),
            Found::Inconclusive(_) => (Verdict::Inconclusive, "stopped by a limit".into()),
        };
        let blamed = self.blamed().and_then(|one| name_of(&one.process)?.parse().ok());
        Judgment {
            name: "client-history",
            text: "What clients asked for and were answered is linearizable, whatever logs say.",
            class: Class::Safety,
            verdict,
            witnesses: blamed.into_iter().collect(),
            because,
            remark: String::new(),
        }
    }

    fn because(&self) -> String {
        let count = plural(self.operations().len() as u128, "operation");
        format!("no order explains {count} of clients, whatever the others did")
    }

    /// The operations that no order explains.
    fn operations(&self) -> Vec<&Operation> {
        let Found::Violated(witness) = &self.found else { return Vec::new() };
        let all = &self.history.operations;
        witness.operations.iter().filter_map(|at| all.get(*at)).collect()
    }

    fn blamed(&self) -> Option<&Operation> {
        blamed(&self.operations())
    }

    /// Them as text: drawn, and when each was.
    pub(crate) fn text(&self) -> String {
        let operations = self.operations();
        if operations.is_empty() {
            return String::new();
        }
        let mut out = format!("\n{}\n", draw(&operations));
        for one in operations {
            let began = self.when(one.invoked);
            let ended = one.returned.map_or_else(
                || "not answered".to_string(),
                |at| format!("answered at {}", self.when(at)),
            );
            out.push_str(&format!("  {}, {}: at {began}, {ended}\n", one.process, one.action));
        }
        out
    }

    /// Them as a picture.
    pub(crate) fn svg(&self) -> Option<String> {
        let when = |event: u32| self.when(event);
        let operations = self.operations();
        let heading = "What clients saw is not linearizable";
        picture(heading, &self.because(), &operations, &when)
    }

    fn when(&self, event: u32) -> String {
        self.times.get(event as usize).copied().flatten().map(ms_text).unwrap_or_default()
    }
}

/// The read that cannot be explained: the last one; if there is none, the last operation.
fn blamed<'o>(operations: &[&'o Operation]) -> Option<&'o Operation> {
    let read = operations.iter().rfind(|one| matches!(one.action, Action::Read(_)));
    read.or(operations.last()).copied()
}

/// Draws operations that no order explains, with what is written at their ends.
pub(crate) fn picture(
    heading: &str,
    because: &str,
    operations: &[&Operation],
    when: &dyn Fn(u32) -> String,
) -> Option<String> {
    let worst = blamed(operations)?;
    let interval = |one: &&Operation| Interval {
        client: one.process.to_string(),
        label: one.action.to_string(),
        begins: (one.invoked.into(), when(one.invoked)),
        ends: one.returned.map(|at| (at.into(), when(at))),
        blamed: std::ptr::eq(*one, worst),
    };
    let all: Vec<Interval> = operations.iter().map(interval).collect();
    Some(intervals_svg(heading, because, &all))
}

fn name_of(process: &Form) -> Option<String> {
    Some(process.to_string().strip_prefix('p')?.to_string())
}

/// The operations of a trace. A read that was never answered says nothing, and is left out.
fn history(trace: &Trace) -> History {
    let mut operations: Vec<Operation> = Vec::new();
    let mut open: Vec<Open> = (0..trace.header.n).map(|_| Open::default()).collect();
    for (at, event) in (0_u32..).zip(&trace.events) {
        let Some(own) = open.get_mut(usize::from(event.process)) else { continue };
        match &event.what {
            What::Request { request, .. } => {
                let action = match request.strip_prefix("write ") {
                    Some(value) => Action::Write(Form::Word(value.into())),
                    None if request == "read" => Action::Read(None),
                    None => continue,
                };
                match action {
                    Action::Write(_) => own.writes.push(operations.len()),
                    _ => own.reads.push_back(operations.len()),
                }
                let process = Form::Word(format!("p{}", event.process));
                let line = at.saturating_add(2);
                let (key, returned) = (None, None);
                operations.push(Operation { process, key, action, invoked: at, returned, line });
            }
            // Whoever had asked for a read has gone.
            What::Crash { .. } => own.reads.clear(),
            What::Output { value } => answer(value, (event.process, at), own, &mut operations),
            _ => {}
        }
    }
    operations.retain(|one| one.action != Action::Read(None));
    History { model: Model::Register, operations, failed: 0 }
}

/// Enters what a process handed out, if it answers one of its client's operations.
fn answer(text: &str, (who, at): (u16, u32), open: &mut Open, all: &mut [Operation]) {
    let told = text.strip_prefix("told ");
    let place = told.unwrap_or(text).strip_prefix("slot ");
    let Some((_, what)) = place.and_then(|rest| rest.split_once(": ")) else {
        return;
    };
    if let Some(value) = what.strip_prefix("read ") {
        let Some(place) = open.reads.pop_front() else { return };
        let value = if value == "nothing" { Form::Nil } else { Form::Word(value.into()) };
        (all[place].action, all[place].returned) = (Action::Read(Some(value)), Some(at));
        return;
    }
    let own = if told.is_some() { " (command ".into() } else { format!(" (p{who}'s command ") };
    let Some((value, number)) = what.rsplit_once(&own) else { return };
    // Whoever is back with an earlier state applies its own writes again: that answers nothing.
    let number = number.strip_suffix(')').and_then(|number| number.parse().ok());
    if number.is_none_or(|number| number <= open.done) {
        return;
    }
    open.done = number.unwrap_or_default();
    // What was not stored when its process crashed is asked for again: the first such write that
    // is open began no later than the one that was applied.
    let word = Action::Write(Form::Word(value.into()));
    let is_this = |place: &&usize| all[**place].action == word;
    let Some(place) = open.writes.iter().find(is_this).copied() else { return };
    open.writes.retain(|one| *one != place);
    all[place].returned = Some(at);
}
