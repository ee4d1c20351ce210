//! What is asked about runs on a network, and within which bounds.

use quorate_kernel::{Flaw, Group, InputOf, Links, ProcessSet, Protocol, Requirement};

use super::fair::Fairness;
use crate::question::Budget;

/// The bounds of a search: how much of each kind may happen in a run. A verdict names them all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope {
    /// What links promise.
    pub links: Links,
    /// Whether a link delivers in the order of sending.
    pub fifo: bool,
    /// Whether messages, once sent, can arrive any number of times or never: all that lossy links
    /// can do, in far fewer states than if copies were counted.
    pub any_number: bool,
    /// Whether a message that would change nothing on arrival waits until it would, as where a
    /// receiver takes only what it is ready for. Of no effect on links that are FIFO.
    pub selective: bool,
    /// Whether a moment comes after which nothing fails, no message is lost, and messages are
    /// faster than timers: partial synchrony, with what is owed due then.
    pub calm: bool,
    /// How often timers go off before the calm, where they are counted; any number if not said.
    pub timers: Option<u8>,
    /// How many crashes there are.
    pub crashes: u8,
    /// How many processes may stay down.
    pub faulty_max: u16,
    /// How often crashed processes come back, with what they stored.
    pub restarts: u8,
    /// Whether a disk may lose its last records in a crash.
    pub forgetful: bool,
    /// How many bits flip: in a state, in a message that arrives, or in a stored record.
    pub flips: u8,
    /// How many words traitors say; any number if not said.
    pub lies: Option<u16>,
    /// In how many copies of the honest process each traitor follows the protocol, instead of
    /// saying words: 0 for words. [`Beginning::requests`] then goes on after the group with those
    /// of further copies: of each traitor in order, one after the other.
    pub copies: u8,
    /// Whether deliveries that only change what a process remembers are put off until they matter.
    pub collapse: bool,
    /// Whether states that are the same but for names count as one, where names of processes or
    /// values can be exchanged.
    pub symmetry: bool,
    /// The last round, ballot or phase that a process may enter, as [`Protocol::round`] has it.
    pub rounds: Option<u32>,
    /// What is taken for granted of runs without end; they are not looked for if not said.
    pub fairness: Option<Fairness>,
    /// In the calm, how often timers of others go off while one runs: a bound on how much faster
    /// one process is than another (Dwork, Lynch, Stockmeyer 1988). Any number if not said.
    pub pace: Option<u8>,
    /// Whether a timer waits until all that its process sent has arrived: fewer runs, but some in
    /// which whoever tries again has been heard.
    pub patient: bool,
    /// What is wrong with the protocol on purpose.
    pub flaw: Flaw,
}

/// In how large a group it is counted who is overtaken.
pub const PACED_MAX: u16 = 8;
/// The most that can be said of it.
pub const PACE_MAX: u8 = 15;

impl Scope {
    /// Whether a crash can be told from nothing but that a process takes no more steps: nobody
    /// comes back, and what somebody sent before need not arrive.
    pub fn crash_is_silence(&self) -> bool {
        self.restarts == 0 && self.links != Links::Strong
    }

    /// Messages arrive once and in any order, and nothing fails.
    pub fn of(links: Links) -> Self {
        Self {
            links,
            fifo: false,
            any_number: links == Links::Lossy,
            selective: false,
            calm: false,
            timers: Some(0),
            crashes: 0,
            faulty_max: 0,
            restarts: 0,
            forgetful: false,
            flips: 0,
            lies: None,
            copies: 0,
            collapse: false,
            symmetry: false,
            rounds: None,
            fairness: None,
            pace: None,
            patient: false,
            flaw: Flaw::None,
        }
    }
}

/// What is asked of one process: how many of its requests come at the very start, before any
/// message, and all of them in order, with their numbers in the run.
pub type Agenda<I> = (u16, Vec<(u32, I)>);

/// What a run begins with.
#[derive(Clone, Debug)]
pub struct Beginning<I> {
    /// The traitors.
    pub traitors: ProcessSet,
    /// Who takes no more steps from some moment on, and whose messages need not arrive: whoever
    /// crashes for good, without a step of its own for it.
    pub doomed: ProcessSet,
    /// What each process is asked.
    pub requests: Vec<Agenda<I>>,
}

/// Which runs on a network to search, and for what.
pub struct Inquiry<'a, P: Protocol> {
    /// The group.
    pub group: Group,
    /// What never changes.
    pub config: &'a P::Config,
    /// What may happen.
    pub scope: Scope,
    /// Every beginning.
    pub beginnings: Vec<Beginning<InputOf<P>>>,
    /// What must hold; at most 64.
    pub requirements: Vec<&'static Requirement<P::Problem>>,
    /// When to stop.
    pub budget: Budget,
    /// Whether prints have 128 bits instead of 64.
    pub wide: bool,
}

impl<P: Protocol> std::fmt::Debug for Inquiry<'_, P> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Inquiry").field("group", &self.group).field("scope", &self.scope).finish()
    }
}
