//! The general form of a protocol: inputs, messages, timers, and records that survive a crash.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Debug};

use crate::{
    Bits, Cite, Coded, Data, Domain, Fields, Flaw, Group, Margin, Message, Pen, Problem, Process,
    Renamed, Signed,
};

/// What a process of `P` may be given.
pub type InputOf<P> = <<P as Protocol>::Problem as Problem>::Input;
/// What a process of `P` may hand out.
pub type OutputOf<P> = <<P as Protocol>::Problem as Problem>::Output;
/// What a process of `P` may store.
pub type RecordOf<P> = <<P as Protocol>::Stable as Stable>::Record;

/// One process of a protocol: a deterministic state machine, compared and hashed as a value.
///
/// A handler is a function of the state, the event and the engine's answers to
/// [`Context::choose`] and [`Context::common_coin`]: it reads no clock and keeps nothing
/// outside the state, so that an engine may run it once for each distinct case.
pub trait Protocol: Data + Bits + Fields {
    /// What is to be solved.
    type Problem: Problem;
    /// What never changes in a run.
    type Config: Data;
    /// What is sent.
    type Message: Message;
    /// What a timer is told apart by.
    type Timer: Data + Ord + Copy + Renamed;
    /// What survives a crash; `()` if nothing does.
    type Stable: Stable;

    /// Whether messages carry signatures: then a traitor's words depend on what traitors saw.
    const SIGNED: bool = false;

    /// Whether [`Protocol::is_past`] says so of any message.
    const PAST: bool = false;

    /// The values that may be proposed, sent, carried.
    fn domain(config: &Self::Config) -> Domain;

    /// The round, ballot or phase that the process is in, for pictures and statistics; 0 if the
    /// protocol has none.
    fn round(&self) -> u32 {
        0
    }

    /// First boot and every reboot alike: what survived is in [`Context::stable`].
    fn start(cx: &mut Context<'_, Self>) -> Self;

    /// A request from the world outside.
    fn on_input(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self>);

    /// A message from a process, possibly itself.
    fn on_message(&mut self, from: Process, message: Self::Message, cx: &mut Context<'_, Self>);

    /// Whether this process ignores a message from now on, whatever comes before it: as it does
    /// with a vote that comes after all were counted. A search need not keep such a message on its
    /// way; it checks, in every state that it finds, what is said here.
    fn is_past(&self, from: Process, message: &Self::Message) -> bool {
        let _ = (from, message);
        false
    }

    /// A timer that went off.
    fn on_timer(&mut self, timer: Self::Timer, cx: &mut Context<'_, Self>);
}

/// What survives a crash: the sum of the records that were stored.
///
/// The engine owns it. A protocol changes it by [`Context::persist`] only, so that replaying the
/// records gives the same state.
pub trait Stable: Data + Default + Fields + Renamed + Coded {
    /// One change.
    type Record: Data + Bits + Coded;

    /// Makes one change.
    fn apply(&mut self, record: &Self::Record);
}

impl Stable for () {
    type Record = ();

    fn apply(&mut self, (): &()) {}
}

/// A change of a timer that a handler asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TimerAsk<T> {
    /// Go off after so many ticks; replaces a running timer of the same name.
    Set(T, u64),
    /// Do not go off.
    Cancel(T),
}

/// The engine's answers to what a protocol leaves open.
pub trait Oracle {
    /// A number below `options`, which is at least 1.
    fn choose(&mut self, options: u32) -> u32;

    /// The common coin of this toss: the same at every process, unknown before it is asked for.
    fn common_coin(&mut self, toss: u64) -> bool;
}

/// What a handler asked for, in the order in which it asked, lane by lane.
///
/// Lanes are reused from step to step: a step that asks for nothing allocates nothing. Records
/// are all that can be had before they are stored; see [`Effects::store`].
///
/// So this is how messages leave:
///
/// ```
/// # use quorate_kernel::{Effects, Process, Protocol, RecordOf};
/// fn leave<P: Protocol>(effects: &mut Effects<P>, disk: &mut Vec<RecordOf<P>>) {
///     let stored = effects.store(|records| {
///         disk.extend_from_slice(records);
///         Ok::<(), std::io::Error>(())
///     });
///     for (to, message) in stored.expect("a Vec takes everything").sends() {
///         println!("to {to}: {message:?}");
///     }
/// }
/// ```
///
/// And there is no other way: neither the lanes nor their iterators can be reached before.
///
/// ```compile_fail,E0599
/// # use quorate_kernel::{Effects, Process, Protocol, RecordOf};
/// fn leave<P: Protocol>(effects: &mut Effects<P>) {
///     for (to, message) in effects.sends() {
///         println!("to {to}: {message:?}");
///     }
/// }
/// ```
///
/// ```compile_fail,E0616
/// # use quorate_kernel::{Effects, Process, Protocol, RecordOf};
/// fn leave<P: Protocol>(effects: &mut Effects<P>) {
///     for (to, message) in effects.sends.drain(..) {
///         println!("to {to}: {message:?}");
///     }
/// }
/// ```
///
/// Nor can what is released be kept until after the next step: it borrows the effects.
///
/// ```compile_fail,E0499
/// # use quorate_kernel::{Effects, Protocol};
/// fn keep<P: Protocol>(effects: &mut Effects<P>) {
///     let released = effects.store(|_| Ok::<(), ()>(()));
///     effects.clear();
///     drop(released);
/// }
/// ```
pub struct Effects<P: Protocol> {
    records: Vec<RecordOf<P>>,
    sends: Vec<(Process, P::Message)>,
    timers: Vec<TimerAsk<P::Timer>>,
    outputs: Vec<OutputOf<P>>,
}

impl<P: Protocol> Default for Effects<P> {
    fn default() -> Self {
        Self { records: Vec::new(), sends: Vec::new(), timers: Vec::new(), outputs: Vec::new() }
    }
}

impl<P: Protocol> Debug for Effects<P> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Effects({} records unstored)", self.records.len())
    }
}

