//! A state of the system in a few words: local states, ledger, coins, what was spent, messages.

use quorate_kernel::Links;

use super::print::{Part, Print, mix};
use super::scope::Scope;
use super::tables::{Tables, WEAK, traits};

/// How many words there are besides the seats and the messages.
pub(crate) const HEAD: usize = 4;

/// A state: n seats, the ledger, the coins, two words of what was spent, the messages on their way.
#[derive(Clone, Copy)]
pub(crate) struct State<'w> {
    pub(crate) words: &'w [u32],
    pub(crate) n: usize,
}

impl<'w> State<'w> {
    pub(crate) fn seats(self) -> &'w [u32] {
        &self.words[..self.n]
    }

    pub(crate) fn ledger(self) -> u32 {
        self.words[self.n]
    }

    pub(crate) fn coins(self) -> u32 {
        self.words[self.n + 1]
    }

    pub(crate) fn spent(self) -> Spent {
        Spent::unpack(self.words[self.n + 2], self.words[self.n + 3])
    }

    pub(crate) fn messages(self) -> &'w [u32] {
        &self.words[self.n + HEAD..]
    }

    /// The print, from nothing.
    pub(crate) fn print(self, fifo: bool, tables: &mut Tables<'_>) -> Print {
        let seats = self.seats().iter().map(|seat| mix(Part::Seat, u64::from(*seat)));
        let head = seats.fold(0, Print::wrapping_add).wrapping_add(self.head_print());
        let mut link = None;
        let mut place = 0u64;
        self.messages().iter().fold(head, |sum, event| {
            if !fifo {
                return sum.wrapping_add(mix(Part::Message, u64::from(*event)));
            }
            let on = tables.event(*event);
            place = if link == Some((on.from, on.to)) { place + 1 } else { 0 };
            link = Some((on.from, on.to));
            sum.wrapping_add(mix(Part::Place, u64::from(*event) | place << 32))
        })
    }

    fn head_print(self) -> Print {
        let (low, high) = (self.words[self.n + 2], self.words[self.n + 3]);
        mix(Part::Ledger, u64::from(self.ledger()))
            .wrapping_add(mix(Part::Coins, u64::from(self.coins())))
            .wrapping_add(spent_print(low, high))
    }
}

pub(crate) fn spent_print(low: u32, high: u32) -> Print {
    mix(Part::Spent, u64::from(high & 0xff_ffff) << 32 | u64::from(low))
}

/// What was spent of the bounds so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) timers: u8,
    pub(crate) crashes: u8,
    pub(crate) restarts: u8,
    pub(crate) flips: u8,
    pub(crate) lies: u16,
    pub(crate) calm: bool,
    /// In the calm, how often each process was overtaken.
    pub(crate) overtaken: Overtaken,
}

/// How often timers of others went off while one of a process ran: four bits a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Overtaken(u32);

impl Overtaken {
    pub(crate) fn of(self, process: usize) -> u8 {
        (self.0 >> (4 * process) & 15) as u8
    }

    /// Once more, for each of these processes.
    pub(crate) fn more(self, mut processes: impl Iterator<Item = usize>) -> Self {
        Self(processes.try_fold(self.0, |all, at| all.checked_add(1 << (4 * at))).unwrap_or(self.0))
    }

    /// Not any more, for one process.
    pub(crate) fn not(self, process: usize) -> Self {
        Self(self.0 & !(15 << (4 * process)))
    }
}

impl Spent {
    fn unpack(low: u32, high: u32) -> Self {
        let (lies, calm) = ((high >> 1) as u16, high & 1 == 1);
        if calm {
            return Self { lies, calm, overtaken: Overtaken(low), ..Self::default() };
        }
        let [timers, crashes, restarts, flips] = low.to_le_bytes();
        Self { timers, crashes, restarts, flips, lies, calm, overtaken: Overtaken::default() }
    }

    pub(crate) fn pack(self) -> [u32; 2] {
        let spent = u32::from_le_bytes([self.timers, self.crashes, self.restarts, self.flips]);
        let low = if self.calm { self.overtaken.0 } else { spent };
        [low, u32::from(self.lies) << 1 | u32::from(self.calm)]
    }
}

/// How the tosses of the common coin fell: two bits a toss.
#[derive(Clone, Copy)]
pub(crate) struct Coins(pub(crate) u32);

/// How many tosses are told apart; a run that needs more is cut off.
pub(crate) const TOSSES_MAX: u64 = 16;

impl Coins {
    /// The coins with these tosses; `None` if one fell otherwise.
    pub(crate) fn with(self, tosses: &[(u64, bool)]) -> Option<Self> {
        let mut coins = self.0;
        for (toss, heads) in tosses {
            let at = (toss % TOSSES_MAX) * 2;
            match coins >> at & 3 {
                0 => coins |= (2 | u32::from(*heads)) << at,
                known if (known & 1 == 1) != *heads => return None,
                _ => {}
            }
        }
        Some(Self(coins))
    }
}

/// How the processes of a state stand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Roll {
    pub(crate) up: u64,
    pub(crate) down: u64,
    pub(crate) traitors: u64,
    /// Of those who are up, who may stop at any moment.
    pub(crate) doomed: u64,
    /// Of whom something is asked before anything else.
    pub(crate) first: u64,
    /// Who has running timers.
    pub(crate) timed: u64,
    /// Of whom something is asked.
    pub(crate) asked: u64,
    /// Who is a traitor that hears what it is sent.
    pub(crate) spies: u64,
    /// To whom traitors have something to say.
    pub(crate) spoken_to: u64,
    /// To whom something else can happen.
    pub(crate) mishaps: u64,
}

