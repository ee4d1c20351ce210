//! Side by side: n generals at once, one commanded by each process.
//!
//! A rule of its own it has hardly any; it is the reduction of interactive consistency to the
//! generals, with the messages of all instances in one envelope.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Bits, Data, Domain, Group, Inbox, Liar, Message, Outgoing, Process, Renamed, Renaming, Rounds,
    Traitor, Value, View, Vocabulary, coded, inspect, mutants, rules,
};
use quorate_problems::{Generals, InteractiveConsistency};

use crate::card::{Catalogued, Cost, Setup};
use crate::part::{Place, sort_out};

rules! {
    COMMAND = "V1": "command the instance that bears one's name, with one's value as the order";
    COLLECT = "V2": "entry j of the vector is what instance j decides";
}

mutants! {
    OWN = "own-instance" breaks COLLECT: "every entry of the vector is what the own instance \
        decides", "";
}

/// What never changes: the configuration of every instance, by its commander.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config<C> {
    /// By commander.
    pub instances: Vec<C>,
    /// The values that may be proposed.
    pub domain: Domain,
}

/// The state of one process: its part in every instance.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Vector<G: Rounds> {
    instances: Vec<G>,
    /// What the instances that are over have decided.
    decided: Vec<Option<Value>>,
}

inspect!(Vector<G: Rounds> { instances, decided });

/// Messages of several instances, by commander.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Envelope<M>(BTreeMap<Process, M>);

coded!(Envelope<M: Data>(messages));

impl<M: Renamed> Renamed for Envelope<M> {
    fn rename(&mut self, by: &Renaming) {
        self.0.rename(by);
    }
}

impl<M: Bits> Bits for Envelope<M> {
    fn bits(&self, domain: Domain) -> u32 {
        self.0.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        self.0.flip(bit, domain);
    }
}

impl<M: Message> Message for Envelope<M> {
    /// `p0[1] p2[0]`: 1 in the instance that p0 commands, 0 in that of p2.
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        let show =
            |(instance, message): (&Process, &M)| format!("{instance}[{}]", message.label(name));
        let parts: Vec<String> = self.0.iter().map(show).collect();
        parts.join(" ")
    }

    fn messages(&self, to: Process) -> u64 {
        self.0.values().map(|message| message.messages(to)).sum()
    }

    fn items(&self, to: Process) -> u64 {
        self.0.values().map(|message| message.items(to)).sum()
    }

    fn cost_bits(&self, to: Process, domain: Domain) -> u64 {
        self.0.values().map(|message| message.cost_bits(to, domain)).sum()
    }
}

/// Puts what every instance sends into one envelope for each recipient.
fn envelopes<M: Message>(
    sent: impl Iterator<Item = (Process, Outgoing<M>)>,
    group: Group,
) -> Outgoing<Envelope<M>> {
    let (mut common, mut own) = (BTreeMap::new(), Vec::new());
    for (instance, outgoing) in sent {
        match outgoing {
            Outgoing::Nothing => {}
            Outgoing::All(message) => {
                common.insert(instance, message);
            }
            Outgoing::To(list) => own.push((instance, list)),
        }
    }
    if own.is_empty() {
        return Outgoing::all_if((!common.is_empty()).then_some(Envelope(common)));
    }
    let mut envelopes = alloc::vec![common; group.size()];
    for (instance, list) in own {
        for (to, message) in list {
            if let Some(envelope) = envelopes.get_mut(to.index()) {
                envelope.insert(instance, message);
            }
        }
    }
    let filled = group.processes().zip(envelopes).filter(|(_, envelope)| !envelope.is_empty());
    Outgoing::To(filled.map(|(to, envelope)| (to, Envelope(envelope))).collect())
}

impl<G: Traitor + Rounds<Problem = Generals>> Rounds for Vector<G> {
    type Problem = InteractiveConsistency;
    type Config = Config<G::Config>;
    type Message = Envelope<G::Message>;

    const SIGNED: bool = G::SIGNED;

    fn rounds(group: Group, config: &Self::Config) -> u16 {
        let rounds = config.instances.iter().map(|instance| G::rounds(group, instance));
        rounds.max().unwrap_or(1)
    }

    fn domain(config: &Self::Config) -> Domain {
        config.domain
    }

    fn start(input: Option<Value>, view: &View<'_, Self::Config>) -> Self {
        let instances = view.group.processes().zip(&view.config.instances);
        let begin = |(commander, config)| {
            let order = Some(input.unwrap_or(Value::DEFAULT)).filter(|_| commander == view.me);
            G::start(order, &view.part(config, RULES.len(), view.last))
        };
        let instances: Vec<G> = instances.map(begin).collect();
        let decided = alloc::vec![None; instances.len()];
        Self { instances, decided }
    }

