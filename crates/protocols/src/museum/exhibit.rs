//! Where a piece is shown, as data.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use quorate_kernel::{Faults, Links, Timing, Value};

use crate::catalogue::Card;

/// A question about a protocol, whether or not something is wrong with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// n and f.
    pub group: (u16, u16),
    /// What each process proposes, as on the command line; every vector of inputs if empty.
    pub inputs: &'static str,
    /// How many values there are.
    pub values: u16,
    /// The protocol's own parameters.
    pub settings: &'static [(&'static str, &'static str)],
    /// What may fail.
    pub faults: Faults,
    /// How many rounds to run; the protocol's own number if not said.
    pub rounds: Option<u16>,
    /// Which engine is asked, and what else it needs to know.
    pub way: Way,
    /// What is so in every run of a sweep, besides what is drawn.
    pub happens: &'static [Happening],
}

/// Something that is so in every run of a sweep. Times are in ms from the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happening {
    /// Nothing gets from some to others for a while.
    Cut {
        /// From these.
        from: &'static [u16],
        /// To those.
        to: &'static [u16],
        /// Whether nothing gets back either.
        both: bool,
        /// From when, and until when.
        ms: (u64, u64),
    },
    /// A process crashes, and is back later.
    Down {
        /// Which.
        process: u16,
        /// From when, and until when.
        ms: (u64, u64),
    },
    /// A process crashes, and does not come back.
    Gone {
        /// Which.
        process: u16,
        /// When.
        ms: u64,
    },
    /// A process is asked for a value: then nobody is but who is asked so.
    Ask {
        /// Which.
        process: u16,
        /// When.
        ms: u64,
        /// For what.
        value: u16,
    },
    /// So long a message takes, always.
    Delay {
        /// How long.
        ms: u64,
    },
}

impl Happening {
    /// The option of the command line that says so, and its words.
    fn option(&self) -> Vec<(&'static str, String)> {
        let names = |all: &[u16]| {
            let all: Vec<String> = all.iter().map(|p| format!("p{p}")).collect();
            all.join(",")
        };
        match self {
            Self::Cut { from, to, both, ms: (at, until) } => {
                let (from, to, sign) = (names(from), names(to), if *both { '|' } else { '>' });
                vec![("partition", format!("'{from}{sign}{to}@{at}ms..{until}ms'"))]
            }
            Self::Down { process, ms: (at, until) } => vec![
                ("crash", format!("p{process}@{at}ms")),
                ("restart", format!("p{process}@{until}ms")),
            ],
            Self::Gone { process, ms } => vec![("crash", format!("p{process}@{ms}ms"))],
            Self::Ask { process, ms, value } => vec![("ask", format!("p{process}@{ms}ms={value}"))],
            Self::Delay { ms } => vec![("delay", format!("{ms}ms"))],
        }
    }
}

/// Which engine is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// `check`, in synchronous rounds.
    Rounds,
    /// `check`, on a network.
    Network {
        /// What is known of time.
        timing: Timing,
        /// What links promise.
        links: Links,
        /// How often timers go off; the command's own bound if not said.
        timers: Option<u8>,
        /// How many crashes there are; the command's own bound if not said.
        crashes: Option<u8>,
        /// How often crashed processes come back; the command's own bound if not said.
        restarts: Option<u8>,
        /// How many words traitors say; any number if not said.
        lies: Option<u16>,
    },
    /// `sweep`: seeded runs in virtual time.
    Sweep {
        /// What is known of time.
        timing: Timing,
        /// What links promise.
        links: Links,
        /// How many runs.
        runs: u64,
    },
}

impl Room {
    const fn of(n: u16, f: u16, faults: Faults, way: Way) -> Self {
        let (inputs, values, settings, rounds) = ("", 2, &[], None);
        Self { group: (n, f), inputs, values, settings, faults, rounds, way, happens: &[] }
    }

    /// Every run in synchronous rounds.
    pub const fn rounds(n: u16, f: u16, faults: Faults) -> Self {
        Self::of(n, f, faults, Way::Rounds)
    }

    /// Every run on a network, within the command's own bounds.
    pub const fn network(n: u16, f: u16, faults: Faults, timing: Timing, links: Links) -> Self {
        let (timers, crashes, restarts, lies) = (None, None, None, None);
        Self::of(n, f, faults, Way::Network { timing, links, timers, crashes, restarts, lies })
    }

    /// So many seeded runs in virtual time.
    pub const fn sweep(
        (n, f): (u16, u16),
        faults: Faults,
        timing: Timing,
        links: Links,
        runs: u64,
    ) -> Self {
        Self::of(n, f, faults, Way::Sweep { timing, links, runs })
    }

    /// The same, with these inputs.
    pub const fn given(self, inputs: &'static str) -> Self {
        Self { inputs, ..self }
    }

    /// The same, with so many values.
    pub const fn values(self, values: u16) -> Self {
        Self { values, ..self }
    }

    /// The same, with parameters set.
    pub const fn set(self, settings: &'static [(&'static str, &'static str)]) -> Self {
        Self { settings, ..self }
    }

    /// The same, where this happens in every run; of no effect but in a sweep.
    pub const fn happening(self, happens: &'static [Happening]) -> Self {
        Self { happens, ..self }
    }

    /// The same, up to a round.
    pub const fn up_to(self, rounds: u16) -> Self {
        Self { rounds: Some(rounds), ..self }
    }

    /// The same, with timers going off so often; of no effect but on a network.
    pub const fn timers(mut self, count: u8) -> Self {
        if let Way::Network { timers, .. } = &mut self.way {
            *timers = Some(count);
        }
        self
    }

