//! What the clients of a group with a store asked and saw: held against what the log, command by
//! command, makes of one store, and against the order in real time.

use std::collections::{BTreeMap, VecDeque};

use quorate_kernel::Class;
use quorate_server::{Item, text_of};
use quorate_store::{Command, Operation, Store, Txn};
use quorate_trace::{Event, Trace, What};

use crate::report::{Judgment, Verdict};
use crate::timed::ms_text;

/// One call of a client.
struct Call<'t> {
    process: u16,
    at: u64,
    call: &'t str,
    asks: &'t str,
    bytes: &'t str,
    kind: Kind,
    /// When it was answered, how it went, what was said, and after how many commands the process
    /// was then.
    returned: Option<(u64, &'t str, &'t str, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Write,
    Read,
    /// A read that any state of the past will do for.
    Local,
}

/// Something that does not fit, and the processes that show it.
struct Odd {
    who: Vec<u16>,
    because: String,
}

/// Judges what the clients of a trace saw; nothing if it tells of none.
pub(crate) fn judgment(trace: &Trace) -> Option<Judgment> {
    let log = log(&trace.events);
    let calls = calls(&trace.events, log.as_deref().unwrap_or_default());
    if calls.is_empty() {
        return None;
    }
    let (verdict, odd) = match log {
        Err(because) => (Verdict::Inconclusive, Some(Odd { who: Vec::new(), because })),
        Ok(log) => match explained(&calls, &log) {
            Ok(()) => (Verdict::Holds, None),
            Err(odd) => (Verdict::Violated, Some(odd)),
        },
    };
    let (witnesses, because) = odd.map(|odd| (odd.who, odd.because)).unwrap_or_default();
    Some(Judgment {
        name: "client-history",
        text: "What clients were answered is what one store answers, command by command in the \
               order of the log, which is one that real time allows.",
        class: Class::Safety,
        verdict,
        witnesses,
        because,
        remark: String::new(),
    })
}

/// The log, as processes applied it: of each slot, from 1 on, what stands there as text; nothing
/// for one that does nothing.
type Log<'t> = Vec<(u64, Option<&'t str>)>;

/// What a process applied, and where.
fn applied(what: &What) -> Option<(u64, Option<&str>)> {
    let What::Output { value } = what else { return None };
    let (slot, what) = value.strip_prefix("slot ")?.split_once(": ")?;
    let slot = slot.parse().ok()?;
    match what.split_once(" (p") {
        Some((item, rest)) if rest.contains("'s command ") => Some((slot, Some(item))),
        _ if what == "nothing" || what.starts_with("members ") => Some((slot, None)),
        _ => None,
    }
}

/// Through which slot a process has taken over a state.
fn installed(what: &What) -> Option<u64> {
    let What::Output { value } = what else { return None };
    value.strip_prefix("the state through slot ")?.parse().ok()
}

/// # Errors
/// If the trace does not say what the log is.
fn log(events: &[Event]) -> Result<Log<'_>, String> {
    let mut log: BTreeMap<u64, Option<&str>> = BTreeMap::new();
    for (slot, item) in events.iter().filter_map(|event| applied(&event.what)) {
        if *log.entry(slot).or_insert(item) != item {
            return Err(format!("logs differ in slot {slot}, so that no order is the log's"));
        }
    }
    for (place, slot) in (1..).zip(log.keys()) {
        if place != *slot {
            return Err(format!("no process of the trace applies slot {place}"));
        }
    }
    Ok(log.into_iter().collect())
}

/// The calls in the order in which they began.
fn calls<'t>(events: &'t [Event], log: &[(u64, Option<&str>)]) -> Vec<Call<'t>> {
    let mut all: Vec<Call<'t>> = Vec::new();
    let mut open: BTreeMap<(u16, u64), usize> = BTreeMap::new();
    let mut positions: BTreeMap<u16, usize> = BTreeMap::new();
    for event in events {
        let (process, at) = (event.process, event.at.unwrap_or(0));
        match &event.what {
            What::Call { number, call, asks, bytes, local } => {
                let kind = match (call.as_str(), local) {
                    ("range" | "read-txn", false) => Kind::Read,
                    ("range" | "read-txn", true) => Kind::Local,
                    _ => Kind::Write,
                };
                open.insert((process, *number), all.len());
                all.push(Call { process, at, call, asks, bytes, kind, returned: None });
            }
            What::Return { number, outcome, answer } => {
                let position = positions.get(&process).copied().unwrap_or(0);
                if let Some(call) = open.remove(&(process, *number)).and_then(|k| all.get_mut(k)) {
                    call.returned = Some((at, outcome, answer, position));
                }
            }
            What::Crash { .. } => open.retain(|(whose, _), _| *whose != process),
            what => {
                let through = applied(what).map(|(slot, _)| slot).or_else(|| installed(what));
                if let Some(through) = through {
                    let position = log.partition_point(|(slot, _)| *slot <= through);
                    positions.insert(process, position);
                }
            }
        }
    }
    all
}

