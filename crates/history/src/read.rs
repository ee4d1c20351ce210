//! Histories as text: the logs of Jepsen (`process :type :f value`, after whatever ends in ` - `),
//! and histories in EDN, one map an event, as Jepsen and Knossos keep them.

use std::collections::HashMap;
use std::fmt::{self, Display};

use rustc_hash::FxBuildHasher;

use crate::edn::{Form, Mistake, Reader};
use crate::history::{Action, History, Model, Operation};

/// Why a text is not a history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadHistory {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there, and what would be right.
    pub what: String,
    /// Whether it is only that the model must be named.
    pub unclear: bool,
}

impl Display for BadHistory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.line, self.column, self.what)
    }
}

impl std::error::Error for BadHistory {}

impl BadHistory {
    fn new(text: &str, mistake: Mistake) -> Self {
        let before = &text[..mistake.at.min(text.len())];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[start..].chars().count() + 1;
        Self { line, column, what: mistake.what, unclear: false }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Invoke,
    Ok,
    Fail,
    Info,
}

/// One event, and where it stands.
struct Entry {
    at: usize,
    line: u32,
    process: Form,
    kind: Kind,
    f: String,
    key: Option<Form>,
    value: Form,
}

/// Reads a history. The model is what the operations are called, if it is not given.
///
/// # Errors
///
/// With the place of the first mistake, or if nothing says which model is meant.
pub fn read(text: &str, model: Option<Model>) -> Result<History, BadHistory> {
    let bad = |mistake| BadHistory::new(text, mistake);
    let mut entries = entries(text).map_err(bad)?;
    if entries.is_empty() {
        return Err(bad(Mistake::new(0, "there is no operation: it is not a history")));
    }
    for entry in &entries {
        known(entry).map_err(bad)?;
    }
    let model = match model.or_else(|| guessed(&entries)) {
        Some(model) => model,
        None => {
            let what = "these operations fit several models: say which one is meant";
            let unclear = BadHistory::new(text, Mistake::new(entries[0].at, what));
            return Err(BadHistory { unclear: true, ..unclear });
        }
    };
    split_keys(&mut entries);
    paired(entries, model).map_err(bad)
}

fn entries(text: &str) -> Result<Vec<Entry>, Mistake> {
    let mut reader = Reader::new(text, 0);
    reader.skip()?;
    match reader.peek() {
        Some(b'{' | b'[' | b'(' | b'#') => maps(text, reader),
        _ => lines(text),
    }
}

/// Counts lines on the way through a text.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, at: usize) -> u32 {
        let passed = self.text.as_bytes()[self.at..at].iter().filter(|byte| **byte == b'\n');
        self.line += passed.count() as u32;
        self.at = at;
        self.line
    }
}

fn maps(text: &str, mut reader: Reader<'_>) -> Result<Vec<Entry>, Mistake> {
    let open = reader.skip()?;
    let close = match reader.peek() {
        Some(b'[') => Some(b']'),
        Some(b'(') => Some(b')'),
        _ => None,
    };
    if close.is_some() {
        reader.take(text.as_bytes()[open]);
    }
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut entries = Vec::new();
    loop {
        let at = reader.skip()?;
        if let Some(close) = close
            && reader.take(close)
        {
            let at = reader.skip()?;
            return match reader.peek() {
                None => Ok(entries),
                Some(_) => Err(Mistake::new(at, "the history has ended before this")),
            };
        }
        match reader.next_form()? {
            Some(form) => entries.extend(mapped(form, at, lines.of(at))?),
            None if close.is_some() => {
                return Err(Mistake::new(open, "the history that begins here is never closed"));
            }
            None => return Ok(entries),
        }
    }
}

