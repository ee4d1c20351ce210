//! The numbered rules of a protocol, and the margin in which a step notes those that fired.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use crate::{Flaw, Process};

/// One rule of a protocol, as the paper numbers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// The number in the paper, or ours where the paper has none.
    pub id: &'static str,
    /// What the rule says, in one sentence.
    pub text: &'static str,
}

/// A rule by its place in the protocol's list; made by [`rules!`](crate::rules).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cite(pub u8);

/// Lists the rules of a protocol once: a constant to cite each of them by, and `RULES`.
///
/// ```
/// quorate_kernel::rules! {
///     FLOOD = "1": "send every value that has not been sent yet to all";
///     DECIDE = "2": "after the last round, decide the smallest value seen";
/// }
/// assert_eq!(RULES[1].id, "2");
/// ```
#[macro_export]
macro_rules! rules {
    ($($name:ident = $id:literal : $text:literal;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum RuleIndex { $($name),* }
        $(
            #[doc = $text]
            const $name: $crate::Cite = $crate::Cite(RuleIndex::$name as u8);
        )*
        /// The rules of this protocol, in the paper's order.
        pub const RULES: &[$crate::Rule] = &[$($crate::Rule { id: $id, text: $text }),*];
    };
}

/// What a process found out about another, with its evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Who is exposed.
    pub liar: Process,
    /// Why, in words.
    pub evidence: String,
}

/// The margin of one step: which rules fired, and who was exposed. Engines read and clear it.
#[derive(Debug, Default)]
pub struct Margin {
    flaw: Flaw,
    cited: Cell<u64>,
    listening: Cell<bool>,
    unjudged: bool,
    notes: RefCell<Vec<Note>>,
    broken: RefCell<Vec<String>>,
    /// How many broken assumptions were met, kept or not.
    broken_count: Cell<u32>,
}

/// A rule that is left out, and the margin as it was before a step.
pub(crate) struct Omission {
    rule: u64,
    cited: u64,
    notes: usize,
}

impl Margin {
    /// An empty margin; notes are kept only if `listening`, since they cost an allocation.
    pub fn new(listening: bool) -> Self {
        Self { listening: Cell::new(listening), ..Self::default() }
    }

    /// The same, of a process whose protocol has a flaw.
    pub fn flawed(self, flaw: Flaw) -> Self {
        Self { flaw, ..self }
    }

    /// The same, in an engine that judges nothing: what is of use to a judge only is left out of
    /// what is handed out.
    pub fn unjudged(self) -> Self {
        Self { unjudged: true, ..self }
    }

    #[inline]
    pub(crate) fn is_judged(&self) -> bool {
        !self.unjudged
    }

    /// Whether this is what is wrong with the protocol.
    #[inline]
    pub(crate) fn is_flawed(&self, flaw: Flaw) -> bool {
        self.flaw != Flaw::None && self.flaw == flaw
    }

    /// Whether a rule is left out.
    #[inline]
    pub(crate) fn leaves_out(&self) -> bool {
        matches!(self.flaw, Flaw::Without(_))
    }

    /// What to look for after a step, if a rule is left out.
    #[inline]
    pub(crate) fn omission(&self) -> Option<Omission> {
        let Flaw::Without(place) = self.flaw else { return None };
        let rule = 1u64.checked_shl(place.into()).unwrap_or(0);
        let (cited, notes) = (self.cited.get(), self.notes.borrow().len());
        self.cited.set(cited & !rule);
        Some(Omission { rule, cited, notes })
    }

    /// Whether the step followed the rule that is left out: then its citations are gone.
    pub(crate) fn followed(&self, omission: &Omission) -> bool {
        let followed = self.cited.get() & omission.rule != 0;
        if followed {
            self.cited.set(omission.cited);
            self.notes.borrow_mut().truncate(omission.notes);
        }
        followed
    }

    /// Notes that the rule at `place` fired.
    pub(crate) fn cite(&self, place: u32) {
        self.cited.set(self.cited.get() | 1u64.checked_shl(place).unwrap_or(0));
    }

    /// Notes an exposure, if anybody listens.
    pub(crate) fn note(&self, liar: Process, evidence: impl FnOnce() -> String) {
        if self.listening.get() {
            self.notes.borrow_mut().push(Note { liar, evidence: evidence() });
        }
    }

    /// Notes that an assumption of the model does not hold.
    pub(crate) fn broken(&self, what: impl FnOnce() -> String) {
        self.broken_count.set(self.broken_count.get().saturating_add(1));
        if self.listening.get() {
            self.broken.borrow_mut().push(what());
        }
    }

    /// Takes what was said of broken assumptions since the last call.
    pub fn take_broken(&self) -> Vec<String> {
        self.broken.take()
    }

    /// Takes how many broken assumptions were met since the last call.
    pub fn take_broken_count(&self) -> u32 {
        self.broken_count.replace(0)
    }

    /// Takes the set of rules cited since the last call: bit k stands for rule k.
    pub fn take_cited(&self) -> u64 {
        self.cited.replace(0)
    }

    /// Takes the notes made since the last call.
    pub fn take_notes(&self) -> Vec<Note> {
        self.notes.take()
    }
}
