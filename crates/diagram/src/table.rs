//! Who received what from whom, and the state of every process, round by round.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_trace::{Trace, What};

use crate::TextOptions;
use crate::canvas::{Ink, Line};
use crate::scene::{Message, Scene};
use crate::{text, words};

mod timed;

/// The lines that a cell may take; a longer one is cut with an ellipsis.
const CELL_LINES_MAX: usize = 6;
/// The processes that are shown in a round.
const PROCESSES_MAX: u16 = 64;
/// The lines after which no further round is shown.
const LINES_MAX: usize = 2000;

/// Draw a run as its table of rounds: what each process received and from whom, its state at the
/// end of the round, and the verdict. A run in time has a row for every step instead.
/// Lines fit the width; a cell that does not is wrapped.
pub fn table(trace: &Trace, options: &TextOptions) -> String {
    let options = TextOptions { width: options.width.max(40), ..*options };
    let scene = Scene::new(trace);
    let mut all = if options.framed { text::heading(&scene, options.width) } else { Vec::new() };
    all.extend(lines(&scene, options.width));
    if options.framed {
        all.extend(text::verdict(&scene, &options));
    }
    let mut out = String::new();
    for line in all {
        line.write(options.width, options.colour, &mut out);
    }
    if options.unicode { out } else { text::ascii(&out) }
}

/// Where the columns begin.
struct Columns {
    received: usize,
    state: usize,
    end: usize,
}

impl Columns {
    fn new(scene: &Scene<'_>, width: usize) -> Self {
        let shown = scene.trace.header.n.min(PROCESSES_MAX);
        let names = (0..shown).map(|process| name(scene, process).chars().count()).max();
        let received = names.unwrap_or(0).min(width / 4) + 2;
        Self { received, state: received + (width - received) / 2, end: width }
    }
}

fn name(scene: &Scene<'_>, process: u16) -> String {
    let mut name = format!("p{process}");
    for word in [scene.part(process), scene.fault(process)] {
        if !word.is_empty() {
            name.push(' ');
            name.push_str(word);
        }
    }
    name
}

/// The table without heading and verdict.
pub(crate) fn lines(scene: &Scene<'_>, width: usize) -> Vec<Line> {
    if scene.time.is_some() {
        return timed::lines(scene, width);
    }
    let columns = Columns::new(scene, width);
    let mut lines = inputs(scene, width);
    for (at, &round) in scene.rounds.iter().enumerate() {
        if lines.len() > LINES_MAX {
            let left = scene.rounds.len() - at;
            let what = format!("{} left out.", words::number(left as u64, "further round"));
            lines.push(Line::of(&what, Ink::Strong));
            break;
        }
        lines.extend(one_round(scene, round, &columns));
        lines.push(Line::default());
    }
    lines
}

fn inputs(scene: &Scene<'_>, width: usize) -> Vec<Line> {
    let given: Vec<String> = scene
        .events(0)
        .filter_map(|(at, event)| match &event.what {
            What::Input { value } if scene.when(at) == 0 => {
                Some(format!("p{} {value}", event.process))
            }
            _ => None,
        })
        .collect();
    if given.is_empty() {
        return Vec::new();
    }
    let text = format!("given: {}", given.join(", "));
    let mut lines: Vec<Line> =
        words::wrap(&text, width).iter().map(|line| Line::of(line, Ink::Plain)).collect();
    lines.push(Line::default());
    lines
}

fn one_round(scene: &Scene<'_>, round: u16, columns: &Columns) -> Vec<Line> {
    let n = scene.trace.header.n;
    let cells = Cells::of(scene, round);
    let mut head = Line::default();
    head.put(0, &words::cut(&format!("round {round}"), columns.received - 1), Ink::Strong);
    head.put(columns.received, "receives", Ink::Strong);
    head.put(columns.state, "state at the end of the round", Ink::Strong);
    let rule: String = core::iter::repeat_n('─', columns.end).collect();
    let mut lines = alloc::vec![head, Line::of(&rule, Ink::Faint)];
    for process in 0..n.min(PROCESSES_MAX) {
        lines.extend(one_process(scene, process, round, &cells, columns));
    }
    if n > PROCESSES_MAX {
        let what = format!("p{PROCESSES_MAX} to p{} are left out.", n - 1);
        lines.push(Line::of(&what, Ink::Faint));
    }
    lines
}

