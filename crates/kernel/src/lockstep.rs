//! Rounds over timers: any synchronous protocol as a general one.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;

use crate::{
    Bits, Context, Deceit, Domain, Fields, Inbox, InputOf, Liar, Message, Outgoing, Pen, Process,
    Protocol, Renamed, Renaming, Rounds, Traitor, Turncoat, Value, View, Vocabulary, coded, engine,
};

/// A message of the synchronous protocol, with the round in which it was sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InRound<M> {
    /// The round.
    pub round: u16,
    /// The message.
    pub message: M,
}

impl<M: Message> Bits for InRound<M> {
    fn bits(&self, domain: Domain) -> u32 {
        self.message.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        self.message.flip(bit, domain);
    }
}

coded!(InRound<M: Message> { round, message });

impl<M: Message> Renamed for InRound<M> {
    fn rename(&mut self, by: &Renaming) {
        self.message.rename(by);
    }
}

impl<M: Message> Message for InRound<M> {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        self.message.label(name)
    }

    fn messages(&self, to: Process) -> u64 {
        self.message.messages(to)
    }

    fn items(&self, to: Process) -> u64 {
        self.message.items(to)
    }

    fn cost_bits(&self, to: Process, domain: Domain) -> u64 {
        self.message.cost_bits(to, domain)
    }
}

/// What does not change in a lockstep run.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LockstepConfig<C> {
    /// The synchronous protocol's own.
    pub rounds: C,
    /// How many ticks a round lasts: more than the largest delay of a message.
    pub round_ticks: u64,
    /// How many rounds to run.
    pub last: u16,
}

/// One process of a synchronous protocol, driven by a timer that goes off at the end of each round.
///
/// If every message arrives within `round_ticks` and clocks agree, this is exactly the synchronous
/// model. A message that comes later than its round is dropped and counted as late: the model's
/// assumption is broken, and the picture must say so.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Lockstep<R: Rounds> {
    state: Option<R>,
    /// The round that is under way; 0 before the input came.
    round: u16,
    /// What came in this round, by sender.
    inbox: Vec<Option<R::Message>>,
    /// What came for the next round already: the sender's clock is a little ahead of ours.
    next: Vec<Option<R::Message>>,
    /// How many messages came after their round was over, or more than one round ahead of it.
    late: u16,
}

/// The bits of the synchronous protocol's state; rounds and inboxes are the engine's.
impl<R: Rounds> Bits for Lockstep<R> {
    fn bits(&self, domain: Domain) -> u32 {
        self.state.as_ref().map_or(0, |state| state.bits(domain))
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        if let Some(state) = &mut self.state {
            state.flip(bit, domain);
        }
    }
}

impl<R: Rounds> Renamed for Lockstep<R> {
    fn rename(&mut self, by: &Renaming) {
        self.state.rename(by);
        by.by_process(&mut self.inbox);
        by.by_process(&mut self.next);
    }
}

impl<R: Rounds> Fields for Lockstep<R> {
    fn fields(&self, each: &mut dyn FnMut(&'static str, &dyn Debug)) {
        each("round", &self.round);
        if let Some(state) = &self.state {
            state.fields(each);
        }
        if self.late > 0 {
            each("late", &self.late);
        }
    }
}

impl<R: Rounds> Lockstep<R> {
    /// How many messages came after their round was over, or more than one round ahead of it: each
    /// shows that delays or clocks are not what the model assumes.
    pub fn late(&self) -> u16 {
        self.late
    }

    /// The synchronous protocol's state, once it has one.
    pub fn state(&self) -> Option<&R> {
        self.state.as_ref()
    }

    fn begin(&mut self, input: Option<InputOf<Self>>, cx: &mut Context<'_, Self>) {
        let state = cx.with_view(|view| engine::start(input, view));
        self.state = Some(state);
        self.round = 1;
        // Whoever began an instant before us may have been heard already.
        let empty = alloc::vec![None; cx.group.size()];
        self.inbox = core::mem::replace(&mut self.next, empty);
        self.send(cx);
    }

