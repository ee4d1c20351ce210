use quorate_kernel::Process;
use quorate_store::{Put, Range, Wanted};
use quorate_trace::Closing;

use super::*;

/// A log of puts of one key by p0, and what is seen of it.
struct Told(Vec<Event>);

fn put(value: u8) -> Command {
    Command::Put(Put { key: b"k".to_vec(), value: vec![b'v', value].into(), ..Put::default() })
}

fn item(value: u8) -> String {
    format!("{:?}", Item::titled(Process(0), value.into(), &put(value).encode()))
}

/// The store after so many puts.
fn store(many: u8) -> Store {
    let mut store = Store::default();
    (1..=many).for_each(|value| drop(store.apply(&put(value))));
    store
}

fn range() -> Range {
    Range { wanted: Wanted::one(b"k"), ..Range::default() }
}

fn seen(many: u8) -> String {
    text_of(&store(many).range(&range()))
}

fn wrote(value: u8) -> String {
    text_of(&store(value - 1).apply(&put(value)))
}

impl Told {
    /// All apply so many puts at time 50.
    fn of(puts: u8) -> Self {
        let mut told = Self(Vec::new());
        for process in 0..2 {
            for value in 1..=puts {
                let value = format!("slot {value}: {} (p0's command {value})", item(value));
                told.push(50, process, What::Output { value });
            }
        }
        told
    }

    fn push(&mut self, at: u64, process: u16, what: What) {
        let (i, at) = (self.0.len() as u32, Some(at));
        self.0.push(Event { i, round: 0, at, process, copy: 0, what, rules: Vec::new() });
    }

    fn call(&mut self, (at, process): (u64, u16), call: &str, bytes: String, local: bool) -> u64 {
        let number = self.0.len() as u64;
        let (call, asks) = (call.into(), "k".into());
        self.push(at, process, What::Call { number, call, asks, bytes, local });
        number
    }

    fn outcome(mut self, at: u64, who: u16, number: u64, outcome: &str, answer: String) -> Self {
        self.push(at, who, What::Return { number, outcome: outcome.into(), answer });
        self
    }

    fn reads(mut self, (from, to): (u64, u64), who: u16, local: bool, sees: String) -> Self {
        let txn = Txn { success: vec![Operation::Range(range())], ..Txn::default() };
        let bytes = format!("{:?}", Item(Command::Txn(txn).encode().into()));
        let number = self.call((from, who), "range", bytes, local);
        self.outcome(to, who, number, "answered", sees)
    }

    fn writes(mut self, (from, to): (u64, u64), value: u8, outcome: &str, says: &str) -> Self {
        let number = self.call((from, 0), "put", item(value), false);
        self.outcome(to, 0, number, outcome, says.into())
    }

    fn judged(self) -> Judgment {
        let closing = Closing {
            verdict: String::new(),
            requirements: Vec::new(),
            rounds: 0,
            messages: 0,
            bits: 0,
            done_at: None,
        };
        let header = serde_json::from_str(HEADER).expect("a header");
        judgment(&Trace { header, events: self.0, closing }).expect("it has calls")
    }

    fn holds(self) {
        let judged = self.judged();
        assert_eq!((judged.verdict, judged.because.as_str()), (Verdict::Holds, ""));
    }

    fn breaks(self, witnesses: &[u16], words: &[&str]) {
        let judged = self.judged();
        assert_eq!(judged.verdict, Verdict::Violated);
        assert_eq!(judged.witnesses, witnesses, "{}", judged.because);
        for word in words {
            assert!(judged.because.contains(word), "{word:?}: {}", judged.because);
        }
    }
}

const HEADER: &str = r#"{"schema":"quorate/trace","version":1,"protocol":"raft","problem":"","n":2,
    "f":0,"model":{"timing":"","faults":"","signed":false},"seed":0,"build":"","rounds":0,
    "values":[],"settings":{},"special":null,"rules":[],"faulty":[],"reproduce":""}"#;

#[test]
fn what_one_store_answers_holds() {
    let both = |told: Told| {
        told.writes((40, 60), 1, "answered", &wrote(1)).writes((61, 70), 2, "answered", &wrote(2))
    };
    both(Told::of(2)).reads((71, 80), 1, false, seen(2)).holds();
    // What is under way may be seen or not; what nobody was told of may be in the log or not.
    both(Told::of(2)).reads((41, 80), 1, false, seen(0)).holds();
    both(Told::of(2)).reads((61, 80), 1, false, seen(1)).holds();
    both(Told::of(2)).reads((71, 80), 1, true, seen(0)).holds();
    both(Told::of(3)).writes((71, 80), 3, "unknown", "late").holds();
    both(Told::of(2)).writes((71, 80), 3, "unknown", "late").holds();
    both(Told::of(2)).writes((71, 80), 3, "refused", "no leader").holds();
    let mut open = both(Told::of(2));
    open.call((71, 0), "put", item(3), false);
    open.holds();
}

#[test]
fn an_answer_that_the_store_does_not_give_is_found() {
    let wrong = wrote(2);
    let words = ["put k at p0", &wrong, &wrote(1), "after 0 commands"];
    Told::of(2).writes((60, 70), 1, "answered", &wrong).breaks(&[0], &words);
    for local in [false, true] {
        let told = Told::of(2).reads((60, 70), 1, local, seen(3));
        told.breaks(&[1], &["range k at p1", &seen(3)]);
    }
}

#[test]
fn a_stale_read_is_found() {
    let told = Told::of(2).writes((40, 60), 2, "answered", &wrote(2));
    let words = ["put k at p0", &wrote(2), "then range k at p1", &seen(1), &seen(2), "seen 2"];
    told.reads((61, 70), 1, false, seen(1)).breaks(&[0, 1], &words);
    // A read that has seen more came first.
    let told = Told::of(2).reads((51, 60), 0, false, seen(2));
    told.reads((61, 70), 1, false, seen(1)).breaks(&[0, 1], &["range k at p0", "range k at p1"]);
    // At one moment there is no order.
    let told = Told::of(2).reads((51, 61), 0, false, seen(2));
    told.reads((61, 70), 1, false, seen(1)).holds();
}

#[test]
fn a_write_that_is_lost_or_was_refused_is_found() {
    let told = Told::of(1).writes((60, 70), 2, "answered", &wrote(2));
    told.breaks(&[0], &["put k at p0", "is not in the log"]);
    let told = Told::of(2).writes((60, 70), 2, "refused", "no leader");
    told.breaks(&[0], &["was refused (no leader)", "command 2 of the log"]);
}

#[test]
fn an_order_that_real_time_does_not_allow_is_found() {
    let told = Told::of(2).writes((20, 30), 2, "answered", &wrote(2));
    let told = told.writes((31, 40), 1, "answered", &wrote(1));
    told.breaks(&[0, 0], &["then put k at p0", "command 1 of the log", "seen 2"]);
    // A read that has seen a write before that was asked.
    let told = Told::of(2).reads((51, 55), 1, false, seen(2));
    told.writes((56, 60), 2, "answered", &wrote(2)).breaks(&[1, 0], &["range k at p1"]);
}

#[test]
fn without_one_log_nothing_is_said() {
    let mut told = Told::of(1).reads((60, 70), 1, false, seen(1));
    told.push(80, 1, What::Output { value: "slot 3: nothing".into() });
    let judged = told.judged();
    assert_eq!(judged.verdict, Verdict::Inconclusive);
    assert!(judged.because.contains("applies slot 2"), "{}", judged.because);
}
