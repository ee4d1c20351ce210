//! A deterministic asynchronous driver for any protocol: one queue, one seed.
//!
//! Messages may be delayed, lost, duplicated and so reordered; a process may crash at any point of
//! a step and come back with nothing but what its disk holds.

use std::collections::BTreeMap;

use quorate_kernel::{
    Effects, End, Group, InputOf, Ledger, Margin, Oracle, OutputOf, Problem, Process, ProcessSet,
    Protocol, RecordOf, Seen, Stable, TimerAsk, engine,
};

/// SplitMix64.
#[derive(Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True with a probability of so many thousandths.
    fn permille(&mut self, chance: u64) -> bool {
        self.below(1000) < chance
    }
}

impl Oracle for Random {
    fn choose(&mut self, options: u32) -> u32 {
        self.below(u64::from(options)) as u32
    }

    fn common_coin(&mut self, toss: u64) -> bool {
        Self(toss).next() & 1 == 1
    }
}

/// What the network and the processes may do wrong, and until when.
#[derive(Clone)]
pub(crate) struct Weather {
    /// A message takes between these two, both included.
    pub(crate) delay_ticks: (u64, u64),
    /// How often a message is lost, in thousandths.
    pub(crate) loss: u64,
    /// How often a message arrives twice, in thousandths.
    pub(crate) duplication: u64,
    /// How often a step ends in a crash, in thousandths.
    pub(crate) crash: u64,
    /// How long a crashed process is down.
    pub(crate) down_ticks: u64,
    /// When losses and crashes end.
    pub(crate) calm_from: u64,
    /// Whether a disk still has its records after a crash.
    pub(crate) disks_remember: bool,
}

impl Weather {
    /// Nothing fails, and every message takes exactly one tick.
    pub(crate) fn fair() -> Self {
        Self {
            delay_ticks: (1, 1),
            loss: 0,
            duplication: 0,
            crash: 0,
            down_ticks: 0,
            calm_from: 0,
            disks_remember: true,
        }
    }
}

/// Where in a step a process crashes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum CrashPoint {
    /// The handler never ran.
    BeforeHandler,
    /// The handler ran; nothing was written.
    BeforeStore,
    /// Some of the records were written, and then the disk failed.
    WithinStore,
    /// The records are on disk; nothing left.
    AfterStore,
    /// Some of the messages left.
    WithinSends,
}

const CRASH_POINTS: [CrashPoint; 5] = [
    CrashPoint::BeforeHandler,
    CrashPoint::BeforeStore,
    CrashPoint::WithinStore,
    CrashPoint::AfterStore,
    CrashPoint::WithinSends,
];

/// What can happen to a process. Within a tick, in this order: timers come last, so that a timer
/// of 0 ticks goes off after everything else of the instant in which it was set.
enum Event<P: Protocol> {
    Boot,
    Input(InputOf<P>),
    Message { from: Process, message: P::Message },
    Timer { timer: P::Timer, setting: u64 },
}

impl<P: Protocol> Event<P> {
    fn class(&self) -> u8 {
        match self {
            Self::Boot => 0,
            Self::Input(_) => 1,
            Self::Message { .. } => 2,
            Self::Timer { .. } => 3,
        }
    }
}

/// A process that is up.
struct Up<P: Protocol> {
    state: P,
    stable: P::Stable,
    timers: BTreeMap<P::Timer, u64>,
}

/// When an event comes: by time, kind, and a random number that shuffles the events of an instant.
type Place = (u64, u8, u64);

/// To whom an event happens, and in which of its lives.
type Planned<P> = (Process, u64, Event<P>);

/// What a step asked for besides records.
struct Rest<P: Protocol> {
    sends: Vec<(Process, P::Message)>,
    timers: Vec<TimerAsk<P::Timer>>,
    outputs: Vec<OutputOf<P>>,
}

/// One place of the group: a process, or none, and a disk.
struct Node<P: Protocol> {
    up: Option<Up<P>>,
    disk: Vec<RecordOf<P>>,
    input: Option<InputOf<P>>,
    /// Counts crashes: what belonged to a life that is over is not delivered.
    life: u64,
}

/// A group of processes, the messages under way, and what an observer has seen.
pub(crate) struct Driver<'c, P: Protocol> {
    group: Group,
    config: &'c P::Config,
    weather: Weather,
    random: Random,
    margin: Margin,
    effects: Effects<P>,
    nodes: Vec<Node<P>>,
    queue: BTreeMap<Place, Planned<P>>,
    settings: u64,
    /// The time in ticks.
    pub(crate) now: u64,
    /// Messages that went between different processes.
    pub(crate) sent: u64,
    /// Every message that left, in order.
    pub(crate) wire: Vec<(Process, P::Message)>,
    /// Every record that was ever durable, even if a forgetful disk lost it.
    pub(crate) stored: Vec<(Process, RecordOf<P>)>,
    /// Every output, in order.
    pub(crate) outputs: Vec<(Process, u64, OutputOf<P>)>,
    /// How many crashes there were.
    pub(crate) crashes: u64,
    /// The rules that fired: bit k for rule k.
    pub(crate) cited: u64,
    ledger: <P::Problem as Problem>::Ledger,
}

