//! Bracha's reliable broadcast: echoes of a quorum, then vows, and no traitor can split a message.
//!
//! Problem: multicast. Source: Bracha 1987, "Asynchronous Byzantine agreement protocols".
//! Resilience: n > 3f traitors, no signatures, and nothing is known of time.
//!
//! What differs: one instance runs for each sender and number. Only the first ECHO and the first
//! READY of a process count in an instance.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Message, Mutant, Process, Protocol, Rule, Timing,
    Turncoat, Value, Vocabulary, inspect, mutants, rules,
};
use quorate_problems::Multicast;

use super::letter::{Config as Common, Id, Letter};
use crate::card::{Bound, Claim, Cost, First, Hosted, Listed, Parameter, Request, Setup};

rules! {
    INIT = "1": "the sender sends its message to all";
    ECHO = "2": "echo to all the first message that the sender sent under a number";
    READY = "3": "with echoes of more than half of n+f for one message, be ready for it";
    AMPLIFY = "4": "with f+1 others ready for one message, be ready for it";
    DELIVER = "5": "deliver the message for which 2f+1 are ready";
}

mutants! {
    FEW_ECHOES = "one-echo-fewer" breaks READY: "is ready with one echo fewer: two such sets share \
        no correct process", "";
    FEW_READIES = "deliver-at-2f" breaks DELIVER: "delivers the message for which 2f are ready",
        "";
    AMPLIFY_AT_F = "amplify-at-f" breaks AMPLIFY: "is ready with f others ready, who may all lie",
        "";
    NO_AMPLIFY = "never-amplifies" breaks AMPLIFY: "is ready for nothing but for echoes", "";
    ECHOES_ALL = "echoes-all" breaks ECHO: "echoes every message that the sender sends under a \
        number", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// What all multicast protocols have.
    pub common: Common,
    /// Whether no threshold is above the n-f messages that always come.
    pub capped: bool,
    /// Whose messages traitors speak of out of turn; anybody's if not said. Messages do not mix,
    /// so that what can become of each can be looked at alone.
    pub about: Option<Process>,
}

impl Config {
    fn cap(&self, group: Group, threshold: usize) -> usize {
        let sure = group.size().saturating_sub(usize::from(group.f)).max(1);
        if self.capped { threshold.min(sure) } else { threshold }
    }

    /// Two sets of so many share a correct process.
    fn echoes(&self, group: Group) -> usize {
        self.cap(group, (group.size() + usize::from(group.f)) / 2 + 1)
    }

    /// Of so many, f+1 are correct, and make everybody ready.
    fn readies(&self, group: Group) -> usize {
        self.cap(group, 2 * usize::from(group.f) + 1)
    }
}

/// The three kinds of message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// The sender's own word.
    Init,
    /// What the sender said.
    Echo,
    /// What will be delivered.
    Ready,
}

/// What is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words {
    /// The sender's own word.
    Init(Letter),
    /// What the sender said.
    Echo(Letter),
    /// What will be delivered.
    Ready(Letter),
}

inspect!(
    enum Words {
        Init(letter),
        Echo(letter),
        Ready(letter),
    }
);

impl Message for Words {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Init(letter) => format!("init {}", letter.label(name)),
            Self::Echo(letter) => format!("echo {}", letter.label(name)),
            Self::Ready(letter) => format!("ready {}", letter.label(name)),
        }
    }
}

impl Words {
    fn of(kind: Kind, letter: Letter) -> Self {
        match kind {
            Kind::Init => Self::Init(letter),
            Kind::Echo => Self::Echo(letter),
            Kind::Ready => Self::Ready(letter),
        }
    }

    fn letter(&self) -> &Letter {
        match self {
            Self::Init(letter) | Self::Echo(letter) | Self::Ready(letter) => letter,
        }
    }
}

/// One message of one sender, and what was said of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Instance {
    echoed: bool,
    ready: bool,
    delivered: bool,
    /// The first echo of each process.
    echoes: BTreeMap<Process, Value>,
    /// What each process was ready for first.
    readies: BTreeMap<Process, Value>,
}

inspect!(Instance { echoed, ready, delivered, echoes, readies });

fn count(said: &BTreeMap<Process, Value>, payload: Value) -> usize {
    said.values().filter(|value| **value == payload).count()
}

impl Instance {
    fn on_init(&mut self, letter: Letter, cx: &mut Context<'_, Bracha>) {
        if !self.echoed || cx.is_flawed(ECHOES_ALL) {
            cx.cite(ECHO);
            self.echoed = true;
            cx.broadcast(Words::Echo(letter));
        }
    }

