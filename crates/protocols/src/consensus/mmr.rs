//! Signature-free binary consensus by a common coin.
//!
//! Problem: consensus on two values. Source: Mostéfaoui, Moumen, Raynal 2014, with the repair of
//! its termination (MacBrough 2018; Cachin, Zanolini 2020).
//! Resilience: asynchronous, n > 3f traitors, unsigned messages, a common coin.
//!
//! What differs: between AUX and the coin each process confirms the set of values that it holds,
//! and waits for n-f such sets: else an adversary that sees the coin early keeps the processes
//! apart for ever. `--set conf=no` runs it as published. A process that decides says so once and
//! begins no further round; its word stands for its messages of all later rounds.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use quorate_kernel::{
    Context, Deceit, Domain, Process, ProcessSet, Protocol, Turncoat, Value, Vocabulary, inspect,
    mutants, rules,
};
use quorate_problems::Consensus;

mod listed;
mod words;

pub use words::{Pair, Words};

rules! {
    BVAL = "1": "send BVAL of the estimate to all";
    RELAY = "2": "f+1 sent BVAL of one value: send it too";
    BIN = "3": "2f+1 sent BVAL of one value: it is valid, somebody correct holds it";
    AUX = "4": "send AUX of the first valid value to all";
    CONF = "5": "with n-f AUX of valid values, send CONF of the set of these values to all";
    ONE = "6a": "with n-f CONF of valid sets, ask for the coin; one value in them all: estimate it";
    DECIDE = "6b": "the coin shows that one value: decide it, and tell all by TERM";
    COIN = "6c": "both values are in the sets: estimate what the coin shows";
    TOLD = "7": "f+1 told the same decision: decide it, and tell all by TERM";
    HALT = "8": "2f+1 told the same decision: all will hear of it; halt";
    STANDS = "9": "TERM stands for the BVAL, AUX and CONF of its sender in later rounds";
}

mutants! {
    AT_F = "relay-at-f" breaks RELAY: "passes on a BVAL that f sent, who may all lie", "";
    BIN_AT_2F = "valid-at-2f" breaks BIN: "takes a value for valid that 2f sent", "";
    UNCONFIRMED = "no-conf" breaks CONF: "asks for the coin with n-f AUX, as published: not live \
        if an adversary learns the coin early", "Mostéfaoui, Moumen, Raynal 2014; broken by \
        Tholoniat, Gramoli 2019";
    FEW = "one-vote-fewer" breaks ONE: "asks for the coin with n-f-1 votes", "";
    ANY_COIN = "ignores-coin" breaks DECIDE: "decides the only value, whatever the coin shows",
        "";
    ONE_COIN = "same-coin" breaks COIN: "uses the coin of the first round in every round", "";
    BELIEVES = "believes-one" breaks TOLD: "decides what a single process tells", "";
    HALTS = "halts-at-once" breaks HALT: "halts once it has decided", "";
    BOTH = "aux-of-estimate" breaks AUX: "sends AUX of its estimate, valid or not", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The two values.
    pub domain: Domain,
    /// Whether sets are confirmed before the coin is tossed.
    pub confirm: bool,
    /// The usual delay of a message.
    pub delay_ticks: u64,
}

/// One round: how far it is, and what came that still matters. What was counted is forgotten once
/// it has led to something, so that no two states differ in what can change nothing any more.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Round {
    /// Who sent BVAL of 0, and who of 1; nobody once the value is valid.
    bval: (ProcessSet, ProcessSet),
    /// Of which values BVAL was sent.
    said: Pair,
    /// The valid values.
    bin: Pair,
    /// The value that was valid first, until AUX was sent.
    first: Option<Value>,
    /// Nobody's once CONF was sent.
    aux: BTreeMap<Process, Value>,
    conf: BTreeMap<Process, Pair>,
    /// Whether CONF was sent.
    confirmed: bool,
    /// Whether AUX was sent.
    spoke: bool,
    /// Whether the coin was asked for: what is left to do is to pass on BVAL.
    over: bool,
}

inspect!(Round { bval, said, bin, first, aux, conf, confirmed, spoke, over });

impl Round {
    fn bval_of(&self, value: Value) -> &ProcessSet {
        if value == Value(0) { &self.bval.0 } else { &self.bval.1 }
    }

    fn bval_mut(&mut self, value: Value) -> &mut ProcessSet {
        if value == Value(0) { &mut self.bval.0 } else { &mut self.bval.1 }
    }