/// The event that a map tells of. What the nemesis did is none.
fn mapped(form: Form, at: usize, line: u32) -> Result<Option<Entry>, Mistake> {
    let form = if let Form::Tagged(_, form) = form { *form } else { form };
    let Form::Map(pairs) = form else {
        return Err(Mistake::new(at, format!("an event is a map, and this is {form}")));
    };
    let (mut process, mut kind, mut f, mut key, mut value) = (None, None, None, None, Form::Nil);
    for (name, said) in pairs {
        let Form::Keyword(name) = name else { continue };
        match &*name {
            "process" => process = Some(said),
            "type" => kind = Some(said),
            "f" => f = Some(said),
            "key" => key = Some(said),
            "value" => value = said,
            _ => {}
        }
    }
    let lacks = |name| Mistake::new(at, format!("the event has no :{name}"));
    let process = process.ok_or_else(|| lacks("process"))?;
    let kind = kind_of(&kind.ok_or_else(|| lacks("type"))?, at)?;
    let f = f.ok_or_else(|| lacks("f"))?;
    if !is_client(&process) {
        return Ok(None);
    }
    Ok(Some(Entry { at, line, process, kind, f: name_of(f, at)?, key, value }))
}

fn is_client(process: &Form) -> bool {
    !matches!(process, Form::Keyword(_))
}

fn kind_of(form: &Form, at: usize) -> Result<Kind, Mistake> {
    match form {
        Form::Keyword(word) if word == "invoke" => Ok(Kind::Invoke),
        Form::Keyword(word) if word == "ok" => Ok(Kind::Ok),
        Form::Keyword(word) if word == "fail" => Ok(Kind::Fail),
        Form::Keyword(word) if word == "info" => Ok(Kind::Info),
        _ => Err(Mistake::new(
            at,
            format!("{form} is no type of event: there are :invoke, :ok, :fail and :info"),
        )),
    }
}

fn name_of(form: Form, at: usize) -> Result<String, Mistake> {
    match form {
        Form::Keyword(name) => Ok(name),
        _ => Err(Mistake::new(at, format!("an operation is a keyword, as :read, and not {form}"))),
    }
}

/// Events one a line. Other lines of a program's log are left out, if they do not begin like one.
fn lines(text: &str) -> Result<Vec<Entry>, Mistake> {
    let mut entries = Vec::new();
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let dash = line.find(" - ").map(|dash| dash + 3);
        let at = start + dash.unwrap_or(0);
        let end = start + line.len();
        start = end;
        let rest = text[at..end].trim_start();
        let is_event = rest.starts_with(|c: char| c.is_ascii_digit() || c == ':' || c == '-');
        if !is_event && (dash.is_some() || rest.is_empty() || rest.starts_with([';', '#'])) {
            continue;
        }
        entries.extend(line_of(&text[..end], at, number as u32 + 1)?);
    }
    Ok(entries)
}

fn line_of(text: &str, at: usize, line: u32) -> Result<Option<Entry>, Mistake> {
    let mut reader = Reader::new(text, at);
    let start = reader.skip()?;
    let next = |reader: &mut Reader<'_>, what: &str| {
        let at = reader.skip()?;
        let form = reader.next_form()?;
        form.map(|form| (at, form)).ok_or_else(|| {
            Mistake::new(start, format!("{what} is missing: an event is process :type :f value"))
        })
    };
    let (_, process) = next(&mut reader, "the process")?;
    if !matches!(process, Form::Int(_) | Form::Keyword(_)) {
        let what =
            format!("a line of a history is process :type :f value, and {process} is no process");
        return Err(Mistake::new(start, what));
    }
    let (at, kind) = next(&mut reader, "the type")?;
    let kind = kind_of(&kind, at)?;
    let (at, f) = next(&mut reader, "the operation")?;
    if !is_client(&process) {
        return Ok(None);
    }
    let f = name_of(f, at)?;
    let value = next(&mut reader, "the value").or_else(|mistake| match &*f {
        // A lock takes no value, and a log may leave it out.
        "acquire" | "release" => Ok((at, Form::Nil)),
        _ => Err(mistake),
    })?;
    // What may follow is the reason of a failure.
    let more = reader.skip()?;
    if reader.peek().is_some() && !matches!(kind, Kind::Fail | Kind::Info) {
        return Err(Mistake::new(more, "the event has ended before this"));
    }
    Ok(Some(Entry { at: start, line, process, kind, f, key: None, value: value.1 }))
}

