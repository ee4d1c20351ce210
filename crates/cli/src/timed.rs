//! The words of an experiment in time: what links and clocks do, and when things go wrong.

use std::collections::BTreeMap;

use quorate_kernel::{Faults, Group, Links, Process, ProcessSet, Timing, Value};
use quorate_protocols::{Card, Setup};
use quorate_simulator::{Letter, Rate, Said, Weather};
use quorate_world::{Conditions, CutShort, Upset};

use crate::experiment::Words;
use crate::failure::{Failure, hint};
use crate::letters::{names_a_message, read_letters};
use crate::reading::read_process;

/// How many ticks a millisecond has: a tick is a microsecond.
pub(crate) const TICKS_PER_MS: u64 = 1_000;
/// The longest time that a run may be asked to last: a day.
const TICKS_MAX: u64 = 24 * 60 * 60 * 1_000_000;

/// What an experiment says of time and links.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    pub(crate) conditions: Conditions,
    /// How messages fare in a single run.
    pub(crate) weather: Weather,
    /// From when on nothing fails, if that was said.
    pub(crate) calm_from: Option<u64>,
    /// What happens in every run, whatever else is drawn.
    pub(crate) said: Said,
    /// Requests at a time; with these alone nobody else is asked.
    pub(crate) asked: Vec<(u64, Process, String)>,
    /// What is said instead of some messages.
    pub(crate) lies: Vec<(Letter, String)>,
    /// Crashes in rounds, of a synchronous protocol: the round, who, and whom it reaches.
    pub(crate) in_rounds: Vec<(u16, Process, Vec<Process>)>,
}

impl Timed {
    /// Whether nothing is said of particular processes: the experiment makes sense with fewer.
    pub(crate) fn says_nothing_of_processes(&self) -> bool {
        self.said.upsets.is_empty()
            && self.said.faulty.is_empty()
            && self.said.fates.is_empty()
            && self.said.choices.is_empty()
            && self.asked.is_empty()
            && self.in_rounds.is_empty()
    }

    /// What happens in every run, where rounds last so long.
    pub(crate) fn said(&self, round_ticks: Option<u64>) -> Said {
        let mut said = self.said.clone();
        for (round, process, reached) in &self.in_rounds {
            let at = u64::from(*round - 1) * round_ticks.unwrap_or_default();
            let within = Some(CutShort::reaching(reached.iter().copied().collect()));
            let crash = Upset::Crash { process: *process, within, forgotten: 0 };
            said.upsets.push((at, crash));
        }
        said
    }
}

/// Whether an experiment is one in time.
pub(crate) fn is_timed(words: &Words, card: &Card) -> bool {
    let at_a_time = |text: &String| {
        text.split_once('@').is_some_and(|(_, when)| {
            let unit = when.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            unit.starts_with("ms") || unit.starts_with("us") || unit.starts_with('s')
        })
    };
    let lists = [&words.restart, &words.partition, &words.pause, &words.clock, &words.ask];
    let options = [&words.links, &words.delay, &words.loss, &words.slow, &words.repeat];
    !card.in_rounds
        || words.timing.as_deref().is_some_and(|timing| timing != "synchronous")
        || lists.iter().any(|list| !list.is_empty())
        || !words.message.is_empty()
        || !words.lots.is_empty()
        || options.iter().any(|option| option.is_some())
        || words.calm.is_some()
        || words.until.is_some()
        || words.fifo
        || words.forgetful
        || words.crash.iter().chain(&words.flip).any(at_a_time)
        || words.lie.iter().chain(&words.omit).chain(&words.miss).any(|t| names_a_message(t))
}

fn word_of<T: Copy>(
    given: &str,
    what: &str,
    all: &[T],
    word: fn(T) -> &'static str,
) -> Result<T, Failure> {
    all.iter().copied().find(|one| word(*one) == given).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|one| word(*one)).collect();
        let near = hint(given, known.iter().copied());
        Failure::usage(format!("there is no {what} {given:?}; there is {}{near}", known.join(", ")))
    })
}