/// The members of a set, in order.
#[inline]
pub(crate) fn members(set: u64) -> impl Iterator<Item = usize> {
    let mut rest = set;
    std::iter::from_fn(move || {
        let at = rest.trailing_zeros() as usize;
        (rest != 0).then(|| {
            rest &= rest - 1;
            at
        })
    })
}

impl Roll {
    pub(crate) fn of(state: State<'_>, tables: &mut Tables<'_>) -> Self {
        let mut sets = [0; traits::COUNT];
        for (at, seat) in state.seats().iter().enumerate() {
            for flag in members(tables.traits(*seat).into()) {
                sets[flag] |= 1 << at;
            }
        }
        let [up, down, traitors, doomed, first, asked, words, timed, mishaps, spies] = sets;
        let spoken_to = if spies == 0 { words } else { up & !traitors };
        Self { up, down, traitors, doomed, first, timed, asked, spoken_to, mishaps, spies }
    }

    pub(crate) fn is_up(&self, process: u16) -> bool {
        self.up >> process & 1 == 1
    }

    /// The mark of messages of and to a process: if it may stop, they need not arrive.
    #[inline]
    pub(crate) fn mark_of(&self, process: u16) -> u32 {
        if self.doomed >> process & 1 == 1 { WEAK } else { 0 }
    }

    pub(crate) fn is_traitor(&self, process: u16) -> bool {
        self.traitors >> process & 1 == 1
    }
}

/// How messages fare in a state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wires {
    /// Whether a message, once sent, can arrive any number of times.
    pub(crate) any_number: bool,
    /// The mark of what is sent now.
    pub(crate) mark: u32,
    pub(crate) fifo: bool,
    pub(crate) lossy: bool,
    /// Whether what a process sent arrives even if it crashes.
    pub(crate) strong: bool,
}

impl Wires {
    pub(crate) fn of(scope: &Scope, calm: bool) -> Self {
        let lossy = scope.links == Links::Lossy && !calm;
        Self {
            any_number: scope.any_number && !calm,
            mark: if lossy { WEAK } else { 0 },
            fifo: scope.fifo,
            lossy,
            strong: scope.links == Links::Strong,
        }
    }
}

/// What changes in a step, besides a seat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'l> {
    pub(crate) process: usize,
    pub(crate) seat: u32,
    pub(crate) ledger: u32,
    pub(crate) coins: u32,
    pub(crate) spent: [u32; 2],
    /// The places of the messages that are gone, in order.
    pub(crate) gone: &'l [usize],
    pub(crate) sends: &'l [u32],
    pub(crate) crashed: bool,
    /// Whether whoever is down may come back.
    pub(crate) restarts_left: bool,
    /// Whether messages that are past are dropped.
    pub(crate) drops: bool,
}

/// Writes the state after a change.
pub(crate) fn compose(
    state: State<'_>,
    change: &Change<'_>,
    (roll, wires): (Roll, Wires),
    tables: &mut Tables<'_>,
    out: &mut Vec<u32>,
) {
    out.clear();
    out.extend_from_slice(state.seats());
    out[change.process] = change.seat;
    out.extend([change.ledger, change.coins, change.spent[0], change.spent[1]]);
    let head = out.len();
    let mut gone = change.gone.iter().copied().peekable();
    for (place, event) in state.messages().iter().enumerate() {
        if gone.next_if_eq(&place).is_none() {
            out.push(*event);
        }
    }
    for event in change.sends {
        let receiver = tables.event(*event).to;
        let sent = addressed(*event, receiver, roll, wires, change.restarts_left);
        if let Some(marked) = sent {
            out.push(marked | roll.mark_of(change.process as u16));
        }
    }
    if change.crashed {
        after_crash(out, head, change, wires, tables);
    }
    if change.drops {
        drop_past(out, head, tables);
    }
    if wires.fifo {
        let link = |event: &u32| {
            let info = tables.events[(event & !WEAK) as usize];
            (info.from, info.to)
        };
        out[head..].sort_by_key(link);
    } else {
        out[head..].sort_unstable();
        if wires.any_number {
            let mut last = head;
            for at in head + 1..out.len() {
                if out[at] != out[last] {
                    last += 1;
                    out[last] = out[at];
                }
            }
            out.truncate((last + 1).min(out.len()));
        }
    }
}

/// Drops the messages that change nothing any more.
fn drop_past(out: &mut Vec<u32>, head: usize, tables: &mut Tables<'_>) {
    let mut kept = head;
    for at in head..out.len() {
        let receiver = usize::from(tables.event(out[at]).to);
        if !tables.is_past(out[receiver], out[at]) {
            out[kept] = out[at];
            kept += 1;
        }
    }
    out.truncate(kept);
}

/// A message as it goes on its way, if it does: not to a traitor, nor to who is down for good.
#[inline]
pub(crate) fn addressed(
    event: u32,
    receiver: u16,
    roll: Roll,
    wires: Wires,
    restarts_left: bool,
) -> Option<u32> {
    if roll.is_up(receiver) {
        return Some(event | wires.mark | roll.mark_of(receiver));
    }
    (!roll.is_traitor(receiver) && restarts_left).then_some(event | WEAK)
}

/// What becomes of the messages of and to a process that crashes: those to it are lost if it never
/// comes back, and need not arrive if it does; those of it need not, unless links are strong.
fn after_crash(
    out: &mut Vec<u32>,
    head: usize,
    change: &Change<'_>,
    wires: Wires,
    tables: &mut Tables<'_>,
) {
    let who = change.process as u16;
    let mut kept = head;
    for at in head..out.len() {
        let info = tables.event(out[at]);
        if info.to == who && !change.restarts_left {
            continue;
        }
        let shaken = info.to == who || (info.from == who && !wires.strong);
        out[kept] = if shaken { out[at] | WEAK } else { out[at] };
        kept += 1;
    }
    out.truncate(kept);
}
