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
    /// The commander, the first king: whoever plays the special part, if anybody does.
    pub special: Option<Special>,
    /// The protocol's rules; events cite them by id.
    pub rules: Vec<RuleText>,
    /// Who is faulty, and how.
    pub faulty: Vec<Faulty>,
    /// The command that makes this run again.
    pub reproduce: String,
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
    /// The round; 0 before the first.
    pub round: u16,
    /// Where it happened.
    pub process: u16,
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
    /// Its state at the end of the round.
    State {
        /// Every field, by name, in the order of the table.
        fields: Vec<(String, String)>,
    },
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
