//! One experiment, whichever way it was described: what the command line and a scenario file say.

use std::time::Duration;

use quorate_kernel::{Domain, Faults, Flaw, Group, Process, Value};
use quorate_protocols::museum::Piece;
use quorate_protocols::{Card, Setup};
use quorate_world::{Manner, Names};
use serde::Deserialize;

use crate::args::{Expect, ExperimentArgs};
use crate::failure::Failure;
use crate::reading::{
    read_domain, read_expect, read_faults, read_group, read_inputs, read_mutant, read_process,
    read_time, read_traitor, read_written, refuse_twice,
};
use crate::tabled::{described, refuse_in_time};
use crate::timed::{Timed, is_timed, read_timed};

/// What a scenario file says, key by key: the same words as the options.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Words {
    pub(crate) title: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) n: Option<i64>,
    pub(crate) f: Option<i64>,
    pub(crate) inputs: Option<Vec<Word>>,
    pub(crate) values: Option<Values>,
    pub(crate) crash: Vec<String>,
    pub(crate) traitor: Vec<String>,
    pub(crate) faulty: Vec<String>,
    pub(crate) lie: Vec<String>,
    pub(crate) omit: Vec<String>,
    pub(crate) miss: Vec<String>,
    pub(crate) flip: Vec<String>,
    pub(crate) flips: Option<u16>,
    pub(crate) faults: Option<String>,
    pub(crate) timing: Option<String>,
    pub(crate) restart: Vec<String>,
    pub(crate) partition: Vec<String>,
    pub(crate) pause: Vec<String>,
    pub(crate) clock: Vec<String>,
    pub(crate) ask: Vec<String>,
    pub(crate) message: Vec<String>,
    pub(crate) lots: Vec<String>,
    pub(crate) links: Option<String>,
    pub(crate) delay: Option<String>,
    pub(crate) loss: Option<String>,
    pub(crate) slow: Option<String>,
    pub(crate) repeat: Option<String>,
    pub(crate) calm: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) fifo: bool,
    pub(crate) forgetful: bool,
    pub(crate) signed: bool,
    pub(crate) seed: Option<u64>,
    pub(crate) rounds: Option<u16>,
    pub(crate) commander: Option<String>,
    pub(crate) mutant: Option<String>,
    pub(crate) set: std::collections::BTreeMap<String, Word>,
    pub(crate) require: Vec<String>,
    pub(crate) expect: Option<String>,
    pub(crate) budget: Option<String>,
}

/// A word or a number: both are read as text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a word in quotes or a number is needed here")]
pub(crate) enum Word {
    Number(i64),
    Text(String),
}

impl Word {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// How many values, or their names.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a number of values or a list of their names is needed here")]
pub(crate) enum Values {
    Count(i64),
    Names(Vec<String>),
}

impl Words {
    /// What the command line says, on top of what the file says.
    pub(crate) fn overlay(mut self, args: &ExperimentArgs) -> Result<Self, Failure> {
        let split =
            |text: &String| text.split(',').map(|part| Word::Text(part.trim().into())).collect();
        self.n = args.n.or(self.n);
        self.f = args.f.or(self.f);
        self.inputs = args.inputs.as_ref().map(split).or(self.inputs);
        self.values = args.values.as_ref().map(|text| read_values(text)).or(self.values);
        for (mine, given) in [
            (&mut self.crash, &args.crash),
            (&mut self.traitor, &args.traitor),
            (&mut self.faulty, &args.faulty),
            (&mut self.lie, &args.lie),
            (&mut self.omit, &args.omit),
            (&mut self.miss, &args.miss),
            (&mut self.flip, &args.flip),
            (&mut self.restart, &args.network.restart),
            (&mut self.partition, &args.network.partition),
            (&mut self.pause, &args.network.pause),
            (&mut self.clock, &args.network.clock),
            (&mut self.ask, &args.network.ask),
            (&mut self.message, &args.network.message),
            (&mut self.lots, &args.network.lots),
        ] {
            mine.extend(given.iter().cloned());
        }
        for (mine, given) in [
            (&mut self.links, &args.network.links),
            (&mut self.delay, &args.network.delay),
            (&mut self.loss, &args.network.loss),
            (&mut self.slow, &args.network.slow),
            (&mut self.repeat, &args.network.repeat),
            (&mut self.calm, &args.network.calm),
            (&mut self.until, &args.network.until),
        ] {
            *mine = given.clone().or(mine.take());
        }
        self.fifo |= args.network.fifo;
        self.forgetful |= args.network.forgetful;
        self.faults = args.faults.clone().or(self.faults);
        self.timing = args.timing.clone().or(self.timing);
        self.signed |= args.signed;
        self.seed = args.seed.or(self.seed);
        self.rounds = args.rounds.or(self.rounds);
        self.commander = args.commander.clone().or(self.commander);
        self.mutant = args.mutant.clone().or(self.mutant);
        for setting in &args.set {
            let (key, value) = setting.split_once('=').ok_or_else(|| {
                Failure::usage(format!("{setting:?} sets nothing: write it as --set KEY=VALUE"))
            })?;
            self.set.insert(key.trim().into(), Word::Text(value.trim().into()));
        }
        if let Some(names) = &args.require {
            self.require = names.split(',').map(|name| name.trim().to_string()).collect();
        }
        self.budget = args.budget.clone().or(self.budget);
        Ok(self)
    }
}

impl Words {
    /// The kinds of failure that are said to happen.
    fn kinds(&self) -> Vec<Faults> {
        let all = [
            (&self.crash, Faults::Crash),
            (&self.omit, Faults::Omission),
            (&self.miss, Faults::GeneralOmission),
            (&self.lie, Faults::Byzantine),
        ];
        all.into_iter().filter(|(said, _)| !said.is_empty()).map(|(_, kind)| kind).collect()
    }

