//! n processes in lock-step rounds.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use quorate_kernel::{
    Bits, Faults, Flaw, Group, Inbox, Ledger, Liar, Margin, Message, Outgoing, Pen, Problem,
    Process, ProcessSet, RoundInput, RoundOutput, Rounds, Seen, Traitor, View, Vocabulary, engine,
};

use crate::plan::{Edit, Letter, Plan};
use crate::record::Recorder;
use crate::{Fault, Model};

/// What does not change in a run.
#[derive(Debug)]
pub struct Arena<'a, R: Rounds> {
    /// The group.
    pub group: Group,
    /// The protocol's configuration.
    pub config: &'a R::Config,
    /// The round after which the run ends.
    pub last: u16,
    /// What is wrong with the protocol on purpose.
    pub flaw: Flaw,
}

impl<R: Rounds> Clone for Arena<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Rounds> Copy for Arena<'_, R> {}

impl<'a, R: Rounds> Arena<'a, R> {
    /// A run of as many rounds as the protocol asks for.
    pub fn new(group: Group, config: &'a R::Config) -> Self {
        Self { group, config, last: R::rounds(group, config), flaw: Flaw::None }
    }

    /// The view of the owner of a pen.
    pub fn view<'b>(&'b self, pen: &'b Pen, margin: &'b Margin) -> View<'b, R::Config> {
        engine::view(pen, self.group, self.config, self.last, margin)
    }
}

/// What a run cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cost {
    /// The round in which the last correct process decided; all that were run if one never did.
    pub rounds: u16,
    /// Messages between different processes.
    pub messages: u64,
    /// Values in these messages.
    pub items: u64,
    /// Bits of these messages, headers and signatures excluded.
    pub bits: u64,
}

/// n processes of a synchronous protocol in the middle of a run.
pub struct Rounded<'a, R: Rounds> {
    arena: Arena<'a, R>,
    pub(crate) model: Model,
    pens: Vec<Pen>,
    margin: Margin,
    states: Vec<R>,
    round: u16,
    /// Who has crashed so far.
    crashed: ProcessSet,
    /// Who may lie or lose messages; fixed before the run.
    faulty: ProcessSet,
    /// How many bits have flipped.
    flips: u16,
    /// Whom a flipped bit hit.
    hit: ProcessSet,
    ledger: <R::Problem as Problem>::Ledger,
    /// All that traitors have been sent, for signed protocols.
    seen: Vec<R::Message>,
    cost: Cost,
    cited: u64,
    recorder: Option<Recorder>,
}

impl<R: Rounds> core::fmt::Debug for Rounded<'_, R> {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_struct("Rounded")
            .field("round", &self.round)
            .field("states", &self.states)
            .finish()
    }
}

impl<'a, R: Traitor> Rounded<'a, R> {
    /// The processes at the end of round 0.
    ///
    /// `faulty` are the traitors, or those that omit: fixed now, since a process that will fail
    /// is faulty in the whole run. Crashes are not announced.
    ///
    /// # Errors
    /// If more are faulty than the model grants.
    pub fn start(
        arena: Arena<'a, R>,
        model: Model,
        inputs: &[Option<RoundInput<R>>],
        faulty: ProcessSet,
        mut recorder: Option<Recorder>,
    ) -> Result<Self, String> {
        if faulty.len() > usize::from(model.faulty_max) {
            let (given, most) = (faulty.len(), model.faulty_max);
            return Err(format!("{given} named as faulty, and at most {most} may be (raise -f)"));
        }
        let margin = Margin::new(recorder.is_some()).flawed(arena.flaw);
        let pens: Vec<Pen> = arena.group.processes().map(engine::pen).collect();
        let mut ledger = <R::Problem as Problem>::Ledger::open(arena.group);
        let mut states = Vec::with_capacity(arena.group.size());
        for (pen, input) in pens.iter().zip(inputs) {
            if let Some(input) = input {
                ledger.observe(pen.owner(), 0, Seen::Input(input));
                if let Some(recorder) = &mut recorder {
                    recorder.input(pen.owner(), input);
                }
            }
            states.push(engine::start::<R>(input.clone(), &arena.view(pen, &margin)));
        }
        let cited = margin.take_cited();
        let (crashed, hit) = (ProcessSet::new(), ProcessSet::new());
        let (seen, cost) = (Vec::new(), Cost::default());
        let (round, flips) = (0, 0);
        Ok(Self {
            arena,
            model,
            pens,
            margin,
            states,
            round,
            crashed,
            faulty,
            flips,
            hit,
            ledger,
            seen,
            cost,
            cited,
            recorder,
        })
    }

