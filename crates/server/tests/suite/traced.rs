//! A process that writes its part of a trace and is killed, wherever that may be, goes on with it,
//! and the protocol's own code allows what it wrote.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorate_kernel::{
    Class, Faults, Flaw, Group, InputOf, Links, Problem, Process, Protocol, Timing, Value,
};
use quorate_problems::Call;
use quorate_runtime::{Fate, Left, Node, Place, Recording, Storage, Unfit};
use quorate_server::{Ask, Item, Kv, Log, Pulse, Shared, StoreVisitor, visit_store};
use quorate_simulator::{Director, Recorder, Said, Swarm, Troupe};
use quorate_store::{Command, Put};
use quorate_trace::{Closing, Event, Header, Model, Plan, Time, Trace, What};
use quorate_wal::memory::{Fault, Memory};
use quorate_wal::{SECTOR_BYTES, Settings};
use quorate_world::{Conditions, Names};
use tokio::sync::oneshot;

const SMALL: Settings = Settings { segment_bytes: 8 * SECTOR_BYTES as u64 };
const ALONE: Group = Group { n: 1, f: 0 };
const ME: Process = Process(0);
/// How many clients ask.
const ASKED: u64 = 6;

/// A file that outlives its process.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("nobody panicked").clone()
    }

    fn cut(&self, bytes: usize) {
        self.0.lock().expect("nobody panicked").truncate(bytes);
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A process that is alone in its group, with its disk and its part of the trace.
struct Machine<L: Log> {
    config: L::Config,
    disk: Memory,
    paper: Paper,
    now: u64,
    asked: u64,
}

impl<L: Log> Machine<L> {
    fn new(seed: u64) -> Self {
        let pulse = Pulse { beat: Duration::from_millis(1), election: Duration::from_millis(4) };
        let set = [("snapshot".to_string(), "4".to_string())];
        let config = L::configure(ALONE, pulse, &set).expect("these fit");
        let (disk, paper) = (Memory::new(seed), Paper::default());
        serde_json::to_writer(&mut paper.clone(), &header()).expect("there is room");
        writeln!(&mut paper.clone()).expect("there is room");
        Self { config, disk, paper, now: 0, asked: 0 }
    }

    /// What is on the disk goes on with what is left of the part.
    fn boot(&mut self) -> Result<Node<L, Kv<L>, Memory>, Unfit> {
        let found = Storage::open::<L>(self.disk.clone(), SMALL, 1).expect("it is whole");
        let bytes = self.paper.bytes();
        let left = Left::read(&mut &bytes[..], (ME, 1), found.told)?.expect("it has a header").1;
        self.paper.cut(left.bytes as usize);
        let place = Place { me: ME, group: ALONE, config: self.config.clone() };
        let kv = Kv::new(ME, 1, Arc::new(Shared::default()), self.now << 32);
        let recording = Recording::new(ME, 1, recorder(), Box::new(self.paper.clone()));
        let node = Node::new(place, found, Fate::seeded(7, 7), kv).expect("it is its own");
        let mut node = node.recorded(Some(recording.after(left)));
        node.boot(self.now);
        Ok(node)
    }

    /// Goes on until everybody has asked, or the disk fails; then the machine has stopped.
    fn live(&mut self, node: &mut Node<L, Kv<L>, Memory>) {
        loop {
            if node.commit(self.now, |_, _| {}).is_err() {
                self.disk.crash();
                return;
            }
            if node.is_pending() {
                continue;
            }
            self.now = node.wakes_at().map_or(self.now + 1, |at| at.max(self.now + 1));
            if self.now.is_multiple_of(3) {
                if self.asked == ASKED {
                    return;
                }
                self.asked += 1;
                let (to, _) = oneshot::channel();
                let (key, value) = (format!("k{}", self.asked).into(), b"v".to_vec());
                let put = Command::Put(Put { key, value: value.into(), ..Put::default() });
                node.ask(Ask::Propose(put.encode(), to), self.now);
            } else {
                node.wake(self.now);
            }
        }
    }
}

fn recorder() -> Recorder {
    Recorder::new(1, Names(Vec::new()), &[], false).brief(40)
}

fn header() -> Header {
    let time = Time {
        ticks_per_ms: 1_000,
        delay_ticks: 1_000,
        calm_from: 0,
        over_at: 1 << 53,
        round_ticks: None,
        links: "lossy".into(),
        fifo: false,
        restarts: true,
        forgetful: false,
        settled: false,
        plan: Plan::default(),
    };
    let model = Model { timing: "partial".into(), faults: "crash".into(), signed: false };
    Header {
        schema: quorate_trace::SCHEMA.into(),
        version: quorate_trace::VERSION,
        protocol: "alone".into(),
        problem: "replicated-log".into(),
        n: 1,
        f: 0,
        model,
        seed: 0,
        build: String::new(),
        rounds: 0,
        values: Vec::new(),
        settings: Default::default(),
        mutant: None,
        special: None,
        rules: Vec::new(),
        faulty: Vec::new(),
        reproduce: String::new(),
        time: Some(time),
    }
}

/// Nobody asks but clients.
struct Nobody;

impl<P: Protocol> Director<P> for Nobody {
    fn inputs(&self, _: u64) -> Vec<Option<Value>> {
        Vec::new()
    }

    fn requests(&self, _: &P::Config, _: &[Option<Value>]) -> Vec<(u64, Process, InputOf<P>)> {
        Vec::new()
    }
}

/// The events of a part that has no end, which all have to be there.
fn events(part: &[u8]) -> Vec<Event> {
    let lines = part.split(|byte| *byte == b'\n').skip(1).filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("an event")).collect()
}

