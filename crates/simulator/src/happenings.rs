//! What is done to a run: faults, lies, messages put on the wire, and the end.

use quorate_kernel::{
    Bits, Deceit, Effects, Ledger, Links, Message, Process, ProcessSet, Protocol, Timing,
};
use quorate_world::{Occurrence, Upset, Word};

use crate::plan::Letter;
use crate::simulation::{Due, Offered, Simulation};
use crate::weather::{Fate, Purpose, draw};
use crate::words::{Speaker, Spoken, all_words, speak, word_of};

/// The most words of a vocabulary that are looked through for one that somebody wrote down.
const WORDS_MAX: usize = 1 << 20;

impl<P: Deceit> Simulation<'_, P> {
    /// Puts a message on the wire where nothing is said of single messages.
    #[inline]
    pub(crate) fn carry_plainly(&mut self, letter: Letter, message: P::Message) {
        let plan = self.plan;
        self.outcome.messages += message.messages(self.named(letter.to));
        let drawn = self.fate_draws.on(letter.occasion());
        let fate = plan.weather.fate(&plan.conditions, self.now, plan.calm_from, drawn);
        self.launch(letter, fate, 0, message);
    }

    /// Puts a message on the wire. `lie` says what the honest machine would have said instead, and
    /// which word it was.
    #[cold]
    pub(crate) fn carry(&mut self, letter: Letter, message: P::Message, lie: Option<Lie<P>>) {
        let (from, to) = (letter.from, letter.to);
        let plan = self.plan;
        let mut fate = match plan.fates.is_empty() {
            false => plan.fates.get(&letter).copied(),
            true => None,
        };
        if fate.is_none() && !plan.omitting.is_empty() {
            fate = self.omission(letter);
        }
        let fate = fate.unwrap_or_else(|| {
            let drawn = self.fate_draws.on(letter.occasion());
            plan.weather.fate(&plan.conditions, self.now, plan.calm_from, drawn)
        });
        if let Some(fates) = &mut self.fates {
            fates.insert(letter, fate);
        }
        if fate == Fate::Omitted {
            if let Some(recorder) = &mut self.recorder {
                recorder.unsent(self.now, from, to, &message, "omission");
            }
            return;
        }
        self.outcome.messages += message.messages(self.named(to));
        let mut message = message;
        let mut event = 0;
        if self.recorder.is_some() || !self.flips.is_empty() {
            event = self.written(from, to, &mut message, lie);
        }
        self.launch(letter, fate, event, message);
    }

    /// Writes down what is sent, and flips a bit of it if one is due to flip.
    fn written(
        &mut self,
        from: Process,
        to: Process,
        message: &mut P::Message,
        lie: Option<Lie<P>>,
    ) -> u32 {
        let domain = P::domain(self.arena.config);
        let due = self.flips.iter().position(|(by, at, _)| (*by, *at) == (from, to));
        let mut flipped = None;
        if let Some(place) = due.filter(|_| message.bits(domain) > 0) {
            let (_, _, bit) = self.flips.swap_remove(place);
            let bit = bit % message.bits(domain);
            let before = message.clone();
            message.flip(bit, domain);
            flipped = Some((bit, before));
        }
        let named = self.named(to);
        let Some(recorder) = &mut self.recorder else { return 0 };
        self.outcome.bits += message.cost_bits(named, domain);
        recorder.sent(self.now, from, to, message, flipped, lie)
    }

    /// Lets a message meet its fate: nearly always it arrives, once.
    #[inline(always)]
    fn launch(&mut self, letter: Letter, fate: Fate, event: u32, message: P::Message) {
        let (now, sent_at) = (self.now, self.now);
        let life = self.nodes[letter.from.index()].life;
        let due = |again, message| Due::Message { letter, sent_at, life, event, again, message };
        let delay = match fate {
            Fate::Arrives(delay) => delay,
            Fate::Twice(delay, again) => {
                self.queue.push(now.saturating_add(again), due(true, message.clone()));
                delay
            }
            Fate::Lost => {
                self.outcome.lost += 1;
                if let Some(recorder) = &mut self.recorder {
                    recorder.lost(now, letter.to, letter.from, event, "link");
                }
                return;
            }
            Fate::Missed(_) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.missed(now, letter.to, letter.from, event);
                }
                return;
            }
            Fate::Omitted => return,
        };
        let at = self.network.arrival(letter, now.saturating_add(delay));
        self.queue.push(at, due(false, message));
    }

    fn omission(&self, letter: Letter) -> Option<Fate> {
        if self.now >= self.plan.calm_from && self.plan.calm_from > 0 {
            return None;
        }
        let drawn = draw(self.plan.seed, Purpose::Omission, letter.occasion());
        let of = |who: Process| self.plan.omitting.iter().find(|one| one.process == who);
        let hits = |rate: crate::Rate, part: u64| part & 0xffff < u64::from(rate.0);
        if of(letter.from).is_some_and(|one| hits(one.sends, drawn)) {
            return Some(Fate::Omitted);
        }
        let missed = of(letter.to).is_some_and(|one| hits(one.receives, drawn >> 16));
        missed.then_some(Fate::Missed(self.plan.weather.delay_ticks.0))
    }

    /// What a traitor has at hand. Out of turn the adversary looks at the process that it lies to,
    /// since it sees everything.
    pub(crate) fn speaker(&self, sees: Process) -> Speaker<'_, P> {
        Speaker {
            group: self.arena.group,
            config: self.arena.config,
            traitors: &self.traitors,
            seen: &self.seen,
            state: self.nodes[sees.index()].host.state(),
        }
    }

    /// What a traitor says instead of the truth.
    pub(crate) fn lie(&mut self, letter: Letter, honest: P::Message) {
        if self.offered.as_ref().is_some_and(|(wanted, _)| *wanted == letter) {
            let words = all_words(self, letter, &honest, WORDS_MAX);
            self.offered = Some((letter, Some(Offered { honest: honest.clone(), words })));
        }
        let drawn = draw(self.plan.seed, Purpose::Lie, letter.occasion());
        let manner = self.plan.traitors.iter().find(|(who, _)| *who == letter.from);
        let word = match (self.plan.lies.get(&letter), manner) {
            (Some(word), _) => Some(word.clone()),
            (None, Some((_, manner))) => word_of(*manner, drawn),
            (None, None) => None,
        };
        let Some(word) = word else { return self.carry(letter, honest, None) };
        let spoken =
            speak(&self.speaker(letter.from), letter.from, letter.to, Some(&honest), &word);
        self.utter(letter, spoken, Some(honest));
    }

    fn utter(&mut self, letter: Letter, spoken: Spoken<P>, honest: Option<P::Message>) {
        let Spoken { message, reading } = spoken;
        match (message, honest) {
            (Some(message), Some(honest)) if message == honest => {
                self.carry(letter, message, None);
            }
            (Some(message), honest) => {
                self.outcome.lies += 1;
                self.carry(letter, message, Some(Lie { honest, reading }));
            }
            (None, Some(honest)) => {
                self.outcome.lies += 1;
                if let Some(recorder) = &mut self.recorder {
                    recorder.unsent(self.now, letter.from, letter.to, &honest, "silence");
                }
            }
            (None, None) => {}
        }
    }

    pub(crate) fn upset(&mut self, number: u32, effects: &mut Effects<P>) {
        self.upsets_left -= 1;
        let plan = self.plan;
        let upset = &plan.upsets[number as usize].1;
        if let Some(node) = upset.place().and_then(|who| self.nodes.get(who.index())) {
            self.outcome.met.push((upset.word(), node.phase));
        }
        match upset {
            Upset::Crash { process, within: None, forgotten } => {
                if self.nodes[process.index()].host.is_up() {
                    self.down(*process, *forgotten, None);
                }
            }
            Upset::Crash { process, within: Some(cut), forgotten } => {
                self.nodes[process.index()].armed = Some((cut.clone(), *forgotten));
            }
            Upset::Restart { process } => self.up(*process, effects),
            Upset::Pause { process, ticks } => {
                let until = self.now.saturating_add(*ticks);
                self.nodes[process.index()].paused_until = until;
                self.note(*process, quorate_trace::What::Pause { ticks: *ticks });
            }
            Upset::Step { process, ticks } => self.clock_steps(*process, *ticks),
            Upset::Drift { process, ppm } => {
                self.nodes[process.index()].drift_ppm = *ppm;
                self.note(*process, quorate_trace::What::Drift { ppm: *ppm });
            }
            Upset::Cut { from, to } => {
                self.network.cut(from, to, self.now);
                let (from, to) = (numbers(from), numbers(to));
                self.note(Process(0), quorate_trace::What::Cut { from, to });
            }
            Upset::Heal { from, to } => {
                self.network.heal(from, to);
                let held: Vec<_> = std::mem::take(&mut self.held);
                for due in held {
                    self.queue.push(self.now, due);
                }
                let (from, to) = (numbers(from), numbers(to));
                self.note(Process(0), quorate_trace::What::Heal { from, to });
            }
            Upset::FlipMessage { from, to, bit } => self.flips.push((*from, *to, *bit)),
            Upset::FlipState { process, bit } => self.flip_state(*process, *bit),
            Upset::FlipRecord { process, record, bit } => {
                self.flip_record(*process, *record, *bit);
            }
            Upset::Say { from, to, word } => self.say(*from, *to, word),
        }
        self.look_whether_complete();
    }

    fn note(&mut self, who: Process, what: quorate_trace::What) {
        if let Some(recorder) = &mut self.recorder {
            recorder.note(self.now, who, what);
        }
    }

    fn say(&mut self, from: Process, to: Process, word: &Word) {
        if from == to || !self.nodes[from.index()].host.is_up() {
            return;
        }
        let spoken = speak(&self.speaker(to), from, to, None, word);
        if spoken.message.is_some() {
            let letter = Letter { from, to, number: self.network.number(from, to) };
            self.utter(letter, spoken, None);
        }
    }

    fn flip_state(&mut self, who: Process, bit: u32) {
        let domain = P::domain(self.arena.config);
        let node = &mut self.nodes[who.index()];
        let Some(before) = node.host.state().cloned() else { return };
        let width = before.bits(domain);
        if width == 0 {
            return;
        }
        node.host.flip_state(bit % width, domain);
        self.outcome.hit.insert(who);
        if let (Some(recorder), Some(after)) = (&mut self.recorder, node.host.state()) {
            recorder.flipped(self.now, who, bit % width, &before, after);
        }
    }

    fn flip_record(&mut self, who: Process, record: u32, bit: u32) {
        let domain = P::domain(self.arena.config);
        let host = &mut self.nodes[who.index()].host;
        let count = host.disk().len() as u32;
        if count == 0 {
            return;
        }
        let record = record % count;
        let before = host.disk()[record as usize].clone();
        let width = before.bits(domain);
        if width == 0 {
            return;
        }
        host.flip_record(record, bit % width, domain);
        self.outcome.hit.insert(who);
        if let Some(recorder) = &mut self.recorder {
            let after = &host.disk()[record as usize];
            recorder.flipped_record(self.now, who, (record, bit % width), &before, after);
        }
    }

    /// A process goes down; `within` says how many records and messages its last step wanted, how
    /// many records were stored, and whom its messages reached.
    pub(crate) fn down(
        &mut self,
        who: Process,
        forgotten: u32,
        within: Option<((u32, u32), u32, ProcessSet)>,
    ) {
        let node = &mut self.nodes[who.index()];
        node.host.crash(forgotten);
        node.life += 1;
        node.timers.clear();
        node.armed = None;
        node.paused_until = 0;
        if who == self.named(who) {
            self.ledger.crashed(who, self.now);
        }
        self.outcome.crashes += 1;
        if let Some(recorder) = &mut self.recorder {
            recorder.crashed(self.now, who, forgotten, within);
        }
        self.look_whether_complete();
    }

    fn up(&mut self, who: Process, effects: &mut Effects<P>) {
        let node = &mut self.nodes[who.index()];
        // A crash that found no step to cut short does not come after the restart meant for it.
        node.armed = None;
        if node.host.is_up() {
            return;
        }
        let same = node.host.reload();
        if !same && !self.outcome.hit.contains(who) {
            self.outcome.replays_differ = true;
        }
        let records = node.host.records();
        if who == self.named(who) {
            self.ledger.restarted(who, self.now);
        }
        self.outcome.restarts += 1;
        self.note(who, quorate_trace::What::Restart { records });
        self.step(who, Occurrence::Boot, effects);
        for number in std::mem::take(&mut self.nodes[who.index()].waiting) {
            self.queue.push(self.now, Due::Request(number));
        }
    }

    fn clock_steps(&mut self, who: Process, ticks: i64) {
        let now = self.now;
        let node = &mut self.nodes[who.index()];
        let mut timers = std::mem::take(&mut node.timers);
        for (timer, due, setting) in &mut timers {
            let earlier = i128::from(*due) - i128::from(ticks);
            *due = earlier.clamp(i128::from(now), i128::from(u64::MAX)) as u64;
            self.settings += 1;
            *setting = self.settings;
            self.queue.push(*due, Due::Timer { who, timer: *timer, setting: *setting });
        }
        self.nodes[who.index()].timers = timers;
        self.note(who, quorate_trace::What::Step { ticks });
    }

    /// Who is owed something, as far as one can say now.
    fn owed(&self, who: Process) -> bool {
        let node = &self.nodes[who.index()];
        let back = node.life == 0 || self.plan.conditions.restarts;
        let omits = self.plan.omitting.iter().any(|one| one.process == who)
            || self.plan.faulty.contains(&who);
        node.host.is_up() && back && !omits && !self.traitors.contains(who)
    }

    pub(crate) fn look_whether_complete(&mut self) {
        let complete = self.ledger.complete(&|who| self.owed(who));
        self.complete_at = complete.then_some(self.now);
    }

    pub(crate) fn finish(&mut self, quiet: bool) {
        let plan = self.plan;
        // Without a bound on delays, calm takes as much longer as messages may take longer.
        let stretch = match plan.conditions.timing {
            Timing::Asynchronous => u64::from(plan.weather.slow_factor.max(1)),
            _ => 1,
        };
        let owed_by = plan.calm_from.saturating_add(self.arena.calm_ticks.saturating_mul(stretch));
        let timed_out = self.outcome.events < self.arena.events_max && self.now >= owed_by;
        let group = self.arena.group;
        let faulty: ProcessSet = group.processes().filter(|who| !self.owed(*who)).collect();
        let outcome_lost = self.outcome.lost;
        let returned = self.image.as_ref().is_some_and(|image| *image == self.image_now());
        let end = &mut self.outcome.end;
        end.faulty = faulty.clone();
        end.liars = self.traitors.clone();
        end.settled = quiet || timed_out || returned;
        end.deadline = self.arena.deadline_ticks.unwrap_or(u64::MAX);
        end.calm_from = plan.calm_from;
        end.over_at = self.now;
        end.lost = outcome_lost;
        self.outcome.conclude(|who| !faulty.contains(who));
        self.outcome.quiet = quiet;
        self.outcome.digest = self.digest.take().map(crate::digest::Digest::finish);
    }

    /// Whether a message that meets a cut waits until it is healed.
    pub(crate) fn holds(&self) -> bool {
        self.plan.conditions.links != Links::Lossy
    }
}

/// What the honest machine would have said, and which word the lie is.
#[derive(Debug)]
pub struct Lie<P: Protocol> {
    /// What the honest machine would have said; nothing if it would have said nothing.
    pub honest: Option<P::Message>,
    /// Which word it is.
    pub reading: Option<Vec<u32>>,
}

fn numbers(set: &ProcessSet) -> Vec<u16> {
    set.iter().map(|who| who.0).collect()
}
