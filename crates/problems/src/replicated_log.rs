//! Replicated log: processes apply the same commands in the same order.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::marker::PhantomData;

use quorate_kernel::{
    Bits, Class, Coded, Data, Domain, Problem, Process, Renamed, Renaming, Requirement, Value,
    marked, named,
};

mod judges;
mod ledger;
mod lines;
mod logs;
mod members;

pub use ledger::LogLedger;
pub use lines::{Line, Lines};
pub use members::{Aim, Asker, Change, Membership, Refusal};

/// Every process proposes commands; all apply all of them, once each and in one order.
///
/// The k-th payload that a process is given is its command number k, from 1. The state to which
/// commands are applied is lost in a crash: a restart begins a new life of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ReplicatedLog<C: Payload = Value>(PhantomData<C>);

/// What a command says.
pub trait Payload: Data + Ord + Default + Bits + Coded {
    /// Whether it may be proposed; anything else on a wire is garbage.
    fn is_in(&self, domain: Domain) -> bool;

    /// It, for people.
    fn show(&self, name: &dyn Fn(Value) -> String) -> String {
        named(&marked(self), name)
    }
}

impl Payload for Value {
    fn is_in(&self, domain: Domain) -> bool {
        domain.contains(*self)
    }

    fn show(&self, name: &dyn Fn(Value) -> String) -> String {
        name(*self)
    }
}

/// What a process is asked for, as a client.
///
/// A call is an operation on the state that the log makes: its invocation is this input. A write
/// responds when the process that was asked hands out [`Applied::Command`] of its own or
/// [`Applied::Told`], with the number that counts its writes from 1; a read when it hands out
/// [`Applied::Answer`], with the number that counts its reads of this life. Every response says in
/// which slot the operation takes effect.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Call<C: Payload = Value> {
    /// To have a command applied by all.
    Write(C),
    /// To say what the last command applied is.
    Read,
    /// To lead, if the protocol has leaders. Nothing is owed.
    Lead,
    /// To change the members, if the protocol has them change. A result is owed:
    /// [`Applied::Changed`].
    Change(Change),
    /// The same, whatever change it draws.
    Vary,
}

impl<C: Payload> Call<C> {
    /// It, for people.
    pub fn show(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Write(payload) => payload.show(name),
            Self::Read => "read".into(),
            Self::Lead => "lead".into(),
            Self::Change(change) => format!("members {}", change.show()),
            Self::Vary => "some other members".into(),
        }
    }
}

impl<C: Payload> Renamed for Call<C> {
    fn rename(&mut self, by: &Renaming) {
        match self {
            Self::Write(payload) => payload.rename(by),
            Self::Change(change) => change.rename(by),
            Self::Read | Self::Lead | Self::Vary => {}
        }
    }
}

/// What a process did to its state.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Applied<C: Payload = Value> {
    /// It applied a command.
    Command {
        /// Where the command stands in the log, from 1.
        slot: u64,
        /// Who proposed it.
        client: Process,
        /// Which of that process's commands it is, from 1.
        number: u32,
        /// What the command says.
        payload: C,
    },
    /// It passed over a slot that does nothing.
    Noop {
        /// Where it stands in the log, from 1.
        slot: u64,
    },
    /// It took over a whole state.
    Installed {
        /// The last slot that the state contains.
        through: u64,
        /// Up to which number each process's commands are in it.
        applied: Vec<(Process, u32)>,
        /// Who the members are after it, if a slot in it says so.
        members: Option<Arc<Membership>>,
    },
    /// It answered a read.
    Answer {
        /// Which of its reads in this life it is, from 1.
        number: u32,
        /// The last slot that it had applied.
        slot: u64,
        /// The last command that it had applied, if there was one.
        value: Option<C>,
    },
    /// It is told of a command of its own where it was applied, whether it has applied it or not.
    Told {
        /// Where the command stands in the log, from 1.
        slot: u64,
        /// Which of its commands it is, from 1.
        number: u32,
        /// What the command says.
        payload: C,
    },
    /// It leads, and nobody else may in this term.
    Leads {
        /// The term, from 1.
        term: u32,
    },
    /// Its log has changed, or it is back with it: after this place it is now this, in a protocol
    /// whose logs match.
    Stored {
        /// The place before the lines.
        after: Place,
        /// All that stands after it.
        lines: Lines,
    },
    /// It knows that its log through this place is committed.
    Committed {
        /// The term in which it says so.
        term: u32,
        /// The last place of what is committed.
        through: Place,
    },
    /// It applied who the members are; in slot 0, who they are in the beginning, if that is not
    /// everybody or is to change.
    Members {
        /// Where that stands in the log, from 1.
        slot: u64,
        /// Who they are.
        members: Arc<Membership>,
    },
    /// A change of the members that it was asked for is done, or refused.
    Changed {
        /// In which life, by its own count.
        life: u64,
        /// Which of this life it is, from 1.
        number: u64,
        /// Why it was not made, if it was not.
        refused: Option<Refusal>,
    },
    /// It begins anew, with an empty log, and a state to which nothing is applied; or it is back
    /// after a crash, and has begun so before.
    Anew {
        /// For which time, from 1.
        time: u64,
    },
}