    fn send(&self, round: u16, view: &View<'_, Self::Config>) -> Outgoing<Self::Message> {
        if round == 1 {
            view.cite(COMMAND);
        }
        let parts = view.group.processes().zip(self.instances.iter().zip(&view.config.instances));
        let sent = parts.map(|(commander, (instance, config))| {
            (commander, instance.send(round, &view.part(config, RULES.len(), view.last)))
        });
        envelopes(sent, view.group)
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Self::Message>,
        view: &View<'_, Self::Config>,
    ) -> Option<Vec<Value>> {
        let configs = view.group.processes().zip(&view.config.instances);
        let parts = self.instances.iter_mut().zip(&mut self.decided);
        for ((commander, config), (instance, decided)) in configs.zip(parts) {
            let part = view.part(config, RULES.len(), view.last);
            let came = sort_out(inbox, view.group, |envelope| envelope.0.get(&commander));
            let decision = instance.receive(round, &Inbox::new(&came, &[]), &part);
            *decided = decided.or(decision);
        }
        if round < view.last {
            return None;
        }
        view.cite(COLLECT);
        let entry = |entry: &Option<Value>| entry.unwrap_or(Value::DEFAULT);
        if view.is_flawed(OWN) {
            let own = self.decided.get(view.me.index()).map_or(Value::DEFAULT, entry);
            return Some(self.decided.iter().map(|_| own).collect());
        }
        Some(self.decided.iter().map(entry).collect())
    }

    /// Swapping two processes swaps their instances, which are alike as a pair. Every other
    /// instance must not tell them apart.
    fn alike(a: Process, b: Process, group: Group, config: &Self::Config) -> bool {
        let mut instances = group.processes().zip(&config.instances);
        instances.all(|(commander, instance)| {
            commander == a || commander == b || G::alike(a, b, group, instance)
        })
    }
}

impl<G: Traitor + Rounds<Problem = Generals>> Traitor for Vector<G> {
    fn vocabulary<'a>(
        liar: &'a Liar<'a, Self>,
        round: u16,
        to: Process,
    ) -> Vocabulary<'a, Self::Message> {
        let mut digits = Vec::new();
        let mut parts = Vec::new();
        for (commander, config) in liar.group.processes().zip(&liar.config.instances) {
            let seen = liar.seen.iter().filter_map(|envelope| envelope.0.get(&commander));
            let seen = seen.cloned().collect();
            let place: Place<'a, G> = Place { config, round, last: liar.last, seen };
            let (width, absent) = place.with(liar, to, |words| {
                if words.size() == Some(0) {
                    return (None, false);
                }
                digits.extend(words.digits());
                (Some(words.digits().len()), !words.silence_is_a_word())
            });
            // Unless some word is as good as none, one more digit says whether there is one.
            digits.extend(absent.then_some(2));
            parts.extend(width.map(|width| (commander, place, width, absent)));
        }
        if parts.is_empty() {
            return Vocabulary::none();
        }
        Vocabulary::odometer(digits, move |reading| {
            let (mut rest, mut envelope) = (reading, BTreeMap::new());
            for (commander, place, width, absent) in &parts {
                let (own, after) = rest.split_at(*width);
                let present = !absent || after[0] == 1;
                rest = &after[usize::from(*absent)..];
                let word = place.with(liar, to, |words| words.word(own));
                envelope.extend(word.filter(|_| present).map(|word| (*commander, word)));
            }
            Envelope(envelope)
        })
        .with_silence()
    }
}

/// One configuration for each commander.
pub(crate) fn configure<G: Catalogued>(setup: &Setup<'_>) -> Result<Config<G::Config>, String> {
    let commanders = setup.group.processes();
    let of = |special| G::configure(&Setup { special, ..setup.clone() });
    let instances: Result<Vec<G::Config>, String> = commanders.map(of).collect();
    Ok(Config { instances: instances?, domain: setup.domain })
}

/// The messages of all instances, in the rounds of one.
pub(crate) fn cost<G: Catalogued>(
    group: Group,
    config: &Config<G::Config>,
    inputs: &[Option<Value>],
) -> Option<Cost> {
    let mut all = Cost { rounds: 1, messages: 0 };
    for (at, instance) in config.instances.iter().enumerate() {
        let mut order = alloc::vec![None; group.size()];
        if let (Some(place), Some(input)) = (order.get_mut(at), inputs.get(at)) {
            *place = *input;
        }
        let one = G::cost(group, instance, &order)?;
        all.rounds = all.rounds.max(one.rounds);
        all.messages = all.messages.checked_add(one.messages)?;
    }
    Some(all)
}
