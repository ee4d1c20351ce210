//! Traces by hand: the events of a synchronous run in the order in which an engine writes them.

use quorate_trace::{
    Closing, Event, Faulty, Flipped, Header, Judged, Model, Plan, RuleText, SCHEMA, Special, Time,
    Trace, VERSION, What,
};

pub(crate) struct Build {
    trace: Trace,
    round: u16,
    now: Option<u64>,
    rules: Vec<String>,
}

impl Build {
    pub(crate) fn new(protocol: &str, problem: &str, n: u16, f: u16, faults: &str) -> Self {
        let header = Header {
            schema: SCHEMA.into(),
            version: VERSION,
            protocol: protocol.into(),
            problem: problem.into(),
            n,
            f,
            model: Model { timing: "synchronous".into(), faults: faults.into(), signed: false },
            seed: 1,
            build: "0.1.0".into(),
            rounds: 0,
            values: Vec::new(),
            settings: std::collections::BTreeMap::new(),
            mutant: None,
            special: None,
            rules: Vec::new(),
            faulty: Vec::new(),
            reproduce: format!("quorate run {protocol} -n {n} -f {f}"),
            time: None,
        };
        let closing = Closing {
            verdict: "holds".into(),
            requirements: Vec::new(),
            rounds: 0,
            messages: 0,
            bits: 0,
            done_at: None,
        };
        let trace = Trace { header, events: Vec::new(), closing };
        Self { trace, round: 0, now: None, rules: Vec::new() }
    }

    /// The same, in time: a message takes at most 10 ms.
    pub(crate) fn in_time(mut self, timing: &str, links: &str) -> Self {
        self.trace.header.model.timing = timing.into();
        self.trace.header.time = Some(Time {
            ticks_per_ms: 1000,
            delay_ticks: 10_000,
            calm_from: 0,
            over_at: 0,
            round_ticks: None,
            links: links.into(),
            fifo: false,
            restarts: false,
            forgetful: false,
            settled: true,
            plan: Plan::default(),
        });
        self.now = Some(0);
        self
    }

    pub(crate) fn calm_from(mut self, ticks: u64) -> Self {
        self.trace.header.time.as_mut().expect("a run in time").calm_from = ticks;
        self
    }

    pub(crate) fn round_ticks(mut self, ticks: u64) -> Self {
        self.trace.header.time.as_mut().expect("a run in time").round_ticks = Some(ticks);
        self
    }

    /// From here on, what is added happens at this time, under these rules.
    pub(crate) fn at(&mut self, ticks: u64, rules: &[&str]) {
        self.now = Some(ticks);
        self.rules = rules.iter().map(|rule| (*rule).into()).collect();
    }

    /// Sends in a run in time; says where the messages are.
    pub(crate) fn says(&mut self, from: u16, to: &[u16], message: &str) -> Vec<u32> {
        let first = self.trace.events.len() as u32;
        self.send(from, to, message);
        (first..self.trace.events.len() as u32).collect()
    }

    /// A message of a run in time arrives.
    pub(crate) fn gets(&mut self, sent: u32) {
        let (from, to) = self.ends(sent);
        self.event(to, What::Receive { from, sent });
    }

    pub(crate) fn gets_again(&mut self, sent: u32) {
        let (from, to) = self.ends(sent);
        self.event(to, What::Again { from, sent });
    }

    pub(crate) fn loses(&mut self, sent: u32, cause: &str) {
        let (from, to) = self.ends(sent);
        self.event(to, What::Lost { from, sent, cause: cause.into() });
    }

    fn ends(&self, sent: u32) -> (u16, u16) {
        let event = &self.trace.events[sent as usize];
        match event.what {
            What::Send { to, .. } => (event.process, to),
            _ => panic!("event {sent} sends nothing"),
        }
    }

    /// To whom a message goes, and what it says.
    pub(crate) fn sent(&self, sent: u32) -> (u16, String) {
        match &self.trace.events[sent as usize].what {
            What::Send { to, message, .. } => (*to, message.clone()),
            _ => panic!("event {sent} sends nothing"),
        }
    }

    pub(crate) fn stores(&mut self, process: u16, record: &str) {
        self.event(process, What::Store { records: vec![record.into()] });
    }

    /// Links between two sides are cut, or carry again.
    pub(crate) fn split(&mut self, one: &[u16], other: &[u16], cut: bool) {
        for (from, to) in [(one, other), (other, one)] {
            let (from, to) = (from.to_vec(), to.to_vec());
            self.event(0, if cut { What::Cut { from, to } } else { What::Heal { from, to } });
        }
    }

    pub(crate) fn special(mut self, process: u16, part: &str) -> Self {
        self.trace.header.special = Some(Special { process, part: part.into() });
        self
    }

