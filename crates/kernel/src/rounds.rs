//! The synchronous model in the textbook's form.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{
    Bits, Cite, Coded, Data, Domain, Flaw, Group, Margin, Pen, Problem, Process, Signed, Value,
    marked, named,
};

/// What a process may be given to propose.
pub type RoundInput<R> = <<R as Rounds>::Problem as Problem>::Input;
/// What a process may decide.
pub type RoundOutput<R> = <<R as Rounds>::Problem as Problem>::Output;

/// A message of the synchronous model.
pub trait Message: Data + Ord + Bits + Coded {
    /// What an arrow in a picture says, values by name.
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        named(&marked(self), name)
    }

    /// How many messages of the paper this one stands for when it goes to `to`.
    ///
    /// More than one where a protocol batches what the paper sends one by one.
    fn messages(&self, to: Process) -> u64 {
        let _ = to;
        1
    }

    /// How many values it carries to `to`.
    fn items(&self, to: Process) -> u64 {
        self.messages(to)
    }

    /// How many bits it takes on the way to `to`, headers and signatures excluded.
    fn cost_bits(&self, to: Process, domain: Domain) -> u64 {
        let _ = to;
        u64::from(self.bits(domain))
    }
}

impl Message for Value {}

impl Message for u16 {}

impl<A, B> Message for (A, B)
where
    A: Data + Ord + Bits + Coded,
    B: Data + Ord + Bits + Coded,
{
}

/// A synchronous protocol: one process, as a deterministic function of what it receives.
///
/// Round k = 1, 2, ...: every live process sends from its state at the end of round k-1; the
/// survivors receive, change their state, and may decide. All randomness and all faults are the
/// engine's. A state is a value: two processes with equal states behave equally.
pub trait Rounds: Data + Bits + crate::Fields {
    /// What is to be solved.
    type Problem: Problem;
    /// What never changes in a run.
    type Config: Data;
    /// What is sent.
    type Message: Message;

    /// Whether messages carry signatures: then a traitor's words depend on what traitors saw.
    const SIGNED: bool = false;

    /// Whether states and messages name no process, so that permuting the processes permutes the
    /// states and changes nothing else.
    const ANONYMOUS: bool = false;

    /// How many rounds the protocol asks for.
    fn rounds(group: Group, config: &Self::Config) -> u16;

    /// The values that may be proposed.
    fn domain(config: &Self::Config) -> Domain;

    /// The state at the end of round 0. `input` is `None` at a process that proposes nothing.
    fn start(input: Option<RoundInput<Self>>, view: &View<'_, Self::Config>) -> Self;

    /// What this process sends in `round`, from its state at the end of the round before.
    fn send(&self, round: u16, view: &View<'_, Self::Config>) -> Outgoing<Self::Message>;

    /// Receives what came in `round`; `Some` is a decision.
    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Self::Message>,
        view: &View<'_, Self::Config>,
    ) -> Option<RoundOutput<Self>>;

    /// The round by whose end every correct process has decided if `failures` really fail.
    fn deadline(group: Group, config: &Self::Config, failures: u16) -> u16 {
        let _ = failures;
        Self::rounds(group, config)
    }

    /// Whether two processes play the same part, so that swapping them changes nothing.
    fn alike(a: Process, b: Process, group: Group, config: &Self::Config) -> bool {
        let _ = (group, config);
        a == b
    }
}

/// What one process sends in one round.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Outgoing<M> {
    /// Nothing to anybody.
    Nothing,
    /// The same to every process, itself included.
    All(M),
    /// To some, each its own; in order of process, each at most once.
    To(Vec<(Process, M)>),
}

impl<M> Outgoing<M> {
    /// The message for one process, if there is one.
    pub fn to(&self, to: Process) -> Option<&M> {
        match self {
            Self::Nothing => None,
            Self::All(message) => Some(message),
            Self::To(list) => {
                debug_assert!(list.is_sorted_by_key(|(p, _)| *p));
                let place = list.binary_search_by_key(&to, |(p, _)| *p);
                place.ok().map(|at| &list[at].1)
            }
        }
    }

    /// The same letters in other envelopes.
    pub fn map<N>(self, mut wrap: impl FnMut(M) -> N) -> Outgoing<N> {
        match self {
            Self::Nothing => Outgoing::Nothing,
            Self::All(message) => Outgoing::All(wrap(message)),
            Self::To(list) => Outgoing::To(list.into_iter().map(|(p, m)| (p, wrap(m))).collect()),
        }
    }

