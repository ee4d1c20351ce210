//! Operations as a picture for a terminal: a lane for each process, and an interval for each
//! operation.

use std::fmt::Write;

use crate::history::Operation;

/// The longest label, in characters; what is longer is cut in its middle.
const LABEL_MAX: usize = 40;

/// Draws operations. Intervals overlap in the picture if they did so in the history; lengths mean
/// nothing. One without an answer goes on to the end, with a question mark.
#[must_use]
pub fn draw(operations: &[&Operation]) -> String {
    let mut events: Vec<(u32, usize, bool)> = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        events.push((operation.invoked, at, false));
        events.extend(operation.returned.map(|returned| (returned, at, true)));
    }
    events.sort_unstable();
    let labels: Vec<String> = operations.iter().map(|one| label(one)).collect();
    let width = |at: usize| labels[at].chars().count() + 4;
    let mut starts = vec![0; operations.len()];
    let mut ends = vec![None; operations.len()];
    let mut column = 0;
    let mut before = false;
    for (_, at, answer) in events {
        if answer {
            column = (column + 1).max(starts[at] + width(at) - 1);
            ends[at] = Some(column);
        } else {
            // What begins after an answer begins to the right of it.
            column += if before { 2 } else { 1 };
            starts[at] = column;
        }
        before = answer;
    }
    let open = (0..operations.len()).filter(|at| ends[*at].is_none());
    let last = open.map(|at| starts[at] + width(at)).max().unwrap_or(0).max(column + 2);
    let mut lanes: Vec<(String, Vec<usize>)> = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        let name = operation.process.to_string();
        // A process that went on after an operation without an answer gets another line.
        let closed = |lane: &[usize]| lane.iter().all(|at| ends[*at].is_some());
        match lanes.iter_mut().find(|(known, lane)| *known == name && closed(lane)) {
            Some((_, lane)) => lane.push(at),
            None => lanes.push((name, vec![at])),
        }
    }
    let margin = lanes.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, lane) in lanes {
        let mut line = String::new();
        for at in lane {
            let gap = usize::saturating_sub(starts[at], line.chars().count());
            line.extend(std::iter::repeat_n(' ', gap));
            let end = ends[at].unwrap_or(last);
            let fill = end - starts[at] + 1 - width(at).min(end - starts[at] + 1);
            let close = if ends[at].is_some() { '┤' } else { '?' };
            line.push_str("├ ");
            line.push_str(&labels[at]);
            line.push(' ');
            line.extend(std::iter::repeat_n('─', fill));
            line.push(close);
        }
        let _ = writeln!(out, "  process {name:<margin$} {line}");
    }
    out
}

fn label(operation: &Operation) -> String {
    let text = operation.action.to_string();
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= LABEL_MAX {
        return text;
    }
    let (head, tail) = (LABEL_MAX / 2, LABEL_MAX - LABEL_MAX / 2 - 3);
    let (head, tail) = (&letters[..head], &letters[letters.len() - tail..]);
    head.iter().chain(&['.', '.', '.']).chain(tail).collect()
}
