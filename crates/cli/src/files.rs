//! Traces and pictures on disk.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use quorate_trace::{Closing, Event, Header, SCHEMA, Trace, VERSION};

use crate::args::OutputArgs;
use crate::cluster::is_part;
use crate::failure::Failure;
use crate::report::Report;

/// Writes what was asked for besides the text.
pub(crate) fn write_outputs(report: &Report, output: &OutputArgs) -> Result<(), Failure> {
    let wanted = [&output.svg, &output.html, &output.trace].iter().any(|path| path.is_some());
    if !wanted {
        return Ok(());
    }
    let Some(trace) = &report.trace else {
        return Err(Failure::usage(
            "the run is too long for a picture or a trace: take fewer processes or rounds",
        ));
    };
    if let Some(path) = &output.svg {
        write(path, quorate_diagram::svg(trace).as_bytes())?;
    }
    if let Some(path) = &output.html {
        write(path, quorate_diagram::html(trace).as_bytes())?;
    }
    if let Some(path) = &output.trace {
        write(path, &encoded(path, trace)?)?;
    }
    Ok(())
}

/// Checks, before any work is done, that what was asked for can be written, and is none of the
/// other files that were named.
pub(crate) fn check_outputs(output: &OutputArgs, others: &[&Path]) -> Result<(), Failure> {
    let mut taken = others.to_vec();
    for path in [&output.svg, &output.html, &output.trace].into_iter().flatten() {
        check_output(path, &taken)?;
        taken.push(path);
    }
    Ok(())
}

/// Checks the same of one file.
pub(crate) fn check_output(path: &Path, others: &[&Path]) -> Result<(), Failure> {
    let shown = path.display();
    if others.iter().any(|other| is_same(path, other)) {
        return Err(Failure::usage(format!("{shown} is named twice: it would be overwritten")));
    }
    let existed = path.exists();
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|error| Failure::file(format!("{shown} cannot be written: {error}")))?;
    if !existed {
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

/// Whether two paths name one file. A device can be written to any number of times.
fn is_same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    real(a) == real(b) && (!a.exists() || a.is_file())
}

/// Writes a file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure::file(format!("{} cannot be written: {error}", path.display()));
    let mut file = std::fs::File::create(path).map_err(failed)?;
    file.write_all(bytes).map_err(failed)
}

/// A trace in the format that the ending of its file asks for. Only the one for all other endings
/// can be replayed: the conversions do not hold what a run is made again from.
fn encoded(path: &Path, trace: &Trace) -> Result<Vec<u8>, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let converted = match &*name {
        name if name.ends_with(".itf.json") => quorate_diagram::itf(trace),
        name if name.ends_with(".shiviz") => quorate_diagram::shiviz(trace),
        name if name.ends_with(".mmd") => quorate_diagram::mermaid(trace),
        _ => return lines(trace),
    };
    Ok(converted.into_bytes())
}

/// A trace as one JSON object a line.
pub(crate) fn lines(trace: &Trace) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    let failed = |error| Failure::internal(format!("the trace cannot be written: {error}"));
    serde_json::to_writer(&mut out, &trace.header).map_err(failed)?;
    for event in &trace.events {
        out.push(b'\n');
        serde_json::to_writer(&mut out, event).map_err(failed)?;
    }
    out.push(b'\n');
    serde_json::to_writer(&mut out, &trace.closing).map_err(failed)?;
    out.push(b'\n');
    Ok(out)
}

/// The largest trace that is read, in bytes.
const TRACE_MAX: u64 = 1 << 30;

/// Whether a file begins like a trace: with an object of JSON. An empty one is no history either.
pub(crate) fn is_trace(path: &Path) -> Result<bool, Failure> {
    let failed = |error| Failure::file(format!("{} cannot be read: {error}", path.display()));
    let mut file = BufReader::new(std::fs::File::open(path).map_err(failed)?);
    let (mut begun, mut read) = (false, 0_u64);
    loop {
        let bytes = file.fill_buf().map_err(failed)?;
        let Some(byte) = bytes.first().copied() else { return Ok(true) };
        file.consume(1);
        read += 1;
        match byte {
            b'{' if !begun => begun = true,
            byte if byte.is_ascii_whitespace() && read < TRACE_MAX => {}
            byte => return Ok(begun && byte == b'"'),
        }
    }
}

/// Reads a history as text.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let failed = |error| Failure::file(format!("{shown} cannot be read: {error}"));
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(TRACE_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > TRACE_MAX {
        return Err(Failure::file(format!("{shown} is too large: a history has at most 1 GiB")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&good[start..]).chars().count() + 1;
        Failure::file(format!("{shown}:{line}:{column}: this is not text in UTF-8"))
    })
}

