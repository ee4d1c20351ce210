//! Every protocol through the runtime: as bytes on wires and disks, with a clock and without one
//! engine that knows its types.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use quorate_conformance::inside;
use quorate_kernel::{
    Domain, End, Group, InputOf, Ledger, Oracle, Problem, Process, ProcessSet, Seen, Value,
};
use quorate_protocols::{Hosted, HostedVisitor, Request, Setup, cards, visit_hosted};
use quorate_runtime::{Fate, Node, Place, Plain, Storage};
use quorate_wal::Settings;
use quorate_wal::memory::Memory;

/// How many events a run has at most.
const EVENTS: usize = 200_000;
const SMALL: Settings = Settings { segment_bytes: 1 << 16 };

/// What happens, and to whom.
enum What<P: Hosted> {
    Asked(InputOf<P>),
    Heard(Process, bytes::Bytes),
    /// Its timers may be due.
    Wake,
    Restart,
}

type LedgerOf<P> = <<P as quorate_kernel::Protocol>::Problem as Problem>::Ledger;

/// A group in virtual time.
struct World<P: Hosted> {
    group: Group,
    config: P::Config,
    nodes: Vec<Node<P, Plain<P>, Memory>>,
    disks: Vec<Memory>,
    ledger: LedgerOf<P>,
    /// When, and the number of what happens.
    queue: BinaryHeap<Reverse<(u64, usize)>>,
    all: Vec<Option<(Process, What<P>)>>,
    /// When each wakes next.
    wakes: Vec<u64>,
    /// The seed by which some messages are damaged on their way, if any are.
    damage: Option<Fate>,
}

impl<P: Hosted> World<P> {
    fn new(group: Group, config: &P::Config) -> Self {
        let disks: Vec<Memory> = (0..group.n).map(|at| Memory::new(at.into())).collect();
        let mut world = Self {
            group,
            config: config.clone(),
            nodes: Vec::new(),
            ledger: LedgerOf::<P>::open(group),
            queue: BinaryHeap::new(),
            all: Vec::new(),
            wakes: vec![u64::MAX; group.size()],
            damage: None,
            disks,
        };
        for p in group.processes() {
            let node = world.boot(p, 0);
            world.nodes.push(node);
        }
        world
    }

    fn boot(&self, me: Process, now: u64) -> Node<P, Plain<P>, Memory> {
        let disk = self.disks[me.index()].clone();
        let stored = Storage::open::<P>(disk, SMALL, self.group.n).expect("the disk is whole");
        let place = Place { me, group: self.group, config: self.config.clone() };
        let fate = Fate::seeded(now << 16 | u64::from(me.0), 7);
        let mut node = Node::new(place, stored, fate, Plain::default()).expect("it has no state");
        node.boot(now);
        node
    }

    fn happens(&mut self, at: u64, to: Process, what: What<P>) {
        self.queue.push(Reverse((at, self.all.len())));
        self.all.push(Some((to, what)));
    }

    /// Whatever comes next; nothing if all is quiet.
    fn go_on(&mut self) -> Option<u64> {
        let Reverse((now, number)) = self.queue.pop()?;
        let (p, what) = self.all[number].take()?;
        let node = &mut self.nodes[p.index()];
        match what {
            What::Asked(input) => {
                self.ledger.observe(p, now, Seen::Input(&input));
                node.give(input, now);
            }
            What::Heard(from, message) => {
                let heard = node.hear(from, &message, now);
                assert!(heard.is_ok() || self.damage.is_some(), "what was sent is what is heard");
            }
            What::Wake => self.wakes[p.index()] = u64::MAX,
            What::Restart => {
                self.ledger.crashed(p, now);
                self.disks[p.index()].crash();
                self.disks[p.index()].restart();
                self.nodes[p.index()] = self.boot(p, now);
                self.ledger.restarted(p, now);
            }
        }
        self.speak(p, now);
        Some(now)
    }

    fn speak(&mut self, p: Process, now: u64) {
        let mut sent = Vec::new();
        let node = &mut self.nodes[p.index()];
        node.wake(now);
        loop {
            node.commit(now, |to, bytes| sent.push((to, bytes))).expect("the disk works");
            if !node.is_pending() {
                break;
            }
        }
        while let Some(output) = node.application().pop() {
            self.ledger.observe(p, now, Seen::Output(&output));
        }
        let wakes = node.wakes_at();
        for (to, mut bytes) in sent {
            if let Some(damage) = &mut self.damage {
                bytes = harm(bytes, damage);
            }
            self.happens(now + Setup::DELAY_TICKS / 2, to, What::Heard(p, bytes));
        }
        let at = wakes.map_or(u64::MAX, |at| at.max(now + 1));
        if at < self.wakes[p.index()] {
            self.wakes[p.index()] = at;
            self.happens(at, p, What::Wake);
        }
    }
}

/// A message that may have a byte changed, or lack some.
fn harm(bytes: bytes::Bytes, damage: &mut Fate) -> bytes::Bytes {
    let mut harmed = bytes.to_vec();
    let place = damage.choose(harmed.len().max(1) as u32) as usize;
    match damage.choose(8) {
        0 => harmed.truncate(place),
        1 | 2 => {
            if let Some(byte) = harmed.get_mut(place) {
                *byte = damage.choose(256) as u8;
            }
        }
        3 => {
            if let Some(byte) = harmed.get_mut(place) {
                *byte ^= 1 << damage.choose(8);
            }
        }
        _ => return bytes,
    }
    harmed.into()
}

