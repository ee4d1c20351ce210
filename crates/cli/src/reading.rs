//! The words of an experiment, one by one: sizes, values, processes, faults, times.

use std::time::Duration;

use quorate_kernel::{Domain, Faults, Group, Process, Value};
use quorate_protocols::museum::Piece;
use quorate_protocols::{Card, cards};
use quorate_world::{Manner, Names};

use crate::args::Expect;
use crate::experiment::{Behaviour, Values, Word, Words, Written};
use crate::failure::{Failure, hint};

/// The card of a protocol by name; its signed form if that is asked for.
pub(crate) fn find(name: &str, signed: bool) -> Result<Card, Failure> {
    let all = cards();
    let by_name = |name: &str| {
        all.iter().find(|card| card.name == name || card.aliases.contains(&name)).cloned()
    };
    let Some(card) = by_name(name) else {
        let names = all.iter().flat_map(|card| card.aliases.iter().copied().chain([card.name]));
        let near = hint(name, names);
        return Err(Failure::usage(format!(
            "there is no protocol {name:?}{near} (`quorate list` shows them all)"
        )));
    };
    if !signed || card.signed {
        return Ok(card);
    }
    by_name(&format!("{}-signed", card.name)).ok_or_else(|| {
        let name = card.name;
        Failure::usage(format!(
            "{name} has no signed form; sm and dolev-strong sign their messages"
        ))
    })
}

/// The flaw of a protocol that a name on the command line means.
pub(crate) fn read_mutant(card: &Card, name: &str) -> Result<Piece, Failure> {
    let known = card.pieces.iter().find(|piece| piece.id == name).cloned();
    known.ok_or_else(|| {
        let near = hint(name, card.pieces.iter().map(|piece| piece.id.as_str()));
        let protocol = card.name;
        Failure::usage(format!(
            "{protocol} has no mutant {name:?}{near} (`quorate explain {protocol}` lists them)"
        ))
    })
}

pub(crate) fn read_group(card: &Card, n: Option<i64>, f: Option<i64>) -> Result<Group, Failure> {
    for (name, given) in [("n", n), ("f", f)] {
        if let Some(given) = given.filter(|given| !(0..=60_000).contains(given)) {
            return Err(Failure::usage(format!("{name} must be between 0 and 60000, not {given}")));
        }
    }
    let admits = |n: u16, f: u16| (card.bound.admits)(Group { n, f });
    let most = if admits(2, 1) || admits(60_000, 1) { 1 } else { 0 };
    let (n, f) = match (n.map(|n| n as u16), f.map(|f| f as u16)) {
        (Some(n), Some(f)) => (n, f),
        (Some(n), None) => {
            let inside = (1..n).rev().find(|f| admits(n, *f));
            (n, inside.unwrap_or(most.min(n.saturating_sub(1))))
        }
        (None, f) => {
            let f = f.unwrap_or(most);
            let three = |admitted| (f + 1..=60_000).find(|n| *n >= 3 && admits(*n, admitted));
            let fewer = |admitted| (f + 1..3).rev().find(|n| admits(*n, admitted));
            let fits = |admitted| three(admitted).or_else(|| fewer(admitted));
            // Where no group admits so many failures, its size still has to fit the protocol.
            (fits(f).or_else(|| fits(0)).unwrap_or(f.max(2) + 1), f)
        }
    };
    if n == 0 {
        return Err(Failure::usage("n must be at least 1: there is nobody to agree"));
    }
    if f >= n {
        let text =
            format!("f must be below n: with n = {n}, at most {} of them can be faulty", n - 1);
        return Err(Failure::usage(text));
    }
    Ok(Group { n, f })
}

pub(crate) fn read_domain(
    card: &Card,
    values: Option<&Values>,
) -> Result<(Domain, Names), Failure> {
    let size = match values {
        None => 2,
        Some(Values::Count(count)) => *count,
        Some(Values::Names(names)) => names.len() as i64,
    };
    if !(2..=1000).contains(&size) {
        let text = format!("there must be between 2 and 1000 values to propose, not {size}");
        return Err(Failure::usage(text));
    }
    let names = match values {
        Some(Values::Names(names)) => {
            refuse_names(names)?;
            Names(names.clone())
        }
        _ => default_names(card, Domain { size: size as u16 }),
    };
    Ok((Domain { size: size as u16 }, names))
}

