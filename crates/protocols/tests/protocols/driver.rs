//! A small lock-step engine: runs a protocol round by round against an adversary that chooses.

use std::collections::BTreeSet;

use quorate_kernel::{
    Bits, Domain, End, Faults, Group, Inbox, Ledger, Liar, Margin, Message, Outgoing, Pen, Problem,
    Process, ProcessSet, RoundOutput, Rounds, Seen, Value, View, engine,
};
use quorate_protocols::{Catalogued, Setup};

/// Whose choices decide what the faulty do: numbers below the number of options.
pub(crate) trait Fate {
    fn choose(&mut self, options: u32) -> u32;
}

/// Every sequence of choices, one after the other.
#[derive(Default)]
pub(crate) struct Every {
    taken: Vec<(u32, u32)>,
    at: usize,
}

impl Every {
    /// Goes to the next sequence; false after the last.
    pub(crate) fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((choice, options)) = self.taken.pop() {
            if choice + 1 < options {
                self.taken.push((choice + 1, options));
                return true;
            }
        }
        false
    }
}

impl Fate for Every {
    fn choose(&mut self, options: u32) -> u32 {
        if self.at == self.taken.len() {
            self.taken.push((0, options));
        }
        self.at += 1;
        self.taken[self.at - 1].0
    }
}

/// Choices by a linear congruential generator.
pub(crate) struct Random(pub(crate) u64);

impl Fate for Random {
    fn choose(&mut self, options: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(options)) as u32
    }
}

/// One run and what came of it.
pub(crate) struct Run<R: Rounds> {
    pub(crate) decisions: Vec<Option<(RoundOutput<R>, u16)>>,
    pub(crate) messages: u64,
    pub(crate) items: u64,
    pub(crate) bits: u64,
    pub(crate) cited: u64,
    pub(crate) notes: Vec<String>,
    /// The requirements of the problem that were broken.
    pub(crate) broken: BTreeSet<&'static str>,
}

/// An experiment: a protocol configured, and who may do what.
pub(crate) struct Experiment<'a, R: Catalogued> {
    pub(crate) group: Group,
    pub(crate) config: &'a R::Config,
    pub(crate) last: u16,
    pub(crate) inputs: &'a [Option<Value>],
    pub(crate) faulty: &'a [Process],
    pub(crate) faults: Faults,
}

/// What a traitor does instead of what the adversary would choose.
pub(crate) type Script<'a, M> =
    &'a dyn Fn(u16, Process, Process, &Liar<'_, M>) -> Option<<M as Rounds>::Message>;

struct Live<'a, R: Catalogued> {
    experiment: &'a Experiment<'a, R>,
    pens: Vec<Pen>,
    states: Vec<Option<R>>,
    seen: Vec<R::Message>,
    margin: Margin,
    run: Run<R>,
}

impl<'a, R: Catalogued> Live<'a, R> {
    fn view<'b>(&'b self, p: Process) -> View<'b, R::Config> {
        let e = self.experiment;
        engine::view(&self.pens[p.index()], e.group, e.config, e.last, &self.margin)
    }

    fn lies(&self, p: Process) -> bool {
        self.experiment.faults == Faults::Byzantine && self.experiment.faulty.contains(&p)
    }

    /// Whether a message may be lost on its way by somebody's omission.
    fn may_lose(&self, from: Process, to: Process) -> bool {
        let faulty = |p: &Process| self.experiment.faulty.contains(p);
        let loses = match self.experiment.faults {
            Faults::Omission => faulty(&from),
            Faults::GeneralOmission => faulty(&from) || faulty(&to),
            _ => false,
        };
        loses && from != to
    }

    /// What everybody alive sends; a process that crashes now reaches those whom fate chooses.
    fn honest(&mut self, round: u16, fate: &mut dyn Fate) -> Vec<Vec<Option<R::Message>>> {
        let e = self.experiment;
        let n = e.group.size();
        let mut came: Vec<Vec<Option<R::Message>>> = vec![vec![None; n]; n];
        for p in e.group.processes() {
            let Some(state) = &self.states[p.index()] else { continue };
            let sent = state.send(round, &self.view(p));
            let crashes = e.faults == Faults::Crash && e.faulty.contains(&p) && fate.choose(2) == 1;
            if let Outgoing::To(list) = &sent {
                assert!(list.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order of process");
            }
            for to in e.group.processes() {
                let Some(message) = sent.to(to) else { continue };
                if to != p {
                    self.run.messages += message.messages(to);
                    self.run.items += message.items(to);
                    self.run.bits += message.cost_bits(to, R::domain(e.config));
                }
                let lost = self.may_lose(p, to) && fate.choose(2) == 1;
                if !lost && (!crashes || to != p && fate.choose(2) == 1) {
                    came[to.index()][p.index()] = Some(message.clone());
                }
            }
            if crashes {
                self.states[p.index()] = None;
            }
        }
        came
    }

    fn lie(
        &mut self,
        round: u16,
        came: &mut [Vec<Option<R::Message>>],
        fate: &mut dyn Fate,
        script: Option<Script<'_, R>>,
    ) {
        let e = self.experiment;
        if R::SIGNED && e.faults == Faults::Byzantine {
            for p in e.faulty {
                self.seen.extend(came[p.index()].iter().flatten().cloned());
            }
        }
        let pens: Vec<Pen> = e.faulty.iter().map(|p| engine::pen(*p)).collect();
        for me in e.group.processes().filter(|p| self.lies(*p)) {
            for to in e.group.processes().filter(|p| !self.lies(*p)) {
                let liar = Liar {
                    me,
                    group: e.group,
                    config: e.config,
                    last: e.last,
                    pens: &pens,
                    seen: &self.seen,
                };
                came[to.index()][me.index()] = match script {
                    Some(script) => script(round, me, to, &liar),
                    None => word(&liar, round, to, fate),
                };
            }
        }
    }
}