/// The configuration of a group, and what it is asked for.
type Asked<P> = (<P as quorate_kernel::Protocol>::Config, Vec<Request<InputOf<P>>>);

/// What a group is asked for.
fn asked<P: Hosted>(group: Group) -> Option<Asked<P>> {
    let setup = Setup::of(group, Domain::BINARY);
    let config = P::configure(&setup).ok()?;
    let proposes = |p: Process| !P::ONE_INPUT || p == Process(0);
    let inputs: Vec<Option<Value>> =
        group.processes().map(|p| proposes(p).then_some(Value(p.0 & 1))).collect();
    let requests = P::requests(&setup, &config, &inputs);
    Some((config, requests))
}

/// A run without failures, but for a restart where the protocol stands that; judged by a claim.
fn run<P: Hosted>(group: Group, names: &BTreeSet<&str>, restarts: bool) -> Option<u64> {
    let (config, requests) = asked::<P>(group)?;
    let mut world = World::<P>::new(group, &config);
    let last = requests.iter().map(|one| one.at_ticks).max().unwrap_or(0);
    for Request { at_ticks, process, input } in requests {
        world.happens(at_ticks, process, What::Asked(input));
    }
    // Whatever is asked for at the start comes before the first timer.
    group.processes().for_each(|p| world.happens(0, p, What::Wake));
    let mut faulty = ProcessSet::new();
    let down = Process(group.n - 1);
    let calm_from = last + 3 * Setup::DELAY_TICKS;
    if restarts {
        world.happens(calm_from, down, What::Restart);
        faulty.insert(down);
    }
    let until = calm_from + P::calm_ticks(group, &config);
    let (mut events, mut over_at) = (0, 0);
    while let Some(now) = world.go_on() {
        events += 1;
        over_at = now;
        let done = now > calm_from && world.ledger.complete(&|p| !faulty.contains(p));
        if done || now > until {
            break;
        }
        assert!(events < EVENTS, "{} n = {}: no end", P::NAME, group.n);
    }
    let deadline = P::deadline_ticks(group, &config).unwrap_or(u64::MAX);
    let liars = ProcessSet::new();
    let end = End { group, faulty, liars, settled: true, deadline, calm_from, over_at, lost: 0 };
    for one in <P::Problem as Problem>::requirements() {
        if names.contains(one.name) {
            let judged = (one.judge)(&world.ledger, &end);
            let told = judged.map_err(|breach| breach.text);
            assert_eq!(told, Ok(()), "{} n = {}: {}", P::NAME, group.n, one.name);
        }
    }
    Some(events as u64)
}

#[derive(Clone)]
struct Runs;

impl HostedVisitor for Runs {
    type Out = ();

    fn visit<P: Hosted>(self) {
        let mut runs = 0;
        for n in 2..=5 {
            let groups: BTreeSet<u16> = P::claims()
                .iter()
                .flat_map(inside)
                .filter(|group| group.n == n)
                .map(|group| group.f)
                .collect();
            for f in groups {
                let group = Group { n, f };
                let names = P::claims()
                    .iter()
                    .filter(|claim| inside(claim).contains(&group))
                    .map(|claim| claim.requirement)
                    .collect();
                runs += u64::from(run::<P>(group, &names, false).is_some());
                if P::RESTARTS && f > 0 && f < n {
                    runs += u64::from(run::<P>(group, &names, true).is_some());
                }
            }
        }
        assert!(runs > 0, "{}: no run was made", P::NAME);
    }
}

/// What is handed out of runs in which all goes through bytes meets what the protocol claims.
#[test]
fn every_protocol_runs_as_bytes() {
    for card in cards() {
        assert!(visit_hosted(card.name, Runs).is_some(), "{} is listed", card.name);
    }
}

#[derive(Clone)]
struct Harmed;

impl HostedVisitor for Harmed {
    type Out = ();

    fn visit<P: Hosted>(self) {
        let groups = (2..=5).map(|n| Group { n, f: u16::from(n > 3) });
        for group in groups.filter(|group| (P::BOUND.admits)(*group)) {
            for seed in 1..=20 {
                let Some((config, requests)) = asked::<P>(group) else { continue };
                let mut world = World::<P>::new(group, &config);
                world.damage = Some(Fate::seeded(seed, 0));
                for Request { at_ticks, process, input } in requests {
                    world.happens(at_ticks, process, What::Asked(input));
                }
                let ticks = std::iter::from_fn(|| world.go_on());
                ticks.take(2_000).take_while(|now| *now < 100 * Setup::DELAY_TICKS).for_each(drop);
            }
        }
    }
}

/// Whoever may send messages may send anything: it is refused, or something that a protocol can
/// stand without a panic.
#[test]
fn nobody_panics_at_what_is_heard() {
    for card in cards() {
        assert!(visit_hosted(card.name, Harmed).is_some(), "{} is listed", card.name);
    }
}