/// The names of values that nobody named.
pub(crate) fn default_names(card: &Card, domain: Domain) -> Names {
    if card.one_input && domain.size == 2 {
        return Names(vec!["retreat".into(), "attack".into()]);
    }
    Names(domain.values().map(|value| value.to_string()).collect())
}

/// Names stand in lists and in the words of a lie: each must be told from all others.
fn refuse_names(names: &[String]) -> Result<(), Failure> {
    for (at, name) in names.iter().enumerate() {
        let bad = |c: char| c.is_whitespace() || c.is_control() || ",;=".contains(c);
        if name.is_empty() || name.contains(bad) {
            return Err(Failure::usage(format!(
                "{name:?} cannot be the name of a value: take a word without blanks and commas"
            )));
        }
        if names[..at].contains(name) {
            return Err(Failure::usage(format!("two values have the name {name:?}")));
        }
    }
    Ok(())
}

fn read_value(text: &str, domain: Domain, names: &Names) -> Result<Value, Failure> {
    let named = names.0.iter().position(|name| name == text);
    let number = named.map(|at| at as u16).or_else(|| text.parse().ok());
    match number.map(Value).filter(|value| domain.contains(*value)) {
        Some(value) => Ok(value),
        None => Err(Failure::usage(format!(
            "{text:?} is not a value; the values are {} (more with --values)",
            names.0.join(", ")
        ))),
    }
}

pub(crate) fn read_inputs(
    given: &[Word],
    card: &Card,
    group: Group,
    special: Process,
    domain: Domain,
    names: &Names,
) -> Result<Vec<Option<Value>>, Failure> {
    let nobody = |text: &str| text == "-" && !card.in_rounds;
    let values: Vec<Option<Value>> = given
        .iter()
        .map(|word| match word.text() {
            text if nobody(&text) => Ok(None),
            text => read_value(&text, domain, names).map(Some),
        })
        .collect::<Result<_, _>>()?;
    let all = values.len() == group.size();
    if card.one_input && (all || values.len() == 1) {
        let order = if all { values[special.index()] } else { values[0] };
        return Ok(group.processes().map(|p| order.filter(|_| p == special)).collect());
    }
    if !all {
        let (given, n) = (values.len(), group.n);
        let wanted = if card.one_input { "one, the commander's".into() } else { n.to_string() };
        return Err(Failure::usage(format!(
            "{given} inputs were given; {} takes {wanted}",
            card.name
        )));
    }
    Ok(values)
}

/// Reads p3.
pub(crate) fn read_process(text: &str, group: Group) -> Result<Process, Failure> {
    let number = text.trim().strip_prefix('p').and_then(|digits| digits.parse::<u16>().ok());
    match number {
        Some(number) if number < group.n => Ok(Process(number)),
        Some(number) => {
            let last = group.n - 1;
            Err(Failure::usage(format!("there is no p{number}: the processes are p0 to p{last}")))
        }
        None => {
            Err(Failure::usage(format!("{text:?} is not a process; processes are p0, p1, ...")))
        }
    }
}

/// Reads the other end of a link.
fn read_other(text: &str, process: Process, group: Group) -> Result<Process, Failure> {
    match read_process(text, group)? {
        other if other == process => Err(Failure::usage(format!(
            "what {process} tells itself cannot fail: name another process after the colon"
        ))),
        other => Ok(other),
    }
}

/// Reads P@R, and what follows.
fn read_place(text: &str, group: Group) -> Result<(u16, Process, String), Failure> {
    let (who, rest) = text.split_once('@').ok_or_else(|| {
        Failure::usage(format!("{text:?} does not say when: write it as p3@2, for p3 in round 2"))
    })?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let round = digits.parse::<u16>().ok().filter(|round| *round > 0).ok_or_else(|| {
        Failure::usage(format!("{text:?} names no round: rounds are 1, 2, ..., as in p3@2"))
    })?;
    Ok((round, read_process(who, group)?, rest[digits.len()..].to_string()))
}

