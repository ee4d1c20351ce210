//! What a certificate says. Search and verifier share these words and nothing else.

use serde::{Deserialize, Serialize};

/// The name of the format.
pub const SCHEMA: &str = "quorate/certificate";
/// Its version.
pub const VERSION: u32 = 1;

/// An answer for every algorithm at one size, and what shows it.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// [`SCHEMA`].
    pub schema: String,
    /// [`VERSION`].
    pub version: u32,
    /// A checksum of question and answer (FNV-1a, 64 bits), against damage and not against forgery.
    pub digest: String,
    /// What was asked.
    pub question: Question,
    /// What shows the answer.
    #[serde(flatten)]
    pub answer: Answer,
}

impl Certificate {
    /// A certificate in the format of this version.
    #[must_use]
    pub fn new(question: Question, answer: Answer) -> Self {
        let mut certificate = Self {
            schema: SCHEMA.into(),
            version: VERSION,
            digest: String::new(),
            question,
            answer,
        };
        certificate.digest = certificate.computed_digest();
        certificate
    }

    /// The checksum that question and answer have.
    #[must_use]
    pub fn computed_digest(&self) -> String {
        struct Fnv(u64);
        impl std::io::Write for Fnv {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                for byte in bytes {
                    self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
                }
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let mut sum = Fnv(0xcbf2_9ce4_8422_2325);
        let written = serde_json::to_writer(&mut sum, &(&self.question, &self.answer));
        written.expect("plain data can be written");
        format!("{:016x}", sum.0)
    }
}

/// Can n processes, of which at most f are faulty, agree on k of k + 1 values within some rounds?
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What may happen in a round.
    pub model: Model,
    /// How many processes there are.
    pub n: u16,
    /// How many of them may be faulty or late; with [`Model::LossFew`], how many messages may be
    /// lost.
    pub f: u16,
    /// After how many rounds they decide.
    pub rounds: u16,
    /// Whether faulty processes that decide must agree too.
    pub uniform: bool,
    /// How many different values may be decided. One more can be proposed: 0, 1, ... k.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub k: u16,
    /// By which round all who are correct have decided if nobody, one, two, ... f processes are
    /// faulty; nothing, if all decide in the last round whatever happens.
    #[serde(default, skip_serializing_if = "Numbers::is_empty")]
    pub early: Numbers,
    /// With [`Model::Loss`], what may be lost in round 1, 2, ..., the last also in all that follow;
    /// anything, if there is nothing. The sum of 1 if nothing is lost, 2 if the message of p0 is, 4
    /// if that of p1 is, 8 if both are.
    #[serde(default, skip_serializing_if = "Numbers::is_empty")]
    pub losses: Numbers,
}

fn one() -> u16 {
    1
}

fn is_one(k: &u16) -> bool {
    *k == 1
}

impl Question {
    /// Consensus in which faulty processes need not agree, after a fixed number of rounds.
    #[must_use]
    pub fn new(model: Model, n: u16, f: u16, rounds: u16) -> Self {
        Self {
            model,
            n,
            f,
            rounds,
            uniform: false,
            k: 1,
            early: Numbers::default(),
            losses: Numbers::default(),
        }
    }

    /// By which round all who are correct have decided if so many processes are faulty.
    #[must_use]
    pub fn deadline(&self, faulty: usize) -> u16 {
        self.early.get(faulty).map_or(self.rounds, u16::from)
    }
}

/// A short list of small numbers.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Numbers {
    listed: [u8; Self::MOST],
    count: u8,
}

impl Numbers {
    /// The longest list.
    pub const MOST: usize = 32;

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[u8] {
        &self.listed[..usize::from(self.count)]
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<u8> {
        self.all().get(at).copied()
    }
}

impl std::fmt::Debug for Numbers {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.all().fmt(out)
    }
}

impl TryFrom<Vec<u8>> for Numbers {
    type Error = &'static str;

    fn try_from(all: Vec<u8>) -> Result<Self, Self::Error> {
        let mut numbers = Self { count: all.len() as u8, ..Self::default() };
        let room = numbers.listed.get_mut(..all.len()).ok_or("a list of numbers is too long")?;
        room.copy_from_slice(&all);
        Ok(numbers)
    }
}

