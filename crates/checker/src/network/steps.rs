//! Running handlers: every way in which an event can go at a process.

use std::collections::VecDeque;

use quorate_kernel::{
    Bits, Deceit, Effects, Oracle, OutputOf, Process, Protocol, RecordOf, TimerAsk, Turncoat,
    engine,
};
use quorate_world::Occurrence;

use super::roles::{Body, Entry, Event, Kept, Roles, Seat, Up};
use super::tables::{How, Landing};

/// The most ways in which one event can go.
const WAYS_MAX: usize = 1 << 16;

/// Answers that were given before, then the first option; notes what else there was.
struct Script<'a> {
    given: &'a [u32],
    /// What was asked: the options, the answer, and the toss if it was a coin.
    asked: Vec<(u32, u32, Option<u64>)>,
}

impl Script<'_> {
    fn answer(&mut self, options: u32, toss: Option<u64>) -> u32 {
        let answer = self.given.get(self.asked.len()).copied().unwrap_or(0);
        self.asked.push((options, answer, toss));
        answer
    }
}

impl Oracle for Script<'_> {
    fn choose(&mut self, options: u32) -> u32 {
        self.answer(options, None)
    }

    fn common_coin(&mut self, toss: u64) -> bool {
        let before = self.asked.iter().find(|(_, _, known)| *known == Some(toss));
        match before {
            Some((_, answer, _)) => *answer == 1,
            None => self.answer(2, Some(toss)) == 1,
        }
    }
}

/// One handler within a step.
pub(super) struct Turn<P: Protocol> {
    pub(super) records: Vec<RecordOf<P>>,
    pub(super) sends: Vec<(Process, P::Message)>,
    pub(super) outputs: Vec<OutputOf<P>>,
    /// The timers that were set.
    pub(super) sets: Vec<P::Timer>,
}

/// One way in which a step can go: the handler, and those of the messages to itself that follow.
pub(super) struct Trial<P: Protocol> {
    pub(super) after: Up<P>,
    pub(super) turns: Vec<Turn<P>>,
    pub(super) asked: Vec<(u32, u32, Option<u64>)>,
    pub(super) cited: u64,
}

impl<P: Protocol> Trial<P> {
    pub(super) fn tosses(&self) -> Box<[(u64, bool)]> {
        let coins =
            self.asked.iter().filter_map(|(_, answer, toss)| Some((toss.as_ref()?, answer)));
        coins.map(|(toss, answer)| (*toss, *answer == 1)).collect()
    }

    pub(super) fn how(&self) -> How {
        let lots = self.asked.iter().filter(|(_, _, toss)| toss.is_none());
        How { lots: lots.map(|(_, answer, _)| *answer).collect(), ..How::default() }
    }
}

/// The next script after one that was asked so; `None` after the last.
fn advance(asked: &[(u32, u32, Option<u64>)]) -> Option<Vec<u32>> {
    let at = asked.iter().rposition(|(options, answer, _)| answer + 1 < *options)?;
    let mut next: Vec<u32> = asked[..=at].iter().map(|(_, answer, _)| *answer).collect();
    next[at] += 1;
    Some(next)
}

