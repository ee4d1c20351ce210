//! Plans as data in a trace, and back.

use quorate_kernel::{Process, ProcessSet, Value};
use quorate_trace::{Fate as FateText, Plan as PlanText, Upset as UpsetText, Word as WordText};
use quorate_world::{CutShort, Manner, Upset, Word};

use crate::plan::{Letter, Omitting, Plan, Twin};
use crate::weather::{Fate, Rate, Weather};

fn numbers(set: &ProcessSet) -> Vec<u16> {
    set.iter().map(|who| who.0).collect()
}

fn set(numbers: &[u16]) -> ProcessSet {
    numbers.iter().map(|who| Process(*who)).collect()
}

impl Plan {
    /// The plan as data. The values that processes are given are the caller's to name.
    pub fn written(&self, inputs: Vec<Option<String>>, asks: Vec<String>) -> PlanText {
        let weather = &self.weather;
        let requests = self.requests.iter();
        PlanText {
            until: self.over_at,
            weather: quorate_trace::Weather {
                delay_ticks: weather.delay_ticks,
                slow: weather.slow.0,
                slow_factor: weather.slow_factor,
                loss: weather.loss.0,
                again: weather.again.0,
                orphaned: weather.orphaned.0,
            },
            inputs,
            asks,
            requests: requests.map(|one| (one.number, one.at, one.process.0)).collect(),
            upsets: self.upsets.iter().map(|(at, upset)| (*at, upset_text(upset))).collect(),
            traitors: self
                .traitors
                .iter()
                .map(|(who, manner)| (who.0, manner.word().into()))
                .collect(),
            twins: self
                .twins
                .iter()
                .map(|twin| (twin.of.0, twin.input.map(|value| value.0)))
                .collect(),
            omitting: self
                .omitting
                .iter()
                .map(|one| (one.process.0, one.sends.0, one.receives.0))
                .collect(),
            faulty: self.faulty.iter().map(|who| who.0).collect(),
            fates: self
                .fates
                .iter()
                .map(|(at, fate)| (at.from.0, at.to.0, at.number, fate_text(*fate)))
                .collect(),
            lies: self
                .lies
                .iter()
                .map(|(at, word)| (at.from.0, at.to.0, at.number, word_text(word)))
                .collect(),
            choices: self.choices.iter().map(|((who, k), lot)| (who.0, *k, *lot)).collect(),
            timers: self.timers.iter().map(|((who, k), ticks)| (who.0, *k, *ticks)).collect(),
            coins: self.coins.iter().map(|(toss, coin)| (*toss, *coin)).collect(),
            plain_lots: self.plain_lots,
            circle: self.circle,
        }
    }

    /// Takes from data all but the seed, the conditions, the times and the requests.
    ///
    /// # Errors
    /// If it names a process that is not in a group of `n`, or a manner that there is not.
    pub fn adopt(&mut self, text: &PlanText, n: u16) -> Result<(), String> {
        let weather = &text.weather;
        if weather.delay_ticks.0 > weather.delay_ticks.1 {
            return Err("its shortest delay is longer than its longest".into());
        }
        self.weather = Weather {
            delay_ticks: weather.delay_ticks,
            slow: Rate(weather.slow),
            slow_factor: weather.slow_factor.max(1),
            loss: Rate(weather.loss),
            again: Rate(weather.again),
            orphaned: Rate(weather.orphaned),
        };
        let known = |who: u16, n: u16| match who < n {
            true => Ok(Process(who)),
            false => Err(format!("its plan names p{who}, and there are {n} processes")),
        };
        for (of, input) in &text.twins {
            self.twins.push(Twin { of: known(*of, n)?, input: input.map(Value) });
        }
        let n = n.saturating_add(self.twins.len().min(usize::from(u16::MAX)) as u16);
        let known = |who: u16| known(who, n);
        self.over_at = text.until;
        self.upsets = Vec::new();
        for (at, upset) in &text.upsets {
            let upset = upset_of(upset);
            let places = [upset.place(), second_place(&upset)];
            places.iter().flatten().try_for_each(|who| known(who.0).map(drop))?;
            self.upsets.push((*at, upset));
        }
        for (who, word) in &text.traitors {
            let manner = Manner::ALL.into_iter().find(|manner| manner.word() == word);
            let manner = manner.ok_or_else(|| format!("a traitor cannot be {word:?}"))?;
            self.traitors.push((known(*who)?, manner));
        }
        for (who, sends, receives) in &text.omitting {
            let (sends, receives) = (Rate(*sends), Rate(*receives));
            self.omitting.push(Omitting { process: known(*who)?, sends, receives });
        }
        for who in &text.faulty {
            self.faulty.push(known(*who)?);
        }
        for (from, to, number, fate) in &text.fates {
            let letter = Letter { from: known(*from)?, to: known(*to)?, number: *number };
            self.fates.insert(letter, fate_of(fate));
        }
        for (from, to, number, word) in &text.lies {
            let letter = Letter { from: known(*from)?, to: known(*to)?, number: *number };
            self.lies.insert(letter, word_of(word));
        }
        self.choices =
            text.choices.iter().map(|(who, k, lot)| ((Process(*who), *k), *lot)).collect();
        self.timers =
            text.timers.iter().map(|(who, k, ticks)| ((Process(*who), *k), *ticks)).collect();
        self.coins = text.coins.iter().copied().collect();
        (self.plain_lots, self.circle) = (text.plain_lots, text.circle);
        Ok(())
    }
}