impl<C: Payload> Applied<C> {
    /// Whether it says how the protocol gets on, and not what was applied to the state.
    pub fn is_inner(&self) -> bool {
        match self {
            Self::Leads { .. } | Self::Stored { .. } | Self::Committed { .. } => true,
            Self::Members { slot, .. } => *slot == 0,
            Self::Anew { .. } => true,
            Self::Command { .. } | Self::Noop { .. } | Self::Installed { .. } => false,
            Self::Answer { .. } | Self::Told { .. } | Self::Changed { .. } => false,
        }
    }
}

/// A place in a log: the index, from 1, and the term of the entry that stands there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Place {
    /// The index; 0 before the first entry.
    pub index: u64,
    /// The term; 0 before the first entry.
    pub term: u32,
}

impl Renamed for Place {
    fn rename(&mut self, by: &Renaming) {
        self.term.rename(by);
    }
}

impl<C: Payload> Renamed for Applied<C> {
    fn rename(&mut self, by: &Renaming) {
        match self {
            Self::Command { client, payload, .. } => {
                client.rename(by);
                payload.rename(by);
            }
            Self::Noop { .. } => {}
            Self::Installed { applied, members, .. } => {
                applied.rename(by);
                applied.sort_unstable();
                members.rename(by);
            }
            Self::Answer { value, .. } => value.rename(by),
            Self::Told { payload, .. } => payload.rename(by),
            Self::Leads { term } => term.rename(by),
            Self::Stored { after, lines } => {
                after.rename(by);
                lines.rename(by);
            }
            Self::Committed { term, through } => {
                term.rename(by);
                through.rename(by);
            }
            Self::Members { members, .. } => members.rename(by),
            Self::Changed { .. } | Self::Anew { .. } => {}
        }
    }
}

impl<C: Payload> Problem for ReplicatedLog<C> {
    const NAME: &'static str = "replicated-log";
    type Input = Call<C>;
    type Output = Applied<C>;
    type Ledger = LogLedger<C>;
    const WATCHES_CRASHES: bool = true;

    fn requirements() -> &'static [Requirement<Self>] {
        Self::REQUIREMENTS
    }

    fn show(output: &Applied<C>, name: &dyn Fn(Value) -> String) -> String {
        match output {
            Applied::Command { slot, client, number, payload } => {
                format!("slot {slot}: {} ({client}'s command {number})", payload.show(name))
            }
            Applied::Noop { slot } => format!("slot {slot}: nothing"),
            Applied::Installed { through, .. } => format!("the state through slot {through}"),
            Applied::Answer { slot, value: None, .. } => format!("slot {slot}: read nothing"),
            Applied::Answer { slot, value: Some(value), .. } => {
                format!("slot {slot}: read {}", value.show(name))
            }
            Applied::Told { slot, number, payload } => {
                format!("told slot {slot}: {} (command {number})", payload.show(name))
            }
            Applied::Leads { term } => format!("leads term {term}"),
            Applied::Stored { after, lines } => match lines.last() {
                None => format!("log to {}", after.index),
                Some(last) => {
                    let through = after.index.saturating_add(lines.len() as u64);
                    format!("log to {through}, term {}", last.term)
                }
            },
            Applied::Committed { through, .. } => format!("committed to {}", through.index),
            Applied::Members { slot: 0, members } => format!("members {}", members.show()),
            Applied::Members { slot, members } => {
                format!("slot {slot}: members {}", members.show())
            }
            Applied::Changed { number, refused: None, .. } => format!("change {number} is done"),
            Applied::Changed { number, refused: Some(why), .. } => {
                format!("change {number} is refused: {}", why.text())
            }
            Applied::Anew { .. } => "begins anew".into(),
        }
    }
}