/// The states of the store: one after each so many commands of the log, as long as they are wanted.
struct States<'l> {
    log: &'l [(u64, Option<&'l str>)],
    /// After how many commands the first is.
    first: usize,
    /// After how many the first is that may still be asked for.
    wanted: usize,
    states: VecDeque<Store>,
}

impl<'l> States<'l> {
    fn new(log: &'l [(u64, Option<&'l str>)]) -> Self {
        Self { log, first: 0, wanted: 0, states: VecDeque::from([Store::default()]) }
    }

    /// The state after so many, which is none of those that were given up.
    fn after(&mut self, many: usize) -> Option<&Store> {
        while self.first + self.states.len() <= many {
            let last = self.first + self.states.len() - 1;
            let command = command(self.log.get(last)?.1);
            // A state that nobody wants becomes the next.
            if last < self.wanted {
                self.first += 1;
            } else {
                self.states.push_back(self.states.back()?.clone());
            }
            if let (Some(store), Some(command)) = (self.states.back_mut(), command) {
                let _ = store.apply(&command);
            }
        }
        self.states.get(many.checked_sub(self.first)?)
    }

    /// Gives up all that are earlier.
    fn only_from(&mut self, many: usize) {
        self.wanted = self.wanted.max(many);
        while self.first < many && self.states.len() > 1 {
            self.states.pop_front();
            self.first += 1;
        }
    }
}

/// What stands in a slot, if it is a command of a client.
fn command(item: Option<&str>) -> Option<Command> {
    Command::decode(Item::of_text(item?)?.parts()?.2).ok()
}

/// What the store answers to a read.
fn read(store: &Store, call: &Call<'_>) -> Option<String> {
    let Ok(Command::Txn(txn)) = Command::decode(&Item::of_text(call.bytes)?.0) else { return None };
    Some(match (call.call, &txn) {
        ("range", Txn { success, .. }) => match &success[..] {
            [Operation::Range(range)] => text_of(&store.range(range)),
            _ => return None,
        },
        (_, txn) => text_of(&store.read_txn(txn)),
    })
}

/// Of each command of the log that a client gave: after how many commands it has been done, and
/// what the store answers then.
fn answers<'l>(log: &[(u64, Option<&'l str>)]) -> BTreeMap<&'l str, (usize, String)> {
    let mut store = Store::default();
    let mut all = BTreeMap::new();
    for (many, (_, item)) in (1..).zip(log) {
        if let (Some(item), Some(command)) = (item, command(*item)) {
            let answer = text_of(&store.apply(&command));
            all.entry(*item).or_insert((many, answer));
        }
    }
    all
}