fn second_place(upset: &Upset) -> Option<Process> {
    match upset {
        Upset::FlipMessage { to, .. } | Upset::Say { to, .. } => Some(*to),
        _ => None,
    }
}

fn fate_text(fate: Fate) -> FateText {
    match fate {
        Fate::Arrives(delay) => FateText::Arrives(delay),
        Fate::Twice(delay, again) => FateText::Twice(delay, again),
        Fate::Lost => FateText::Lost,
        Fate::Omitted => FateText::Omitted,
        Fate::Missed(delay) => FateText::Missed(delay),
    }
}

fn fate_of(fate: &FateText) -> Fate {
    match *fate {
        FateText::Arrives(delay) => Fate::Arrives(delay),
        FateText::Twice(delay, again) => Fate::Twice(delay, again),
        FateText::Lost => Fate::Lost,
        FateText::Omitted => Fate::Omitted,
        FateText::Missed(delay) => Fate::Missed(delay),
    }
}

fn word_text(word: &Word) -> WordText {
    match word {
        Word::Silence => WordText::Silence,
        Word::Reading(reading) => WordText::Reading(reading.clone()),
        Word::Drawn(drawn) => WordText::Drawn(*drawn),
        Word::Garbled(drawn) => WordText::Garbled(*drawn),
        Word::Split => WordText::Split,
    }
}

fn word_of(word: &WordText) -> Word {
    match word {
        WordText::Silence => Word::Silence,
        WordText::Reading(reading) => Word::Reading(reading.clone()),
        WordText::Drawn(drawn) => Word::Drawn(*drawn),
        WordText::Garbled(drawn) => Word::Garbled(*drawn),
        WordText::Split => Word::Split,
    }
}

fn upset_text(upset: &Upset) -> UpsetText {
    match upset {
        Upset::Crash { process, within, forgotten } => UpsetText::Crash {
            process: process.0,
            within: within.as_ref().map(|cut| (cut.stored, numbers(&cut.reached))),
            passed: within.as_ref().map_or(0, |cut| cut.passed),
            forgotten: *forgotten,
        },
        Upset::Restart { process } => UpsetText::Restart { process: process.0 },
        Upset::Pause { process, ticks } => UpsetText::Pause { process: process.0, ticks: *ticks },
        Upset::Step { process, ticks } => UpsetText::Step { process: process.0, ticks: *ticks },
        Upset::Drift { process, ppm } => UpsetText::Drift { process: process.0, ppm: *ppm },
        Upset::Cut { from, to } => UpsetText::Cut { from: numbers(from), to: numbers(to) },
        Upset::Heal { from, to } => UpsetText::Heal { from: numbers(from), to: numbers(to) },
        Upset::FlipState { process, bit } => UpsetText::FlipState { process: process.0, bit: *bit },
        Upset::FlipRecord { process, record, bit } => {
            UpsetText::FlipRecord { process: process.0, record: *record, bit: *bit }
        }
        Upset::FlipMessage { from, to, bit } => {
            UpsetText::FlipMessage { from: from.0, to: to.0, bit: *bit }
        }
        Upset::Say { from, to, word } => {
            UpsetText::Say { from: from.0, to: to.0, word: word_text(word) }
        }
    }
}

fn upset_of(upset: &UpsetText) -> Upset {
    let one = Process;
    match upset {
        UpsetText::Crash { process, within, passed, forgotten } => Upset::Crash {
            process: one(*process),
            within: within.as_ref().map(|(stored, reached)| CutShort {
                passed: *passed,
                stored: *stored,
                reached: set(reached),
            }),
            forgotten: *forgotten,
        },
        UpsetText::Restart { process } => Upset::Restart { process: one(*process) },
        UpsetText::Pause { process, ticks } => {
            Upset::Pause { process: one(*process), ticks: *ticks }
        }
        UpsetText::Step { process, ticks } => Upset::Step { process: one(*process), ticks: *ticks },
        UpsetText::Drift { process, ppm } => Upset::Drift { process: one(*process), ppm: *ppm },
        UpsetText::Cut { from, to } => Upset::Cut { from: set(from), to: set(to) },
        UpsetText::Heal { from, to } => Upset::Heal { from: set(from), to: set(to) },
        UpsetText::FlipState { process, bit } => {
            Upset::FlipState { process: one(*process), bit: *bit }
        }
        UpsetText::FlipRecord { process, record, bit } => {
            Upset::FlipRecord { process: one(*process), record: *record, bit: *bit }
        }
        UpsetText::FlipMessage { from, to, bit } => {
            Upset::FlipMessage { from: one(*from), to: one(*to), bit: *bit }
        }
        UpsetText::Say { from, to, word } => {
            Upset::Say { from: one(*from), to: one(*to), word: word_of(word) }
        }
    }
}