/// The faults that were written down.
pub(crate) fn read_written(words: &Words, group: Group) -> Result<Vec<(u16, Written)>, Failure> {
    let mut written = Vec::new();
    for text in &words.crash {
        written.push(read_crash(text, group)?);
    }
    for text in &words.lie {
        written.push(read_lie(text, group)?);
    }
    for text in &words.omit {
        let (round, from, to) = read_link(text, group)?;
        written.push((round, Written::Omit { from, to }));
    }
    for text in &words.miss {
        let (round, to, from) = read_link(text, group)?;
        written.push((round, Written::Miss { to, from }));
    }
    for text in &words.flip {
        written.push(read_flip(text, group)?);
    }
    Ok(written)
}

/// A process fails in one way, and crashes once.
pub(crate) fn refuse_twice(
    traitors: &[(Process, Behaviour)],
    written: &[(u16, Written)],
) -> Result<(), Failure> {
    let crashes = written.iter().filter_map(|(_, written)| match written {
        Written::Crash { process, .. } => Some(*process),
        _ => None,
    });
    let kinds: [(&str, Vec<Process>); 2] = [
        ("is named as a traitor twice: say one manner", traitors.iter().map(|t| t.0).collect()),
        ("crashes twice: say one round", crashes.collect()),
    ];
    for (what, named) in kinds {
        let twice = named.iter().enumerate().find(|(at, p)| named[..*at].contains(p));
        if let Some((_, p)) = twice {
            return Err(Failure::usage(format!("{p} {what}")));
        }
    }
    Ok(())
}

fn read_crash(text: &str, group: Group) -> Result<(u16, Written), Failure> {
    let (round, process, rest) = read_place(text, group)?;
    let reached = match rest.strip_prefix(':') {
        None if rest.is_empty() => Vec::new(),
        None => return Err(Failure::usage(format!("{text:?} is not a crash: write p3@2:p0,p1"))),
        Some("") => Vec::new(),
        Some(list) => {
            list.split(',').map(|name| read_process(name, group)).collect::<Result<_, _>>()?
        }
    };
    Ok((round, Written::Crash { process, reached }))
}

fn read_link(text: &str, group: Group) -> Result<(u16, Process, Process), Failure> {
    let (round, process, rest) = read_place(text, group)?;
    let other = rest.strip_prefix(':').ok_or_else(|| {
        Failure::usage(format!("{text:?} names one process only: write it as p3@2:p1"))
    })?;
    Ok((round, process, read_other(other, process, group)?))
}

fn read_lie(text: &str, group: Group) -> Result<(u16, Written), Failure> {
    let (link, word) = text.split_once('=').ok_or_else(|| {
        Failure::usage(format!("{text:?} does not say what is said: write it as p3@2:p1=0"))
    })?;
    let (round, from, to) = read_link(link, group)?;
    Ok((round, Written::Lie { from, to, word: word.trim().into() }))
}

fn read_flip(text: &str, group: Group) -> Result<(u16, Written), Failure> {
    let (place, bit) = match text.split_once('#') {
        None => (text, None),
        Some((place, digits)) => {
            let bit = digits.parse().map_err(|_| {
                Failure::usage(format!("{digits:?} is not the number of a bit, as in p2@3#5"))
            })?;
            (place, Some(bit))
        }
    };
    let (round, process, rest) = read_place(place, group)?;
    let to = match rest.strip_prefix(':') {
        Some(name) => Some(read_other(name, process, group)?),
        None if rest.is_empty() => None,
        None => {
            return Err(Failure::usage(format!("{text:?} is not a flip: write p2@3 or p2@3#5")));
        }
    };
    Ok((round, Written::Flip { process, to, bit }))
}