impl<P: Protocol> Effects<P> {
    /// Stores the records of the step, then releases the rest.
    ///
    /// `write` gets the records in order and must return only when they are durable (it is
    /// called even if there are none). If it fails, what depended on the records is dropped with
    /// them: the process must stop as if it had crashed. The engine's [`Stable`] has the changes
    /// already, stored or not, so a reboot must rebuild it from the records on disk.
    ///
    /// # Errors
    /// Whatever `write` returns.
    #[inline]
    pub fn store<E>(
        &mut self,
        write: impl FnOnce(&[RecordOf<P>]) -> Result<(), E>,
    ) -> Result<Released<'_, P>, E> {
        let stored = write(&self.records);
        self.records.clear();
        if stored.is_err() {
            self.clear();
        }
        stored.map(|()| Released { effects: self })
    }

    /// Forgets everything that was asked for, as a crash does.
    pub fn clear(&mut self) {
        self.records.clear();
        self.sends.clear();
        self.timers.clear();
        self.outputs.clear();
    }
}

/// What may be done now that the records are stored. Dropping it forgets what was not taken.
#[derive(Debug)]
pub struct Released<'a, P: Protocol> {
    effects: &'a mut Effects<P>,
}

impl<P: Protocol> Released<'_, P> {
    /// Whether there are timers or outputs too: most steps only send.
    #[inline]
    pub fn more_than_sends(&self) -> bool {
        !self.effects.timers.is_empty() || !self.effects.outputs.is_empty()
    }

    /// Whether there are messages to send: many steps only receive.
    #[inline]
    pub fn any_sends(&self) -> bool {
        !self.effects.sends.is_empty()
    }

    /// Messages to send, in order.
    #[inline]
    pub fn sends(&mut self) -> impl Iterator<Item = (Process, P::Message)> + '_ {
        self.effects.sends.drain(..)
    }

    /// Timers to set and cancel, in order.
    pub fn timers(&mut self) -> impl Iterator<Item = TimerAsk<P::Timer>> + '_ {
        self.effects.timers.drain(..)
    }

    /// Outputs to hand out, in order.
    pub fn outputs(&mut self) -> impl Iterator<Item = OutputOf<P>> + '_ {
        self.effects.outputs.drain(..)
    }
}

impl<P: Protocol> Drop for Released<'_, P> {
    #[inline]
    fn drop(&mut self) {
        // Mostly all was taken, or there was nothing.
        if self.any_sends() || self.more_than_sends() {
            self.effects.clear();
        }
    }
}

/// All that a handler may know and ask for.
pub struct Context<'a, P: Protocol> {
    /// Who I am.
    pub me: Process,
    /// How many we are, and how many may fail.
    pub group: Group,
    /// What never changes.
    pub config: &'a P::Config,
    stable: &'a mut P::Stable,
    effects: &'a mut Effects<P>,
    oracle: &'a mut dyn Oracle,
    margin: &'a Margin,
    first_rule: u32,
}

impl<P: Protocol> Debug for Context<'_, P> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Context({} of {:?})", self.me, self.group)
    }
}