    /// The options that make a command of an experiment in time.
    fn of_time(&self) -> Vec<(&'static str, String)> {
        let mut said = Vec::new();
        for (option, texts) in [
            ("crash", &self.crash),
            ("restart", &self.restart),
            ("partition", &self.partition),
            ("pause", &self.pause),
            ("clock", &self.clock),
            ("flip", &self.flip),
            ("traitor", &self.traitor),
            ("faulty", &self.faulty),
            ("lie", &self.lie),
            ("omit", &self.omit),
            ("miss", &self.miss),
            ("ask", &self.ask),
            ("message", &self.message),
            ("lots", &self.lots),
        ] {
            said.extend(texts.iter().map(|text| (option, text.clone())));
        }
        for (option, text) in [
            ("timing", &self.timing),
            ("links", &self.links),
            ("delay", &self.delay),
            ("loss", &self.loss),
            ("slow", &self.slow),
            ("repeat", &self.repeat),
            ("calm", &self.calm),
            ("until", &self.until),
        ] {
            said.extend(text.iter().map(|text| (option, text.clone())));
        }
        let flips = self.flips.map(|count| ("flips", count.to_string()));
        said.extend(flips);
        let flags = [("fifo", self.fifo), ("forgetful", self.forgetful)];
        said.extend(flags.iter().filter(|(_, on)| *on).map(|(flag, _)| (*flag, String::new())));
        said
    }
}

fn read_values(text: &str) -> Values {
    match text.trim().parse() {
        Ok(count) => Values::Count(count),
        Err(_) => Values::Names(text.split(',').map(|name| name.trim().to_string()).collect()),
    }
}

/// How a traitor of a run behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Behaviour {
    Manner(Manner),
    Worst,
}

/// A fault that the user wrote down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Written {
    Crash { process: Process, reached: Vec<Process> },
    Lie { from: Process, to: Process, word: String },
    Omit { from: Process, to: Process },
    Miss { to: Process, from: Process },
    Flip { process: Process, to: Option<Process>, bit: Option<u32> },
}

impl Written {
    /// The kind of failure that it is; a flipped bit is none.
    fn kind(&self) -> Option<Faults> {
        match self {
            Self::Crash { .. } => Some(Faults::Crash),
            Self::Lie { .. } => Some(Faults::Byzantine),
            Self::Omit { .. } => Some(Faults::Omission),
            Self::Miss { .. } => Some(Faults::GeneralOmission),
            Self::Flip { .. } => None,
        }
    }

    /// Who is faulty from the start because of it. Crashes come unannounced, and a flipped bit is
    /// nobody's fault.
    pub(crate) fn culprit(&self) -> Option<Process> {
        match self {
            Self::Lie { from, .. } | Self::Omit { from, .. } => Some(*from),
            Self::Miss { to, .. } => Some(*to),
            Self::Crash { .. } | Self::Flip { .. } => None,
        }
    }
}