    /// Whether no further BVAL of a value changes anything.
    fn is_done_with(&self, value: Value) -> bool {
        self.bin.contains(value) || self.over && self.said.contains(value)
    }

    /// The coin is asked for: what is left to do is to pass on BVAL.
    fn close(&mut self) {
        self.over = true;
        self.first = None;
        self.aux.clear();
        self.conf.clear();
        for value in [Value(0), Value(1)] {
            if self.is_done_with(value) {
                *self.bval_mut(value) = ProcessSet::new();
            }
        }
    }

    fn hear(&mut self, from: Process, words: &Words) {
        match *words {
            Words::Bval(_, value) if !self.is_done_with(value) => {
                self.bval_mut(value).insert(from);
            }
            Words::Aux(_, value) if !self.confirmed && !self.over => {
                self.aux.entry(from).or_insert(value);
            }
            Words::Conf(_, values) if !self.over => {
                self.conf.entry(from).or_insert(values);
            }
            _ => {}
        }
    }
}

/// One process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Mmr {
    /// The round under way, or the last one; 0 before the input came.
    round: u32,
    estimate: Value,
    /// Every round of which something came: the slow may need our BVAL of old ones.
    rounds: BTreeMap<u32, Round>,
    /// Who decided what, and in which last round.
    terms: BTreeMap<Process, (u32, Value)>,
    decided: Option<Value>,
    /// Whether the last round is over.
    resting: bool,
    /// Whether all will hear of the decision without us.
    halted: bool,
}

inspect!(Mmr { round, estimate, rounds, terms, decided, resting, halted });

type Cx<'a> = Context<'a, Mmr>;

/// How many rounds ahead of the own one a message is kept: a liar may speak of any, and all
/// others have left nobody that far behind without deciding, but with a chance of (3/4)^1024.
const AHEAD: u32 = 1_024;

impl Mmr {
    fn begin(&mut self, cx: &mut Cx<'_>) {
        self.round = self.round.saturating_add(1);
        let (round, estimate) = (self.round, self.estimate);
        let now = self.rounds.entry(round).or_default();
        if !now.said.contains(estimate) {
            cx.cite(BVAL);
            now.said = now.said.and(Pair::of(estimate));
            cx.broadcast(Words::Bval(round, estimate));
        }
    }