/// A word that fate chooses, or silence.
fn word<R: Catalogued>(
    liar: &Liar<'_, R>,
    round: u16,
    to: Process,
    fate: &mut dyn Fate,
) -> Option<R::Message> {
    let words = R::vocabulary(liar, round, to);
    if words.size() == Some(0) || !words.silence_is_a_word() && fate.choose(2) == 1 {
        return None;
    }
    let reading: Vec<u32> = words.digits().iter().map(|digit| fate.choose(*digit)).collect();
    words.word(&reading)
}

/// Runs the experiment once.
pub(crate) fn run<R: Catalogued>(
    experiment: &Experiment<'_, R>,
    fate: &mut dyn Fate,
    script: Option<Script<'_, R>>,
) -> Run<R> {
    let group = experiment.group;
    let run = Run {
        decisions: vec![None; group.size()],
        messages: 0,
        items: 0,
        bits: 0,
        cited: 0,
        notes: Vec::new(),
        broken: BTreeSet::new(),
    };
    let mut live = Live {
        experiment,
        pens: group.processes().map(engine::pen).collect(),
        states: Vec::new(),
        seen: Vec::new(),
        margin: Margin::new(true),
        run,
    };
    let mut ledger = <R::Problem as Problem>::Ledger::open(group);
    for p in group.processes() {
        let input = experiment.inputs[p.index()];
        if let Some(input) = &input {
            ledger.observe(p, 0, Seen::Input(input));
        }
        let state = (!live.lies(p)).then(|| R::start(input, &live.view(p)));
        live.states.push(state);
    }
    for round in 1..=experiment.last {
        let mut came = live.honest(round, fate);
        live.lie(round, &mut came, fate, script);
        for p in group.processes() {
            let Some(mut state) = live.states[p.index()].take() else { continue };
            let common = &came[p.index()];
            let output = state.receive(round, &Inbox::new(common, &[]), &live.view(p));
            live.states[p.index()] = Some(state);
            if let Some(output) = output {
                ledger.observe(p, u64::from(round), Seen::Output(&output));
                live.run.decisions[p.index()].get_or_insert((output, round));
            }
        }
        live.run.cited |= live.margin.take_cited();
    }
    live.run.notes = live.margin.take_notes().into_iter().map(|note| note.evidence).collect();
    live.run.broken = judge::<R>(experiment, &live.states, &ledger);
    live.run
}

fn judge<R: Catalogued>(
    experiment: &Experiment<'_, R>,
    states: &[Option<R>],
    ledger: &<R::Problem as Problem>::Ledger,
) -> BTreeSet<&'static str> {
    let (group, config) = (experiment.group, experiment.config);
    let omits = matches!(experiment.faults, Faults::Omission | Faults::GeneralOmission);
    let failed =
        |p: &Process| states[p.index()].is_none() || omits && experiment.faulty.contains(p);
    let faulty: ProcessSet = group.processes().filter(failed).collect();
    let lied = experiment.faults == Faults::Byzantine;
    let end = End {
        group,
        liars: if lied { faulty.clone() } else { ProcessSet::new() },
        settled: true,
        deadline: u64::from(R::deadline(group, config, faulty.len() as u16)),
        calm_from: 0,
        over_at: u64::from(R::rounds(group, config)),
        lost: 0,
        faulty,
    };
    let requirements = <R::Problem as Problem>::requirements().iter();
    requirements.filter(|r| (r.judge)(ledger, &end).is_err()).map(|r| r.name).collect()
}

pub(crate) fn group(n: u16, f: u16) -> Group {
    Group { n, f }
}