const NAMES: [&str; 8] = ["read", "write", "cas", "acquire", "release", "get", "put", "append"];

fn known(entry: &Entry) -> Result<(), Mistake> {
    if NAMES.contains(&&*entry.f) { Ok(()) } else { Err(unknown(entry)) }
}

fn unknown(entry: &Entry) -> Mistake {
    let what = format!(
        ":{} is no operation of the models here: they have :read, :write and :cas, :acquire and \
         :release, :get, :put and :append",
        entry.f
    );
    Mistake::new(entry.at, what)
}

/// The model that the names of the operations speak of, if they speak of one only.
fn guessed(entries: &[Entry]) -> Option<Model> {
    let has = |names: &[&str]| entries.iter().any(|entry| names.contains(&&*entry.f));
    let lists = || {
        let read = |entry: &&Entry| entry.kind == Kind::Ok && entry.f == "read";
        entries.iter().filter(read).any(|entry| matches!(entry.value, Form::Vector(_)))
    };
    let keyed = entries.iter().any(|entry| entry.key.is_some()) || tupled(entries);
    if has(&["acquire", "release"]) {
        return Some(Model::Lock);
    }
    match (has(&["get", "put"]), has(&["append"]), has(&["cas"]), has(&["write"])) {
        (true, ..) => Some(Model::Kv),
        (_, true, false, false) => Some(Model::Log),
        (_, false, true, _) => Some(Model::Cas),
        (_, false, _, true) => Some(Model::Register),
        (_, false, false, false) if has(&["read"]) && (keyed || !lists()) => Some(Model::Register),
        _ => None,
    }
}

/// Whether all values are pairs of a key and a value, as `jepsen.independent` has it: then reads
/// are asked for with a pair too, and each compare-and-set has a pair in its pair.
fn tupled(entries: &[Entry]) -> bool {
    let pair = |form: &Form| matches!(form, Form::Vector(parts) if parts.len() == 2);
    let one = |entry: &Entry| match &entry.value {
        Form::Vector(parts) if parts.len() == 2 => entry.f != "cas" || pair(&parts[1]),
        _ => false,
    };
    let mut asked = entries.iter().filter(|entry| entry.kind == Kind::Invoke).peekable();
    let some = asked.peek().is_some();
    let telling = |entry: &Entry| matches!(&*entry.f, "read" | "get" | "cas");
    some && entries.iter().any(telling)
        && asked.all(|entry| entry.key.is_none() && one(entry))
        && entries.iter().all(|entry| entry.kind != Kind::Ok || one(entry))
}

fn split_keys(entries: &mut [Entry]) {
    if !tupled(entries) {
        return;
    }
    for entry in entries {
        if let Form::Vector(parts) = &mut entry.value
            && let (Some(value), Some(key)) = (parts.pop(), parts.pop())
        {
            (entry.key, entry.value) = (Some(key), value);
        }
    }
}

fn paired(entries: Vec<Entry>, model: Model) -> Result<History, Mistake> {
    let mut open: HashMap<Form, (usize, Entry), FxBuildHasher> = HashMap::default();
    let mut operations: Vec<Option<Operation>> = Vec::with_capacity(entries.len() / 2);
    let mut failed = 0;
    let asks = Asks { model, grows: entries.iter().any(|entry| entry.f == "append") };
    for (place, entry) in entries.into_iter().enumerate() {
        if entry.kind == Kind::Invoke {
            let operation = operation(&entry, None, asks, place)?;
            let process = entry.process.clone();
            let (at, line) = (entry.at, entry.line);
            if let Some((_, before)) = open.insert(process.clone(), (operations.len(), entry)) {
                let what = format!(
                    "process {process} asks in line {line} before it was answered what it asked \
                     in line {}",
                    before.line
                );
                return Err(Mistake::new(at, what));
            }
            operations.push(Some(operation));
            continue;
        }
        let Some((index, asked)) = open.remove(&entry.process) else {
            let what = format!("process {} is answered and asked nothing", entry.process);
            return Err(Mistake::new(entry.at, what));
        };
        fits(&asked, &entry)?;
        match entry.kind {
            Kind::Fail => {
                operations[index] = None;
                failed += 1;
            }
            Kind::Ok => {
                let mut done = operation(&asked, Some(&entry), asks, place)?;
                if let Some(known) = &operations[index] {
                    done.invoked = known.invoked;
                }
                operations[index] = Some(done);
            }
            Kind::Info | Kind::Invoke => {}
        }
    }
    Ok(History { model, operations: operations.into_iter().flatten().collect(), failed })
}

