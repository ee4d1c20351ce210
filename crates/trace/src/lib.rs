//! A run as data: what every engine writes, and what every picture is drawn from.
//!
//! On disk a trace is one JSON object a line: the [`Header`], then each [`Event`] in order of its
//! index, then the [`Closing`]. The same events carry the schedule: replaying a trace means
//! to run the protocol again with the faults found in it and to get the same bytes.
#![no_std]

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

mod plan;

pub use plan::{Fate, Plan, Upset, Weather, Word};

/// The name of the format.
pub const SCHEMA: &str = "quorate/trace";
/// The version of the format.
pub const VERSION: u32 = 1;

/// A whole run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trace {
    /// What was run.
    pub header: Header,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// What it means.
    pub closing: Closing,
}

/// What was run, and under which model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: String,
    /// [`VERSION`].
    pub version: u32,
    /// The protocol's name in the catalogue.
    pub protocol: String,
    /// The name of the problem that it solves.
    pub problem: String,
    /// How many processes.
    pub n: u16,
    /// How many of them the protocol is built to tolerate as faulty.
    pub f: u16,
    /// The model.
    pub model: Model,
    /// The seed of whatever was drawn.
    pub seed: u64,
    /// The version of the program that wrote it.
    pub build: String,
    /// The round after which the run ends.
    pub rounds: u16,
    /// The names of the values that may be proposed, in order.
    pub values: Vec<String>,
    /// The protocol's own parameters.
    pub settings: BTreeMap<String, String>,
    /// What is wrong with the protocol on purpose, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutant: Option<String>,
    /// The commander, the first king: whoever plays the special part, if anybody does.
    pub special: Option<Special>,
    /// The protocol's rules; events cite them by id.
    pub rules: Vec<RuleText>,
    /// Who is faulty, and how.
    pub faulty: Vec<Faulty>,
    /// The command that makes this run again.
    pub reproduce: String,
    /// What holds of time; a run in rounds has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
}

/// What holds of time and of links in a run that is not one of rounds. Times are in ticks from the
/// start of the run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// How many ticks make a millisecond.
    pub ticks_per_ms: u64,
    /// The bound on the delay of a message, when it holds.
    pub delay_ticks: u64,
    /// From when on nothing fails; with partial synchrony, from when on the bound holds.
    pub calm_from: u64,
    /// When the run ended.
    pub over_at: u64,
    /// How long a round lasts, for a synchronous protocol run in timed rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_ticks: Option<u64>,
    /// `strong`, `reliable` or `lossy`.
    pub links: String,
    /// Whether a link delivers in the order of sending.
    pub fifo: bool,
    /// Whether a process may crash and come back.
    pub restarts: bool,
    /// Whether a disk may forget what it said it had stored.
    pub forgetful: bool,
    /// Whether all that is owed had to have come by the end.
    pub settled: bool,
    /// All that decides the run; a real cluster has nothing of the kind.
    #[serde(default)]
    pub plan: Plan,
}

/// The assumptions of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// `synchronous`, `partial` or `asynchronous`.
    pub timing: String,
    /// `none`, `crash`, `omission`, `general-omission`, `byzantine` or `flip`.
    pub faults: String,
    /// Whether messages carry signatures that cannot be forged.
    pub signed: bool,
}

/// The process that plays a part of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Special {
    /// The process.
    pub process: u16,
    /// What it is called: `commander`, `king`, ...
    pub part: String,
}

/// A rule of the protocol.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// Its number.
    pub id: String,
    /// What it says.
    pub text: String,
}

/// A process that fails in this run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faulty {
    /// The process.
    pub process: u16,
    /// `crash`, `omission`, `traitor` or `flip`.
    pub kind: String,
}

/// One thing that happened at one process.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// The index: 0, 1, 2, ... in the trace.
    pub i: u32,
    /// The round; 0 before the first, and in a run that is not one of rounds.
    #[serde(default)]
    pub round: u16,
    /// The time in ticks, in a run that is not one of rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// Where it happened.
    pub process: u16,
    /// At which copy of it, where a traitor is several copies of the honest process: 0 for the
    /// first.
    #[serde(default, skip_serializing_if = "is_first")]
    pub copy: u16,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// The ids of the rules that fired in the step to which this belongs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
}