/// Reads what an experiment says of time.
pub(crate) fn read_timed(
    words: &Words,
    card: &Card,
    group: Group,
    faults: Faults,
) -> Result<Timed, Failure> {
    let timing = match &words.timing {
        Some(given) => word_of(given, "timing", &Timing::ALL, Timing::word)?,
        None => card.timing,
    };
    let links = match &words.links {
        Some(given) => word_of(given, "kind of links", &Links::ALL, Links::word)?,
        None if words.loss.is_some() || words.repeat.is_some() => Links::Lossy,
        None => card.links,
    };
    let delay_ticks = words.delay.as_deref().map(read_span).transpose()?;
    let (least, most) = delay_ticks.unwrap_or((Setup::DELAY_TICKS / 10, Setup::DELAY_TICKS));
    let mut conditions = Conditions::of(group, timing, links, faults);
    conditions.fifo = words.fifo;
    conditions.delay_ticks = most;
    conditions.restarts = faults <= Faults::Crash && (card.restarts || !words.restart.is_empty());
    let upsets = read_upsets(words, group)?;
    let forgets = |(_, upset): &(u64, Upset)| match upset {
        Upset::Crash { forgotten, .. } => *forgotten > 0,
        _ => false,
    };
    conditions.forgetful = words.forgetful || upsets.iter().any(forgets);
    let calm_from = words.calm.as_deref().map(read_ticks).transpose()?;
    let stormy = words.timing.is_some() && timing != Timing::Synchronous;
    let percent = |given: &Option<String>| given.as_deref().map(read_percent).transpose();
    let letters = read_letters(words, group)?;
    let named = words.faulty.iter().map(|name| read_process(name, group));
    let mut faulty =
        named.chain(letters.culprits.into_iter().map(Ok)).collect::<Result<Vec<_>, _>>()?;
    faulty.sort();
    faulty.dedup();
    let said = Said {
        delay_ticks,
        slow: percent(&words.slow)?,
        loss: percent(&words.loss)?,
        again: percent(&words.repeat)?,
        upsets,
        faulty,
        fates: letters.fates,
        choices: read_lots(words, group)?,
        plain_lots: words.lots.iter().any(|word| word == "plain"),
        calm_from,
        over_at: words.until.as_deref().map(read_ticks).transpose()?,
    };
    let weather = Weather {
        delay_ticks: (least, most),
        slow: said.slow.unwrap_or(Rate::permille(if stormy { 200 } else { 0 })),
        slow_factor: 10,
        loss: said.loss.unwrap_or(Rate::NEVER),
        again: said.again.unwrap_or(Rate::NEVER),
        orphaned: Rate::NEVER,
    };
    Ok(Timed {
        conditions,
        weather,
        calm_from: calm_from.or((stormy && timing == Timing::Partial).then_some(20 * most)),
        said,
        lies: letters.lies,
        asked: words.ask.iter().map(|text| read_ask(text, group)).collect::<Result<_, _>>()?,
        in_rounds: read_rounds(words, card, group)?,
    })
}

/// Reads 150ms, 1.5s or 200us.
pub(crate) fn read_ticks(text: &str) -> Result<u64, Failure> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit.trim() {
        "us" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        _ => f64::NAN,
    };
    let ticks = number.parse::<f64>().unwrap_or(f64::NAN) * scale;
    if ticks.is_finite() && (0.0..=TICKS_MAX as f64).contains(&ticks) {
        return Ok(ticks.round() as u64);
    }
    Err(Failure::usage(format!(
        "{text:?} is not a time of a run; write it as 200us, 150ms or 1.5s, at most a day"
    )))
}

/// Reads 5ms or 1ms..10ms.
fn read_span(text: &str) -> Result<(u64, u64), Failure> {
    let (least, most) = match text.split_once("..") {
        Some((least, most)) => (read_ticks(least)?, read_ticks(most)?),
        None => (read_ticks(text)?, read_ticks(text)?),
    };
    if most == 0 || least > most {
        return Err(Failure::usage(format!(
            "{text:?} is not a delay: it is more than 0, and the larger time comes last"
        )));
    }
    Ok((least, most))
}