impl<'c, P: Protocol> Driver<'c, P> {
    /// A group whose processes boot at time 0.
    pub(crate) fn new(group: Group, config: &'c P::Config, weather: Weather, seed: u64) -> Self {
        let node = || Node { up: None, disk: Vec::new(), input: None, life: 0 };
        let mut driver = Self {
            group,
            config,
            weather,
            random: Random(seed),
            margin: Margin::new(false),
            effects: Effects::default(),
            nodes: group.processes().map(|_| node()).collect(),
            queue: BTreeMap::new(),
            settings: 0,
            now: 0,
            sent: 0,
            wire: Vec::new(),
            stored: Vec::new(),
            outputs: Vec::new(),
            crashes: 0,
            cited: 0,
            ledger: Ledger::open(group),
        };
        for p in group.processes() {
            driver.plan(0, p, Event::Boot);
        }
        driver
    }

    /// Gives `input` to `who` at time `at`, and again after every reboot, as a client would.
    pub(crate) fn input(&mut self, at: u64, who: Process, input: InputOf<P>) {
        self.ledger.observe(who, at, Seen::Input(&input));
        self.nodes[who.index()].input = Some(input.clone());
        self.plan(at, who, Event::Input(input));
    }

    /// Delivers a message from outside the driver at time `at`.
    pub(crate) fn inject(&mut self, at: u64, from: Process, to: Process, message: P::Message) {
        self.plan(at, to, Event::Message { from, message });
    }

    /// Takes a process away for good.
    pub(crate) fn cut(&mut self, who: Process) {
        self.nodes[who.index()].up = None;
        self.nodes[who.index()].life += 1;
    }

    /// The state of a process that is up.
    pub(crate) fn state(&self, who: Process) -> Option<&P> {
        self.nodes[who.index()].up.as_ref().map(|up| &up.state)
    }

    /// Whether every process has handed something out.
    pub(crate) fn all_have_output(&self) -> bool {
        self.group.processes().all(|p| self.outputs.iter().any(|(who, ..)| *who == p))
    }