impl<'a, P: Protocol> Context<'a, P> {
    pub(crate) fn of(
        (me, group, config): (Process, Group, &'a P::Config),
        stable: &'a mut P::Stable,
        effects: &'a mut Effects<P>,
        oracle: &'a mut dyn Oracle,
        margin: &'a Margin,
    ) -> Self {
        Self { me, group, config, stable, effects, oracle, margin, first_rule: 0 }
    }

    /// What survives a crash, with every record persisted so far in this step.
    pub fn stable(&self) -> &P::Stable {
        self.stable
    }

    /// Changes what survives a crash. Nothing asked for in this step leaves before it is stored.
    #[inline]
    pub fn persist(&mut self, record: RecordOf<P>) {
        self.stable.apply(&record);
        self.effects.records.push(record);
    }

    /// Sends to one process, possibly itself.
    #[inline]
    pub fn send(&mut self, to: Process, message: P::Message) {
        self.effects.sends.push((to, message));
    }

    /// Sends the same to every process, itself included.
    pub fn broadcast(&mut self, message: P::Message) {
        for to in self.group.processes() {
            self.send(to, message.clone());
        }
    }

    /// Asks for `timer` to go off after `ticks`.
    pub fn set_timer(&mut self, timer: P::Timer, ticks: u64) {
        self.effects.timers.push(TimerAsk::Set(timer, ticks));
    }

    /// Asks for `timer` not to go off.
    pub fn cancel_timer(&mut self, timer: P::Timer) {
        self.effects.timers.push(TimerAsk::Cancel(timer));
    }

    /// Hands out a result.
    pub fn output(&mut self, output: OutputOf<P>) {
        self.effects.outputs.push(output);
    }

    /// Hands out results that are made from what survives a crash.
    pub fn output_all<'b, I>(&'b mut self, outputs: impl FnOnce(&'b P::Stable) -> I)
    where
        I: IntoIterator<Item = OutputOf<P>>,
    {
        let Self { stable, effects, .. } = self;
        effects.outputs.extend(outputs(stable));
    }

    /// A number below `options`, picked by the engine: the only local randomness.
    ///
    /// # Panics
    /// If `options` is 0, which is a defect of the protocol.
    pub fn choose(&mut self, options: u32) -> u32 {
        assert!(options > 0, "a choice needs at least one option");
        let chosen = self.oracle.choose(options);
        assert!(chosen < options, "the engine chose {chosen} of {options} options");
        chosen
    }

    /// The common coin of one toss.
    pub fn common_coin(&mut self, toss: u64) -> bool {
        self.oracle.common_coin(toss)
    }

    pub(crate) fn margin_ref(&self) -> &'a Margin {
        self.margin
    }

    /// Whether this is what is wrong with the protocol in this run: asked where it is wrong.
    #[inline]
    pub fn is_flawed(&self, flaw: Flaw) -> bool {
        self.margin.is_flawed(flaw)
    }

    /// Whether what is handed out is judged: if not, what only a judge looks at need not be said.
    #[inline]
    pub fn is_judged(&self) -> bool {
        self.margin.is_judged()
    }

    /// Notes that a rule fired.
    pub fn cite(&self, rule: Cite) {
        self.margin.cite(self.first_rule + u32::from(rule.0));
    }

    /// Notes that an assumption of the model does not hold: a message came later than its bound.
    pub fn broken(&self, what: impl FnOnce() -> String) {
        self.margin.broken(what);
    }

    /// Notes that `liar` is exposed, and by what evidence.
    pub fn expose(&self, liar: Process, evidence: impl FnOnce() -> String) {
        self.margin.note(liar, evidence);
    }

    /// Signs as this process.
    pub fn sign<T: Data>(&self, body: T) -> Signed<T> {
        Pen::of(self.me).sign(body)
    }

    /// Countersigns as this process.
    pub fn countersign<T: Data>(&self, signed: &Signed<T>) -> Signed<T> {
        Pen::of(self.me).countersign(signed)
    }

    /// Runs a handler of a protocol that is a part of this one, and returns what it handed out.
    ///
    /// `part` says how the part's border maps into ours; `after` is how many of our rules stand
    /// before the part's in the list of rules.
    pub fn part<Q: Protocol>(
        &mut self,
        part: &Part<'_, P, Q>,
        after: usize,
        handler: impl FnOnce(&mut Context<'_, Q>),
    ) -> Vec<OutputOf<Q>> {
        let mut effects = Effects::<Q>::default();
        let mut stable = (part.stable)(self.stable);
        handler(&mut Context {
            me: self.me,
            group: self.group,
            config: part.config,
            stable: &mut stable,
            effects: &mut effects,
            oracle: self.oracle,
            margin: self.margin,
            first_rule: self.first_rule + after as u32,
        });
        for record in effects.records.drain(..) {
            self.persist((part.record)(record));
        }
        self.effects.sends.extend(effects.sends.drain(..).map(|(to, m)| (to, (part.message)(m))));
        self.effects.timers.extend(effects.timers.drain(..).map(|ask| match ask {
            TimerAsk::Set(timer, ticks) => TimerAsk::Set((part.timer)(timer), ticks),
            TimerAsk::Cancel(timer) => TimerAsk::Cancel((part.timer)(timer)),
        }));
        core::mem::take(&mut effects.outputs)
    }
}

/// How a protocol `Q` that runs as a part of `P` maps into it.
pub struct Part<'a, P: Protocol, Q: Protocol> {
    /// The part's configuration.
    pub config: &'a Q::Config,
    /// The part's share of what survives a crash.
    pub stable: &'a dyn Fn(&P::Stable) -> Q::Stable,
    /// A record of the part, as one of ours.
    pub record: &'a dyn Fn(RecordOf<Q>) -> RecordOf<P>,
    /// A message of the part, as one of ours.
    pub message: &'a dyn Fn(Q::Message) -> P::Message,
    /// A timer of the part, as one of ours.
    pub timer: &'a dyn Fn(Q::Timer) -> P::Timer,
}

impl<P: Protocol, Q: Protocol> Debug for Part<'_, P, Q> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Part({:?})", self.config)
    }
}