    /// The arena.
    pub fn arena(&self) -> &Arena<'a, R> {
        &self.arena
    }

    /// The round that is under way, or that ended last.
    pub fn round(&self) -> u16 {
        self.round
    }

    /// Whether the last round is over.
    pub fn is_over(&self) -> bool {
        self.round >= self.arena.last
    }

    /// The states, by process; those of the crashed are as they were.
    pub fn states(&self) -> &[R] {
        &self.states
    }

    /// Who may lie or omit in this run.
    pub fn faulty(&self) -> &ProcessSet {
        &self.faulty
    }

    /// Who has crashed so far.
    pub fn crashed(&self) -> &ProcessSet {
        &self.crashed
    }

    /// Whom a flipped bit has hit so far: in its state, or in a message that it sent.
    pub fn hit(&self) -> &ProcessSet {
        &self.hit
    }

    /// What was seen at the border so far.
    pub fn ledger(&self) -> &<R::Problem as Problem>::Ledger {
        &self.ledger
    }

    /// What the run cost so far.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Which rules have fired so far: bit k stands for rule k.
    pub fn cited(&self) -> u64 {
        self.cited
    }

    /// The record of the run, if one was kept.
    pub fn into_recorder(self) -> Option<Recorder> {
        self.recorder
    }

    /// Begins the next round: flips bits of states, then lets every live process speak.
    ///
    /// What is returned is what each would send if nothing went wrong.
    ///
    /// # Errors
    /// If the model does not grant a flip, or there is no such bit.
    pub fn speak(&mut self, flips: &[(Process, u32)]) -> Result<Vec<Outgoing<R::Message>>, String> {
        self.round += 1;
        for (process, bit) in flips {
            self.flip_state(*process, *bit)?;
        }
        let mut outgoing = Vec::with_capacity(self.states.len());
        for (pen, state) in self.pens.iter().zip(&self.states) {
            outgoing.push(if self.crashed.contains(pen.owner()) {
                Outgoing::Nothing
            } else {
                engine::send(state, self.round, &self.arena.view(pen, &self.margin))
            });
            let cited = self.margin.take_cited();
            self.cited |= cited;
            if let Some(recorder) = &mut self.recorder {
                recorder.spoke(cited);
            }
        }
        if R::SIGNED && self.model.faults == Faults::Byzantine {
            self.listen_in(&outgoing);
        }
        Ok(outgoing)
    }

    /// What a process sends in the next round if nothing goes wrong with it until then.
    pub(crate) fn about_to_send(&self, process: Process) -> Outgoing<R::Message> {
        let (pen, state) = (&self.pens[process.index()], &self.states[process.index()]);
        state.send(self.round + 1, &self.arena.view(pen, &Margin::new(false)))
    }

    /// What traitors are sent in this round is theirs to repeat, in this round already.
    fn listen_in(&mut self, outgoing: &[Outgoing<R::Message>]) {
        for traitor in self.faulty.iter() {
            for from in outgoing {
                if let Some(message) = from.to(traitor).filter(|m| !self.seen.contains(m)) {
                    self.seen.push(message.clone());
                }
            }
        }
    }

    /// What a traitor may say to `to` in this round, handed to `then`.
    pub fn vocabulary<T>(
        &self,
        from: Process,
        to: Process,
        then: impl FnOnce(&Vocabulary<'_, R::Message>) -> T,
    ) -> T {
        let pens: Vec<Pen> = self.faulty.iter().map(engine::pen).collect();
        let (group, config, last) = (self.arena.group, self.arena.config, self.arena.last);
        let liar: Liar<'_, R> =
            Liar { me: from, group, config, last, pens: &pens, seen: &self.seen };
        then(&R::vocabulary(&liar, self.round, to))
    }

    fn flip_state(&mut self, process: Process, bit: u32) -> Result<(), String> {
        let domain = R::domain(self.arena.config);
        let width = self.states[process.index()].bits(domain);
        if self.crashed.contains(process) {
            return Err(format!("{process} has crashed, so no bit of it can flip"));
        }
        if bit >= width {
            return Err(format!(
                "bit {bit} of the state of {process} cannot flip: it has {}",
                bits(width)
            ));
        }
        self.count_flip(process)?;
        let state = &mut self.states[process.index()];
        let before = state.clone();
        state.flip(bit, domain);
        if let Some(recorder) = &mut self.recorder {
            recorder.flipped(self.round, process, bit, &before, state);
        }
        Ok(())
    }

    fn count_flip(&mut self, hit: Process) -> Result<(), String> {
        if self.flips == self.model.flips_max {
            let most = self.model.flips_max;
            return Err(format!("this would flip more bits than the {most} that the model grants"));
        }
        self.flips += 1;
        self.hit.insert(hit);
        Ok(())
    }

    /// Ends the round: applies the faults to what was to be sent, and lets survivors receive.
    ///
    /// # Errors
    /// A sentence, if the model does not grant one of the faults.
    pub fn hear(
        &mut self,
        outgoing: &[Outgoing<R::Message>],
        faults: &[Fault<R::Message>],
    ) -> Result<(), String> {
        let plan = self.plan(faults)?;
        if let Some(recorder) = &mut self.recorder {
            for (process, reached) in &plan.crashes {
                recorder.crashed(self.round, *process, reached);
            }
        }
        let size = self.arena.group.size();
        let mut common: Vec<Option<R::Message>> = vec![None; size];
        let mut own: Vec<Exceptions<R::Message>> = vec![Vec::new(); size];
        for (at, out) in outgoing.iter().enumerate() {
            let from = Process(at as u16);
            match (out, &plan.edits[at]) {
                (Outgoing::All(message), None) if self.recorder.is_none() => {
                    self.count_broadcast(from, message);
                    common[at] = Some(message.clone());
                }
                (Outgoing::Nothing, None) => {}
                (_, edits) => self.deliver(from, out, edits.as_deref(), &plan, &mut own)?,
            }
        }
        for crash in &plan.crashes {
            self.crashed.insert(crash.0);
        }
        for to in self.arena.group.processes() {
            if !self.crashed.contains(to) {
                self.receive(to, &Inbox::new(&common, &own[to.index()]));
            }
        }
        self.cost.rounds = self.round;
        Ok(())
    }

    fn receive(&mut self, to: Process, inbox: &Inbox<'_, R::Message>) {
        let pen = &self.pens[to.index()];
        let view = self.arena.view(pen, &self.margin);
        let output = engine::receive(&mut self.states[to.index()], self.round, inbox, &view);
        let cited = self.margin.take_cited();
        self.cited |= cited;
        let lies = self.model.faults == Faults::Byzantine && self.faulty.contains(to);
        if let Some(recorder) = &mut self.recorder {
            let shown = output.as_ref().filter(|_| !lies);
            let shown = shown.map(|o| <R::Problem as Problem>::show(o, &|v| recorder.name(v)));
            let notes = self.margin.take_notes();
            recorder.received(self.round, to, cited, shown, notes, &self.states[to.index()]);
        }
        if let Some(output) = output.filter(|_| !lies) {
            self.decide(to, &output);
        }
    }

    fn decide(&mut self, who: Process, output: &RoundOutput<R>) {
        self.ledger.observe(who, u64::from(self.round), Seen::Output(output));
    }

    fn count_broadcast(&mut self, from: Process, message: &R::Message) {
        let domain = R::domain(self.arena.config);
        let mut cost = self.cost;
        // Those before the sender and those after it: two plain loops, with no test in them.
        let (before, after) = (0..from.0, from.0 + 1..self.arena.group.n);
        before.chain(after).map(Process).for_each(|to| {
            cost.messages += message.messages(to);
            cost.items += message.items(to);
            cost.bits += message.cost_bits(to, domain);
        });
        self.cost = cost;
    }

    /// Hands one process's messages to each recipient, with the round's faults applied.
    fn deliver(
        &mut self,
        from: Process,
        out: &Outgoing<R::Message>,
        edits: Option<&[Option<Edit<'_, R::Message>>]>,
        plan: &Plan<'_, R::Message>,
        own: &mut [Exceptions<R::Message>],
    ) -> Result<(), String> {
        let crash = plan.crashes.iter().find(|(p, _)| *p == from).map(|(_, reached)| *reached);
        for to in self.arena.group.processes() {
            let honest = out.to(to);
            let edit = edits.and_then(|row| row[to.index()].as_ref());
            let cut = crash.is_some_and(|reached| !reached.contains(to)) && to != from;
            let letter = Letter { from, to, honest, edit, cut };
            if let Some(message) = self.carry(&letter)? {
                own[to.index()].push((from, Some(message)));
            }
        }
        Ok(())
    }

    /// What arrives of one message; counts it and records it.
    fn carry(&mut self, letter: &Letter<'_, R::Message>) -> Result<Option<R::Message>, String> {
        let Letter { from, to, honest, edit, cut } = *letter;
        let mut missed = false;
        let sent: Option<R::Message> = match edit {
            _ if cut => None,
            Some(Edit::Say(said, _)) => said.cloned(),
            Some(Edit::Omit) => None,
            Some(Edit::Miss) => {
                missed = true;
                honest.cloned()
            }
            Some(Edit::Flip(bit)) => Some(self.flip_message(from, to, honest, *bit)?),
            None => honest.cloned(),
        };
        // A message that stands for none is silence.
        let sent = sent.filter(|message| message.messages(to) > 0);
        if let Some(message) = sent.as_ref().filter(|_| from != to) {
            let domain = R::domain(self.arena.config);
            self.cost.messages += message.messages(to);
            self.cost.items += message.items(to);
            self.cost.bits += message.cost_bits(to, domain);
        }
        if let Some(recorder) = self.recorder.as_mut().filter(|_| from != to) {
            recorder.carried(self.round, letter, sent.as_ref());
        }
        Ok(sent.filter(|_| !missed))
    }

    fn flip_message(
        &mut self,
        from: Process,
        to: Process,
        honest: Option<&R::Message>,
        bit: u32,
    ) -> Result<R::Message, String> {
        let domain = R::domain(self.arena.config);
        let Some(mut message) = honest.cloned() else {
            let round = self.round;
            return Err(format!("{from} sends nothing to {to} in round {round}: no bit can flip"));
        };
        let width = message.bits(domain);
        if bit >= width {
            return Err(format!("bit {bit} of the message cannot flip: it has {}", bits(width)));
        }
        self.count_flip(from)?;
        message.flip(bit, domain);
        Ok(message)
    }
}

/// What one receiver gets instead of what is sent to everybody, in order of sender.
type Exceptions<M> = Vec<(Process, Option<M>)>;

fn bits(width: u32) -> String {
    match width {
        0 => "no bits".into(),
        1 => "one bit, bit 0".into(),
        _ => format!("{width} bits, from bit 0"),
    }
}