/// Whether the protocol's own code does what is in a part, and whatever has to be safe is.
fn allowed<L: Log>(machine: &Machine<L>, events: Vec<Event>) -> Result<(), String> {
    let conditions = Conditions::of(ALONE, Timing::Partial, Links::Lossy, Faults::Crash);
    let swarm = Swarm {
        group: ALONE,
        conditions: Conditions { restarts: true, ..conditions },
        traitors: None,
        late_requests: false,
        calm_ticks: 0,
        said: Said::default(),
    };
    let all = <L::Problem as Problem>::requirements().iter();
    let troupe = Troupe::<L, Nobody> {
        group: ALONE,
        config: machine.config.clone(),
        requirements: all.filter(|one| one.class != Class::Liveness).collect(),
        deadline_ticks: None,
        swarm,
        director: Nobody,
        flaw: Flaw::default(),
    };
    let text = |event: &Event| match &event.what {
        What::Request { request, .. } => Some(request.clone()),
        _ => None,
    };
    let input = |text: String| match text.strip_prefix("write ") {
        Some(item) => Call::Write(Item::of_text(item).expect("an item")),
        None => Call::Read,
    };
    let inputs = events.iter().filter_map(text).map(input).collect();
    let header = header();
    let time = header.time.clone().expect("it has time");
    let closing = Closing {
        verdict: String::new(),
        requirements: Vec::new(),
        rounds: 0,
        messages: 0,
        bits: 0,
        done_at: None,
    };
    let trace = Trace { header, events, closing };
    let ran = troupe.accept(&trace, &time, inputs, recorder());
    let ran = ran.map_err(|refused| format!("{refused:?}"))?;
    match &troupe.judged(&ran).breaches[..] {
        [] => Ok(()),
        broken => Err(format!("{broken:?}")),
    }
}

/// Stops the machine in each operation of its disk, and goes on.
struct StopAnywhere;

impl StoreVisitor for StopAnywhere {
    type Out = [u64; 3];

    /// How often it stopped, and how often the log had, and had not, the batch under way.
    fn visit<L: Log>(self) -> [u64; 3] {
        let mut counts = [0; 3];
        for stop in 1.. {
            let mut machine = Machine::<L>::new(stop);
            let mut node = machine.boot().expect("nothing is there");
            machine.disk.let_fail(stop, Fault::Stops);
            machine.live(&mut node);
            if machine.asked == ASKED {
                return counts;
            }
            let before = machine.paper.bytes().len();
            let mut node = machine.boot().unwrap_or_else(|unfit| panic!("{stop}: {unfit}"));
            counts[0] += 1;
            counts[if machine.paper.bytes().len() < before { 2 } else { 1 }] += 1;
            machine.live(&mut node);
            let events = events(&machine.paper.bytes());
            let crashes = events.iter().filter(|one| matches!(one.what, What::Crash { .. }));
            assert!(crashes.count() < 2, "{stop}");
            allowed(&machine, events).unwrap_or_else(|why| panic!("{stop}: {why}"));
        }
        counts
    }
}

