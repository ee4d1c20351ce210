//! For engines only: the powers that a protocol must never reach for.
//!
//! `cargo xtask tidy` fails if a file of the protocols crate names this module.

use alloc::vec::Vec;

use crate::{
    Context, Effects, Group, Margin, Oracle, Pen, Process, Protocol, Renaming, Value, View,
};

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