pub(crate) fn read_traitor(text: &str, group: Group) -> Result<(Process, Behaviour), Failure> {
    let (name, word) = text.split_once('=').unwrap_or((text, "worst"));
    let process = read_process(name, group)?;
    if word == "worst" {
        return Ok((process, Behaviour::Worst));
    }
    let known = Manner::ALL.map(Manner::word);
    match Manner::ALL.into_iter().find(|manner| manner.word() == word) {
        Some(manner) => Ok((process, Behaviour::Manner(manner))),
        None => Err(Failure::usage(format!(
            "a traitor cannot be {word:?}; it can be worst, {}{}",
            known.join(", "),
            hint(word, known.into_iter().chain(["worst"])),
        ))),
    }
}

pub(crate) fn read_faults(
    card: &Card,
    f: u16,
    given: Option<&str>,
    traitors: &[(Process, Behaviour)],
    written: Vec<Faults>,
) -> Result<Faults, Failure> {
    let mut needed: Vec<Faults> = traitors.iter().map(|_| Faults::Byzantine).collect();
    needed.extend(written);
    if needed.contains(&Faults::GeneralOmission) {
        needed.retain(|kind| *kind != Faults::Omission);
    }
    needed.sort();
    needed.dedup();
    if let [first, .., last] = needed.as_slice() {
        return Err(Failure::usage(format!(
            "one experiment has one kind of faulty process; {} and {} are two",
            first.word(),
            last.word()
        )));
    }
    let Some(word) = given else {
        // Whoever says that one may fail, of a protocol that stands no failure, wants to see it.
        let fallen = card.faults == Faults::None && f > 0;
        let default = if fallen { Faults::Crash } else { card.faults };
        return Ok(needed.first().copied().unwrap_or(default));
    };
    let words = Faults::ALL.map(Faults::word);
    let kind = Faults::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
        let known = words.join(", ");
        Failure::usage(format!(
            "there is no kind of fault {word:?}; there are {known}{}",
            hint(word, words)
        ))
    })?;
    match needed.first().filter(|needed| **needed != kind) {
        Some(needed) => Err(Failure::usage(format!(
            "--faults {} does not allow what was asked for: that needs {}",
            kind.word(),
            needed.word()
        ))),
        None => Ok(kind),
    }
}

pub(crate) fn read_expect(word: &str) -> Result<Expect, Failure> {
    match word {
        "holds" => Ok(Expect::Holds),
        "violated" => Ok(Expect::Violated),
        "impossible" => Ok(Expect::Impossible),
        _ => {
            let near = hint(word, ["holds", "violated", "impossible"]);
            Err(Failure::usage(format!("nothing can be expected to be {word:?}{near}")))
        }
    }
}

/// The longest budget.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Reads 500ms, 60s or 5m.
pub(crate) fn read_time(text: &str) -> Result<Duration, Failure> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit.trim() {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => f64::NAN,
    };
    let seconds = number.parse::<f64>().unwrap_or(f64::NAN) * scale;
    let bad = || Failure::usage(format!("{text:?} is not a time; write it as 500ms, 60s or 5m"));
    // A clock cannot be asked for a time beyond what it can tell.
    Duration::try_from_secs_f64(seconds).map(|time| time.min(YEAR)).map_err(|_| bad())
}

/// Reads 500M or 4G.
pub(crate) fn read_bytes(text: &str) -> Result<u64, Failure> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let shift = match unit.trim_end_matches("iB").trim_end_matches('B') {
        "" => Some(0),
        "k" | "K" => Some(10),
        "M" => Some(20),
        "G" => Some(30),
        "T" => Some(40),
        _ => None,
    };
    let bytes = shift.and_then(|shift| number.parse::<u64>().ok()?.checked_mul(1 << shift));
    bytes.ok_or_else(|| Failure::usage(format!("{text:?} is not a size; write it as 500M or 4G")))
}

/// Reads 3/16.
pub(crate) fn read_shard(text: &str) -> Result<(u64, u64), Failure> {
    let parts = text.split_once('/').and_then(|(which, of)| {
        Some((which.trim().parse::<u64>().ok()?, of.trim().parse::<u64>().ok()?))
    });
    parts.filter(|(which, of)| (1..=*of).contains(which) && *of <= 1_000_000).ok_or_else(|| {
        Failure::usage(format!("{text:?} is not a part: write 3/16 for the third of sixteen"))
    })
}