pub(crate) fn setup(group: Group, size: u16, settings: &[(String, String)]) -> Setup<'_> {
    Setup { settings, ..Setup::of(group, Domain { size }) }
}

/// The inputs that a protocol takes: everybody's, or the commander's alone.
pub(crate) fn inputs<R: Catalogued>(values: &[u16]) -> Vec<Option<Value>> {
    let own = |at: usize| at == 0 || !R::ONE_INPUT;
    values.iter().enumerate().map(|(at, v)| Some(Value(*v)).filter(|_| own(at))).collect()
}

/// All sets of `size` processes.
pub(crate) fn sets(n: u16, size: u16) -> Vec<Vec<Process>> {
    let masks = (0u32..1 << n).filter(|mask| mask.count_ones() == u32::from(size));
    masks.map(|mask| (0..n).filter(|at| mask >> at & 1 == 1).map(Process).collect()).collect()
}

/// What breaks if `f` processes fail in any way that fits in the budget of runs for each case:
/// all of them if they fit, else as many at random. Stops as soon as all of `wanted` have broken.
pub(crate) fn broken<R: Catalogued>(
    group: Group,
    faults: Faults,
    less: u16,
    budget: u32,
    wanted: &[&str],
) -> BTreeSet<&'static str> {
    let config = R::configure(&setup(group, 2, &[])).expect("the group fits");
    let last = R::rounds(group, &config) - less;
    let failing = if faults == Faults::None { 0 } else { group.f };
    let mut all = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for faulty in sets(group.n, failing) {
        for mask in (0u16..1 << group.n).rev() {
            let values: Vec<u16> = (0..group.n).map(|at| mask >> at & 1).collect();
            let inputs = inputs::<R>(&values);
            if !seen.insert((faulty.clone(), inputs.clone())) {
                continue;
            }
            let experiment: Experiment<'_, R> = Experiment {
                group,
                config: &config,
                last,
                inputs: &inputs,
                faulty: &faulty,
                faults,
            };
            explore(&experiment, budget, &mut all);
            if !wanted.is_empty() && wanted.iter().all(|name| all.contains(name)) {
                return all;
            }
        }
    }
    all
}

fn explore<R: Catalogued>(
    experiment: &Experiment<'_, R>,
    budget: u32,
    all: &mut BTreeSet<&'static str>,
) {
    let mut every = Every::default();
    for _ in 0..budget {
        all.extend(run(experiment, &mut every, None).broken);
        if !every.advance() {
            return;
        }
    }
    let mut random = Random(u64::from(budget));
    for _ in 0..budget {
        all.extend(run(experiment, &mut random, None).broken);
    }
}

/// Runs with one bit flipped in every state and every message of every round.
pub(crate) fn upset<R: Catalogued>(
    group: Group,
    config: &R::Config,
    last: u16,
    inputs: &[Option<Value>],
    fate: &mut dyn Fate,
) {
    fn flip<T: Bits>(data: &mut T, domain: Domain, fate: &mut dyn Fate) {
        let bits = data.bits(domain);
        if bits > 0 {
            data.flip(fate.choose(bits), domain);
        }
    }
    let (margin, domain) = (Margin::new(true), R::domain(config));
    let pens: Vec<Pen> = group.processes().map(engine::pen).collect();
    let view = |p: Process| engine::view(&pens[p.index()], group, config, last, &margin);
    let start = |p: Process| R::start(inputs[p.index()], &view(p));
    let mut states: Vec<R> = group.processes().map(start).collect();
    for round in 1..=last {
        states.iter_mut().for_each(|state| flip(state, domain, fate));
        let sent: Vec<_> =
            group.processes().map(|p| states[p.index()].send(round, &view(p))).collect();
        for p in group.processes() {
            let mut came: Vec<_> = sent.iter().map(|outgoing| outgoing.to(p).cloned()).collect();
            came.iter_mut().flatten().for_each(|message| flip(message, domain, fate));
            states[p.index()].receive(round, &Inbox::new(&came, &[]), &view(p));
        }
    }
}

/// The verdicts of all runs, each with when the last process decided and what was sent; `None`
/// if there are more than `budget` runs.
pub(crate) fn outcomes<R: Catalogued>(
    experiment: &Experiment<'_, R>,
    budget: u32,
) -> Option<BTreeSet<(BTreeSet<&'static str>, u16, u64)>> {
    let (mut every, mut all) = (Every::default(), BTreeSet::new());
    for _ in 0..budget {
        let run = run(experiment, &mut every, None);
        let last = run.decisions.iter().flatten().map(|(_, at)| *at).max();
        all.insert((run.broken, last.unwrap_or(0), run.messages));
        if !every.advance() {
            return Some(all);
        }
    }
    None
}