    /// The same, with so many crashes and restarts; of no effect but on a network.
    pub const fn crashes(mut self, count: u8, back: u8) -> Self {
        if let Way::Network { crashes, restarts, .. } = &mut self.way {
            *crashes = Some(count);
            *restarts = Some(back);
        }
        self
    }

    /// The same, with so many lies; of no effect but on a network.
    pub const fn lies(mut self, count: u16) -> Self {
        if let Way::Network { lies, .. } = &mut self.way {
            *lies = Some(count);
        }
        self
    }

    /// The inputs, by process; `None` if every vector is meant.
    pub fn inputs(&self) -> Option<Vec<Option<Value>>> {
        if self.inputs.is_empty() {
            return None;
        }
        let all = self.inputs.split(',').map(|word| word.parse().ok().map(Value));
        Some(all.collect())
    }

    /// The command that asks this of a protocol, without what must hold.
    pub fn command(&self, card: &Card) -> String {
        let verb = if matches!(self.way, Way::Sweep { .. }) { "sweep" } else { "check" };
        let mut line =
            format!("quorate {verb} {} -n {} -f {}", card.name, self.group.0, self.group.1);
        let mut say = |option: &str, word: &dyn core::fmt::Display| {
            line.push_str(&format!(" --{option} {word}"));
        };
        if self.values != 2 {
            say("values", &self.values);
        }
        for (key, word) in self.settings {
            say("set", &format!("{key}={word}"));
        }
        if self.faults != card.faults {
            say("faults", &self.faults.word());
        }
        if let Some(rounds) = self.rounds {
            say("rounds", &rounds);
        }
        if !self.inputs.is_empty() {
            say("inputs", &self.inputs);
        }
        if let Way::Network { timing, links, .. } | Way::Sweep { timing, links, .. } = self.way {
            if timing != card.timing {
                say("timing", &timing.word());
            }
            if links != card.links {
                say("links", &links.word());
            }
        }
        match self.way {
            Way::Rounds => {}
            Way::Network { timers, crashes, restarts, lies, .. } => {
                let counts = [
                    ("timers", timers.map(u16::from)),
                    ("crashes", crashes.map(u16::from)),
                    ("restarts", restarts.map(u16::from)),
                    ("lies", lies),
                ];
                for (option, count) in counts {
                    if let Some(count) = count {
                        say(option, &count);
                    }
                }
            }
            Way::Sweep { runs, .. } => say("runs", &runs),
        }
        for (option, words) in self.happens.iter().flat_map(Happening::option) {
            say(option, &words);
        }
        line
    }
}

/// The rooms of one protocol, and what is shown in them.
#[derive(Clone, Copy, Debug)]
pub struct Hall {
    /// The protocol's name.
    pub protocol: &'static str,
    /// The rooms. As it is meant, the protocol keeps in them all that breaks there.
    pub rooms: &'static [Room],
    /// What is shown.
    pub exhibits: &'static [Exhibit],
}

/// A piece, where it is shown, and what comes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exhibit {
    /// The piece's name.
    pub piece: &'static str,
    /// The question.
    pub room: Room,
    /// What comes of it.
    pub shows: Shows,
}

/// What comes of an exhibit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shows {
    /// A requirement breaks: it is the piece's end.
    Breaks {
        /// Which.
        requirement: &'static str,
        /// How long the shortest run is: the faults of a run in rounds, the steps of one on a
        /// network, the seed of the first failing run of a sweep.
        length: u64,
    },
    /// Every requirement holds, and something is dearer or later: the rule is an optimisation.
    Costs {
        /// What.
        figure: Figure,
        /// In the mean of the runs of the sweep, as the protocol is meant.
        meant: u64,
        /// And with the flaw.
        flawed: u64,
    },
    /// A requirement holds here in spite of the flaw.
    Holds {
        /// Which.
        requirement: &'static str,
        /// Why, or why nothing better is known.
        why: &'static str,
    },
}

/// What a flaw can make dearer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Figure {
    /// Messages between different processes.
    Messages,
    /// Ticks until all that is asked for has come.
    Ticks,
}

impl Exhibit {
    /// A piece that breaks a requirement.
    pub const fn new(
        piece: &'static str,
        room: Room,
        requirement: &'static str,
        length: u64,
    ) -> Self {
        Self { piece, room, shows: Shows::Breaks { requirement, length } }
    }

    /// A piece that makes something dearer, and no more.
    pub const fn costs(
        piece: &'static str,
        room: Room,
        figure: Figure,
        meant: u64,
        flawed: u64,
    ) -> Self {
        Self { piece, room, shows: Shows::Costs { figure, meant, flawed } }
    }

    /// A piece that breaks nothing in a room.
    pub const fn holds(
        piece: &'static str,
        room: Room,
        requirement: &'static str,
        why: &'static str,
    ) -> Self {
        Self { piece, room, shows: Shows::Holds { requirement, why } }
    }

    /// The requirement that it is about, if it is about one.
    pub fn requirement(&self) -> Option<&'static str> {
        match self.shows {
            Shows::Breaks { requirement, .. } | Shows::Holds { requirement, .. } => {
                Some(requirement)
            }
            Shows::Costs { .. } => None,
        }
    }

    /// The command that shows it.
    pub fn command(&self, card: &Card) -> String {
        let mut line = self.room.command(card);
        if let Some(requirement) = self.requirement() {
            line.push_str(&format!(" --require {requirement}"));
        }
        line + " --mutant " + self.piece
    }
}