    pub(crate) fn faulty(mut self, process: u16, kind: &str) -> Self {
        self.trace.header.faulty.push(Faulty { process, kind: kind.into() });
        self
    }

    pub(crate) fn setting(mut self, key: &str, is: &str) -> Self {
        self.trace.header.settings.insert(key.into(), is.into());
        self
    }

    pub(crate) fn rule(mut self, id: &str, text: &str) -> Self {
        self.trace.header.rules.push(RuleText { id: id.into(), text: text.into() });
        self
    }

    pub(crate) fn event(&mut self, process: u16, what: What) -> u32 {
        let i = self.trace.events.len() as u32;
        let rules = self.rules.clone();
        self.trace.events.push(Event {
            i,
            round: self.round,
            at: self.now,
            process,
            copy: 0,
            what,
            rules,
        });
        i
    }

    pub(crate) fn input(&mut self, process: u16, value: &str) -> u32 {
        self.event(process, What::Input { value: value.into() })
    }

    pub(crate) fn round(&mut self, rules: &[&str]) {
        self.round += 1;
        self.rules = rules.iter().map(|rule| (*rule).into()).collect();
    }

    pub(crate) fn send(&mut self, from: u16, to: &[u16], message: &str) {
        for &to in to {
            self.wire(from, to, message, None, None);
        }
    }

    pub(crate) fn lie(&mut self, from: u16, to: u16, message: &str, should: &str) {
        self.wire(from, to, message, Some(should), None);
    }

    pub(crate) fn flipped(&mut self, from: u16, to: u16, message: &str, before: &str) {
        let flipped = Flipped { bit: 0, before: before.into() };
        self.wire(from, to, message, None, Some(flipped));
    }

    fn wire(&mut self, from: u16, to: u16, says: &str, lie: Option<&str>, flip: Option<Flipped>) {
        let (message, should) = (says.into(), lie.map(Into::into));
        self.trace.closing.messages += 1;
        self.trace.closing.bits += 1;
        self.event(
            from,
            What::Send { to, message, should, word: None, flipped: flip, count: 1, unasked: false },
        );
    }

    pub(crate) fn unsent(&mut self, from: u16, to: &[u16], message: &str, cause: &str) {
        for &to in to {
            let (message, cause) = (message.into(), cause.into());
            self.event(from, What::Unsent { to, message, cause });
        }
    }

    pub(crate) fn crash(&mut self, process: u16, reached: &[u16]) {
        self.event(process, What::Crash { reached: reached.into(), within: None, forgotten: 0 });
    }

    /// Everything sent in this round arrives, except at the crashed and where it is missed.
    pub(crate) fn deliver(&mut self, missed: &[(u16, u16)]) {
        let crashed: Vec<u16> = self
            .trace
            .events
            .iter()
            .filter(|event| matches!(event.what, What::Crash { .. }))
            .map(|event| event.process)
            .collect();
        let mut sent: Vec<(u16, u16, u32)> = self
            .trace
            .events
            .iter()
            .filter(|event| event.round == self.round)
            .filter_map(|event| match event.what {
                What::Send { to, .. } => Some((to, event.process, event.i)),
                _ => None,
            })
            .collect();
        sent.sort();
        for (to, from, sent) in sent {
            if missed.contains(&(from, to)) {
                self.event(to, What::Missed { from, sent });
            } else if !crashed.contains(&to) {
                self.event(to, What::Receive { from, sent });
            }
        }
    }

    pub(crate) fn decide(&mut self, process: u16, value: &str) -> u32 {
        self.event(process, What::Decide { value: value.into() })
    }

    pub(crate) fn state(&mut self, process: u16, fields: &[(&str, &str)]) {
        let fields = fields.iter().map(|(name, is)| ((*name).into(), (*is).into())).collect();
        self.event(process, What::State { fields, changes: false });
    }

    pub(crate) fn holds(&mut self, name: &str, text: &str) {
        self.judge(name, text, "holds", &[], "", &[]);
    }

    pub(crate) fn violated(&mut self, name: &str, text: &str, who: &[u16], why: &str, at: &[u32]) {
        self.trace.closing.verdict = "violated".into();
        self.judge(name, text, "violated", who, why, at);
    }

    fn judge(&mut self, name: &str, text: &str, is: &str, who: &[u16], why: &str, at: &[u32]) {
        self.trace.closing.requirements.push(Judged {
            name: name.into(),
            text: text.into(),
            verdict: is.into(),
            witnesses: who.into(),
            because: why.into(),
            events: at.into(),
        });
    }

    pub(crate) fn done(mut self) -> Trace {
        if let Some(time) = &mut self.trace.header.time {
            time.over_at = self.now.unwrap_or(0);
        }
        self.trace.header.rounds = self.round;
        self.trace.closing.rounds = self.round;
        self.trace
    }
}
