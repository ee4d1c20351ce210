//! Traces and pictures on disk.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use quorate_trace::{Closing, Event, Header, SCHEMA, Trace, VERSION};

use crate::args::OutputArgs;
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

/// Reads a trace.
pub(crate) fn read_trace(path: &Path) -> Result<Trace, Failure> {
    read_events(path, &|index, place| index == place)
}

/// Reads the part of a trace that one node wrote: its indices grow.
pub(crate) fn read_part(path: &Path) -> Result<Trace, Failure> {
    read_events(path, &|index, place| index >= place)
}

/// Reads a trace whose indices are good for the place at which each event has to stand at least.
fn read_events(path: &Path, good: &dyn Fn(u32, u32) -> bool) -> Result<Trace, Failure> {
    let shown = path.display();
    let file = std::fs::File::open(path)
        .map_err(|error| Failure::file(format!("{shown} cannot be read: {error}")))?;
    let mut lines = Vec::new();
    if file.metadata().is_ok_and(|data| data.len() > TRACE_MAX) {
        return Err(Failure::file(format!("{shown} is too large to be a trace")));
    }
    for line in BufReader::new(file.take(TRACE_MAX)).lines() {
        let line =
            line.map_err(|error| Failure::file(format!("{shown} cannot be read: {error}")))?;
        if !line.trim().is_empty() {
            lines.push(line);
        }
    }
    let bad = |at: usize, what: String| Failure::file(format!("{shown}:{}: {what}", at + 1));
    let Some(first) = lines.first() else {
        return Err(Failure::file(format!("{shown} is empty: it is not a trace")));
    };
    let header: Header = serde_json::from_str(first)
        .map_err(|error| bad(0, format!("this is not the header of a trace: {error}")))?;
    if header.schema != SCHEMA || header.version != VERSION {
        let what = format!(
            "this is {} version {}, and {SCHEMA} version {VERSION} is what can be read",
            header.schema, header.version
        );
        return Err(bad(0, what));
    }
    let mut events: Vec<Event> = Vec::new();
    for (at, line) in lines.iter().enumerate().skip(1) {
        if at + 1 == lines.len() {
            break;
        }
        let event: Event = serde_json::from_str(line)
            .map_err(|error| bad(at, format!("this is not an event: {error}")))?;
        let place = events.last().map_or(0, |last| last.i.saturating_add(1));
        if !good(event.i, place) {
            let what = format!("event {} stands where event {place} should", event.i);
            return Err(bad(at, what));
        }
        events.push(event);
    }
    let closing: Closing = serde_json::from_str(&lines[lines.len() - 1]).map_err(|_| {
        bad(lines.len() - 1, "the trace is truncated: its last line is not the verdict".into())
    })?;
    Ok(Trace { header, events, closing })
}