#[test]
fn a_trace_goes_on_wherever_the_machine_stops() {
    for protocol in ["raft", "multi-paxos"] {
        let [stops, there, cut] = visit_store(protocol, StopAnywhere).expect("it has a log");
        assert!(stops > 20 && there > 0 && cut > 0, "{protocol}: {stops}, {there}, {cut}");
    }
}

/// Kills the process while it writes the last two batches of its part, one after the other.
struct KillAnywhere;

impl StoreVisitor for KillAnywhere {
    type Out = (usize, usize);

    /// How many batches were cut short, and how many of these were whole and stay.
    fn visit<L: Log>(self) -> (usize, usize) {
        let (mut batches, mut stay) = (0, 0);
        for stop in 1.. {
            let mut machine = Machine::<L>::new(stop);
            let mut node = machine.boot().expect("nothing is there");
            machine.disk.let_fail(stop, Fault::Stops);
            machine.live(&mut node);
            if machine.asked == ASKED {
                break;
            }
            let part = machine.paper.bytes();
            let told = Storage::open::<L>(machine.disk.clone(), SMALL, 1).expect("whole").told;
            let left = |bytes: &[u8]| Left::read(&mut &bytes[..], (ME, 1), told);
            let sure = left(&part).expect("they fit").map_or(0, |(_, left)| left.bytes);
            // What the log has is in the part; whatever is cut from that is noticed.
            let ends = (0..part.len()).filter(|at| part[..*at].ends_with(b"\n\n"));
            let from = ends.rev().nth(1).unwrap_or(0);
            for bytes in (from..part.len()).filter(|at| at % 3 == 0 || part[..*at].ends_with(b"\n"))
            {
                let ends = part[..bytes].ends_with(b"\n\n");
                match left(&part[..bytes]) {
                    Ok(Some((_, left))) => {
                        assert!(left.bytes <= bytes as u64 && left.bytes <= sure);
                        assert!(u64::from(left.events) >= told.unwrap_or(0));
                        stay += usize::from(ends && left.bytes == bytes as u64);
                    }
                    Ok(None) => assert_eq!(told, Some(0)),
                    Err(Unfit::Short { .. }) => assert!(told > Some(0)),
                    Err(other) => panic!("{stop}, {bytes}: {other}"),
                }
            }
            batches += 1;
        }
        (batches, stay)
    }
}

#[test]
fn what_was_told_to_nobody_is_cut_off() {
    let (batches, stay) = visit_store("raft", KillAnywhere).expect("it has a log");
    assert!(batches > 20 && stay > 0, "{batches}, {stay}");
}

/// A part and a log that are not of one life of one process are refused.
#[test]
fn a_part_of_something_else_is_refused() {
    struct Refusals;
    impl StoreVisitor for Refusals {
        type Out = ();

        fn visit<L: Log>(self) {
            let mut machine = Machine::<L>::new(1);
            let mut node = machine.boot().expect("nothing is there");
            machine.live(&mut node);
            drop(node);
            let part = machine.paper.bytes();
            let told = Storage::open::<L>(machine.disk.clone(), SMALL, 1).expect("whole").told;
            let read = |bytes: &[u8], told| Left::read(&mut &bytes[..], (ME, 1), told);
            let whole = read(&part, told).expect("they fit").expect("it has a header").1;
            assert_eq!(whole.bytes as usize, part.len());
            let unfit = |bytes: &[u8], told| read(bytes, told).expect_err("unfit").to_string();
            let all = told.unwrap_or(0);
            assert!(unfit(&part, None).contains("has run without it"));
            assert!(unfit(&part, Some(all + 999)).contains("only"));
            assert!(unfit(&part, Some(0)).contains("is not in the log"));
            let text = String::from_utf8(part).expect("it is text");
            let bad = |was: &str, is: &str| unfit(text.replacen(was, is, 1).as_bytes(), told);
            assert!(bad("{\"i\":1,", "{\"i\":3,").contains("event 1 of p0 should be"));
            assert!(bad("\"event\":\"state\"", "\"event\":\"what\"").contains("not an event"));
            assert!(bad("{\"schema\"", "{\"scheme\"").contains("not the header"));
        }
    }
    visit_store("raft", Refusals).expect("it has a log");
}
