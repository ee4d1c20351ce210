//! Protocols as parts of others: whose messages are whose, and what a traitor may say in a part.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Bits, Data, Domain, Group, Inbox, Liar, Message, Process, Renamed, Renaming, Rounds, Traitor,
    Value, Vocabulary, coded,
};

/// A message of a protocol that exchanges plain values first and then runs another protocol.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Staged<M> {
    /// A value, before the inner protocol starts.
    First(Value),
    /// A message of the inner protocol.
    Then(M),
}

coded!(
    enum Staged<M: Data> {
        First(value),
        Then(message),
    }
);

impl<M> Staged<M> {
    /// The value of the first stage.
    pub(crate) fn first(&self) -> Option<Value> {
        match self {
            Self::First(value) => Some(*value),
            Self::Then(_) => None,
        }
    }

    /// The message of the inner protocol.
    pub(crate) fn then(&self) -> Option<&M> {
        match self {
            Self::First(_) => None,
            Self::Then(message) => Some(message),
        }
    }
}

impl<M: Renamed> Renamed for Staged<M> {
    fn rename(&mut self, by: &Renaming) {
        match self {
            Self::First(value) => value.rename(by),
            Self::Then(message) => message.rename(by),
        }
    }
}

impl<M: Bits> Bits for Staged<M> {
    fn bits(&self, domain: Domain) -> u32 {
        match self {
            Self::First(value) => value.bits(domain),
            Self::Then(message) => message.bits(domain),
        }
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        match self {
            Self::First(value) => value.flip(bit, domain),
            Self::Then(message) => message.flip(bit, domain),
        }
    }
}

impl<M: Message> Message for Staged<M> {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::First(value) => value.label(name),
            Self::Then(message) => message.label(name),
        }
    }

    fn messages(&self, to: Process) -> u64 {
        self.then().map_or(1, |message| message.messages(to))
    }

    fn items(&self, to: Process) -> u64 {
        self.then().map_or(1, |message| message.items(to))
    }

    fn cost_bits(&self, to: Process, domain: Domain) -> u64 {
        match self {
            Self::First(value) => value.cost_bits(to, domain),
            Self::Then(message) => message.cost_bits(to, domain),
        }
    }
}

/// What came for one part, by sender.
pub(crate) fn sort_out<M, P: Clone>(
    inbox: &Inbox<'_, M>,
    group: Group,
    part: impl Fn(&M) -> Option<&P>,
) -> Vec<Option<P>> {
    let mut came = alloc::vec![None; group.size()];
    for (sender, message) in inbox.iter() {
        came[sender.index()] = part(message).cloned();
    }
    came
}

/// Where a traitor stands in a part of its protocol.
pub(crate) struct Place<'a, P: Rounds> {
    pub(crate) config: &'a P::Config,
    /// The round, by the count of the part.
    pub(crate) round: u16,
    pub(crate) last: u16,
    pub(crate) seen: Vec<P::Message>,
}

impl<P: Traitor> Place<'_, P> {
    /// Does something with the words that the part has there.
    ///
    /// They borrow from the traitor's place, so they are made anew each time.
    pub(crate) fn with<R: Rounds, T>(
        &self,
        liar: &Liar<'_, R>,
        to: Process,
        visit: impl FnOnce(&Vocabulary<'_, P::Message>) -> T,
    ) -> T {
        let part = liar.part(self.config, self.last, &self.seen);
        visit(&P::vocabulary(&part, self.round, to))
    }
}

/// The words of a part as words of the whole.
pub(crate) fn words<'a, R: Rounds, P: Traitor, M: Clone + 'a>(
    liar: &'a Liar<'a, R>,
    place: Place<'a, P>,
    to: Process,
    wrap: impl Fn(P::Message) -> M + 'a,
) -> Vocabulary<'a, M> {
    let (digits, empty, silence) = place.with(liar, to, |words| {
        (words.digits().to_vec(), words.size() == Some(0), words.silence_is_a_word())
    });
    if empty {
        return Vocabulary::none();
    }
    let whole = Vocabulary::odometer(digits, move |reading| {
        let word = place.with(liar, to, |words| words.word(reading));
        wrap(word.expect("the reading fits the digits of this very vocabulary"))
    });
    if silence { whole.with_silence() } else { whole }
}
