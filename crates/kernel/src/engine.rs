//! For engines only: the powers that a protocol must never reach for.
//!
//! `cargo xtask tidy` fails if a file of the protocols crate names this module.

use alloc::vec::Vec;

use crate::{
    Coded, Context, Effects, Garbled, Group, Inbox, InputOf, Margin, Notary, Oracle, Outgoing, Pen,
    Process, Protocol, Reader, Renaming, RoundInput, RoundOutput, Rounds, Value, View, Writer,
};

/// What can happen to a process.
#[derive(Debug)]
pub enum Occurrence<P: Protocol> {
    /// It boots, for the first time or after a crash.
    Boot,
    /// It is asked something.
    Input(InputOf<P>),
    /// A message arrives.
    Message(Process, P::Message),
    /// A timer goes off.
    Timer(P::Timer),
}

/// The pen of a process. An engine gives each process its own, and a traitor those of traitors.
pub fn pen(who: Process) -> Pen {
    Pen::of(who)
}

/// The view of one process in a run that ends after round `last`.
pub fn view<'a, C>(
    pen: &'a Pen,
    group: Group,
    config: &'a C,
    last: u16,
    margin: &'a Margin,
) -> View<'a, C> {
    View::of(pen, group, config, last, margin)
}

/// The context of one step of one process.
#[inline]
pub fn context<'a, P: Protocol>(
    who: (Process, Group, &'a P::Config),
    stable: &'a mut P::Stable,
    effects: &'a mut Effects<P>,
    oracle: &'a mut dyn Oracle,
    margin: &'a Margin,
) -> Context<'a, P> {
    Context::of(who, stable, effects, oracle, margin)
}

/// The renaming that calls the k-th process by the k-th name here, and likewise each value. It can
/// rename who signed, so that no protocol may have one of its own.
pub fn renaming(processes: Vec<Process>, values: Vec<Value>) -> Renaming {
    Renaming::of(processes, values)
}

/// The renaming that lowers every round by so much, or raises it if negative.
pub fn lowered(by: i64) -> Renaming {
    Renaming::lowered(by)
}

/// The lowest round but 0 of whatever `look` renames; it changes nothing there.
pub fn lowest(look: impl FnMut(&Renaming)) -> Option<u32> {
    Renaming::lowest(look)
}

/// One step of one process: its handler, on a state that is `None` before it boots.
///
/// If the margin says that a rule is left out, and the step followed it, the step has no effect.
#[inline(always)]
pub fn step<P: Protocol>(
    who: (Process, Group, &P::Config),
    state: &mut Option<P>,
    occurrence: Occurrence<P>,
    stable: &mut P::Stable,
    effects: &mut Effects<P>,
    oracle: &mut dyn Oracle,
    margin: &Margin,
) {
    if margin.leaves_out() {
        return step_without(who, state, occurrence, stable, effects, oracle, margin);
    }
    handle(who, state, occurrence, stable, effects, oracle, margin);
}

/// A step that has no effect if it followed the rule that is left out.
#[cold]
#[inline(never)]
fn step_without<P: Protocol>(
    who: (Process, Group, &P::Config),
    state: &mut Option<P>,
    occurrence: Occurrence<P>,
    stable: &mut P::Stable,
    effects: &mut Effects<P>,
    oracle: &mut dyn Oracle,
    margin: &Margin,
) {
    let omission = margin.omission();
    let before = (state.clone(), stable.clone());
    handle(who, state, occurrence, stable, effects, oracle, margin);
    if omission.is_some_and(|omission| margin.followed(&omission)) {
        effects.clear();
        *stable = before.1;
        if before.0.is_some() {
            *state = before.0;
        }
    }
}

// There is one copy of it for each protocol, into which its handlers can be inlined.
#[inline(never)]
fn handle<P: Protocol>(
    who: (Process, Group, &P::Config),
    state: &mut Option<P>,
    occurrence: Occurrence<P>,
    stable: &mut P::Stable,
    effects: &mut Effects<P>,
    oracle: &mut dyn Oracle,
    margin: &Margin,
) {
    let mut cx = context(who, stable, effects, oracle, margin);
    match (occurrence, state) {
        (Occurrence::Boot, state) => *state = Some(P::start(&mut cx)),
        (Occurrence::Input(input), Some(state)) => state.on_input(input, &mut cx),
        (Occurrence::Message(from, message), Some(state)) => {
            state.on_message(from, message, &mut cx);
        }
        (Occurrence::Timer(timer), Some(state)) => state.on_timer(timer, &mut cx),
        (_, None) => {}
    }
}

/// The state of one process before round 1; see [`step`] for what a rule left out does.
pub fn start<R: Rounds>(input: Option<RoundInput<R>>, view: &View<'_, R::Config>) -> R {
    let Some(omission) = view.margin_ref().omission() else { return R::start(input, view) };
    let state = R::start(input, view);
    if view.margin_ref().followed(&omission) {
        let state = R::start(None, view);
        view.margin_ref().followed(&omission);
        return state;
    }
    state
}

/// What one process sends in a round; see [`step`] for what a rule left out does.
#[inline]
pub fn send<R: Rounds>(state: &R, round: u16, view: &View<'_, R::Config>) -> Outgoing<R::Message> {
    let omission = view.margin_ref().omission();
    let outgoing = state.send(round, view);
    match omission {
        Some(omission) if view.margin_ref().followed(&omission) => Outgoing::Nothing,
        _ => outgoing,
    }
}

/// What one process does with what came in a round; see [`step`] for what a rule left out does.
#[inline]
pub fn receive<R: Rounds>(
    state: &mut R,
    round: u16,
    inbox: &Inbox<'_, R::Message>,
    view: &View<'_, R::Config>,
) -> Option<RoundOutput<R>> {
    let Some(omission) = view.margin_ref().omission() else {
        return state.receive(round, inbox, view);
    };
    let before = state.clone();
    let output = state.receive(round, inbox, view);
    if view.margin_ref().followed(&omission) {
        *state = before;
        return None;
    }
    output
}

/// Appends the encoding of a datum.
pub fn encode<'a, T: Coded>(datum: &T, bytes: &'a mut Vec<u8>, notary: Option<&'a mut dyn Notary>) {
    datum.encode(&mut Writer { bytes, notary });
}

/// The datum that these bytes are, all of them, in a group of `n`.
///
/// Whoever decodes signatures without a notary takes them for what they say: only where the bytes
/// come from somebody who is trusted.
///
/// # Errors
/// If they are no encoding of it.
pub fn decode<'a, T: Coded>(
    bytes: &'a [u8],
    n: u16,
    notary: Option<&'a mut dyn Notary>,
) -> Result<T, Garbled> {
    let mut from = Reader { bytes, n, notary };
    T::decode(&mut from).and_then(|datum| if from.is_empty() { Ok(datum) } else { Err(Garbled) })
}