/// Whether all calls can be explained.
///
/// A write has its place in the log. A read gets the least place, not before that of anything that
/// was answered before it was asked, at which the store answers what the client saw: no other can
/// leave more room to those that come after. Two that were noted at one moment have no order.
fn explained(calls: &[Call<'_>], log: &[(u64, Option<&str>)]) -> Result<(), Odd> {
    let answers = answers(log);
    let mut ends: Vec<(u64, bool, usize)> = Vec::new();
    for (k, call) in calls.iter().enumerate() {
        if let Some((at, "answered", ..)) = call.returned {
            ends.extend([(call.at, false, k), (at, true, k)]);
        } else if let (Some((_, "refused", why, _)), Some((many, _))) =
            (call.returned, answers.get(call.bytes))
        {
            let said = format!("was refused ({why}), and is command {many} of the log");
            return Err(call.odd(&said));
        }
    }
    ends.sort_unstable();
    let mut states = States::new(log);
    // The greatest place of those that are answered, and who has it; and for each call that is
    // under way what it was when that was asked.
    let mut floor: (usize, Option<usize>) = (0, None);
    let mut began: BTreeMap<usize, (usize, Option<usize>)> = BTreeMap::new();
    for (_, is_answer, k) in ends {
        if !is_answer {
            began.insert(k, floor);
            continue;
        }
        let least = began.remove(&k).unwrap_or(floor);
        let place = match calls[k].kind {
            Kind::Write => write(calls, k, least, &answers)?,
            Kind::Read => placed(calls, k, least, &mut states)?,
            Kind::Local => continue,
        };
        if place > floor.0 {
            floor = (place, Some(k));
        }
        let needed = began.values().map(|(least, _)| *least).min().unwrap_or(floor.0);
        states.only_from(needed.min(floor.0));
    }
    locals(calls, log)
}

/// The place of a write in the log.
fn write(
    calls: &[Call<'_>],
    k: usize,
    (least, by): (usize, Option<usize>),
    answers: &BTreeMap<&str, (usize, String)>,
) -> Result<usize, Odd> {
    let call = &calls[k];
    let Some((place, answer)) = answers.get(call.bytes) else {
        return Err(call.odd(&format!("was answered {}, and is not in the log", call.answer())));
    };
    if call.answer() != answer {
        let (said, many) = (call.answer(), place - 1);
        return Err(call.odd(&format!(
            "was answered {said}, and after {many} commands the store answers {answer}"
        )));
    }
    match by.and_then(|by| calls.get(by)) {
        Some(before) if *place <= least => Err(before.against(call, &format!(
            "it is command {place} of the log, and what was answered before it was asked has seen \
             {least} commands"
        ))),
        _ => Ok(*place),
    }
}

/// The least place at which a read can be, and not before that.
fn placed(
    calls: &[Call<'_>],
    k: usize,
    (least, by): (usize, Option<usize>),
    states: &mut States<'_>,
) -> Result<usize, Odd> {
    let call = &calls[k];
    let last = call.returned.map_or(0, |(.., position)| position);
    for many in least..=last {
        let says = states.after(many).and_then(|store| read(store, call));
        if says.as_deref() == Some(call.answer()) {
            return Ok(many);
        }
    }
    let mut earlier = States::new(states.log);
    let is_stale = (0..least).any(|many| {
        earlier.only_from(many);
        let says = earlier.after(many).and_then(|store| read(store, call));
        says.as_deref() == Some(call.answer())
    });
    let now = states.after(least).and_then(|store| read(store, call)).unwrap_or_default();
    let said = call.answer();
    match by.and_then(|by| calls.get(by)) {
        Some(before) if is_stale => Err(before.against(
            call,
            &format!(
                "what was answered before it was asked has seen {least} commands, after which the \
             store answers {now}"
            ),
        )),
        _ => Err(call.odd(&format!(
            "was answered {said}, which the store never answers; after {least} commands it answers \
             {now}"
        ))),
    }
}

/// Whether each read that any state of the past will do for has seen one.
fn locals(calls: &[Call<'_>], log: &[(u64, Option<&str>)]) -> Result<(), Odd> {
    let is_open = |call: &&Call<'_>| {
        call.kind == Kind::Local && matches!(call.returned, Some((_, "answered", ..)))
    };
    let mut open: Vec<&Call<'_>> = calls.iter().filter(is_open).collect();
    let mut states = States::new(log);
    for many in 0..=log.len() {
        if open.is_empty() {
            break;
        }
        states.only_from(many);
        let Some(store) = states.after(many) else { break };
        open.retain(|call| {
            let there = call.returned.is_some_and(|(.., position)| many <= position);
            !there || read(store, call).as_deref() != Some(call.answer())
        });
    }
    match open.first() {
        Some(call) => Err(call.odd(&format!(
            "was answered {}, which the store did not answer at any time before",
            call.answer()
        ))),
        None => Ok(()),
    }
}

impl Call<'_> {
    fn answer(&self) -> &str {
        self.returned.map_or("", |(_, _, answer, _)| answer)
    }

    /// It, for people.
    fn told(&self) -> String {
        let (asks, at) = (self.asks, ms_text(self.at));
        format!("{} {asks} at p{}, asked at {at}", self.call, self.process)
    }

    /// What is wrong with it alone.
    fn odd(&self, because: &str) -> Odd {
        let answered = match self.returned {
            Some((at, ..)) => format!(" and answered at {}", ms_text(at)),
            None => String::new(),
        };
        Odd { who: vec![self.process], because: format!("{}{answered}: {because}", self.told()) }
    }

    /// What is wrong with one that was asked after this was answered.
    fn against(&self, later: &Call<'_>, because: &str) -> Odd {
        let at = self.returned.map(|(at, ..)| ms_text(at)).unwrap_or_default();
        let (first, second) = (self.told(), later.told());
        let because = format!(
            "{first}, was answered {} at {at}; then {second}, was answered {}: {because}",
            self.answer(),
            later.answer()
        );
        Odd { who: vec![self.process, later.process], because }
    }
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;