fn read_percent(text: &str) -> Result<Rate, Failure> {
    let number = text.trim().trim_end_matches('%').parse::<f64>().unwrap_or(f64::NAN);
    if (0.0..=100.0).contains(&number) {
        return Ok(Rate::permille((number * 10.0).round() as u32));
    }
    Err(Failure::usage(format!("{text:?} is not a share: it is a number from 0 to 100")))
}

/// Reads P@TIME and what follows the time.
fn read_moment(text: &str, group: Group) -> Result<(u64, Process, &str), Failure> {
    let (who, rest) = text.split_once('@').ok_or_else(|| {
        Failure::usage(format!("{text:?} does not say when: write it as p3@150ms"))
    })?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len());
    Ok((read_ticks(&rest[..end])?, read_process(who, group)?, &rest[end..]))
}

/// Reads P@FROM..TO.
fn read_while(text: &str, group: Group) -> Result<(u64, u64, Process), Failure> {
    let (who, span) = text.split_once('@').unwrap_or((text, ""));
    let (from, to) = read_stretch(span, text)?;
    Ok((from, to, read_process(who, group)?))
}

fn read_stretch(span: &str, whole: &str) -> Result<(u64, u64), Failure> {
    let parts = span.split_once("..").ok_or_else(|| {
        Failure::usage(format!("{whole:?} does not say how long: write it with @100ms..2s"))
    })?;
    let (from, to) = (read_ticks(parts.0)?, read_ticks(parts.1)?);
    if from >= to {
        return Err(Failure::usage(format!("{whole:?} ends before it begins")));
    }
    Ok((from, to))
}

fn read_list(text: &str, group: Group) -> Result<ProcessSet, Failure> {
    let names = text.split(',').filter(|name| !name.trim().is_empty());
    names.map(|name| read_process(name, group)).collect()
}

fn read_upsets(words: &Words, group: Group) -> Result<Vec<(u64, Upset)>, Failure> {
    let mut upsets = Vec::new();
    for text in words.crash.iter().filter(|text| !names_a_round(text)) {
        upsets.push(read_crash(text, group)?);
    }
    for text in &words.restart {
        let (at, process, rest) = read_moment(text, group)?;
        refuse_rest(text, rest, "p3@900ms")?;
        let crashes = |crash: &String| crash.split('@').next() == text.split('@').next();
        if !words.crash.iter().any(crashes) {
            return Err(Failure::usage(format!(
                "{text:?} has nothing to bring back: say when {process} crashes, as in --crash \
                 {process}@10ms"
            )));
        }
        upsets.push((at, Upset::Restart { process }));
    }
    for text in &words.partition {
        read_partition(text, group, &mut upsets)?;
    }
    for text in &words.pause {
        let (from, to, process) = read_while(text, group)?;
        upsets.push((from, Upset::Pause { process, ticks: to - from }));
    }
    for text in &words.clock {
        upsets.push(read_clock(text, group)?);
    }
    for text in words.flip.iter().filter(|text| !names_a_round(text)) {
        upsets.push(read_flip(text, group)?);
    }
    upsets.sort_by_key(|(at, _)| *at);
    Ok(upsets)
}

fn refuse_rest(text: &str, rest: &str, right: &str) -> Result<(), Failure> {
    if rest.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!("{text:?} says more than it can: write it as {right}")))
}

/// Whether a fault is given by its round.
fn names_a_round(text: &str) -> bool {
    text.split_once('@').is_some_and(|(_, when)| {
        let unit = when.trim_start_matches(|c: char| c.is_ascii_digit());
        unit.len() < when.len() && (unit.is_empty() || unit.starts_with([':', '#', '/']))
    })
}

fn read_crash(text: &str, group: Group) -> Result<(u64, Upset), Failure> {
    let (at, process, rest) = read_moment(text, group)?;
    let (rest, forgotten) = match rest.split_once('/') {
        None => (rest, 0),
        Some((rest, count)) => {
            let count = count.parse().map_err(|_| {
                Failure::usage(format!("{count:?} is not a number of records, as in p3@150ms/2"))
            })?;
            (rest, count)
        }
    };
    let within = match rest.strip_prefix(':') {
        Some(list) => Some(CutShort::reaching(read_list(list, group)?)),
        None => {
            refuse_rest(text, rest, "p3@150ms, p3@150ms:p0,p1 or p3@150ms/2")?;
            None
        }
    };
    Ok((at, Upset::Crash { process, within, forgotten }))
}

