//! Failure detection: who has crashed, in the opinion of the others.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use quorate_kernel::{
    Breach, Class, End, Group, Ledger, Problem, Process, Renamed, Renaming, Requirement, Seen,
    Value, moment,
};

use crate::one_shot::breach;

/// Every process keeps an opinion on every other: crashed, or not. Nothing is ever asked of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FailureDetection;

/// A change of opinion; before the first one, everybody is trusted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Opinion {
    /// This process has crashed, it seems.
    Suspect(Process),
    /// This process is up, it seems.
    Trust(Process),
}

impl Opinion {
    fn on(self, whom: Process) -> Option<bool> {
        match self {
            Self::Suspect(p) => (p == whom).then_some(true),
            Self::Trust(p) => (p == whom).then_some(false),
        }
    }
}

impl Renamed for Opinion {
    fn rename(&mut self, by: &Renaming) {
        let (Self::Suspect(whom) | Self::Trust(whom)) = self;
        whom.rename(by);
    }
}

/// Time without a process: when it crashed, and when it was up again, if ever.
pub type Outage = (u64, Option<u64>);

/// Who was down when, and who held which opinions from when on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Opinions {
    /// When each process was down, in order.
    pub outages: Vec<Vec<Outage>>,
    /// What each process handed out, in order, and when.
    pub of: Vec<Vec<(u64, Opinion)>>,
}

impl Renamed for Opinions {
    fn rename(&mut self, by: &Renaming) {
        by.by_process(&mut self.outages);
        by.by_process(&mut self.of);
    }
}

impl Ledger<FailureDetection> for Opinions {
    fn open(group: Group) -> Self {
        Self { outages: vec![Vec::new(); group.size()], of: vec![Vec::new(); group.size()] }
    }

    fn observe(&mut self, who: Process, at: u64, seen: Seen<'_, FailureDetection>) {
        if let Seen::Output(opinion) = seen {
            self.of[who.index()].push((at, *opinion));
        }
    }

    fn crashed(&mut self, who: Process, at: u64) {
        self.outages[who.index()].push((at, None));
    }

    fn restarted(&mut self, who: Process, at: u64) {
        if let Some((_, until)) = self.outages[who.index()].last_mut() {
            *until = Some(at);
        }
    }

    fn decision(&self, who: Process) -> Option<(&Opinion, u64)> {
        self.of.get(who.index())?.first().map(|(at, opinion)| (opinion, *at))
    }
}

impl Opinions {
    /// When `who` changed its opinion on `whom`, and whether it suspected it from then on.
    fn changes(&self, who: Process, whom: Process) -> impl Iterator<Item = (u64, bool)> + '_ {
        let opinions = self.of[who.index()].iter();
        opinions.filter_map(move |(at, opinion)| Some((*at, opinion.on(whom)?)))
    }

    /// Whether `who` suspected `whom` after all that happened at `time`.
    fn suspects(&self, who: Process, whom: Process, time: u64) -> bool {
        let by_then = self.changes(who, whom).take_while(|(at, _)| *at <= time);
        by_then.last().is_some_and(|(_, suspected)| suspected)
    }

    /// When `whom` crashed for ever.
    fn gone(&self, whom: Process) -> Option<u64> {
        self.outages[whom.index()]
            .last()
            .filter(|(_, until)| until.is_none())
            .map(|(from, _)| *from)
    }
}

impl Problem for FailureDetection {
    const NAME: &'static str = "failure-detection";
    type Input = Value;
    type Output = Opinion;
    type Ledger = Opinions;
    const WATCHES_CRASHES: bool = true;

    fn requirements() -> &'static [Requirement<Self>] {
        REQUIREMENTS
    }

    fn show(output: &Opinion, _: &dyn Fn(Value) -> String) -> String {
        match output {
            Opinion::Suspect(p) => format!("suspects {p}"),
            Opinion::Trust(p) => format!("trusts {p}"),
        }
    }
}