    fn on_echo(&mut self, from: Process, letter: Letter, cx: &mut Context<'_, Bracha>) {
        if self.ready {
            return;
        }
        self.echoes.entry(from).or_insert(letter.payload);
        let fewer = usize::from(cx.is_flawed(FEW_ECHOES));
        let enough = count(&self.echoes, letter.payload) + fewer >= cx.config.echoes(cx.group);
        if enough {
            cx.cite(READY);
            self.get_ready(letter, cx);
        }
    }

    fn on_ready(&mut self, from: Process, letter: Letter, cx: &mut Context<'_, Bracha>) {
        if self.is_over() {
            return;
        }
        self.readies.entry(from).or_insert(letter.payload);
        let ready = count(&self.readies, letter.payload);
        let vows = ready + usize::from(cx.is_flawed(AMPLIFY_AT_F));
        let amplifies = vows > usize::from(cx.group.f) && !cx.is_flawed(NO_AMPLIFY);
        if amplifies && !self.ready {
            cx.cite(AMPLIFY);
            self.get_ready(letter, cx);
        }
        let fewer = usize::from(cx.is_flawed(FEW_READIES));
        if ready + fewer >= cx.config.readies(cx.group) && !self.delivered {
            cx.cite(DELIVER);
            self.delivered = true;
            cx.output(letter.delivery());
        }
        self.forget();
    }

    fn get_ready(&mut self, letter: Letter, cx: &mut Context<'_, Bracha>) {
        self.ready = true;
        cx.broadcast(Words::Ready(letter));
        self.forget();
    }

    fn is_over(&self) -> bool {
        self.ready && self.delivered
    }

    /// What has led to all that it can lead to is forgotten, so that no two states differ in it.
    fn forget(&mut self) {
        if self.ready {
            self.echoes.clear();
        }
        if self.is_over() {
            self.readies.clear();
        }
    }
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Bracha {
    sent: u16,
    instances: BTreeMap<Id, Instance>,
}

inspect!(Bracha { sent, instances });

impl Protocol for Bracha {
    type Problem = Multicast;
    type Config = Config;
    type Message = Words;
    type Timer = Infallible;
    type Stable = ();

    const PAST: bool = true;

    fn domain(config: &Config) -> Domain {
        config.common.domain
    }

    fn start(_: &mut Context<'_, Self>) -> Self {
        Self::default()
    }

    fn on_input(&mut self, payload: Value, cx: &mut Context<'_, Self>) {
        let Some(number) = self.sent.checked_add(1) else { return };
        self.sent = number;
        cx.cite(INIT);
        cx.broadcast(Words::Init(Letter { id: Id { sender: cx.me, number }, payload }));
    }

    fn on_message(&mut self, from: Process, message: Words, cx: &mut Context<'_, Self>) {
        let letter = *message.letter();
        let forged = matches!(message, Words::Init(_)) && from != letter.id.sender;
        if forged || !letter.is_of(cx.group, cx.config.common.domain) {
            return;
        }
        let instance = self.instances.entry(letter.id).or_default();
        match message {
            Words::Init(letter) => instance.on_init(letter, cx),
            Words::Echo(letter) => instance.on_echo(from, letter, cx),
            Words::Ready(letter) => instance.on_ready(from, letter, cx),
        }
    }

    fn on_timer(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }

    fn is_past(&self, from: Process, message: &Words) -> bool {
        self.instances.get(&message.letter().id).is_some_and(|instance| match message {
            Words::Init(_) => instance.echoed,
            Words::Echo(_) => instance.ready || instance.echoes.contains_key(&from),
            Words::Ready(_) => instance.is_over() || instance.readies.contains_key(&from),
        })
    }
}

/// The messages that a traitor may speak of out of turn: every one that it has heard of, and the
/// next one of every process.
fn known(state: &Bracha, about: Option<Process>, group: Group) -> Vec<Id> {
    let mut ids = Vec::new();
    let about = |sender: &Process| about.is_none_or(|one| one == *sender);
    for sender in group.processes().filter(about) {
        let of_sender = |number| Id { sender, number };
        let heard = state.instances.range(of_sender(0)..=of_sender(u16::MAX));
        let mut last = 0;
        for (id, _) in heard {
            ids.push(*id);
            last = id.number;
        }
        // Messages do not mix, so that one more of nobody's would show nothing new.
        ids.extend((last == 0).then(|| of_sender(1)));
    }
    ids
}

impl Deceit for Bracha {
    /// Any of the three words for any payload: on the message that the honest machine would speak
    /// of, or on any message out of turn. Another's first word cannot be forged.
    fn lies<'a>(
        liar: &'a Turncoat<'a, Self>,
        _: Process,
        honest: Option<&Words>,
    ) -> Vocabulary<'a, Words> {
        let ids = match honest {
            Some(words) => [words.letter().id].into(),
            None => known(liar.state, liar.config.about, liar.group),
        };
        let kinds = |id: Id| {
            let own = (id.sender == liar.me).then_some(Kind::Init);
            own.into_iter().chain([Kind::Echo, Kind::Ready]).map(move |kind| (kind, id))
        };
        let subjects: Vec<(Kind, Id)> = ids.into_iter().flat_map(kinds).collect();
        let digits = [subjects.len() as u32, u32::from(liar.config.common.domain.size)].into();
        Vocabulary::odometer(digits, move |reading| {
            let (kind, id) = subjects[reading[0] as usize];
            Words::of(kind, Letter { id, payload: Value(reading[1] as u16) })
        })
    }
}