impl<C: Payload> ReplicatedLog<C> {
    const REQUIREMENTS: &'static [Requirement<Self>] = &[
        Requirement {
            name: "log-agreement",
            aliases: &["state-machine-safety"],
            text: "no two processes apply different things in the same slot, in any of their lives",
            source: "Schneider 1990; Ongaro, Ousterhout 2014, state machine safety",
            class: Class::Safety,
            judge: judges::log_agreement,
        },
        Requirement {
            name: "exactly-once",
            aliases: &[],
            text: "no command is applied twice to the same state, and who sent it twice is told \
                where it was applied",
            source: "Ongaro 2014, 6.3",
            class: Class::Safety,
            judge: judges::exactly_once,
        },
        Requirement {
            name: "in-order",
            aliases: &[],
            text: "a process applies the slots in order and leaves none out",
            source: "Schneider 1990",
            class: Class::Safety,
            judge: judges::in_order,
        },
        Requirement {
            name: "election-safety",
            aliases: &[],
            text: "no two processes lead in the same term",
            source: "Ongaro, Ousterhout 2014, figure 3",
            class: Class::Safety,
            judge: judges::election_safety,
        },
        Requirement {
            name: "log-matching",
            aliases: &[],
            text: "two logs with an entry of the same index and term are the same up to it",
            source: "Ongaro, Ousterhout 2014, figure 3",
            class: Class::Safety,
            judge: judges::log_matching,
        },
        Requirement {
            name: "leader-completeness",
            aliases: &[],
            text: "the log of whoever leads in a term has all that was committed in earlier terms",
            source: "Ongaro, Ousterhout 2014, figure 3",
            class: Class::Safety,
            judge: judges::leader_completeness,
        },
        Requirement {
            name: "monotone-commit",
            aliases: &[],
            text: "what a process takes for committed is in its log, grows in each of its lives, \
                and is neither cut off nor gone after a restart",
            source: "Ongaro, Ousterhout 2014, 5.3",
            class: Class::Safety,
            judge: judges::monotone_commit,
        },
        Requirement {
            name: "durability",
            aliases: &["no-lost-writes"],
            text: "a write that was acknowledged to its process is in every state that reaches as \
                far as its slot",
            source: "Ongaro 2014, 6.3",
            class: Class::Safety,
            judge: judges::durability,
        },
        Requirement {
            name: "linearizability",
            aliases: &["read-freshness"],
            text: "an operation takes effect after all that had responded when it was invoked, and \
                a read says what was written last before it",
            source: "Herlihy, Wing 1990",
            class: Class::Safety,
            judge: judges::linearizability,
        },
        Requirement {
            name: "integrity",
            aliases: &[],
            text: "what is applied as a process's command was proposed by that process",
            source: "Schneider 1990",
            class: Class::Validity,
            judge: judges::integrity,
        },
        Requirement {
            name: "termination",
            aliases: &[],
            text: "every command of a correct member is applied by every correct member; members \
                are those that the log names last, or everybody, without witnesses",
            source: "Schneider 1990",
            class: Class::Liveness,
            judge: judges::termination,
        },
        Requirement {
            name: "uniform-agreement",
            aliases: &[],
            text: "a write that was acknowledged, to a process that crashed since too, is applied \
                by every correct member",
            source: "Hadzilacos, Toueg 1994, on uniform broadcast",
            class: Class::Liveness,
            judge: judges::uniform_agreement,
        },
        Requirement {
            name: "answers",
            aliases: &[],
            text: "every read that a correct member was asked for is answered, unless it crashed \
                since",
            source: "Ongaro 2014, 6.4",
            class: Class::Liveness,
            judge: judges::answers,
        },
        Requirement {
            name: "true-refusals",
            aliases: &[],
            text: "no change of the members is made of which somebody heard that it was refused",
            source: "Ongaro 2014, 4",
            class: Class::Safety,
            judge: members::true_refusals,
        },
        Requirement {
            name: "results",
            aliases: &[],
            text: "every change that a correct member was asked for is done or refused, unless it \
                crashed since",
            source: "Ongaro 2014, 4",
            class: Class::Liveness,
            judge: members::results,
        },
    ];
}
