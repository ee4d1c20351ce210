//! A sequence diagram for documents that render Mermaid.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_trace::{Event, Trace, What};

use crate::scene::{Fate, Message, Scene, is_violated};
use crate::words;

mod timed;

/// The characters after which no further step is drawn: Mermaid refuses a text of more than 50 000.
const LENGTH_MAX: usize = 40_000;
/// The lifelines above which there are none.
const PROCESSES_MAX: u16 = 100;
/// The characters that a role, a label and a line of a note may take.
const ROLE_MAX: usize = 40;
const LABEL_MAX: usize = 120;
const NOTE_WIDTH: usize = 60;
/// The ground of a round, seen on light pages and on dark ones.
const GROUND: &str = "rgba(127, 127, 127, 0.12)";

/// Convert a run to a Mermaid sequence diagram: solid arrows for what is received, dashed ones with
/// a cross for what is not, a box for each round, and the verdict in a note at the end. States are
/// not in it. In a run in time an arrow stands where its message arrives, with the times at which
/// it was sent and arrived. A run too large for Mermaid is cut, and a note says what is missing.
pub fn mermaid(trace: &Trace) -> String {
    let scene = Scene::new(trace);
    let n = trace.header.n;
    let drawn = (1..=PROCESSES_MAX).contains(&n);
    let across = match n {
        1 => "p0".to_string(),
        n if drawn => format!("p0,p{}", n - 1),
        _ => "run".to_string(),
    };
    let mut diagram = Diagram { scene: &scene, across, out: String::new(), left_out: 0 };
    diagram.line("sequenceDiagram");
    diagram.line(&format!("    title {}", escape(&words::heading(&trace.header))));
    if drawn {
        diagram.participants();
        if scene.time.is_some() {
            diagram.timed();
        }
        for round in
            core::iter::once(0).chain(scene.rounds.iter().copied()).filter(|_| scene.time.is_none())
        {
            diagram.round(round);
        }
    } else {
        diagram.line("    participant run as the run");
        let what = format!("No lifelines are drawn for {}.", processes(n));
        diagram.note_across(&[what]);
    }
    diagram.ending();
    diagram.out
}

fn processes(n: u16) -> String {
    format!("{n} process{}", if n == 1 { "" } else { "es" })
}

/// A diagram in the making.
struct Diagram<'a, 'b> {
    scene: &'b Scene<'a>,
    /// The first and the last lifeline, for notes that concern all.
    across: String,
    out: String,
    /// How many steps were not drawn for lack of room.
    left_out: usize,
}

impl<'a> Diagram<'a, '_> {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    /// Who is who.
    fn participants(&mut self) {
        for process in 0..self.scene.trace.header.n {
            let roles = [self.scene.part(process), self.scene.fault(process)];
            let roles: Vec<&str> = roles.into_iter().filter(|role| !role.is_empty()).collect();
            let name = match roles.is_empty() {
                true => format!("p{process}"),
                false => format!("p{process} ({})", words::cut(&roles.join(", "), ROLE_MAX)),
            };
            self.line(&format!("    participant p{process} as {}", escape(&name)));
        }
    }

    fn round(&mut self, round: u16) {
        let events: Vec<(usize, &'a Event)> = self.scene.events(round).collect();
        let steps: Vec<String> =
            events.into_iter().filter_map(|(at, event)| self.step(at, event)).collect();
        if self.full() {
            self.left_out += steps.len();
            return;
        }
        // What happens before the first round stands on no ground.
        if round > 0 {
            self.line(&format!("    rect {GROUND}"));
            self.note_across(&[format!("round {round}")]);
        }
        for step in steps {
            match self.full() {
                true => self.left_out += 1,
                false => self.line(&step),
            }
        }
        if round > 0 {
            self.line("    end");
        }
    }

    fn full(&self) -> bool {
        self.out.len() > LENGTH_MAX
    }

    /// An event as an arrow or a note; nothing for what an arrow shows already.
    fn step(&self, at: usize, event: &'a Event) -> Option<String> {
        match &event.what {
            What::Send { .. } | What::Unsent { .. } => {
                let message = self.scene.message(at, event)?;
                (message.from != message.to).then(|| self.arrow(&message))
            }
            What::Receive { .. } | What::Missed { .. } | What::State { .. } => None,
            _ => {
                let words = words::event(self.scene, at, event);
                Some(format!("    Note over p{}: {}", event.process, note(&words)))
            }
        }
    }

    fn arrow(&self, message: &Message<'_>) -> String {
        let arrow = if let Fate::Received(_) = message.fate { "-)" } else { "--x" };
        let label = escape(&words::cut(&self.label(message), LABEL_MAX));
        format!("    p{}{arrow}p{}: {label}", message.from, message.to)
    }

    /// What a message says, and what is odd about that.
    fn said(&self, message: &Message<'_>) -> String {
        let said = words::said(message.label);
        let mut label = match (message.should, message.cause) {
            (Some(truth), _) => format!("says {said}, should say {}", words::should(truth)),
            (None, Some("silence")) => format!("says nothing, should say {said}"),
            (None, Some(_)) => words::oddity(message),
            (None, None) if message.unasked => format!("says {said}, unasked"),
            (None, None) => said.to_string(),
        };
        if message.cause.is_none() {
            words::push(&mut label, &words::accident(message));
        }
        label
    }

    fn label(&self, message: &Message<'_>) -> String {
        let mut label = self.said(message);
        words::push(&mut label, &words::fate(message));
        if let Fate::Received(at) = message.fate {
            let when = self.scene.trace.events.get(at).map_or(0, |event| event.round);
            if when != message.event.round {
                words::push(&mut label, &format!("received in round {when}"));
            }
        }
        label
    }

    fn note_across(&mut self, lines: &[String]) {
        let lines: Vec<String> = lines.iter().map(|line| note(line)).collect();
        self.line(&format!("    Note over {}: {}", self.across, lines.join("<br/>")));
    }

    /// What is missing, and how it ended.
    fn ending(&mut self) {
        if self.left_out > 0 {
            let steps = words::number(self.left_out as u64, "further step");
            self.note_across(&[format!("Left out, as Mermaid takes no longer text: {steps}.")]);
        }
        let closing = &self.scene.trace.closing;
        let mut lines = alloc::vec![format!("verdict: {}", closing.verdict)];
        for judged in &closing.requirements {
            let because = match judged.because.as_str() {
                because if is_violated(judged) && !because.is_empty() => format!(": {because}"),
                _ => String::new(),
            };
            lines.push(format!("{} {}{because}", judged.name, judged.verdict));
        }
        lines.push(words::cost(self.scene.trace));
        let strays = words::strays(self.scene);
        if !strays.is_empty() {
            lines.push(strays);
        }
        self.note_across(&lines);
    }
}

/// The words of a note, broken into lines: Mermaid would make it as wide as they are long.
fn note(words: &str) -> String {
    let lines = words::wrap(words, NOTE_WIDTH);
    lines.iter().map(|line| escape(line)).collect::<Vec<String>>().join("<br/>")
}

/// A text in which nothing means anything to Mermaid, nor to the page that it draws on: characters
/// that may mean something stand as their number, which is how Mermaid has them quoted.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for mark in words::one_line(text).chars() {
        match mark {
            ' ' | ',' | '.' | '(' | ')' | '=' | '-' | '_' | '/' | '→' | '–' | '…' => {
                out.push(mark)
            }
            mark if mark.is_alphanumeric() => out.push(mark),
            mark => out.push_str(&format!("#{};", u32::from(mark))),
        }
    }
    out
}