/// A trace, or the part of it that one node wrote.
pub(crate) struct Part {
    pub(crate) trace: Trace,
    /// Whether it has no end: its process was killed, or still runs. What it told nobody is out.
    pub(crate) stopped: bool,
}

/// Reads a trace.
pub(crate) fn read_trace(path: &Path) -> Result<Trace, Failure> {
    read_events(path, |_| false, |index, place| index == place).map(|part| part.trace)
}

/// Reads the part of a trace that one node wrote: its indices grow.
pub(crate) fn read_part(path: &Path) -> Result<Part, Failure> {
    read_events(path, is_part, |index, place| index >= place)
}

/// Whether a file begins as a part of a group with a store does.
pub(crate) fn is_of_store(path: &Path) -> bool {
    let mut first = Vec::new();
    let file = std::fs::File::open(path).map(|file| BufReader::new(file.take(TRACE_MAX)));
    let read = file.and_then(|mut file| file.read_until(b'\n', &mut first));
    read.is_ok() && serde_json::from_slice(&first).is_ok_and(|header| is_part(&header))
}

/// The lines of a file that are not empty, each with its number from 0.
struct Lines {
    lines: Vec<(usize, Vec<u8>)>,
    /// How many of them stand before the last empty one.
    ended: usize,
    /// Whether the last is only the beginning of one.
    torn: bool,
}

fn read_lines(path: &Path) -> Result<Lines, Failure> {
    let shown = path.display();
    let failed = |error| Failure::file(format!("{shown} cannot be read: {error}"));
    let file = std::fs::File::open(path).map_err(failed)?;
    if file.metadata().is_ok_and(|data| data.len() > TRACE_MAX) {
        return Err(Failure::file(format!("{shown} is too large to be a trace")));
    }
    let mut file = BufReader::new(file.take(TRACE_MAX));
    let mut all = Lines { lines: Vec::new(), ended: 0, torn: false };
    for number in 0.. {
        let mut line = Vec::new();
        if file.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            all.ended = all.lines.len();
        } else {
            all.torn = !line.ends_with(b"\n");
            all.lines.push((number, line));
        }
    }
    Ok(all)
}

/// Reads a trace whose indices are good for the place at which each event has to stand at least,
/// and which may have no end if its header says so.
fn read_events(
    path: &Path,
    may_stop: impl Fn(&Header) -> bool,
    good: impl Fn(u32, u32) -> bool,
) -> Result<Part, Failure> {
    let shown = path.display();
    let Lines { lines, ended, torn } = read_lines(path)?;
    let bad = |at: usize, what: String| Failure::file(format!("{shown}:{}: {what}", at + 1));
    let Some(((first, text), rest)) = lines.split_first() else {
        return Err(Failure::file(format!("{shown} is empty: it is not a trace")));
    };
    let header: Header = serde_json::from_slice(text)
        .map_err(|error| bad(*first, format!("this is not the header of a trace: {error}")))?;
    if header.schema != SCHEMA || header.version != VERSION {
        let what = format!(
            "this is {} version {}, and {SCHEMA} version {VERSION} is what can be read",
            header.schema, header.version
        );
        return Err(bad(*first, what));
    }
    let (last, text) = rest.last().unwrap_or(&lines[0]);
    let closing = serde_json::from_slice::<Closing>(text).ok();
    let stopped = closing.is_none();
    if stopped && !may_stop(&header) {
        let what = "the trace is truncated: its last line is not the verdict";
        return Err(bad(*last, what.into()));
    }
    let whole = rest.len() - usize::from(!rest.is_empty() && (!stopped || torn));
    let mut events: Vec<Event> = Vec::new();
    for (at, line) in &rest[..whole] {
        let event: Event = serde_json::from_slice(line)
            .map_err(|error| bad(*at, format!("this is not an event: {error}")))?;
        let place = events.last().map_or(0, |last| last.i.saturating_add(1));
        if !good(event.i, place) {
            let what = format!("event {} stands where event {place} should", event.i);
            return Err(bad(*at, what));
        }
        events.push(event);
    }
    if stopped {
        events.truncate(ended.saturating_sub(1));
    }
    let closing = closing.unwrap_or_else(unsaid);
    Ok(Part { trace: Trace { header, events, closing }, stopped })
}

/// What a trace without an end says of what it shows.
fn unsaid() -> Closing {
    Closing {
        verdict: "inconclusive".into(),
        requirements: Vec::new(),
        rounds: 0,
        messages: 0,
        bits: 0,
        done_at: None,
    }
}
