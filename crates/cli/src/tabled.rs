//! An algorithm that `prove` found, as a protocol like any other: everybody tells everybody all it
//! has seen, and after the last round the table of the certificate says what to decide.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex};

use quorate_kernel::{
    Bits, Domain, Faults, Fields, Group, Inbox, Liar, Links, Message, Outgoing, Process, Renamed,
    Rounds, Rule, Timing, Traitor, Value, View, Vocabulary, coded, rules,
};
use quorate_problems::Consensus;
use quorate_protocols::{Bound, Card, Catalogued, Claim, Cost, First, Listed, Setup, Visitor};
use quorate_prover::{Answer, Model, Question, Table};

use crate::experiment::{Values, Word, Words};
use crate::failure::Failure;
use crate::reading::find;

/// The protocol's name, and the parameter that says where the certificate is.
pub(crate) const NAME: &str = "table";
const FILE: &str = "file";

/// Nothing that the table knows.
const UNKNOWN: u32 = u32::MAX;

rules! {
    TELL = "1": "in every round tell all what was seen before it";
    DECIDE = "2": "decide what the table says of what was seen, as soon as it says anything";
}

/// A certificate's table, with the place of each view.
pub(crate) struct Loaded {
    question: Question,
    digest: String,
    table: Table,
    places: Vec<HashMap<Vec<i32>, u32>>,
}

/// What never changes: the table. Two are the same if their certificates are.
#[derive(Clone)]
pub(crate) struct Config(Arc<Loaded>);

impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest == other.0.digest
    }
}

impl Eq for Config {}

impl Hash for Config {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.digest.hash(state);
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "table {}", self.0.digest)
    }
}

/// A view, by its place in the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Place(u32);

coded!(Place(number));

impl Renamed for Place {}

impl Bits for Place {
    fn bits(&self, _: Domain) -> u32 {
        u32::BITS
    }

    fn flip(&mut self, bit: u32, _: Domain) {
        self.0 ^= 1 << bit;
    }
}

impl Message for Place {
    fn label(&self, _: &dyn Fn(Value) -> String) -> String {
        format!("view {}", self.0)
    }
}

/// The state of one process: what it has seen, and whether it has decided.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Tabled {
    seen: Place,
    decided: bool,
}

impl Renamed for Tabled {}

impl Bits for Tabled {
    fn bits(&self, domain: Domain) -> u32 {
        self.seen.bits(domain) + 1
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        match bit.checked_sub(self.seen.bits(domain)) {
            None => self.seen.flip(bit, domain),
            Some(_) => self.decided = !self.decided,
        }
    }
}

impl Fields for Tabled {
    fn fields(&self, each: &mut dyn FnMut(&'static str, &dyn std::fmt::Debug)) {
        each("seen", &self.seen.0);
        each("decided", &self.decided);
    }
}

impl Loaded {
    /// What a process sees that has seen something before a round and is told this in it.
    fn place(&self, round: u16, me: Process, own: Place, told: &[Option<Place>]) -> Option<u32> {
        let number = |place: &Place| place.0 as i32;
        let view: Vec<i32> = if self.table.names {
            let part = |(q, place): (usize, &Option<Place>)| match q == me.index() {
                true => number(&own),
                false => place.as_ref().map_or(-1, number),
            };
            std::iter::once(i32::from(me.0)).chain(told.iter().enumerate().map(part)).collect()
        } else {
            let others = told.iter().enumerate().filter(|(q, _)| *q != me.index());
            let mut others: Vec<i32> = others.filter_map(|(_, p)| p.as_ref().map(number)).collect();
            others.sort_unstable();
            std::iter::once(number(&own)).chain(others).collect()
        };
        self.places.get(usize::from(round) - 1)?.get(&view).copied()
    }

    /// One more value than may be decided.
    fn domain(&self) -> Domain {
        Domain { size: self.question.k + 1 }
    }

    /// What is decided with a view of a round, if anything.
    fn decision(&self, round: u16, place: u32) -> Option<u8> {
        if round == self.question.rounds {
            return self.table.decisions.get(place as usize).copied();
        }
        let earlier = self.table.earlier.get(usize::from(round) - 1)?;
        earlier.get(place as usize).and_then(|value| u8::try_from(*value).ok())
    }