fn read_partition(text: &str, group: Group, upsets: &mut Vec<(u64, Upset)>) -> Result<(), Failure> {
    let (sides, span) = text.split_once('@').ok_or_else(|| {
        Failure::usage(format!("{text:?} does not say when: write 'p0,p1|p2,p3@100ms..2s'"))
    })?;
    let (from, to) = read_stretch(span, text)?;
    let mut cut = |left: &ProcessSet, right: &ProcessSet| {
        let (left, right) = (left.clone(), right.clone());
        upsets.push((from, Upset::Cut { from: left.clone(), to: right.clone() }));
        upsets.push((to, Upset::Heal { from: left, to: right }));
    };
    let one_way = sides.contains('>');
    let parts: Vec<ProcessSet> =
        sides.split(['>', '|']).map(|side| read_list(side, group)).collect::<Result<_, _>>()?;
    let mut taken = ProcessSet::new();
    for who in parts.iter().flat_map(ProcessSet::iter) {
        if !taken.insert(who) {
            return Err(Failure::usage(format!("{text:?} has {who} on two sides")));
        }
    }
    if parts.len() >= 2 && parts.iter().any(ProcessSet::is_empty) {
        return Err(Failure::usage(format!("{text:?} has a side with nobody on it")));
    }
    if one_way {
        let [left, right] = parts.as_slice() else {
            return Err(Failure::usage(format!(
                "{text:?} has more than two sides: write 'p0>p1,p2@100ms..2s'"
            )));
        };
        cut(left, right);
        return Ok(());
    }
    if parts.len() < 2 {
        return Err(Failure::usage(format!(
            "{text:?} has one side only: write 'p0,p1|p2,p3@100ms..2s'"
        )));
    }
    for (at, one) in parts.iter().enumerate() {
        for (_, other) in parts.iter().enumerate().filter(|(place, _)| *place != at) {
            cut(one, other);
        }
    }
    Ok(())
}

fn read_clock(text: &str, group: Group) -> Result<(u64, Upset), Failure> {
    let (at, process, rest) = read_moment(text, group)?;
    let bad = || {
        Failure::usage(format!(
            "{text:?} is not a clock: write p1@20ms+5ms, p1@20ms-5ms or p1@20ms*1.1"
        ))
    };
    if let Some(factor) = rest.strip_prefix('*') {
        let factor: f64 = factor.parse().map_err(|_| bad())?;
        if !(0.01..=100.0).contains(&factor) {
            return Err(bad());
        }
        let ppm = ((factor - 1.0) * 1e6).round() as i32;
        return Ok((at, Upset::Drift { process, ppm }));
    }
    let (sign, ticks) = match (rest.strip_prefix('+'), rest.strip_prefix('-')) {
        (Some(ticks), _) => (1, ticks),
        (_, Some(ticks)) => (-1, ticks),
        _ => return Err(bad()),
    };
    Ok((at, Upset::Step { process, ticks: sign * read_ticks(ticks)? as i64 }))
}

fn read_flip(text: &str, group: Group) -> Result<(u64, Upset), Failure> {
    let (place, bit) = match text.split_once('#') {
        None => (text, 0),
        Some((place, digits)) => {
            let bit = digits.parse().map_err(|_| {
                Failure::usage(format!("{digits:?} is not the number of a bit, as in p2@30ms#5"))
            })?;
            (place, bit)
        }
    };
    let (at, process, rest) = read_moment(place, group)?;
    let upset = match rest.strip_prefix(':') {
        None => {
            refuse_rest(text, rest, "p2@30ms#5, p2@30ms:p1#0 or p2@30ms:disk0#1")?;
            Upset::FlipState { process, bit }
        }
        Some(what) => match what.strip_prefix("disk") {
            None => Upset::FlipMessage { from: process, to: read_process(what, group)?, bit },
            Some(record) => {
                let record = record.parse().map_err(|_| {
                    Failure::usage(format!("{record:?} is not the number of a record: write disk0"))
                })?;
                Upset::FlipRecord { process, record, bit }
            }
        },
    };
    Ok((at, upset))
}