impl<P: Deceit> Roles<'_, P> {
    /// Every way in which an event can go at a seat.
    pub(super) fn lands(&mut self, seat: &Seat<P>, event: &Event<P>) -> Vec<Landing> {
        let mishap = matches!(event, Event::Crash { .. } | Event::Cut { .. } | Event::Flip { .. });
        if mishap && self.is_copy(seat) {
            return Vec::new();
        }
        let (Body::Up(up), event) = (&seat.body, event) else {
            return match (&seat.body, event) {
                (Body::Spy(seen), event) => self.heard(seat, seen, event),
                (Body::Down(kept), Event::Restart { who }) => self.restarted(*who, seat, kept),
                (Body::Down(kept), Event::Cut { event, for_good }) => {
                    self.boot_cut(seat, kept, *event, *for_good)
                }
                _ => Vec::new(),
            };
        };
        match event {
            Event::Crash { for_good, .. } => self.crashed(seat, up, *for_good),
            Event::Flip { .. } => self.flipped(seat, up),
            Event::Cut { event, for_good } => {
                let event = self.events[*event as usize].clone();
                let ways = self.ways(seat, up, &event);
                let cut = |(trial, how)| self.cuts(seat, up, &event, trial, how, *for_good);
                ways.into_iter().flat_map(cut).collect()
            }
            event => {
                let ways = self.ways(seat, up, event);
                let whole = |(trial, how)| self.whole(seat, event, trial, how);
                ways.into_iter().map(whole).collect()
            }
        }
    }

    /// Every way in which the handlers of an event can go.
    fn ways(&mut self, seat: &Seat<P>, up: &Up<P>, event: &Event<P>) -> Vec<(Trial<P>, How)> {
        let me = self.name_of(seat);
        let named = |who| self.inquiry.named(seat.beginning, who).unwrap_or(who);
        let mut all = Vec::new();
        let mut take = |roles: &mut Self, occurrence: Occurrence<P>, how: &How| {
            for trial in roles.trials(me, Some(up), &up.kept, occurrence) {
                let How { lots, .. } = trial.how();
                all.push((trial, How { lots, ..how.clone() }));
            }
        };
        match event {
            Event::Message { from, message, .. } => {
                let from = named(*from);
                take(self, Occurrence::Message(from, message.clone()), &How::default());
            }
            Event::Request { .. } => {
                let (_, input) = &self.requests(seat).1[usize::from(up.kept.asked)];
                take(self, Occurrence::Input(input.clone()), &How::default());
            }
            Event::Timer { timer, .. } => {
                take(self, Occurrence::Timer(*timer), &How::default());
            }
            Event::Garbled { event } => {
                let Event::Message { from, message, .. } = self.events[*event as usize].clone()
                else {
                    return all;
                };
                let domain = P::domain(self.inquiry.config);
                for bit in 0..message.bits(domain) {
                    let mut flipped = message.clone();
                    flipped.flip(bit, domain);
                    let how = How { bit: Some((None, bit)), ..How::default() };
                    take(self, Occurrence::Message(named(from), flipped), &how);
                }
            }
            _ => {}
        }
        all
    }

    /// What a traitor can say to a process in this state, each word once.
    pub(super) fn words(
        &self,
        (from, to): (Process, Process),
        state: &P,
        beginning: u16,
        seen: &[P::Message],
    ) -> Vec<(P::Message, Vec<u32>)> {
        let (group, config) = (self.inquiry.group, self.inquiry.config);
        let pens = self.pens(beginning);
        let last = self.inquiry.scope.rounds.unwrap_or(u32::MAX);
        let pens = &pens;
        let liar = Turncoat::<P> { me: from, group, config, state, last, pens, seen };
        let vocabulary = P::lies(&liar, to, None);
        let mut words: Vec<(P::Message, Vec<u32>)> = Vec::new();
        for reading in vocabulary.readings().take(WAYS_MAX) {
            let Some(word) = vocabulary.word(&reading) else { continue };
            if !words.iter().any(|(known, _)| *known == word) {
                words.push((word, reading));
            }
        }
        words
    }

    /// Every way in which a step can go, by the answers that it gets.
    pub(super) fn trials(
        &self,
        me: Process,
        up: Option<&Up<P>>,
        kept: &Kept<P>,
        occurrence: Occurrence<P>,
    ) -> Vec<Trial<P>> {
        let mut all = Vec::new();
        let mut given = Some(Vec::new());
        while let Some(script) = given.filter(|_| all.len() < WAYS_MAX) {
            let trial = self.trial(me, up, kept, again(&occurrence), &script);
            given = advance(&trial.asked);
            all.push(trial);
        }
        all
    }

    /// One step: the handler, and then those of the messages to itself.
    fn trial(
        &self,
        me: Process,
        up: Option<&Up<P>>,
        kept: &Kept<P>,
        occurrence: Occurrence<P>,
        given: &[u32],
    ) -> Trial<P> {
        let mut script = Script { given, asked: Vec::new() };
        let mut kept = kept.clone();
        let mut state = up.map(|up| up.state.clone());
        let mut timers = up.map(|up| up.timers.clone()).unwrap_or_default();
        if let Occurrence::Timer(timer) = &occurrence {
            timers.remove(timer);
        }
        let mut turns = Vec::new();
        let mut effects = Effects::<P>::default();
        let mut queue = VecDeque::from([occurrence]);
        while let Some(occurrence) = queue.pop_front() {
            let who = (me, self.inquiry.group, self.inquiry.config);
            let stable = &mut kept.stable;
            let (effects, margin) = (&mut effects, &self.margin);
            engine::step(who, &mut state, occurrence, stable, effects, &mut script, margin);
            let mut records = Vec::new();
            let stored = effects.store(|all| {
                records.extend_from_slice(all);
                Ok::<(), ()>(())
            });
            let Ok(mut released) = stored else { break };
            let (own, sends): (Vec<_>, Vec<_>) = released.sends().partition(|(to, _)| *to == me);
            let mut sets = Vec::new();
            for ask in released.timers() {
                match ask {
                    TimerAsk::Set(timer, _) => {
                        sets.push(timer);
                        timers.insert(timer)
                    }
                    TimerAsk::Cancel(timer) => timers.remove(&timer),
                };
            }
            let outputs = released.outputs().collect();
            queue.extend(own.into_iter().map(|(_, message)| Occurrence::Message(me, message)));
            if self.keeps {
                kept.disk.extend_from_slice(&records);
            }
            turns.push(Turn { records, sends, outputs, sets });
        }
        let state = state.expect("a process that steps is up, or boots");
        let fresh = up.is_some_and(|up| up.fresh);
        let after = Up { state, timers, fresh, kept };
        Trial { after, turns, asked: script.asked, cited: self.margin.take_cited() }
    }

    /// What the process of a seat sends in some turns, as events.
    pub(super) fn sends(
        &mut self,
        (from, beginning): (Process, u16),
        turns: &[Turn<P>],
    ) -> Box<[u32]> {
        let mut all = Vec::new();
        for (to, message) in turns.iter().flat_map(|turn| &turn.sends) {
            for to in self.receivers(beginning, *to) {
                all.push(self.event(Event::Message { from, to, message: message.clone() }));
            }
        }
        all.into()
    }

    /// The timers that some turns set, as events.
    pub(super) fn sets(&mut self, who: Process, turns: &[Turn<P>]) -> Vec<u32> {
        let all = turns.iter().flat_map(|turn| &turn.sets);
        all.map(|timer| self.event(Event::Timer { who, timer: *timer })).collect()
    }

    pub(super) fn entries(
        &self,
        seat: &Seat<P>,
        event: Option<&Event<P>>,
        turns: &[Turn<P>],
    ) -> Vec<Entry<P>> {
        if self.is_copy(seat) {
            return Vec::new();
        }
        let asked = match (event, &seat.body) {
            (Some(Event::Request { .. }), Body::Up(up)) => {
                Some(self.requests(seat).1[usize::from(up.kept.asked)].1.clone())
            }
            _ => None,
        };
        let outputs = turns.iter().flat_map(|turn| turn.outputs.iter().cloned());
        asked.map(Entry::Input).into_iter().chain(outputs.map(Entry::Output)).collect()
    }

    /// A step that is done to its end.
    fn whole(&mut self, seat: &Seat<P>, event: &Event<P>, trial: Trial<P>, how: How) -> Landing {
        let entries = self.entries(seat, Some(event), &trial.turns);
        let entry = self.entry(entries);
        let (sends, tosses) =
            (self.sends((seat.process, seat.beginning), &trial.turns), trial.tosses());
        let mut after = trial.after;
        after.kept.asked += u16::from(matches!(event, Event::Request { .. }));
        let before = match &seat.body {
            Body::Up(up) => Some(up),
            _ => None,
        };
        let same = |up: &Up<P>| up.kept == after.kept && up.timers == after.timers;
        let silent =
            sends.is_empty() && tosses.is_empty() && entry == 0 && before.is_some_and(same);
        let number = self.seat(Seat { body: Body::Up(after), ..seat.clone() });
        let sets = self.sets(seat.process, &trial.turns);
        let (cited, how) = (trial.cited, Box::new(How { sets, ..how }));
        Landing { seat: number, sends, entry, tosses, cited, crashed: false, silent, how }
    }
}

fn again<P: Protocol>(occurrence: &Occurrence<P>) -> Occurrence<P> {
    match occurrence {
        Occurrence::Boot => Occurrence::Boot,
        Occurrence::Input(input) => Occurrence::Input(input.clone()),
        Occurrence::Message(from, message) => Occurrence::Message(*from, message.clone()),
        Occurrence::Timer(timer) => Occurrence::Timer(*timer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_count_like_an_odometer() {
        assert_eq!(advance(&[(2, 0, None), (3, 2, None)]), Some(vec![1]));
        assert_eq!(advance(&[(2, 1, None), (3, 1, None)]), Some(vec![1, 2]));
        assert_eq!(advance(&[(2, 1, None), (3, 2, None)]), None);
    }
}