    /// What a process could claim to have seen before a round.
    fn claims(&self, round: u16, p: Process) -> Vec<Place> {
        let values = u32::from(self.question.k) + 1;
        let own = if self.table.names { values * u32::from(p.0) } else { 0 };
        match usize::from(round).checked_sub(2).map(|before| self.table.views.get(before)) {
            None => (0..values).map(|input| Place(own + input)).collect(),
            Some(None) => Vec::new(),
            Some(Some(views)) => {
                let own = |view: &[i32]| !self.table.names || view.first() == Some(&i32::from(p.0));
                let places = views.iter().enumerate().filter(|(_, view)| own(view));
                places.map(|(place, _)| Place(place as u32)).collect()
            }
        }
    }

    /// Whether silence is read as the first thing that could be said.
    fn fills_in(&self) -> bool {
        self.question.model == Model::Byzantine
    }
}

impl Rounds for Tabled {
    type Problem = Consensus;
    type Config = Config;
    type Message = Place;

    fn rounds(_: Group, config: &Config) -> u16 {
        config.0.question.rounds
    }

    fn domain(config: &Config) -> Domain {
        config.0.domain()
    }

    fn start(input: Option<Value>, view: &View<'_, Config>) -> Self {
        let claims = view.config.0.claims(1, view.me);
        let input = usize::from(input.unwrap_or(Value::DEFAULT).0);
        Self { seen: claims.get(input).copied().unwrap_or(Place(UNKNOWN)), decided: false }
    }

    fn send(&self, round: u16, view: &View<'_, Config>) -> Outgoing<Place> {
        if self.seen.0 == UNKNOWN || round > view.config.0.question.rounds {
            return Outgoing::Nothing;
        }
        view.cite(TELL);
        Outgoing::All(self.seen)
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Place>,
        view: &View<'_, Config>,
    ) -> Option<Value> {
        let loaded = &view.config.0;
        if round > loaded.question.rounds {
            return None;
        }
        let told = view.group.processes().map(|from| {
            let known = inbox.from(from).copied();
            match loaded.fills_in() {
                true => {
                    let claims = loaded.claims(round, from);
                    known.filter(|said| claims.contains(said)).or(claims.first().copied())
                }
                false => known,
            }
        });
        let told: Vec<Option<Place>> = told.collect();
        let place = loaded.place(round, view.me, self.seen, &told);
        self.seen = Place(place.unwrap_or(UNKNOWN));
        if self.decided {
            return None;
        }
        let decision = loaded.decision(round, place?)?;
        view.cite(DECIDE);
        self.decided = true;
        Some(Value(u16::from(decision)))
    }

    fn deadline(_: Group, config: &Config, failures: u16) -> u16 {
        config.0.question.deadline(failures.into())
    }
}

impl Traitor for Tabled {
    fn vocabulary<'a>(liar: &'a Liar<'a, Self>, round: u16, _: Process) -> Vocabulary<'a, Place> {
        let words = Vocabulary::one_of(liar.config.0.claims(round, liar.me));
        if liar.config.0.fills_in() { words.with_silence() } else { words }
    }
}

impl Listed for Tabled {
    const NAME: &'static str = NAME;
    const TITLE: &'static str = "the decision table of a certificate";
    const SOURCE: &'static str = "quorate prove";
    const NOTES: &'static str = "An algorithm that was found, and not designed: it is as good as \
        its certificate, and for no other size.";
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::ANY;
    const ROUNDS: &'static str = "r";
    const MESSAGES: &'static str = "rn(n-1)";

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        Vec::new()
    }
}

impl Catalogued for Tabled {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(&[], &[FILE])?;
        let file = setup.settings.iter().rev().find(|(key, _)| key == FILE);
        let (_, file) = file.ok_or("a table needs its certificate: --set file=FILE")?;
        let loaded = load(Path::new(file)).map_err(|failure| failure.text)?;
        let Question { n, rounds, .. } = loaded.question;
        if setup.group.n != n {
            return Err(format!(
                "this table is for n = {n} processes, not {}: prove another",
                setup.group.n
            ));
        }
        let Domain { size } = loaded.domain();
        if setup.domain.size != size {
            return Err(format!(
                "this table is for {size} values, not {}: prove another",
                setup.domain.size
            ));
        }
        if setup.rounds.is_some_and(|given| given < rounds) {
            return Err(format!("this table decides after {rounds} rounds, and not before"));
        }
        Ok(Config(loaded))
    }

    fn cost(group: Group, config: &Config, _: &[Option<Value>]) -> Option<Cost> {
        let (n, rounds) = (u64::from(group.n), u64::from(config.0.question.rounds));
        Some(Cost { rounds, messages: rounds * n * n.saturating_sub(1) })
    }
}

