//! What goes wrong at one process: crashes, in a step or between two, restarts, flipped bits.

use quorate_kernel::{Bits, Deceit, Links, Process, RecordOf, Stable};
use quorate_world::Occurrence;

use super::roles::{Body, Entry, Event, Kept, Roles, Seat, Up};
use super::steps::{Trial, Turn};
use super::tables::{Cut, How, Landing};

impl<P: Deceit> Roles<'_, P> {
    /// Every way in which a crash can cut a step short.
    pub(super) fn cuts(
        &mut self,
        seat: &Seat<P>,
        up: &Up<P>,
        event: &Event<P>,
        trial: Trial<P>,
        how: How,
        for_good: bool,
    ) -> Vec<Landing> {
        let sender = (seat.process, seat.beginning);
        let mut all = Vec::new();
        let mut kept = up.kept.clone();
        let mut passed = 0;
        for (at, turn) in trial.turns.iter().enumerate() {
            if turn.records.is_empty() && turn.sends.is_empty() {
                continue;
            }
            for stored in 0..=turn.records.len() {
                let written = stored == turn.records.len();
                for reached in self.reaches(turn, written) {
                    if at == 0 && stored == 0 && reached == 0 && !turn.records.is_empty() {
                        continue;
                    }
                    let cut = Cut { passed, stored: stored as u32, reached };
                    let sets = self.sets(seat.process, &trial.turns[..at]);
                    let how = How { cut: Some(cut), sets, ..how.clone() };
                    let mut left = kept.clone();
                    self.write(&mut left, &turn.records[..stored]);
                    let mut sends = self.sends(sender, &trial.turns[..at]).into_vec();
                    sends.extend(
                        self.sends(sender, std::slice::from_ref(turn))
                            .iter()
                            .filter(|event| written && reached >> self.events_to(**event) & 1 == 1),
                    );
                    let entries = self.entries(seat, Some(event), &trial.turns[..at]);
                    all.extend(self.fallen(seat, left, for_good, entries, sends, (&trial, how)));
                }
            }
            passed += 1;
            self.write(&mut kept, &turn.records);
        }
        all
    }

    fn events_to(&self, event: u32) -> u16 {
        match &self.events[event as usize] {
            Event::Message { to, .. } => to.0,
            _ => 0,
        }
    }

    /// To whom the messages of a turn get that is cut short: to everybody, or over strong links,
    /// where what was sent arrives for sure, to any of them.
    fn reaches(&self, turn: &Turn<P>, written: bool) -> Vec<u64> {
        let all = turn.sends.iter().fold(0u64, |set, (to, _)| set | 1 << to.0);
        match self.inquiry.scope.links {
            _ if !written => vec![0],
            Links::Strong => subsets(all),
            Links::Reliable | Links::Lossy => vec![all],
        }
    }

    fn write(&self, kept: &mut Kept<P>, records: &[RecordOf<P>]) {
        for record in records {
            kept.stable.apply(record);
            if self.keeps {
                kept.disk.push(record.clone());
            }
        }
    }

    /// A process that goes down with this kept, in every way in which its disk can forget.
    fn fallen(
        &mut self,
        seat: &Seat<P>,
        kept: Kept<P>,
        for_good: bool,
        mut entries: Vec<Entry<P>>,
        sends: Vec<u32>,
        (trial, how): (&Trial<P>, How),
    ) -> Vec<Landing> {
        entries.push(Entry::Crashed);
        let entry = self.entry(entries);
        let (tosses, cited) = (trial.tosses(), trial.cited);
        let bodies = self.left(kept, for_good);
        let landing = |(forgotten, body)| Landing {
            seat: self.seat(Seat { body, ..seat.clone() }),
            sends: sends.clone().into(),
            entry,
            tosses: tosses.clone(),
            cited,
            crashed: true,
            silent: false,
            how: Box::new(How { forgotten, ..how.clone() }),
        };
        bodies.into_iter().map(landing).collect()
    }

    /// What is left of a process after a crash, and how many records its disk forgot.
    fn left(&self, kept: Kept<P>, for_good: bool) -> Vec<(u32, Body<P>)> {
        if for_good {
            return vec![(0, Body::Gone)];
        }
        let most = if self.inquiry.scope.forgetful { kept.disk.len() } else { 0 };
        let forget = |forgotten: usize| {
            if forgotten == 0 {
                return (0, Body::Down(kept.clone()));
            }
            let disk = kept.disk[..kept.disk.len() - forgotten].to_vec();
            (forgotten as u32, Body::Down(Kept { stable: stored(&disk), disk, asked: kept.asked }))
        };
        (0..=most).map(forget).collect()
    }

    pub(super) fn crashed(&mut self, seat: &Seat<P>, up: &Up<P>, for_good: bool) -> Vec<Landing> {
        let entry = self.entry(vec![Entry::Crashed]);
        let bodies = self.left(up.kept.clone(), for_good);
        let landing = |(forgotten, body)| Landing {
            seat: self.seat(Seat { body, ..seat.clone() }),
            entry,
            crashed: true,
            how: Box::new(How { forgotten, ..How::default() }),
            ..Landing::default()
        };
        bodies.into_iter().map(landing).collect()
    }

    pub(super) fn restarted(
        &mut self,
        who: Process,
        seat: &Seat<P>,
        kept: &Kept<P>,
    ) -> Vec<Landing> {
        let mut kept = kept.clone();
        if self.keeps {
            kept.stable = stored(&kept.disk);
        }
        self.booted(who, seat.beginning, kept, false)
    }

    /// A process that boots, for the first time or again.
    pub(super) fn booted(
        &mut self,
        who: Process,
        beginning: u16,
        kept: Kept<P>,
        first: bool,
    ) -> Vec<Landing> {
        let mut all = Vec::new();
        let name = self.inquiry.named(beginning, who).unwrap_or(who);
        let copy = self.inquiry.is_copy(beginning, who);
        for trial in self.trials(name, None, &kept, Occurrence::Boot) {
            let sends = self.sends((who, beginning), &trial.turns);
            let (how, tosses) = (trial.how(), trial.tosses());
            let outputs = trial.turns.iter().flat_map(|turn| turn.outputs.iter().cloned());
            let restarted = (!first).then_some(Entry::Restarted);
            let entries = restarted.into_iter().chain(outputs.map(Entry::Output));
            let entry = self.entry(entries.filter(|_| !copy).collect());
            let sets = self.sets(who, &trial.turns);
            let body = Body::Up(Up { fresh: first, ..trial.after });
            let seat = self.seat(Seat { process: who, beginning, body });
            let (cited, how) = (trial.cited, Box::new(How { sets, ..how }));
            all.push(Landing {
                seat,
                sends,
                entry,
                tosses,
                cited,
                crashed: false,
                silent: false,
                how,
            });
        }
        all
    }

    /// A boot that a crash cuts short.
    pub(super) fn boot_cut(
        &mut self,
        seat: &Seat<P>,
        kept: &Kept<P>,
        event: u32,
        for_good: bool,
    ) -> Vec<Landing> {
        if !matches!(self.events[event as usize], Event::Restart { .. }) {
            return Vec::new();
        }
        let mut all = Vec::new();
        for trial in self.trials(seat.process, None, kept, Occurrence::Boot) {
            if trial.turns.iter().all(|turn| turn.records.is_empty()) {
                continue;
            }
            let how = trial.how();
            let up = Up { kept: kept.clone(), ..trial.after.clone() };
            let event = Event::Restart { who: seat.process };
            all.extend(self.cuts(seat, &up, &event, trial, how, for_good));
        }
        all
    }

    /// One flipped bit of the state, or of a stored record.
    pub(super) fn flipped(&mut self, seat: &Seat<P>, up: &Up<P>) -> Vec<Landing> {
        let domain = P::domain(self.inquiry.config);
        let mut all = Vec::new();
        let mut land = |roles: &mut Self, up: Up<P>, record: Option<u32>, bit: u32| {
            let number = roles.seat(Seat { body: Body::Up(up), ..seat.clone() });
            let how = Box::new(How { bit: Some((record, bit)), ..How::default() });
            all.push(Landing { seat: number, how, ..Landing::default() });
        };
        for bit in 0..up.state.bits(domain) {
            let mut hit = up.clone();
            hit.state.flip(bit, domain);
            land(self, hit, None, bit);
        }
        for (at, record) in up.kept.disk.iter().enumerate() {
            for bit in 0..record.bits(domain) {
                let mut hit = up.clone();
                hit.kept.disk[at].flip(bit, domain);
                land(self, hit, Some(at as u32), bit);
            }
        }
        all
    }
}

/// What a disk with these records gives back.
fn stored<S: Stable>(disk: &[S::Record]) -> S {
    let mut stable = S::default();
    for record in disk {
        stable.apply(record);
    }
    stable
}

/// Every subset of a set of processes.
fn subsets(all: u64) -> Vec<u64> {
    let mut subsets = vec![all];
    let mut now = all;
    while now > 0 {
        now = (now - 1) & all;
        subsets.push(now);
    }
    subsets
}

#[cfg(test)]
mod tests {
    use super::subsets;

    #[test]
    fn every_subset_comes_once() {
        let mut all = subsets(0b1011);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 8, 9, 10, 11]);
    }
}