/// One experiment, read and checked as far as it can be without running it.
#[derive(Clone, Debug)]
pub(crate) struct Experiment {
    pub(crate) title: Option<String>,
    pub(crate) card: Card,
    pub(crate) group: Group,
    pub(crate) domain: Domain,
    pub(crate) names: Names,
    /// The given inputs, by process; `None` where nobody proposes.
    pub(crate) inputs: Option<Vec<Option<Value>>>,
    pub(crate) faults: Faults,
    /// Whether the kind of fault was asked for, and not taken from the protocol.
    pub(crate) faults_given: bool,
    pub(crate) flips: u16,
    pub(crate) traitors: Vec<(Process, Behaviour)>,
    /// Faults with their rounds, in the order in which they were given.
    pub(crate) written: Vec<(u16, Written)>,
    /// Processes that are faulty from the start, whatever they do.
    pub(crate) named: Vec<Process>,
    pub(crate) seed: u64,
    pub(crate) rounds: Option<u16>,
    pub(crate) special: Process,
    pub(crate) settings: Vec<(String, String)>,
    /// What is wrong with the protocol on purpose.
    pub(crate) mutant: Option<Piece>,
    pub(crate) require: Vec<String>,
    pub(crate) expect: Option<Expect>,
    pub(crate) budget: Option<Duration>,
    /// What holds of time and links, if it is an experiment in time.
    pub(crate) timed: Option<Timed>,
    /// For an experiment in time, the options that say so, as they were given.
    pub(crate) said: Vec<(&'static str, String)>,
}

/// The seed of a run when none is given.
pub(crate) const SEED: u64 = 1;

impl Experiment {
    pub(crate) fn setup(&self) -> Setup<'_> {
        let (group, domain, special) = (self.group, self.domain, self.special);
        let delay_ticks =
            self.timed.as_ref().map_or(Setup::DELAY_TICKS, |timed| timed.conditions.delay_ticks);
        let (settings, rounds) = (&self.settings, self.rounds);
        Setup { special, settings, delay_ticks, rounds, ..Setup::of(group, domain) }
    }

    /// What is wrong with the protocol.
    pub(crate) fn flaw(&self) -> Flaw {
        self.mutant.as_ref().map_or(Flaw::None, |piece| piece.flaw)
    }

    /// Reads an experiment.
    pub(crate) fn read(words: Words, expect: Option<Expect>) -> Result<Self, Failure> {
        Self::read_as(words, expect, false)
    }

    /// Reads an experiment; one in time, if that is wanted or if its words say so.
    pub(crate) fn read_as(
        mut words: Words,
        expect: Option<Expect>,
        in_time: bool,
    ) -> Result<Self, Failure> {
        let card = described(&mut words)?;
        let in_time = in_time || is_timed(&words, &card);
        refuse_in_time(&card, in_time)?;
        let group = read_group(&card, words.n, words.f)?;
        let (domain, names) = read_domain(&card, words.values.as_ref())?;
        let special = match &words.commander {
            None => Process(0),
            Some(_) if card.special.is_none() => {
                let name = card.name;
                return Err(Failure::usage(format!("{name} has no commander and no king")));
            }
            Some(name) => read_process(name, group)?,
        };
        let inputs = words.inputs.as_deref();
        let inputs = inputs
            .map(|given| read_inputs(given, &card, group, special, domain, &names))
            .transpose()?;
        let written = if in_time { Vec::new() } else { read_written(&words, group)? };
        let traitors = words.traitor.iter().map(|text| read_traitor(text, group));
        let traitors = traitors.collect::<Result<Vec<_>, _>>()?;
        refuse_twice(&traitors, &written)?;
        let named = words.faulty.iter().map(|name| read_process(name, group));
        let named = named.collect::<Result<_, _>>()?;
        let kinds = match in_time {
            true => words.kinds(),
            false => written.iter().filter_map(|(_, written)| written.kind()).collect(),
        };
        let faults = read_faults(&card, group.f, words.faults.as_deref(), &traitors, kinds)?;
        let said = if in_time { words.of_time() } else { Vec::new() };
        let timed = in_time.then(|| read_timed(&words, &card, group, faults)).transpose()?;
        let mutant = words.mutant.as_ref().map(|name| read_mutant(&card, name)).transpose()?;
        let settings = words.set.iter().map(|(key, word)| (key.clone(), word.text())).collect();
        let expect = match (expect, words.expect.as_deref()) {
            (Some(expect), _) => Some(expect),
            (None, None) => None,
            (None, Some(word)) => Some(read_expect(word)?),
        };
        let flipped = written.iter().filter(|(_, w)| matches!(w, Written::Flip { .. })).count();
        if words.rounds == Some(0) {
            return Err(Failure::usage("a run has at least one round: take --rounds 1 or more"));
        }
        Ok(Self {
            title: words.title,
            timed,
            said,
            group,
            domain,
            names,
            inputs,
            faults,
            faults_given: words.faults.is_some(),
            flips: words.flips.unwrap_or(0).max(flipped as u16),
            traitors,
            written,
            named,
            seed: words.seed.unwrap_or(SEED),
            rounds: words.rounds,
            special,
            settings,
            mutant,
            require: words.require,
            expect,
            budget: words.budget.as_deref().map(read_time).transpose()?,
            card,
        })
    }
}