    /// What stands for the messages of those who had decided before `round`.
    fn standing(&self, round: u32) -> impl Iterator<Item = (Process, Value)> + '_ {
        let earlier = self.terms.iter().filter(move |(_, (last, _))| *last < round);
        earlier.map(|(who, (_, value))| (*who, *value))
    }

    /// Relays and counts the BVAL of one round.
    fn count_bval(&mut self, round: u32, cx: &mut Cx<'_>) {
        let f = usize::from(cx.group.f);
        for value in [Value(0), Value(1)] {
            let Some(now) = self.rounds.get(&round) else { return };
            if now.bin.contains(value) {
                continue;
            }
            let said = now.bval_of(value);
            let standing =
                self.standing(round).filter(|(who, v)| *v == value && !said.contains(*who)).count();
            let count = said.len() + standing;
            let Some(now) = self.rounds.get_mut(&round) else { return };
            let relays = count > f || count == f && cx.is_flawed(AT_F);
            let relays = relays && !now.said.contains(value);
            let valid = count > 2 * f || count == 2 * f && cx.is_flawed(BIN_AT_2F);
            if standing > 0 && (relays || valid) {
                cx.cite(STANDS);
            }
            if relays {
                cx.cite(RELAY);
                now.said = now.said.and(Pair::of(value));
                cx.broadcast(Words::Bval(round, value));
            }
            if valid {
                cx.cite(BIN);
                now.bin = now.bin.and(Pair::of(value));
                now.first = now.first.or(Some(value)).filter(|_| !now.spoke);
                *now.bval_mut(value) = ProcessSet::new();
            }
        }
    }

    /// One vote for each process: its own, or what stands for it; those within the valid values
    /// only.
    fn votes(&self, own: &BTreeMap<Process, Pair>, valid: Pair) -> (usize, Pair) {
        let standing = self.standing(self.round).filter(|(who, _)| !own.contains_key(who));
        let all = own.values().copied().chain(standing.map(|(_, value)| Pair::of(value)));
        all.filter(|vote| vote.is_within(valid))
            .fold((0, Pair::default()), |(count, union), vote| (count + 1, union.and(vote)))
    }

    /// Takes every step of the round for which enough has come.
    fn advance(&mut self, cx: &mut Cx<'_>) {
        while !self.halted && !self.resting && self.round > 0 && self.step(cx) {}
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> bool {
        let (n, f, round) = (cx.group.size(), usize::from(cx.group.f), self.round);
        let Some(now) = self.rounds.get_mut(&round) else { return false };
        let valid = now.bin;
        if let Some(first) = now.first.take() {
            cx.cite(AUX);
            now.spoke = true;
            let said = if cx.is_flawed(BOTH) { self.estimate } else { first };
            cx.broadcast(Words::Aux(round, said));
            return true;
        }
        let Some(now) = self.rounds.get(&round).filter(|now| now.spoke) else { return false };
        let confirms = cx.config.confirm && !cx.is_flawed(UNCONFIRMED);
        let aux: BTreeMap<Process, Pair>;
        let votes = if now.confirmed {
            &now.conf
        } else {
            aux = now.aux.iter().map(|(who, value)| (*who, Pair::of(*value))).collect();
            &aux
        };
        let (count, union) = self.votes(votes, valid);
        let few = usize::from(cx.is_flawed(FEW));
        if count + f + few < n || union.is_empty() {
            return false;
        }
        if confirms && !now.confirmed {
            cx.cite(CONF);
            let now = self.rounds.entry(round).or_default();
            now.confirmed = true;
            now.aux.clear();
            cx.broadcast(Words::Conf(round, union));
            return true;
        }
        self.toss(union, cx);
        true
    }

    fn toss(&mut self, values: Pair, cx: &mut Cx<'_>) {
        self.rounds.entry(self.round).or_default().close();
        let toss = if cx.is_flawed(ONE_COIN) { 1 } else { self.round };
        let coin = Value(u16::from(cx.common_coin(toss.into())));
        self.estimate = if values == Pair::BOTH {
            cx.cite(COIN);
            coin
        } else {
            cx.cite(ONE);
            Value(u16::from(values.one))
        };
        let shown = values == Pair::of(coin) || values != Pair::BOTH && cx.is_flawed(ANY_COIN);
        if shown && self.decided.is_none() {
            cx.cite(DECIDE);
            self.decide(self.estimate, cx);
        }
        match self.decided {
            Some(_) => self.resting = true,
            None => {
                self.begin(cx);
                self.count_bval(self.round, cx);
            }
        }
    }

    fn decide(&mut self, value: Value, cx: &mut Cx<'_>) {
        self.decided = Some(value);
        cx.output(value);
        cx.broadcast(Words::Term(self.round, value));
        self.halted |= cx.is_flawed(HALTS);
    }

    fn on_term(&mut self, from: Process, last: u32, value: Value, cx: &mut Cx<'_>) {
        self.terms.entry(from).or_insert((last, value));
        let f = usize::from(cx.group.f);
        let told = self.terms.values().filter(|(_, told)| *told == value).count();
        let believed = told > f || cx.is_flawed(BELIEVES);
        if believed && self.decided.is_none() {
            cx.cite(TOLD);
            self.decide(value, cx);
        }
        if told > 2 * f && self.decided.is_some() {
            cx.cite(HALT);
            self.halted = true;
            self.rounds.clear();
            self.terms.clear();
            return;
        }
        let open: Vec<u32> = self.rounds.keys().copied().filter(|round| *round > last).collect();
        for round in open {
            self.count_bval(round, cx);
        }
    }

    /// The round of a message, if it is one that a correct process could be in.
    fn open(&mut self, round: u32) -> Option<&mut Round> {
        let within = 1..=self.round.saturating_add(AHEAD);
        within.contains(&round).then(|| self.rounds.entry(round).or_default())
    }
}

impl Protocol for Mmr {
    type Problem = Consensus;
    type Config = Config;
    type Message = Words;
    type Timer = ();
    type Stable = ();

    const PAST: bool = true;

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn round(&self) -> u32 {
        self.round
    }

    fn start(_: &mut Cx<'_>) -> Self {
        Self {
            round: 0,
            estimate: Value::DEFAULT,
            rounds: BTreeMap::new(),
            terms: BTreeMap::new(),
            decided: None,
            resting: false,
            halted: false,
        }
    }