fn one_process(
    scene: &Scene<'_>,
    process: u16,
    round: u16,
    cells: &Cells<'_>,
    columns: &Columns,
) -> Vec<Line> {
    let empty = Vec::new();
    let received = cells.received.get(&process).unwrap_or(&empty);
    let mut state = cells.notes.get(&process).cloned().unwrap_or_default();
    let down = scene.crashed.get(&process).is_some_and(|&when| when <= round);
    if down && state.is_empty() {
        state.push("has crashed".to_string());
    }
    let received = if received.is_empty() { "-".to_string() } else { sayings(received) };
    let left = cell(&received, columns.state - columns.received - 2);
    let right = cell(&state.join("; "), columns.end - columns.state);
    let ink = if received.contains("(lie") { Ink::Lie } else { Ink::Plain };
    let mut lines = Vec::new();
    for at in 0..left.len().max(right.len()) {
        let mut line = Line::default();
        if at == 0 {
            let name = words::cut(&name(scene, process), columns.received - 2);
            let faulty = !scene.fault(process).is_empty();
            line.put(0, &name, if faulty { Ink::Fault } else { Ink::Strong });
        }
        line.put(columns.received, left.get(at).map_or("", String::as_str), ink);
        line.put(columns.state, right.get(at).map_or("", String::as_str), Ink::Plain);
        lines.push(line);
    }
    lines
}

/// A cell's lines, cut where they are too many.
fn cell(text: &str, width: usize) -> Vec<String> {
    let mut lines = words::wrap(text, width);
    if lines.len() > CELL_LINES_MAX {
        lines.truncate(CELL_LINES_MAX);
        if let Some(last) = lines.last_mut() {
            *last = format!("{} …", words::cut(last, width.saturating_sub(2)));
        }
    }
    lines
}

/// What stands in the cells of a round.
struct Cells<'a> {
    received: BTreeMap<u16, Vec<(u16, String)>>,
    notes: BTreeMap<u16, Vec<String>>,
    scene: &'a Scene<'a>,
}

impl<'a> Cells<'a> {
    fn of(scene: &'a Scene<'a>, round: u16) -> Self {
        let mut cells = Self { received: BTreeMap::new(), notes: BTreeMap::new(), scene };
        for (at, event) in scene.events(round) {
            match &event.what {
                What::Receive { from, sent } => cells.receive(event.process, *from, *sent, ""),
                What::Missed { from, sent } => {
                    cells.receive(event.process, *from, *sent, "missed ");
                }
                What::Unsent { to, .. } => {
                    if let Some(message) = scene.message(at, event) {
                        let what = unsent(&message);
                        cells.received.entry(*to).or_default().push((event.process, what));
                    }
                }
                What::State { fields, .. } => cells.note(event.process, words::state(fields)),
                What::Decide { value } => cells.note(event.process, format!("decides {value}")),
                What::Crash { .. } => cells.note(event.process, "crashes".to_string()),
                What::Flip { bit, before, after } => {
                    cells.note(event.process, format!("bit {bit} flips: {before} → {after}"));
                }
                What::Expose { liar, .. } => {
                    cells.note(event.process, format!("proves that p{liar} lied"));
                }
                _ => {}
            }
        }
        cells
    }

    fn note(&mut self, process: u16, what: String) {
        self.notes.entry(process).or_default().push(what);
    }

    fn receive(&mut self, process: u16, from: u16, sent: u32, remark: &str) {
        let what = match self.scene.by_index(sent).map(|event| &event.what) {
            Some(What::Send { message, should, flipped, .. }) => {
                let mut what = words::said(message).to_string();
                if let Some(truth) = should {
                    what.push_str(&format!(" (lie: should say {})", words::should(truth)));
                }
                if let Some(flip) = flipped {
                    what.push_str(&format!(" (flipped, was {})", words::said(&flip.before)));
                }
                what
            }
            _ => "a message that the trace does not hold".to_string(),
        };
        self.received.entry(process).or_default().push((from, format!("{remark}{what}")));
    }
}

fn unsent(message: &Message<'_>) -> String {
    match message.cause {
        Some("silence") => format!("nothing (lie: should say {})", words::said(message.label)),
        Some(cause) => format!("nothing ({cause})"),
        None => "nothing".to_string(),
    }
}

/// What was received, the same sayings of several together: `1 from p0, p2; 0 from p3`.
fn sayings(received: &[(u16, String)]) -> String {
    let mut sayings: Vec<(&str, Vec<u16>)> = Vec::new();
    for (from, what) in received {
        match sayings.iter_mut().find(|(said, _)| said == what) {
            Some((_, senders)) => senders.push(*from),
            None => sayings.push((what, alloc::vec![*from])),
        }
    }
    let each: Vec<String> = sayings
        .iter()
        .map(|(what, from)| said_by(what, &words::names(from.iter().copied())))
        .collect();
    each.join("; ")
}

/// A saying with its senders before whatever is remarked about it.
fn said_by(what: &str, senders: &str) -> String {
    match what.split_once(" (lie") {
        Some((said, remark)) => format!("{said} from {senders} (lie{remark}"),
        None => format!("{what} from {senders}"),
    }
}