/// What can happen at a process.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum What {
    /// It was given a value to propose.
    Input {
        /// The value, by name.
        value: String,
    },
    /// It put a message on the wire.
    Send {
        /// To whom.
        to: u16,
        /// What the message says.
        message: String,
        /// For a lie, what the honest machine would have said; empty if it would have said nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        should: Option<String>,
        /// For a lie, which of the liar's words it was: the reading of the vocabulary's odometer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        word: Option<Vec<u32>>,
        /// For a message with a flipped bit, what was sent before the flip, and the bit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flipped: Option<Flipped>,
        /// How many messages of the paper it stands for.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        count: u64,
        /// Whether a traitor said it out of turn, where the honest machine sends nothing.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        unasked: bool,
    },
    /// It should have sent a message, and did not.
    Unsent {
        /// To whom.
        to: u16,
        /// What the message would have said.
        message: String,
        /// `crash`, `omission` or `silence`.
        cause: String,
    },
    /// It received a message.
    Receive {
        /// From whom.
        from: u16,
        /// The index of the sending event.
        sent: u32,
    },
    /// It did not receive a message that was sent to it: a receive omission.
    Missed {
        /// From whom.
        from: u16,
        /// The index of the sending event.
        sent: u32,
    },
    /// It crashed, in the middle of sending.
    Crash {
        /// Who still got its last messages.
        reached: Vec<u16>,
        /// In a run in time, where in its step it crashed; between two steps if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Within>,
        /// How many records of its disk it had said to be stored, and were not.
        #[serde(default, skip_serializing_if = "is_none_lost")]
        forgotten: u32,
    },
    /// It is up again, with what its disk holds.
    Restart {
        /// How many records that is.
        records: u32,
    },
    /// It stops for a while, and does not know it.
    Pause {
        /// For how many ticks.
        ticks: u64,
    },
    /// Its clock steps: timers go off so many ticks earlier, or later if it is negative.
    Step {
        /// By how many ticks.
        ticks: i64,
    },
    /// Its clock runs fast by so many parts in a million, or slow if it is negative.
    Drift {
        /// How fast.
        ppm: i32,
    },
    /// It is given something to do.
    Request {
        /// What, for people.
        request: String,
        /// Which of the run's requests it is.
        number: u32,
    },
    /// A client of what it serves asks for something.
    Call {
        /// Which call of this life of the process it is.
        number: u64,
        /// `put`, `delete`, `txn` or `compact`; or `range`, or `read-txn` for a transaction that
        /// writes nothing.
        call: String,
        /// What is asked, for people.
        asks: String,
        /// The same as bytes, in hexadecimal digits after 0x: a command of the store; one that is
        /// given to the log as it stands there, with its title.
        bytes: String,
        /// Whether it has to see nothing of what was done before, but any state of the past.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        local: bool,
    },
    /// A client is answered.
    Return {
        /// Which call.
        number: u64,
        /// `answered`; `refused`, if nothing was done; or `unknown`, if nobody knows whether it
        /// was.
        outcome: String,
        /// The answer or the refusal, for people.
        answer: String,
    },
    /// A message to it was lost on the way.
    Lost {
        /// From whom.
        from: u16,
        /// The index of the sending event.
        sent: u32,
        /// `link`, `cut` or `down`.
        cause: String,
    },
    /// A message arrives once more.
    Again {
        /// From whom.
        from: u16,
        /// The index of the sending event.
        sent: u32,
    },
    /// One of its timers went off.
    Timer {
        /// Which.
        timer: String,
    },
    /// It stored something.
    Store {
        /// The records, for people.
        records: Vec<String>,
    },
    /// It drew lots.
    Choose {
        /// How many ways there were.
        options: u32,
        /// Which it took.
        chosen: u32,
    },
    /// It tossed the common coin.
    Toss {
        /// Which toss.
        toss: u64,
        /// How it fell.
        coin: bool,
    },
    /// It handed out something that is not a decision.
    Output {
        /// What, for people.
        value: String,
    },
    /// Links from these processes to those no longer carry anything; what is on its way is lost.
    Cut {
        /// From these.
        from: Vec<u16>,
        /// To those.
        to: Vec<u16>,
    },
    /// These links carry again.
    Heal {
        /// From these.
        from: Vec<u16>,
        /// To those.
        to: Vec<u16>,
    },
    /// It found an assumption of the model broken.
    Broken {
        /// Which, in words.
        assumption: String,
    },
    /// A bit of a record on its disk flipped.
    FlipRecord {
        /// Which record, from 0.
        record: u32,
        /// Which bit.
        bit: u32,
        /// The record before.
        before: String,
        /// The record after.
        after: String,
    },
    /// A bit of its state flipped, at the beginning of the round.
    Flip {
        /// Which bit.
        bit: u32,
        /// The field before.
        before: String,
        /// The field after.
        after: String,
    },
    /// It decided.
    Decide {
        /// The value, by name.
        value: String,
    },
    /// It can prove that another process lied.
    Expose {
        /// Who lied.
        liar: u16,
        /// The evidence, in words.
        evidence: String,
    },
    /// Its state at the end of the round, or of the step.
    State {
        /// Every field, by name, in the order of the table; or those that have changed.
        fields: Vec<(String, String)>,
        /// Whether those that have not changed are left out, and what is long is cut off.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        changes: bool,
    },
}

/// Where in a step a process crashed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Within {
    /// How many records the step wanted to store.
    pub records: u32,
    /// How many of these are on the disk, counted from the first.
    pub stored: u32,
    /// How many messages the step wanted to send; those not named by `reached` never left.
    pub messages: u32,
}

fn is_first(copy: &u16) -> bool {
    *copy == 0
}

fn is_none_lost(count: &u32) -> bool {
    *count == 0
}

fn one() -> u64 {
    1
}

fn is_one(count: &u64) -> bool {
    *count == 1
}

/// A bit that flipped in a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flipped {
    /// Which bit of the message.
    pub bit: u32,
    /// What the message said before.
    pub before: String,
}

/// What a run means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// `holds` or `violated`.
    pub verdict: String,
    /// Every requirement that was judged.
    pub requirements: Vec<Judged>,
    /// How many rounds were run.
    pub rounds: u16,
    /// How many messages went between different processes.
    pub messages: u64,
    /// How many bits these took.
    pub bits: u64,
    /// In a run in time, when the last process that counts was done, in ticks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<u64>,
}

/// The judgement on one requirement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// Its name.
    pub name: String,
    /// What it says.
    pub text: String,
    /// `holds` or `violated`.
    pub verdict: String,
    /// The processes that show the violation; two where two disagree.
    pub witnesses: Vec<u16>,
    /// What they show, in words; empty if it holds.
    pub because: String,
    /// The indices of the events that show it: decisions, or inputs.
    pub events: Vec<u32>,
}