    fn on_input(&mut self, input: Value, cx: &mut Cx<'_>) {
        if self.round > 0 || self.decided.is_some() || !cx.config.domain.contains(input) {
            return;
        }
        self.estimate = input;
        self.begin(cx);
        self.count_bval(1, cx);
        self.advance(cx);
    }

    fn on_message(&mut self, from: Process, message: Words, cx: &mut Cx<'_>) {
        if self.halted || from.0 >= cx.group.n {
            return;
        }
        let domain = cx.config.domain;
        match message {
            Words::Bval(_, value) | Words::Aux(_, value) | Words::Term(_, value)
                if !domain.contains(value) => {}
            Words::Conf(_, values) if values.is_empty() => {}
            Words::Term(last, value) => self.on_term(from, last, value, cx),
            // Whoever has decided counts no votes of later rounds.
            Words::Aux(..) | Words::Conf(..) if self.resting => {}
            Words::Bval(round, _) | Words::Aux(round, _) | Words::Conf(round, _) => {
                let Some(now) = self.open(round) else { return };
                now.hear(from, &message);
                if let Words::Bval(..) = message {
                    self.count_bval(round, cx);
                }
            }
        }
        self.advance(cx);
    }

    fn on_timer(&mut self, (): (), _: &mut Cx<'_>) {}

    fn is_past(&self, from: Process, message: &Words) -> bool {
        let known = |round: &u32| self.rounds.get(round);
        self.halted
            || match message {
                Words::Bval(round, value) => known(round).is_some_and(|now| {
                    now.is_done_with(*value) || now.bval_of(*value).contains(from)
                }),
                Words::Aux(round, _) => {
                    let counted =
                        |now: &Round| now.confirmed || now.over || now.aux.contains_key(&from);
                    self.resting || known(round).is_some_and(counted)
                }
                Words::Conf(round, _) => {
                    let counted = |now: &Round| now.over || now.conf.contains_key(&from);
                    self.resting || known(round).is_some_and(counted)
                }
                Words::Term(..) => self.terms.contains_key(&from),
            }
    }
}

impl Mmr {
    /// What can be said out of turn to a process in this state, in rounds up to `last`. A vote that
    /// comes before the process counts such votes is only remembered, so that it can come as well
    /// when it is counted.
    fn audible(&self, last: u32) -> Vec<Words> {
        let values = [Value(0), Value(1)];
        let now = self.rounds.get(&self.round).filter(|now| now.spoke && !self.resting);
        let mut words = match now {
            Some(now) if now.confirmed => {
                let pairs = [Pair::of(Value(0)), Pair::of(Value(1)), Pair::BOTH];
                pairs.map(|pair| Words::Conf(self.round, pair)).to_vec()
            }
            Some(_) => values.map(|value| Words::Aux(self.round, value)).to_vec(),
            None => Vec::new(),
        };
        // Whoever decides before it begins has taken part in no round.
        words.extend(values.map(|value| Words::Term(0, value)));
        for round in 1..=self.round.max(1).saturating_add(1).min(last) {
            words.extend(values.map(|value| Words::Bval(round, value)));
            words.extend(values.map(|value| Words::Term(round, value)));
        }
        words
    }
}

/// Every word of the round at hand; out of turn, whatever its receiver would count.
impl Deceit for Mmr {
    fn lies<'a>(
        liar: &'a Turncoat<'a, Self>,
        _: Process,
        honest: Option<&Words>,
    ) -> Vocabulary<'a, Words> {
        let (round, ahead) = match honest {
            Some(Words::Bval(round, _) | Words::Aux(round, _) | Words::Conf(round, _)) => {
                (*round, 1)
            }
            // It says nothing more of later rounds unless it does so here.
            Some(Words::Term(..)) => (liar.state.round.max(1), 2),
            None => return Vocabulary::one_of(liar.state.audible(liar.last)),
        };
        let word = move |digits: &[u32]| {
            let round = round.saturating_add(digits[0]);
            match digits[1] {
                value @ 0..2 => Words::Bval(round, Value(value as u16)),
                value @ 2..4 => Words::Aux(round, Value(value as u16 - 2)),
                value @ 4..6 => Words::Conf(round, Pair::of(Value(value as u16 - 4))),
                6 => Words::Conf(round, Pair::BOTH),
                // It stands from the round after the one that it names.
                value => Words::Term(round - 1, Value(u16::from(value == 8))),
            }
        };
        Vocabulary::odometer([ahead, 9].into(), word)
    }
}