    /// Runs until `until`, until nothing is left to do, or until `done`.
    pub(crate) fn run(&mut self, until: u64, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            let Some(entry) = self.queue.first_entry() else { return };
            if entry.key().0 > until {
                return;
            }
            let ((at, ..), (who, life, event)) = entry.remove_entry();
            self.now = at;
            self.happen(who, life, event);
        }
    }

    /// The names of the requirements that the run has broken; nobody is faulty for good, since
    /// whoever crashes comes back.
    pub(crate) fn broken(&self, settled: bool) -> Vec<&'static str> {
        let end = End {
            group: self.group,
            faulty: ProcessSet::new(),
            liars: ProcessSet::new(),
            settled,
            deadline: u64::MAX,
            calm_from: 0,
            over_at: self.now,
            lost: 0,
        };
        let requirements = P::Problem::requirements().iter();
        let broken = requirements.filter(|stated| (stated.judge)(&self.ledger, &end).is_err());
        broken.map(|stated| stated.name).collect()
    }

    fn plan(&mut self, at: u64, who: Process, event: Event<P>) {
        let life = self.nodes[who.index()].life;
        let shuffle = self.random.next();
        self.queue.insert((at, event.class(), shuffle), (who, life, event));
    }

    fn happen(&mut self, who: Process, life: u64, event: Event<P>) {
        // A message from another process is on the wire, whatever happened to the receiver since.
        let on_wire = matches!(event, Event::Message { from, .. } if from != who);
        let node = &mut self.nodes[who.index()];
        if !on_wire && life != node.life {
            return;
        }
        match &event {
            Event::Boot => {
                let mut stable = P::Stable::default();
                node.disk.iter().for_each(|record| stable.apply(record));
                self.boot(who, stable);
            }
            Event::Timer { timer, setting } => {
                let Some(up) = &mut node.up else { return };
                if up.timers.get(timer) == Some(setting) {
                    up.timers.remove(timer);
                    self.step(who, event);
                }
            }
            Event::Input(_) | Event::Message { .. } if node.up.is_some() => self.step(who, event),
            Event::Input(_) | Event::Message { .. } => {}
        }
    }

    fn boot(&mut self, who: Process, mut stable: P::Stable) {
        let Self { group, config, effects, random, margin, .. } = self;
        let me = (who, *group, *config);
        let state = P::start(&mut engine::context(me, &mut stable, effects, random, margin));
        self.nodes[who.index()].up = Some(Up { state, stable, timers: BTreeMap::new() });
        self.finish(who, None);
        if let Some(input) = self.nodes[who.index()].input.clone().filter(|_| self.now > 0) {
            self.plan(self.now, who, Event::Input(input));
        }
    }

    fn step(&mut self, who: Process, event: Event<P>) {
        let crash = self.draw_crash();
        if crash == Some(CrashPoint::BeforeHandler) {
            return self.crash(who);
        }
        let Self { group, config, effects, random, margin, nodes, .. } = self;
        let Some(Up { state, stable, .. }) = &mut nodes[who.index()].up else { return };
        let mut cx = engine::context((who, *group, *config), stable, effects, random, margin);
        match event {
            Event::Boot => unreachable!("a boot is not a step of a process that is up"),
            Event::Input(input) => state.on_input(input, &mut cx),
            Event::Message { from, message } => state.on_message(from, message, &mut cx),
            Event::Timer { timer, .. } => state.on_timer(timer, &mut cx),
        }
        self.finish(who, crash);
    }

    fn draw_crash(&mut self) -> Option<CrashPoint> {
        if self.now >= self.weather.calm_from || !self.random.permille(self.weather.crash) {
            return None;
        }
        let at = self.random.below(CRASH_POINTS.len() as u64) as usize;
        Some(CRASH_POINTS[at])
    }

    /// Stores what the step asked for, then does the rest; or crashes on the way.
    fn finish(&mut self, who: Process, crash: Option<CrashPoint>) {
        self.cited |= self.margin.take_cited();
        let Some(rest) = self.store(who, crash) else { return self.crash(who) };
        let kept = match crash {
            Some(_) => self.random.below(rest.sends.len() as u64 + 1) as usize,
            None => rest.sends.len(),
        };
        for (to, message) in rest.sends.into_iter().take(kept) {
            self.transmit(who, to, message);
        }
        if crash.is_some() {
            return self.crash(who);
        }
        rest.timers.into_iter().for_each(|ask| self.set(who, ask));
        for output in rest.outputs {
            self.ledger.observe(who, self.now, Seen::Output(&output));
            self.outputs.push((who, self.now, output));
        }
        self.disk_agrees(who);
    }

    /// Writes the records and returns what they release; nothing if the process crashes before.
    fn store(&mut self, who: Process, crash: Option<CrashPoint>) -> Option<Rest<P>> {
        if crash == Some(CrashPoint::BeforeStore) {
            return None;
        }
        let Self { effects, nodes, random, stored, .. } = self;
        let write = |records: &[RecordOf<P>]| {
            let torn = crash == Some(CrashPoint::WithinStore);
            let most = records.len();
            let kept = if torn { random.below(most as u64 + 1) as usize } else { most };
            for record in &records[..kept] {
                nodes[who.index()].disk.push(record.clone());
                stored.push((who, record.clone()));
            }
            if torn { Err(()) } else { Ok(()) }
        };
        let mut released = effects.store(write).ok()?;
        if crash == Some(CrashPoint::AfterStore) {
            return None;
        }
        let sends = released.sends().collect();
        let timers = released.timers().collect();
        Some(Rest { sends, timers, outputs: released.outputs().collect() })
    }

    /// Replaying the records gives the state that the process worked with.
    fn disk_agrees(&self, who: Process) {
        let node = &self.nodes[who.index()];
        let Some(up) = &node.up else { return };
        let mut replayed = P::Stable::default();
        node.disk.iter().for_each(|record| replayed.apply(record));
        assert_eq!(replayed, up.stable, "{who} does not work with what it stored");
    }

    fn set(&mut self, who: Process, ask: TimerAsk<P::Timer>) {
        let Some(up) = &mut self.nodes[who.index()].up else { return };
        match ask {
            TimerAsk::Cancel(timer) => {
                up.timers.remove(&timer);
            }
            TimerAsk::Set(timer, ticks) => {
                self.settings += 1;
                let setting = self.settings;
                up.timers.insert(timer, setting);
                self.plan(self.now + ticks, who, Event::Timer { timer, setting });
            }
        }
    }

    fn transmit(&mut self, from: Process, to: Process, message: P::Message) {
        self.wire.push((from, message.clone()));
        if from == to {
            // What a process tells itself is neither lost nor delayed.
            return self.plan(self.now, to, Event::Message { from, message });
        }
        self.sent += 1;
        let stormy = self.now < self.weather.calm_from;
        if stormy && self.random.permille(self.weather.loss) {
            return;
        }
        let twice = stormy && self.random.permille(self.weather.duplication);
        for _ in 0..=u8::from(twice) {
            let (least, most) = self.weather.delay_ticks;
            let at = self.now + least + self.random.below(most - least + 1);
            self.plan(at, to, Event::Message { from, message: message.clone() });
        }
    }

    /// All that was not stored is gone: the state, the timers, and what was asked for.
    fn crash(&mut self, who: Process) {
        self.crashes += 1;
        self.effects.clear();
        let node = &mut self.nodes[who.index()];
        node.up = None;
        node.life += 1;
        if !self.weather.disks_remember {
            node.disk.clear();
        }
        self.plan(self.now + self.weather.down_ticks, who, Event::Boot);
    }
}