const REQUIREMENTS: &[Requirement<FailureDetection>] = &[
    Requirement {
        name: "strong-completeness",
        aliases: &["completeness"],
        text: "in the end every process that crashed for ever is suspected by every correct one",
        source: "Chandra, Toueg 1996, 2.2",
        class: Class::Liveness,
        judge: crashes_are_noticed,
    },
    Requirement {
        name: "strong-accuracy",
        aliases: &["accuracy"],
        text: "no process is suspected before it crashes",
        source: "Chandra, Toueg 1996, 2.2",
        class: Class::Safety,
        judge: nobody_is_wronged,
    },
    Requirement {
        name: "eventual-accuracy",
        aliases: &["eventual-strong-accuracy"],
        text: "in the second half of the time since the last failure and the last broken bound, no correct process suspects a correct one",
        source: "Chandra, Toueg 1996, 2.2: after some time; a run must say after which",
        class: Class::Liveness,
        judge: mistakes_end,
    },
    Requirement {
        name: "detection-time",
        aliases: &[],
        text: "every crash is suspected by every correct process in the time that the protocol promises, and no later",
        source: "Chen, Toueg, Aguilera 2002, 2.2",
        class: Class::Liveness,
        judge: noticed_in_time,
    },
];

/// Every pair of a correct process and another.
fn pairs(end: &End) -> impl Iterator<Item = (Process, Process)> + '_ {
    let correct = end.group.processes().filter(|&p| end.correct(p));
    correct.flat_map(|p| end.group.others(p).map(move |q| (p, q)))
}

fn crashes_are_noticed(ledger: &Opinions, end: &End) -> Result<(), Breach> {
    if !end.settled {
        return Ok(());
    }
    for (p, q) in pairs(end) {
        if let Some(at) = ledger.gone(q).filter(|_| !ledger.suspects(p, q, end.over_at)) {
            let at = moment(at);
            let text = format!("{q} crashed at {at}, and {p} does not suspect it in the end");
            return breach(&[p, q], text);
        }
    }
    Ok(())
}

fn nobody_is_wronged(ledger: &Opinions, end: &End) -> Result<(), Breach> {
    for p in end.group.processes().filter(|&p| !end.liars.contains(p)) {
        for q in end.group.processes().filter(|&q| !end.liars.contains(q)) {
            let crashed = ledger.outages[q.index()].first().map_or(u64::MAX, |(from, _)| *from);
            let wronged = ledger.changes(p, q).find(|(at, suspected)| *suspected && *at < crashed);
            if let Some((at, _)) = wronged {
                let at = moment(at);
                let text = format!("{p} suspected {q} at {at}, when it had not crashed");
                return breach(&[p, q], text);
            }
        }
    }
    Ok(())
}

/// Asks for nothing in a run that ended before its calm part began.
fn mistakes_end(ledger: &Opinions, end: &End) -> Result<(), Breach> {
    if !end.settled || end.over_at <= end.calm_from {
        return Ok(());
    }
    let half = end.calm_from + (end.over_at - end.calm_from) / 2;
    for (p, q) in pairs(end).filter(|&(_, q)| end.correct(q)) {
        let still = ledger.suspects(p, q, half);
        let again = ledger.changes(p, q).any(|(at, suspected)| suspected && at > half);
        if still || again {
            let half = moment(half);
            let text = format!("{p} suspects {q} after {half}, although it is correct");
            return breach(&[p, q], text);
        }
    }
    Ok(())
}

fn noticed_in_time(ledger: &Opinions, end: &End) -> Result<(), Breach> {
    if end.deadline == u64::MAX {
        return Ok(());
    }
    for (p, q) in pairs(end) {
        for (from, until) in &ledger.outages[q.index()] {
            let due = from.saturating_add(end.deadline);
            let owed = due <= end.over_at && until.is_none_or(|until| until > due);
            if owed && !ledger.suspects(p, q, due) {
                let (from, due) = (moment(*from), moment(due));
                let text = format!("{q} crashed at {from}, and {p} did not suspect it at {due}");
                return breach(&[p, q], text);
            }
        }
    }
    Ok(())
}
