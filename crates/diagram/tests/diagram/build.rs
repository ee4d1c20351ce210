//! Traces by hand: the events of a synchronous run in the order in which an engine writes them.

use quorate_trace::{
    Closing, Event, Faulty, Flipped, Header, Judged, Model, RuleText, SCHEMA, Special, Trace,
    VERSION, What,
};

pub(crate) struct Build {
    trace: Trace,
    round: u16,
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
        Self { trace, round: 0, rules: Vec::new() }
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
        self.trace.events.push(Event { i, round: self.round, at: None, process, what, rules });
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
        self.event(process, What::State { fields });
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
        self.trace.header.rounds = self.round;
        self.trace.closing.rounds = self.round;
        self.trace
    }
}
