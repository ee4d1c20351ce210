//! One event of a trace, held against what the protocol's code does there.

use quorate_kernel::{Bits, Deceit, Message, Pen, Process, Turncoat, engine};
use quorate_trace::{Event, Flipped, What};

use crate::accept::{Court, Known};
use crate::actor::{Actor, Cause, Expected};

/// The ways in which a process goes on, and what that makes known; or what the code does instead.
type Went<P> = Result<(Vec<Actor<P>>, Known<P>), String>;

impl<P: Deceit> Court<'_, P> {
    /// What the code does, for people.
    pub(crate) fn expected(&self, due: &Expected<P>) -> String {
        match due {
            Expected::Noted { what, .. } => self.scene.recorder.text(what),
            Expected::Sent { to, message, .. } => {
                format!("it sends {to} {:?}", self.scene.recorder.label(message))
            }
        }
    }

    /// Holds an event against what is due of the step under way.
    pub(crate) fn meet(&self, actor: &mut Actor<P>, event: &Event) -> Result<Known<P>, String> {
        let Some(due) = actor.due.pop_front() else { return Ok(Known::Nothing) };
        let (cited, known) = match &due {
            Expected::Noted { what, rules, output } if *what == event.what => {
                (rules, output.clone().map_or(Known::Nothing, Known::Output))
            }
            Expected::Sent { to, message, rules } if is_for(&event.what, *to) => {
                (rules, self.said(actor, *to, message, &event.what)?)
            }
            _ => return Err(format!("the code does this here: {}", self.expected(&due))),
        };
        let hushed = self.hushed[actor.me.index()] && event.rules.is_empty();
        if *cited == event.rules || hushed {
            return Ok(known);
        }
        let list = |rules: &[String]| match rules {
            [] => "no rule".to_string(),
            rules => format!("rule {}", rules.join(", ")),
        };
        let (cites, told) = (list(cited), list(&event.rules));
        Err(format!("the code follows {cites} here, and the trace cites {told}"))
    }

    /// What became of a message that the code sends.
    fn said(
        &self,
        actor: &Actor<P>,
        to: Process,
        honest: &P::Message,
        what: &What,
    ) -> Result<Known<P>, String> {
        let (me, label) = (actor.me, self.scene.recorder.label(honest));
        let liar = self.traitors.contains(me);
        match what {
            What::Unsent { message, cause, .. } => {
                let may = match cause.as_str() {
                    "silence" => liar,
                    _ => self.faults.contains(cause.as_str()) && cause.as_str() == "omission",
                };
                match (*message == label, may) {
                    (true, true) => Ok(Known::Nothing),
                    (true, false) => Err(format!(
                        "{me} is not one that may leave out a message by {cause}, and the code \
                         sends {to} {label:?}"
                    )),
                    (false, _) => Err(format!("the code sends {to} {label:?} here")),
                }
            }
            What::Send { message, should: Some(should), word, flipped, .. } => {
                if !liar {
                    return Err(only_traitors(me));
                }
                if *should != label {
                    return Err(format!("the honest machine says {label:?} here"));
                }
                let text = flipped.as_ref().map_or(message, |flipped| &flipped.before);
                let state = actor.host.state();
                let spoken = self.word(me, to, Some(honest), state, (word.as_deref(), text))?;
                self.on_the_wire(to, spoken, what)
            }
            _ => self.on_the_wire(to, honest.clone(), what),
        }
    }

    /// A message on the wire, where a bit may flip.
    fn on_the_wire(
        &self,
        to: Process,
        mut spoken: P::Message,
        what: &What,
    ) -> Result<Known<P>, String> {
        let What::Send { message, flipped, count, .. } = what else {
            return Err("a message is not on the wire".into());
        };
        let label = self.scene.recorder.label(&spoken);
        if let Some(Flipped { bit, before }) = flipped {
            let domain = P::domain(self.scene.config);
            if *before != label || *bit >= spoken.bits(domain) {
                return Err(format!("the code sends {to} {label:?} here, before any bit flips"));
            }
            spoken.flip(*bit, domain);
        }
        let label = self.scene.recorder.label(&spoken);
        if *message != label {
            return Err(format!("the code sends {to} {label:?} here"));
        }
        let stands = spoken.messages(to);
        if *count != stands {
            return Err(format!("the message stands for {stands} of the paper, not for {count}"));
        }
        Ok(Known::Sent(to, spoken))
    }

    /// The word of a traitor: by its reading, or the truth with a flipped bit.
    fn word(
        &self,
        me: Process,
        to: Process,
        honest: Option<&P::Message>,
        state: Option<&P>,
        (reading, text): (Option<&[u32]>, &str),
    ) -> Result<P::Message, String> {
        let unknown = || format!("{text:?} is not in the vocabulary of {me} there");
        let label = |said: &P::Message| self.scene.recorder.label(said);
        let spoken = match (reading, honest) {
            (Some(reading), _) => {
                let pens: Vec<Pen> = self.traitors.iter().map(engine::pen).collect();
                let (group, config) = (self.scene.group, self.scene.config);
                let state = state.ok_or_else(unknown)?;
                let (seen, last) = (&self.seen[..], u32::MAX);
                let liar = Turncoat { me, group, config, state, last, pens: &pens, seen };
                P::lies(&liar, to, honest).word(reading)
            }
            (None, Some(honest)) => {
                let domain = P::domain(self.scene.config);
                let garbled = |bit| {
                    let mut said = honest.clone();
                    said.flip(bit, domain);
                    said
                };
                (0..honest.bits(domain)).map(garbled).find(|said| label(said) == text)
            }
            (None, None) => None,
        };
        spoken.filter(|said| label(said) == text).ok_or_else(unknown)
    }

    /// Begins whatever an event between two steps calls for.
    pub(crate) fn begin(&mut self, mut actor: Actor<P>, at: u64, event: &Event) -> Went<P> {
        let (me, read) = (actor.me, self.lines[event.process as usize].1);
        if actor.is_late(at) {
            return Err("the code first hears what it has told itself".into());
        }
        if !actor.host.is_up() && !matches!(event.what, What::Restart { .. }) {
            return Err(format!("{me} is down"));
        }
        let cause = match &event.what {
            What::Pause { ticks } => {
                actor.paused_until = at.saturating_add(*ticks);
                return Ok((vec![actor], Known::Nothing));
            }
            What::Send { to, unasked: true, .. } => {
                let known = self.out_of_turn(&actor, Process(*to), &event.what)?;
                return Ok((vec![actor], known));
            }
            What::Receive { from, sent } | What::Again { from, sent } => {
                let message = self.sent_to(me, *from, *sent)?;
                let received = self.sent.get(sent).is_some_and(|one| one.3);
                if received && matches!(event.what, What::Receive { .. }) {
                    return Err(format!("the message of event {sent} was received before"));
                }
                Cause::Message(Process(*from), message)
            }
            What::Timer { timer } => {
                let runs = |one: &P::Timer| self.scene.recorder.text(one) == *timer;
                let Some(place) = actor.timers.iter().position(runs) else {
                    return Err(format!("no timer {timer:?} runs at {me}"));
                };
                Cause::Timer(actor.timers.swap_remove(place))
            }
            What::Request { request, .. } => {
                let unknown = || format!("{request:?} is nothing that {me} can be asked");
                let input = self.inputs.get(request).cloned().ok_or_else(unknown)?;
                let known = Known::Asked(input.clone());
                return Ok((self.ways(actor, &Cause::Input(input), at, read), known));
            }
            What::Crash { within: None, forgotten, .. } => {
                if *forgotten > 0 && !self.time.forgetful {
                    return Err("disks do not forget in this model".into());
                }
                actor.crash(*forgotten);
                return Ok((vec![actor], Known::Nothing));
            }
            What::Restart { records } => {
                self.boots(&mut actor, *records)?;
                Cause::Boot
            }
            What::Flip { .. } | What::FlipRecord { .. } => {
                self.flips(&mut actor, at, event)?;
                return Ok((vec![actor], Known::Nothing));
            }
            _ => return Err("the code does nothing more in this step".into()),
        };
        Ok((self.ways(actor, &cause, at, read), Known::Nothing))
    }

    fn boots(&self, actor: &mut Actor<P>, records: u32) -> Result<(), String> {
        let has = actor.host.records();
        if actor.host.is_up() {
            return Err(format!("{} is up already", actor.me));
        }
        if has != records {
            return Err(format!("there are {has} records on its disk"));
        }
        actor.host.reload();
        Ok(())
    }

    /// The message of a sending event, if it was to this process.
    pub(crate) fn sent_to(&self, to: Process, from: u16, sent: u32) -> Result<P::Message, String> {
        match self.sent.get(&sent) {
            Some((by, whom, message, _)) if by.0 == from && *whom == to => Ok(message.clone()),
            Some((by, whom, ..)) => {
                Err(format!("event {sent} sends a message from {by} to {whom}"))
            }
            None => Err(format!("no message was sent by event {sent} before this")),
        }
    }

    /// A word of a traitor where the honest machine sends nothing.
    fn out_of_turn(&self, actor: &Actor<P>, to: Process, what: &What) -> Result<Known<P>, String> {
        let me = actor.me;
        let What::Send { message, word, flipped, .. } = what else { return Ok(Known::Nothing) };
        if !self.traitors.contains(me) {
            return Err(only_traitors(me));
        }
        let text = flipped.as_ref().map_or(message, |flipped| &flipped.before);
        let ways = self.actors.get(to.index()).map(Vec::as_slice).unwrap_or_default();
        let state = ways.first().and_then(|way| way.host.state());
        let spoken = self.word(me, to, None, state, (word.as_deref(), text))?;
        self.on_the_wire(to, spoken, what)
    }

    /// A bit of a state or of a record flips.
    fn flips(&mut self, actor: &mut Actor<P>, at: u64, event: &Event) -> Result<(), String> {
        let (me, domain) = (actor.me, P::domain(self.scene.config));
        let recorder = &mut self.scene.recorder;
        match &event.what {
            What::Flip { bit, .. } => {
                let before = actor.host.state().cloned();
                let flipped = actor.host.flip_state(*bit, domain);
                if let (true, Some(before), Some(after)) = (flipped, before, actor.host.state()) {
                    recorder.flipped(at, me, *bit, &before, after);
                }
            }
            What::FlipRecord { record, bit, .. } => {
                let before = actor.host.disk().get(*record as usize).cloned();
                let flipped = actor.host.flip_record(*record, *bit, domain);
                let after = actor.host.disk().get(*record as usize);
                if let (true, Some(before), Some(after)) = (flipped, before, after) {
                    recorder.flipped_record(at, me, (*record, *bit), &before, after);
                }
            }
            _ => {}
        }
        match recorder.take_events().pop() {
            Some(told) if told.what == event.what => Ok(()),
            Some(told) => Err(format!("the flip does this: {}", recorder.text(&told.what))),
            None => Err("there is no such bit".into()),
        }
    }
}

/// Whether an event is about a message to this process, sent or not.
fn is_for(what: &What, process: Process) -> bool {
    match what {
        What::Send { to, unasked, .. } => *to == process.0 && !unasked,
        What::Unsent { to, .. } => *to == process.0,
        _ => false,
    }
}

fn only_traitors(me: Process) -> String {
    format!("{me} is no traitor, and only a traitor may say this in place of what the code sends")
}