/// Does something with the protocol of this name: a table, or one of the catalogue.
pub(crate) fn visit<V: Visitor>(name: &str, visitor: V) -> Option<V::Out> {
    if name == NAME {
        return Some(visitor.visit::<Tabled>());
    }
    quorate_protocols::visit(name, visitor)
}

/// What the catalogue says of the protocol of an experiment. Of a table, what its certificate says
/// too, where the user does not.
pub(crate) fn described(words: &mut Words) -> Result<Card, Failure> {
    let protocol = words.protocol.clone().unwrap_or_default();
    let file = match (protocol.as_str(), words.set.get(FILE)) {
        (name, _) if name.ends_with(".json") => protocol.clone(),
        (NAME, Some(file)) => file.text(),
        _ => return find(&protocol, words.signed),
    };
    let loaded = load(Path::new(&file))?;
    let Question { model, n, f, uniform, k, early, .. } = loaded.question;
    let (faults, validity) = match model {
        Model::Crash => (Faults::Crash, "validity-all"),
        Model::Omission => (Faults::Omission, "validity-all"),
        Model::GeneralOmission => (Faults::GeneralOmission, "validity-all"),
        Model::Byzantine => (Faults::Byzantine, "integrity"),
        _ => {
            return Err(Failure::usage(format!(
                "{file}: only tables for crashes, omissions and traitors without signatures can be \
                 run"
            )));
        }
    };
    let agreement = if uniform { "uniform-agreement" } else { "agreement" };
    words.protocol = Some(NAME.into());
    words.set.insert(FILE.into(), Word::Text(file));
    words.n = words.n.or(Some(n.into()));
    words.f = words.f.or(Some(f.into()));
    words.values = words.values.take().or(Some(Values::Count(i64::from(k) + 1)));
    if words.require.is_empty() {
        // That no more than k values are decided the verifier has checked, and no judge does.
        let required = match k {
            1 => vec!["termination", agreement, validity],
            _ => vec!["termination", "validity-proposed"],
        };
        words.require = required.into_iter().map(String::from).collect();
        if !early.is_empty() {
            words.require.push("deadline".into());
        }
    }
    Ok(card(faults))
}

/// A table knows nothing of time.
pub(crate) fn refuse_in_time(card: &Card, in_time: bool) -> Result<(), Failure> {
    if in_time && card.name == NAME {
        return Err(Failure::usage(
            "a table is an algorithm of synchronous rounds: `quorate run` and `quorate check` take \
             it, without words about time",
        ));
    }
    Ok(())
}

fn card(faults: Faults) -> Card {
    Card {
        name: NAME,
        aliases: &[],
        title: Tabled::TITLE,
        source: Tabled::SOURCE,
        notes: Tabled::NOTES,
        problem: "consensus",
        in_rounds: true,
        timing: Timing::Synchronous,
        links: Links::Reliable,
        restarts: false,
        faults,
        signed: false,
        bound: Tabled::BOUND,
        rounds: Tabled::ROUNDS,
        messages: Tabled::MESSAGES,
        special: None,
        one_input: false,
        first: First::WHOLE,
        parameters: &[],
        rules: RULES.to_vec(),
        claims: Vec::new(),
        pieces: Vec::new(),
    }
}

/// The tables that were read, so that each is verified once.
static LOADED: Mutex<Vec<(String, Arc<Loaded>)>> = Mutex::new(Vec::new());

/// Reads and verifies the table of a certificate.
fn load(path: &Path) -> Result<Arc<Loaded>, Failure> {
    let shown = path.display().to_string();
    let mut all = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((_, known)) = all.iter().find(|(name, _)| *name == shown) {
        return Ok(Arc::clone(known));
    }
    let certificate = crate::prove::read(path)?;
    quorate_prover::verify(&certificate)
        .map_err(|why| Failure::file(format!("{shown}: refused: {why}")))?;
    let (question, digest) = (certificate.question, certificate.digest.clone());
    let Answer::Solvable { table } = certificate.answer else {
        return Err(Failure::usage(format!(
            "{shown} shows that no algorithm agrees, so there is none to run"
        )));
    };
    let numbered = |views: &Vec<Vec<i32>>| (views.iter().cloned().zip(0..)).collect();
    let places = table.views.iter().map(numbered).collect();
    let loaded = Arc::new(Loaded { question, digest, table, places });
    all.push((shown, Arc::clone(&loaded)));
    Ok(loaded)
}