    fn send(&mut self, cx: &mut Context<'_, Self>) {
        let Some(state) = &self.state else { return };
        let round = self.round;
        match cx.with_view(|view| engine::send(state, round, view)) {
            Outgoing::Nothing => {}
            Outgoing::All(message) => cx.broadcast(InRound { round, message }),
            Outgoing::To(list) => {
                for (to, message) in list {
                    cx.send(to, InRound { round, message });
                }
            }
        }
        cx.set_timer(round, cx.config.round_ticks);
    }
}

impl<R: Rounds> Context<'_, Lockstep<R>> {
    fn with_view<T>(&mut self, run: impl FnOnce(&View<'_, R::Config>) -> T) -> T {
        let pen = Pen::of(self.me);
        run(&View::of(&pen, self.group, &self.config.rounds, self.config.last, self.margin_ref()))
    }
}

impl<R: Rounds> Protocol for Lockstep<R> {
    type Problem = R::Problem;
    type Config = LockstepConfig<R::Config>;
    type Message = InRound<R::Message>;
    type Timer = u16;
    type Stable = ();

    const SIGNED: bool = R::SIGNED;

    fn domain(config: &Self::Config) -> Domain {
        R::domain(&config.rounds)
    }

    /// How many rounds are over: what is decided at the end of a round is decided in it.
    fn round(&self) -> u32 {
        u32::from(self.round.saturating_sub(1))
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        let empty = alloc::vec![None; cx.group.size()];
        // Every process must run its rounds, whether it has something to propose or not: timer 0
        // gives an input one instant to come first.
        cx.set_timer(0, 0);
        Self { state: None, round: 0, inbox: empty.clone(), next: empty, late: 0 }
    }

    fn on_input(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self>) {
        if self.round == 0 {
            cx.cancel_timer(0);
            self.begin(Some(input), cx);
        }
    }

    fn on_message(&mut self, from: Process, message: Self::Message, cx: &mut Context<'_, Self>) {
        let lane = if message.round == self.round {
            &mut self.inbox
        } else if message.round == self.round.saturating_add(1) {
            &mut self.next
        } else {
            self.late = self.late.saturating_add(1);
            let (sent, now) = (message.round, self.round);
            cx.broken(|| match sent < now {
                true => format!("a message of round {sent} from {from} came in round {now}"),
                false => format!("a message of round {sent} from {from} came before its round"),
            });
            return;
        };
        if let Some(place) = lane.get_mut(from.index()) {
            place.get_or_insert(message.message);
        }
    }

    fn on_timer(&mut self, timer: u16, cx: &mut Context<'_, Self>) {
        if timer == 0 && self.round == 0 {
            return self.begin(None, cx);
        }
        if timer != self.round {
            return;
        }
        let empty = alloc::vec![None; cx.group.size()];
        let came = core::mem::replace(&mut self.inbox, core::mem::replace(&mut self.next, empty));
        let round = self.round;
        let Some(state) = &mut self.state else { return };
        let output =
            cx.with_view(|view| engine::receive(state, round, &Inbox::new(&came, &[]), view));
        if let Some(output) = output {
            cx.output(output);
        }
        self.round = round.saturating_add(1);
        if round < cx.config.last {
            self.send(cx);
        }
    }
}

impl<R: Traitor> Deceit for Lockstep<R> {
    fn lies<'a>(
        liar: &'a Turncoat<'a, Self>,
        to: Process,
        honest: Option<&Self::Message>,
    ) -> Vocabulary<'a, Self::Message> {
        let round = honest.map_or(liar.state.round, |message| message.round);
        if round == 0 {
            // Whoever has not begun can be told as well once it has.
            return Vocabulary::none();
        }
        let seen: Vec<R::Message> =
            liar.seen.iter().map(|message| message.message.clone()).collect();
        let (digits, silence) = {
            let within = inner(liar, &seen);
            let words = R::vocabulary(&within, round, to);
            if words.size() == Some(0) {
                return Vocabulary::none();
            }
            (words.digits().to_vec(), words.silence_is_a_word())
        };
        // The words borrow from the traitor inside, so they are made anew each time.
        let words = Vocabulary::odometer(digits, move |reading| {
            let within = inner(liar, &seen);
            let word = R::vocabulary(&within, round, to).word(reading);
            let message = word.expect("the reading fits the digits of this very vocabulary");
            InRound { round, message }
        });
        if silence { words.with_silence() } else { words }
    }
}

/// The traitor as the synchronous protocol sees it.
fn inner<'a, R: Rounds>(
    liar: &'a Turncoat<'a, Lockstep<R>>,
    seen: &'a [R::Message],
) -> Liar<'a, R> {
    Liar {
        me: liar.me,
        group: liar.group,
        config: &liar.config.rounds,
        last: liar.config.last,
        pens: liar.pens,
        seen,
    }
}
