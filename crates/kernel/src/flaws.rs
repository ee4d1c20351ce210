//! What is wrong with a protocol on purpose: the mutants that a checker must be able to kill.
//!
//! A protocol lists its own with [`mutants!`](crate::mutants), beside its rules, and asks at the
//! very line that is wrong in one of them. Nothing is compiled twice: which flaw a run has is data
//! that the engine hands in with the [`Margin`](crate::Margin).
//!
//! Besides, every rule can be left out without a word in the protocol: see [`Flaw::Without`].

/// What is wrong in a run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Flaw {
    /// Nothing: the protocol as it is meant.
    #[default]
    None,
    /// The rule at this place of the list is left out: a step that cites it has no effect.
    ///
    /// A handler that cites the rule leaves the state as it was, stores nothing, asks for nothing,
    /// and cites nothing else either, whichever other rules it followed: steps are atomic, and so
    /// is what is taken out. A process that boots or starts has no state to go back to: one that
    /// boots asks for nothing, one that starts its rounds does so as if it had been given nothing.
    /// A `send` that cites the rule says nothing in that round.
    Without(u8),
    /// A protocol's own flaw, by the key that [`mutants!`](crate::mutants) gave it.
    Own(&'static str),
}

/// A flaw of a protocol, as data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mutant {
    /// Its name on the command line, in lower case with hyphens.
    pub id: &'static str,
    /// The ids of the rules that it breaks.
    pub breaks: &'static [&'static str],
    /// What it does in their place, in one sentence.
    pub text: &'static str,
    /// Where it was published, or proposed as the protocol itself; empty if nowhere.
    pub source: &'static str,
    /// What an engine hands in to have it.
    pub flaw: Flaw,
}

/// Lists the flaws of a protocol once: a constant to ask for each of them by, and `MUTANTS`.
///
/// It stands after `rules!`, whose rules it names.
///
/// ```
/// quorate_kernel::rules! {
///     FLOOD = "1": "send every value that has not been sent yet to all";
///     DECIDE = "2": "after the last round, decide the smallest value seen";
/// }
/// quorate_kernel::mutants! {
///     LARGEST = "largest" breaks DECIDE: "decides the largest value in some processes", "";
/// }
/// assert_eq!(MUTANTS[0].breaks, ["2"]);
/// assert_eq!(MUTANTS[0].flaw, LARGEST);
/// # let _ = FLOOD;
/// ```
#[macro_export]
macro_rules! mutants {
    ($($name:ident = $id:literal breaks $($rule:ident),+ : $text:literal, $source:literal;)*) => {
        $(
            #[doc = $text]
            const $name: $crate::Flaw = $crate::Flaw::Own(concat!(module_path!(), " ", $id));
        )*
        /// What can be wrong with this protocol on purpose.
        pub const MUTANTS: &[$crate::Mutant] = &[$($crate::Mutant {
            id: $id,
            breaks: &[$(RULES[$rule.0 as usize].id),+],
            text: $text,
            source: $source,
            flaw: $name,
        }),*];
    };
}