fn read_ask(text: &str, group: Group) -> Result<(u64, Process, String), Failure> {
    let (at, process, rest) = read_moment(text, group)?;
    let value = rest.strip_prefix('=').ok_or_else(|| {
        Failure::usage(format!("{text:?} does not say what is asked: write it as p1@7.5ms=1"))
    })?;
    Ok((at, process, value.trim().to_string()))
}

fn read_lots(words: &Words, group: Group) -> Result<BTreeMap<(Process, u32), u32>, Failure> {
    let mut choices = BTreeMap::new();
    for text in words.lots.iter().filter(|text| !["plain", "drawn"].contains(&text.as_str())) {
        let bad =
            || Failure::usage(format!("{text:?} says not how lots fall: write plain, or p1=2,0"));
        let (who, list) = text.split_once('=').ok_or_else(bad)?;
        let who = read_process(who, group)?;
        for (place, chosen) in list.split(',').enumerate() {
            let chosen = chosen.trim().parse().map_err(|_| bad())?;
            choices.insert((who, place as u32), chosen);
        }
    }
    Ok(choices)
}

/// Crashes in rounds make sense for a protocol in rounds only.
fn read_rounds(
    words: &Words,
    card: &Card,
    group: Group,
) -> Result<Vec<(u16, Process, Vec<Process>)>, Failure> {
    let in_rounds = words.crash.iter().chain(&words.flip).filter(|text| names_a_round(text));
    if let Some(text) = in_rounds.clone().find(|text| !card.in_rounds || text.contains('#')) {
        return Err(Failure::usage(format!(
            "{text:?} names a round, and this is a run in time: write it as p3@150ms"
        )));
    }
    let read = |text: &String| {
        let (who, when) = text.split_once('@').unwrap_or((text, ""));
        let (round, list) = when.split_once(':').unwrap_or((when, ""));
        let round = round.parse::<u16>().ok().filter(|round| *round > 0).ok_or_else(|| {
            Failure::usage(format!("{text:?} names no round: rounds are 1, 2, ..., as in p3@2"))
        })?;
        let reached = read_list(list, group)?.iter().collect();
        Ok((round, read_process(who, group)?, reached))
    };
    in_rounds.map(read).collect()
}

/// The value of a request, by name or number.
pub(crate) fn value_of(text: &str, names: &quorate_world::Names) -> Option<Value> {
    let named = names.0.iter().position(|name| name == text).map(|at| Value(at as u16));
    named.or_else(|| text.parse().ok().map(Value))
}

/// After how many seconds a time is one of the clock of a machine, which began in 1970: a run in
/// virtual time is not so long.
const CLOCK_S: u64 = 1_000_000_000;

/// A time for people.
pub(crate) fn ms_text(ticks: u64) -> String {
    let seconds = ticks / (1000 * TICKS_PER_MS);
    if let Some(at) = clock(seconds).filter(|_| seconds >= CLOCK_S) {
        return format!("{at}.{:03} UTC", ticks / TICKS_PER_MS % 1000);
    }
    let ms = ticks as f64 / TICKS_PER_MS as f64;
    if ms >= 10_000.0 { format!("{:.3} s", ms / 1000.0) } else { format!("{ms} ms") }
}

/// The date and the time so many seconds after the beginning of 1970.
fn clock(seconds: u64) -> Option<String> {
    let at = time::OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()?;
    let (date, hours) = (at.date(), at.time().as_hms());
    Some(format!("{date} {:02}:{:02}:{:02}", hours.0, hours.1, hours.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_one_of_the_clock_if_it_is_as_late() {
        for (ticks, text) in [
            (1_500, "1.5 ms"),
            (12_000_000, "12.000 s"),
            (1_795_956_487_306_999, "2026-11-29 12:48:07.306 UTC"),
            (1 << 53, "2255-06-05 23:47:34.740 UTC"),
        ] {
            assert_eq!(ms_text(ticks), text);
        }
        assert!(ms_text(u64::MAX).ends_with(" s"), "years with six digits are no dates");
    }
}