impl From<Numbers> for Vec<u8> {
    fn from(numbers: Numbers) -> Self {
        numbers.all().to_vec()
    }
}

/// What may happen in a round.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// A faulty process crashes: its last round reaches any of the others.
    Crash,
    /// A faulty process does not send to any of the others, in any round.
    Omission,
    /// A faulty process does not send to, or not receive from, any of the others, in any round.
    GeneralOmission,
    /// Two armies, which both send in every round. What may be lost in it says the question.
    Loss,
    /// Two armies, which both send in every round. At most f messages are lost.
    LossFew,
    /// Two armies, which send in turn, p0 first. Any message may be lost.
    LossInTurn,
    /// Nobody fails, but each process may miss the messages of f others in every round.
    Late,
    /// The same, and what p0 proposes is what all have to decide.
    LateOrder,
    /// Each process hears of all but f others in every round, because they are late or because they
    /// are faulty and say nothing. Faulty processes say what they like of themselves; of others
    /// they pass on what they said, or nothing, since all is signed.
    LateSigned,
    /// Nobody fails, but each process hears only of those whose memory it saw in one immediate
    /// snapshot, in every round.
    ImmediateSnapshot,
    /// The same with a snapshot that need not be immediate.
    Snapshot,
    /// A faulty process says that it has seen anything, to each of the others what it likes.
    Byzantine,
    /// The same, but everything is signed: of others it passes on what they said, or nothing.
    Signed,
}

/// What shows an answer.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Answer {
    /// No algorithm agrees: a chain of executions leads from one in which 0 must be decided to one
    /// in which 1 must be.
    Impossible {
        /// The chain. What is decided in one of these is decided in the next.
        chain: Vec<Link>,
    },
    /// No algorithm decides at most k values: however it decides, in an odd number of these
    /// executions the listed processes decide k + 1.
    #[serde(rename = "impossible-by-parity")]
    Parity {
        /// The executions.
        simplices: Vec<Simplex>,
    },
    /// This algorithm agrees.
    Solvable {
        /// What it decides.
        table: Table,
    },
}

/// An execution of a chain.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What happens.
    pub execution: Execution,
    /// The process that cannot tell it from the next; none in the last.
    pub same: Option<u16>,
    /// After which round it cannot, and has decided; the last, if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u16>,
}

/// An execution, and k + 1 processes that decide in it. What each of them sees in the end is a
/// corner of a simplex.
///
/// Of fewer processes nothing is counted: the execution shows that they are correct with what they
/// see, so that they have to decide.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Simplex {
    /// What happens.
    pub execution: Execution,
    /// Who decides.
    pub who: Vec<u16>,
}

/// What happens, as far as an algorithm does not decide it: everybody tells everybody all that it
/// knows in every round, but for the faults.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Hash, Debug)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    /// What each process proposes.
    pub inputs: Vec<u8>,
    /// Who is faulty.
    pub faulty: Vec<u16>,
    /// What goes wrong, in the words of the command line: `crash p0@1:p1`, `omit p0@1:p1`,
    /// `miss p1@1:p0`, `lose p0@1:p1`, `lie p0@2:p1=(0,1,-)`. What is said in round 1 is an input,
    /// and in a later round what was heard from each process in the round before.
    pub faults: Vec<String>,
}

/// A decision for everything that a process can have seen. A process that has decided says no more.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Whether it looks at who said what. If not, a view is what the process itself saw, and then
    /// in order what the others told it, each as often as it was told.
    pub names: bool,
    /// What can be seen in round 1, 2, ... Each view lists views of the round before, by their
    /// places in it: with names, first whose view it is, and then one for each process, or -1 if
    /// nothing came from it. In round 0 the view of process p with input v has place (k + 1)p + v,
    /// and without names place v.
    pub views: Vec<Vec<Vec<i32>>>,
    /// What is decided, for each view of the last round.
    pub decisions: Vec<u8>,
    /// What is decided earlier, for each view of each round before the last; -1 for nothing. Who
    /// has decided does not decide again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Vec<i8>>,
}
