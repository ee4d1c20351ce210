//! All that decides a run in time, as data: who makes the run again reads this and nothing else.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// All that decides a run in time. Times are in ticks; chances are in parts of 65,536.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// When the run ends at the latest.
    pub until: u64,
    /// How messages fare where nothing else is said.
    pub weather: Weather,
    /// The values that the processes are given; `None` for one that is given nothing.
    pub inputs: Vec<Option<String>>,
    /// Requests beside those that the values lead to, as `p1@7500us=1`.
    pub asks: Vec<String>,
    /// What is asked: which request, when, of whom.
    pub requests: Vec<(u32, u64, u16)>,
    /// What goes wrong, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upsets: Vec<(u64, Upset)>,
    /// The traitors, and how they behave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traitors: Vec<(u16, String)>,
    /// Further copies of traitors that are several copies of the honest process: of whom each is
    /// one, and which value it is given, by its place among the values. They are numbered on
    /// from the processes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub twins: Vec<(u16, Option<u16>)>,
    /// Who omits: the process, how often what it sends, how often what it should receive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omitting: Vec<(u16, u16, u16)>,
    /// Who counts as faulty for what is said of single messages, or although it keeps to the
    /// protocol.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faulty: Vec<u16>,
    /// The fates of some messages: the n-th, from 0, from one process to another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fates: Vec<(u16, u16, u32, Fate)>,
    /// What traitors say instead of some messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lies: Vec<(u16, u16, u32, Word)>,
    /// How some lots fall: the n-th, from 0, of a process.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<(u16, u32, u32)>,
    /// When some timers go off: the n-th, from 0, that a process sets, after so many ticks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<(u16, u32, u64)>,
    /// How some tosses of the common coin fall.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coins: Vec<(u64, bool)>,
    /// Whether all other lots fall on the first option.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub plain_lots: bool,
    /// From when on what happens until the end happens again and again, for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circle: Option<u64>,
}

/// How messages fare where nothing else is said.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weather {
    /// The shortest and the longest delay.
    pub delay_ticks: (u64, u64),
    /// How often a message takes longer than the bound.
    pub slow: u16,
    /// How many times longer at most.
    pub slow_factor: u32,
    /// How often a message is lost.
    pub loss: u16,
    /// How often a message arrives once more.
    pub again: u16,
    /// How often a message of a sender that has crashed since is lost.
    pub orphaned: u16,
}

/// What becomes of a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It arrives after so long.
    Arrives(u64),
    /// It arrives after so long, and once more after so long.
    Twice(u64, u64),
    /// It is lost.
    Lost,
    /// Its sender omits to send it.
    Omitted,
    /// Its receiver omits to receive it.
    Missed(u64),
}

/// Which word a traitor says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Nothing.
    Silence,
    /// The word of this reading of the vocabulary's odometer.
    Reading(Vec<u32>),
    /// A word drawn with this.
    Drawn(u64),
    /// The truth with a bit flipped, drawn with this.
    Garbled(u64),
    /// The first word to one half of the group, the last to the other.
    Split,
}

/// Something that goes wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Upset {
    /// A crash.
    Crash {
        /// Who.
        process: u16,
        /// In the middle of a step: how many records are stored at most, and who is reached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<(u32, Vec<u16>)>,
        /// How many steps that store or send anything are done before.
        #[serde(default, skip_serializing_if = "is_zero")]
        passed: u32,
        /// How many stored records are forgotten.
        #[serde(default)]
        forgotten: u32,
    },
    /// A restart.
    Restart {
        /// Who.
        process: u16,
    },
    /// A pause.
    Pause {
        /// Who.
        process: u16,
        /// For how long.
        ticks: u64,
    },
    /// A clock that steps.
    Step {
        /// Whose.
        process: u16,
        /// How far.
        ticks: i64,
    },
    /// A clock that drifts.
    Drift {
        /// Whose.
        process: u16,
        /// How fast, in parts of a million.
        ppm: i32,
    },
    /// Links are cut.
    Cut {
        /// From these.
        from: Vec<u16>,
        /// To those.
        to: Vec<u16>,
    },
    /// Links are whole again.
    Heal {
        /// From these.
        from: Vec<u16>,
        /// To those.
        to: Vec<u16>,
    },
    /// A flipped bit of a state.
    FlipState {
        /// Whose.
        process: u16,
        /// Which.
        bit: u32,
    },
    /// A flipped bit on a disk.
    FlipRecord {
        /// Whose.
        process: u16,
        /// In which record.
        record: u32,
        /// Which.
        bit: u32,
    },
    /// A flipped bit of the next message on a link.
    FlipMessage {
        /// Who sends it.
        from: u16,
        /// To whom.
        to: u16,
        /// Which.
        bit: u32,
    },
    /// A word out of turn.
    Say {
        /// Who says it.
        from: u16,
        /// To whom.
        to: u16,
        /// Which.
        word: Word,
    },
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