const THRESHOLDS: Parameter = Parameter {
    key: "thresholds",
    words: &["safe", "capped"],
    text: "what to wait for when n <= 3f: the full thresholds, or never more than n-f messages",
};

impl Listed for Bracha {
    const NAME: &'static str = "bracha";
    const ALIASES: &'static [&'static str] = &["bracha-broadcast", "byzantine-reliable"];
    const TITLE: &'static str = "echo, ready, deliver: reliable multicast in spite of traitors";
    const SOURCE: &'static str = "Bracha 1987; Bracha, Toueg 1985";
    const NOTES: &'static str = "A traitor may say one thing to some and another to others; two \
        quorums of echoes share a correct process, which echoes once, so at most one message is \
        ever vowed for. Vows of f+1 make everybody vow, so what one correct process delivers, all \
        do. At n = 3f the thresholds are more than may ever come, and totality is lost: the \
        traitor is ready for one and not for the other. Set thresholds=capped to wait for n-f \
        messages at most: then agreement is lost at n = 3f by a traitor that sends and echoes two \
        messages; inside n > 3f it changes nothing. What a traitor multicasts may be delivered by \
        nobody. --set about=0 makes traitors speak out of turn of the messages of p0 \
        only: messages do not mix, so that a search can look at each alone.";
    const TIMING: Timing = Timing::Asynchronous;
    const FAULTS: Faults = Faults::Byzantine;
    const FIRST: First = First { settings: &[("about", "0")], ..First::WHOLE };
    const BOUND: Bound = Bound::THIRD;
    const ROUNDS: &'static str = "3 delays";
    const MESSAGES: &'static str = "(n-1)(2n+1) for each multicast";
    const PARAMETERS: &'static [Parameter] = &[THRESHOLDS];

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement, within| {
            Claim::new(requirement, Faults::Byzantine, within).timed(Timing::Asynchronous)
        };
        [
            claim("validity", Bound::THIRD).breaks(&[(2, 1), (3, 1)]),
            claim("no-duplication", Bound::ANY),
            claim("integrity", Bound::ANY),
            claim("agreement", Bound::THIRD).breaks(&[(3, 1)]),
            claim("totality", Bound::THIRD).breaks(&[(3, 1)]),
            claim("consistency", Bound::ANY),
        ]
        .into()
    }
}

impl Hosted for Bracha {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        let numbers: Vec<&str> = Common::NUMBERS.iter().copied().chain(["about"]).collect();
        setup.only_or(Self::PARAMETERS, &numbers)?;
        let last = u64::from(setup.group.n.saturating_sub(1));
        let anybody = u64::MAX;
        let about = setup.number("about", anybody, 0, last)?;
        let about = (about != anybody).then_some(Process(about as u16));
        let capped = setup.word(&THRESHOLDS)? == "capped";
        Ok(Config { common: Common::of(setup)?, capped, about })
    }

    fn requests(_: &Setup<'_>, config: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        config.common.requests(inputs)
    }

    fn calm_ticks(group: Group, config: &Config) -> u64 {
        config.common.calm(group, 6)
    }

    fn cost(group: Group, config: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        config.common.only(inputs)?;
        if !(Bound::THIRD.admits)(group) {
            return None;
        }
        let n = u64::from(group.n);
        let rounds = match (group.n, group.f) {
            (1, _) => 0,
            // The own vow is enough.
            (_, 0) => 2,
            _ => 3,
        };
        Some(Cost { rounds, messages: (n - 1) * (2 * n + 1) })
    }
}