    /// `message` if there is one, to all.
    pub fn all_if(message: Option<M>) -> Self {
        message.map_or(Self::Nothing, Self::All)
    }
}

/// What one process receives in one round: at most one message from each process.
#[derive(Clone, Copy, Debug)]
pub struct Inbox<'a, M> {
    /// What each process sent to everybody, by position.
    common: &'a [Option<M>],
    /// What this receiver gets instead from some senders, in order of sender.
    own: &'a [(Process, Option<M>)],
}

impl<'a, M> Inbox<'a, M> {
    /// An inbox; `own` is in order of sender and overrides `common`.
    pub fn new(common: &'a [Option<M>], own: &'a [(Process, Option<M>)]) -> Self {
        debug_assert!(own.windows(2).all(|pair| pair[0].0 < pair[1].0));
        Self { common, own }
    }

    /// What came from one process.
    pub fn from(&self, sender: Process) -> Option<&'a M> {
        if let Ok(at) = self.own.binary_search_by_key(&sender, |(p, _)| *p) {
            return self.own[at].1.as_ref();
        }
        self.common.get(sender.index()).and_then(Option::as_ref)
    }

    /// All that came, in order of sender.
    pub fn iter(&self) -> impl Iterator<Item = (Process, &'a M)> + '_ {
        let mut own = self.own;
        // Most receivers get from most senders what everybody gets: one comparison a sender.
        let place = |own: &[(Process, Option<M>)]| own.first().map_or(usize::MAX, |o| o.0.index());
        let mut next = place(own);
        self.common.iter().enumerate().filter_map(move |(at, common)| {
            let mut message = common;
            if at == next {
                message = &own[0].1;
                own = &own[1..];
                next = place(own);
            }
            message.as_ref().map(|m| (Process(at as u16), m))
        })
    }

    /// How many messages came.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether nothing came.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// All that a process may know besides its state, and the margin in which it cites its rules.
#[derive(Clone, Copy, Debug)]
pub struct View<'a, C> {
    /// Who I am.
    pub me: Process,
    /// How many we are, and how many may fail.
    pub group: Group,
    /// What never changes.
    pub config: &'a C,
    /// The round after which this run ends; the protocol's own number unless the user overrides it.
    pub last: u16,
    pen: &'a Pen,
    margin: &'a Margin,
    /// Where the rules of this part begin in the list of the whole protocol.
    first_rule: u32,
}

impl<'a, C> View<'a, C> {
    pub(crate) fn of(
        pen: &'a Pen,
        group: Group,
        config: &'a C,
        last: u16,
        margin: &'a Margin,
    ) -> Self {
        Self { me: pen.owner(), group, config, last, pen, margin, first_rule: 0 }
    }

    /// Whether this is what is wrong with the protocol in this run: asked where it is wrong.
    #[inline]
    pub fn is_flawed(&self, flaw: Flaw) -> bool {
        self.margin.is_flawed(flaw)
    }

    pub(crate) fn margin_ref(&self) -> &'a Margin {
        self.margin
    }

    /// Notes that a rule fired.
    pub fn cite(&self, rule: Cite) {
        self.margin.cite(self.first_rule + u32::from(rule.0));
    }

    /// Notes that `liar` is exposed, and by what evidence.
    pub fn expose(&self, liar: Process, evidence: impl FnOnce() -> String) {
        self.margin.note(liar, evidence);
    }

    /// Signs as this process.
    pub fn sign<T: Data>(&self, body: T) -> Signed<T> {
        self.pen.sign(body)
    }

    /// Countersigns as this process.
    pub fn countersign<T: Data>(&self, signed: &Signed<T>) -> Signed<T> {
        self.pen.countersign(signed)
    }

    /// The view of a protocol that runs as a part of this one, whose rules stand `after` as many
    /// of ours, and whose last round is `last` by its own count.
    pub fn part<'b, D>(&'b self, config: &'b D, after: usize, last: u16) -> View<'b, D> {
        View {
            me: self.me,
            group: self.group,
            config,
            last,
            pen: self.pen,
            margin: self.margin,
            first_rule: self.first_rule + after as u32,
        }
    }
}