/// An answer is to what was asked.
fn fits(asked: &Entry, answer: &Entry) -> Result<(), Mistake> {
    let same_key = answer.key.is_none() || asked.key == answer.key;
    let reads = matches!(&*asked.f, "read" | "get");
    let loose = reads || answer.kind != Kind::Ok || answer.value == Form::Nil;
    if asked.f == answer.f && same_key && (loose || asked.value == answer.value) {
        return Ok(());
    }
    let what = format!(
        "process {} is answered :{} {}, and asked :{} {} in line {}",
        answer.process, answer.f, answer.value, asked.f, asked.value, asked.line
    );
    Err(Mistake::new(answer.at, what))
}

/// What operations have to fit.
#[derive(Clone, Copy)]
struct Asks {
    model: Model,
    /// Whether anything is appended: then the values of a store are strings.
    grows: bool,
}

fn operation(
    asked: &Entry,
    answer: Option<&Entry>,
    Asks { model, grows }: Asks,
    place: usize,
) -> Result<Operation, Mistake> {
    let at = answer.map_or(asked.at, |answer| answer.at);
    let value = || asked.value.clone();
    let action = match &*asked.f {
        "read" | "get" => Action::Read(answer.map(|answer| answer.value.clone())),
        "write" | "put" => Action::Write(value()),
        "append" => Action::Append(value()),
        "acquire" => Action::Acquire,
        "release" => Action::Release,
        "cas" => match &asked.value {
            Form::Vector(parts) if parts.len() == 2 => {
                Action::Cas(parts[0].clone(), parts[1].clone())
            }
            other => {
                let what = format!("a :cas has two values, as [1 2], and this one has {other}");
                return Err(Mistake::new(at, what));
            }
        },
        _ => return Err(unknown(asked)),
    };
    if !model.has(&action) {
        let what = format!("the model {} has no operation :{}", model.word(), asked.f);
        return Err(Mistake::new(at, what));
    }
    if let Some(what) = misfit(&action, model, grows) {
        return Err(Mistake::new(at, what));
    }
    Ok(Operation {
        process: asked.process.clone(),
        key: asked.key.clone(),
        action,
        invoked: place as u32,
        returned: answer.map(|_| place as u32),
        line: asked.line,
    })
}

/// A value that the model has not.
fn misfit(action: &Action, model: Model, grows: bool) -> Option<String> {
    let is_text = |form: &Form| matches!(form, Form::Text(_) | Form::Nil);
    match (model, action) {
        (Model::Kv, Action::Read(Some(form)) | Action::Write(form) | Action::Append(form))
            if grows && !is_text(form) =>
        {
            Some(format!("values that are appended to are strings, and {form} is none"))
        }
        (Model::Kv, Action::Cas(old, new)) if grows && (!is_text(old) || !is_text(new)) => Some(
            format!("values that are appended to are strings: a :cas has two, not {old} {new}"),
        ),
        (Model::Log, Action::Read(Some(form))) if !matches!(form, Form::Vector(_) | Form::Nil) => {
            Some(format!("a read of the model log answers a list, and {form} is none"))
        }
        _ => None,
    }
}
