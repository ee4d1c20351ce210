//! One process: a protocol, its timers, what survives a crash, and whom it serves.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use quorate_kernel::engine::{self, Occurrence, decode, encode};
use quorate_kernel::{
    Deceit, Effects, Garbled, Group, InputOf, Margin, Oracle, Process, ProcessSet, Protocol,
    RecordOf, TimerAsk,
};
use quorate_simulator::{Lie, Speaker, Spoken, speak, word_of};
use quorate_wal::{Disk, Error};
use quorate_world::Manner;

use crate::application::Application;
use crate::fate::Fate;
use crate::recording::Recording;
use crate::storage::{Damage, Found, Storage, put};

/// What comes first in whatever goes from node to node: a message; a message with a state of the
/// application; words of the application.
const MESSAGE: u8 = 0;
const WITH_STATE: u8 = 1;
const WORDS: u8 = 2;
/// In a group that writes a trace, the index of the event in which a message was sent; one of the
/// first two follows.
const TRACED: u8 = 3;

/// Which process of which group a node is.
#[derive(Clone, Debug)]
pub struct Place<P: Protocol> {
    /// Which process.
    pub me: Process,
    /// Of which group.
    pub group: Group,
    /// What never changes.
    pub config: P::Config,
}

/// A message that is to go to another process.
#[derive(Debug)]
struct Said {
    to: Process,
    bytes: Vec<u8>,
    /// If the state goes with it, which: the one that was kept when so many were.
    with: Option<u64>,
}

/// One process, which does nothing by itself. Times are in ticks since whenever its clock began.
pub struct Node<P: Protocol, A, D> {
    place: Place<P>,
    state: Option<P>,
    stable: P::Stable,
    storage: Storage<D>,
    effects: Effects<P>,
    margin: Margin,
    fate: Fate,
    timers: BTreeMap<P::Timer, u64>,
    application: A,
    /// What the steps since the last commit have stored, asked to send, and said to themselves.
    records: Vec<u8>,
    honest: Vec<(Process, P::Message)>,
    sends: Vec<Said>,
    home: VecDeque<P::Message>,
    /// What the application was told to give it.
    given: VecDeque<InputOf<P>>,
    dropped: bool,
    /// How often something was dropped, and the state that stands for it until it is on the disk.
    drops: u64,
    sealed: Option<Bytes>,
    /// Whether there were any.
    stepped: bool,
    garbled: u64,
    late: u64,
    /// How it lies, if it does, and what it was sent, where messages are signed.
    manner: Option<Manner>,
    seen: Vec<P::Message>,
    recording: Option<Recording>,
}

impl<P: Protocol, A, D> std::fmt::Debug for Node<P, A, D> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Node({} of {:?})", self.place.me, self.place.group)
    }
}

impl<P: Deceit, A: Application<P>, D: Disk> Node<P, A, D> {
    /// A process that has not booted, with what it has on its disk.
    ///
    /// # Errors
    /// If the state of the application there is none of it.
    pub fn new(
        place: Place<P>,
        found: Found<P, D>,
        fate: Fate,
        mut application: A,
    ) -> Result<Self, Damage> {
        let Found { storage, stable, state, .. } = found;
        if !application.restore(&state) {
            return Err(Damage::Foreign { record: 0 });
        }
        Ok(Self {
            place,
            state: None,
            stable,
            storage,
            effects: Effects::default(),
            margin: Margin::new(false).unjudged(),
            fate,
            timers: BTreeMap::new(),
            application,
            records: Vec::new(),
            honest: Vec::new(),
            sends: Vec::new(),
            home: VecDeque::new(),
            given: VecDeque::new(),
            dropped: false,
            drops: 0,
            sealed: None,
            stepped: false,
            garbled: 0,
            late: 0,
            manner: None,
            seen: Vec::new(),
            recording: None,
        })
    }

    /// The same, which lies: it follows the protocol in what it hears, and says what it likes.
    pub fn lying(self, manner: Option<Manner>) -> Self {
        Self { manner, ..self }
    }

    /// The same, which writes down what it does.
    pub fn recorded(mut self, recording: Option<Recording>) -> Self {
        if recording.is_some() {
            self.margin = Margin::new(true);
            self.fate.tell();
        }
        Self { recording, ..self }
    }

    /// What was written down.
    pub fn recording(&self) -> Option<&Recording> {
        self.recording.as_ref()
    }

    /// Boots, for the first time or after a crash.
    pub fn boot(&mut self, now: u64) {
        if let Some(recording) = &mut self.recording {
            recording.boots(now);
        }
        self.step(Occurrence::Boot, now);
    }

    /// Something arrives: a message of the protocol, or words of the application.
    ///
    /// # Errors
    /// If it is none of this protocol; nothing has changed then.
    pub fn hear(&mut self, from: Process, heard: &Bytes, now: u64) -> Result<(), Garbled> {
        if from.0 >= self.place.group.n {
            self.garbled += 1;
            return Err(Garbled);
        }
        if let Some((&WORDS, words)) = heard.split_first() {
            self.given.extend(self.application.hear(from, words));
            self.take_given(now);
            return Ok(());
        }
        let (message, sent) = self.read(heard).inspect_err(|_| self.garbled += 1)?;
        if let Some(recording) = &mut self.recording {
            recording.received(now, from, sent.unwrap_or(0));
        }
        if P::SIGNED && self.manner.is_some() {
            self.seen.push(message.clone());
        }
        self.step(Occurrence::Message(from, message), now);
        Ok(())
    }

    /// A message, and the event in which it was sent, of a group that writes a trace.
    fn read(&mut self, heard: &Bytes) -> Result<(P::Message, Option<u32>), Garbled> {
        if self.recording.is_none() {
            return Ok((self.open(heard)?, None));
        }
        let traced = heard.strip_prefix(&[TRACED]).ok_or(Garbled)?;
        let (sent, _) = traced.split_first_chunk::<4>().ok_or(Garbled)?;
        let message = self.open(&heard.slice(5..))?;
        Ok((message, Some(u32::from_le_bytes(*sent))))
    }

    /// A message, whose state goes to the application if it comes with one.
    fn open(&mut self, heard: &Bytes) -> Result<P::Message, Garbled> {
        let n = self.place.group.n;
        let (tag, rest) = heard.split_first().ok_or(Garbled)?;
        if *tag == MESSAGE {
            let message = decode(rest, n, None)?;
            let lacks = self.application.goes_with(&message);
            return if lacks { Err(Garbled) } else { Ok(message) };
        }
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(Garbled)?;
        let length = u32::from_le_bytes(*length) as usize;
        let message = decode(rest.get(..length).ok_or(Garbled)?, n, None)?;
        let state = heard.slice(1 + 4 + length..);
        let fits = *tag == WITH_STATE && self.application.goes_with(&message);
        let fits = fits && self.application.open(&message, state);
        if fits { Ok(message) } else { Err(Garbled) }
    }

    /// A message as it goes to others, but for the state; and whether that goes with it.
    fn write(application: &A, message: &P::Message, sent: Option<u32>) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        if let Some(sent) = sent {
            bytes.push(TRACED);
            bytes.extend(sent.to_le_bytes());
        }
        if !application.goes_with(message) {
            bytes.push(MESSAGE);
            encode(message, &mut bytes, None);
            return (bytes, false);
        }
        bytes.extend([WITH_STATE, 0, 0, 0, 0]);
        let start = bytes.len();
        encode(message, &mut bytes, None);
        let length = (bytes.len() - start) as u32;
        bytes[start - 4..start].copy_from_slice(&length.to_le_bytes());
        (bytes, true)
    }

    /// The application is asked for something.
    pub fn ask(&mut self, ask: A::Ask, now: u64) {
        let input = self.application.ask(ask, &self.stable);
        if let Some(recording) = &mut self.recording {
            while let Some(note) = self.application.note() {
                recording.note(now, note.told());
            }
        }
        if let Some(input) = input {
            self.give(input, now);
        }
    }

    /// Gives the protocol what its application was told to: all at once, unless there is one step
    /// at a time, and something comes before it.
    fn take_given(&mut self, now: u64) {
        while !(self.is_recorded() && self.stepped)
            && let Some(input) = self.given.pop_front()
        {
            self.give(input, now);
        }
    }

    /// The protocol is given something.
    pub fn give(&mut self, input: InputOf<P>, now: u64) {
        if let Some(recording) = &mut self.recording {
            recording.request::<P>(now, &input);
        }
        self.step(Occurrence::Input(input), now);
    }

    /// Whether it writes down what it does. Then there is one step at a time, and what a process
    /// tells itself it hears before anything else, as in the simulator: so a judge need not guess.
    pub(crate) fn is_recorded(&self) -> bool {
        self.recording.is_some()
    }

    /// Lets all timers go off that are due.
    pub fn wake(&mut self, now: u64) {
        while let Some(timer) = self.due(now) {
            self.timers.remove(&timer);
            if let Some(recording) = &mut self.recording {
                recording.timer(now, &timer);
            }
            self.step(Occurrence::Timer(timer), now);
            if self.is_recorded() {
                return;
            }
        }
    }

    /// The timer that is due for longest.
    fn due(&self, now: u64) -> Option<P::Timer> {
        let due = self.timers.iter().filter(|(_, at)| **at <= now);
        due.min_by_key(|(timer, at)| (**at, **timer)).map(|(timer, _)| *timer)
    }

    /// When the next timer goes off.
    pub fn wakes_at(&self) -> Option<u64> {
        self.timers.values().min().copied()
    }

    /// One step. Its records are applied, and will be written by the next commit; whatever else
    /// it asks for is kept until then.
    fn step(&mut self, occurrence: Occurrence<P>, now: u64) {
        self.stepped = true;
        let Place { me, group, config } = &self.place;
        let fate: &mut dyn Oracle = &mut self.fate;
        let who = (*me, *group, config);
        let (state, stable, effects) = (&mut self.state, &mut self.stable, &mut self.effects);
        engine::step(who, state, occurrence, stable, effects, fate, &self.margin);
        self.late += u64::from(self.margin.take_broken_count());
        let recording = &mut self.recording;
        match recording {
            Some(recording) => recording.step(now, self.fate.take_drawn(), &self.margin),
            None => drop(self.margin.take_cited()),
        }
        let (application, written) = (&mut self.application, &mut self.records);
        let mut drops = false;
        let write = |records: &[RecordOf<P>]| {
            if let Some(recording) = recording {
                recording.stored::<P>(now, records);
            }
            for record in records {
                drops |= application.drops(record);
                put(record, written);
            }
            Ok::<(), Error>(())
        };
        // Records are only put together here, which cannot fail.
        if let Ok(mut released) = effects.store(write) {
            for ask in released.timers() {
                match ask {
                    TimerAsk::Set(timer, ticks) => {
                        self.timers.insert(timer, now.saturating_add(ticks));
                    }
                    TimerAsk::Cancel(timer) => drop(self.timers.remove(&timer)),
                }
            }
            if drops {
                application.dropped(stable);
                self.dropped = true;
                self.drops += 1;
            }
            for output in released.outputs() {
                if let Some(recording) = &mut self.recording {
                    recording.output::<P>(now, &output);
                }
                application.take(output, state.as_ref(), stable);
            }
            self.honest.extend(released.sends());
        }
        // After that, since a message may have to go with the state that was kept just now.
        let mut honest = std::mem::take(&mut self.honest);
        for (to, message) in honest.drain(..) {
            match to == self.place.me {
                true => self.home.push_back(message),
                false => self.send(to, message, now),
            }
        }
        self.honest = honest;
        if let (Some(recording), Some(state)) = (&mut self.recording, &self.state) {
            recording.state(now, state, &self.stable);
        }
    }

    /// A message goes to another process; or, if this one lies, whatever it says instead.
    fn send(&mut self, to: Process, honest: P::Message, now: u64) {
        let word = self.manner.and_then(|manner| word_of(manner, self.fate.draw()));
        let (mut message, mut lie) = (Some(honest), None);
        if let (Some(word), Some(honest)) = (word, &message) {
            let Place { me, group, config } = &self.place;
            let traitors = ProcessSet::from_iter([*me]);
            let (state, seen) = (self.state.as_ref(), &self.seen[..]);
            let speaker = Speaker { group: *group, config, traitors: &traitors, seen, state };
            let Spoken { message: said, reading } = speak(&speaker, *me, to, Some(honest), &word);
            if said.is_none()
                && let Some(recording) = &mut self.recording
            {
                recording.unsent(now, to, honest);
            }
            if said != message {
                lie = Some(Lie { honest: message, reading });
            }
            message = said;
        }
        let Some(message) = message else { return };
        let recording = self.recording.as_mut();
        let sent = recording.map(|recording| recording.sent::<P>(now, to, &message, lie));
        let (bytes, with) = Self::write(&self.application, &message, sent);
        self.sends.push(Said { to, bytes, with: with.then_some(self.drops) });
    }

    /// Says what was kept back. A state is read back from the disk, so that it is not held in
    /// memory for those who hardly ever need it. Where one has come after it, a message is lost.
    fn say(&mut self, send: &mut impl FnMut(Process, Bytes)) -> Result<(), Error> {
        for Said { to, mut bytes, with } in std::mem::take(&mut self.sends) {
            if let Some(which) = with {
                if which != self.drops {
                    continue;
                }
                bytes.extend_from_slice(&self.storage.state()?);
            }
            send(to, bytes.into());
        }
        Ok(())
    }

    /// Brings what the steps have stored to the disk.
    fn store(&mut self) -> Result<(), Error> {
        let told = self.recording.as_mut().map(Recording::flush);
        if self.dropped {
            let application = &mut self.application;
            let sealed = self.sealed.get_or_insert_with(|| application.take_sealed());
            self.storage.begin_anew::<P>(&self.stable, sealed, told)?;
            (self.sealed, self.dropped) = (None, false);
            self.records.clear();
        } else if !self.records.is_empty() {
            self.storage.append(&mut self.records, told)?;
        }
        Ok(())
    }

    /// Brings all records of the steps so far to the disk, and then says what was kept back: to
    /// `send` what goes to others, to the application that it may answer; and takes the steps for
    /// what the process has said to itself, which the next commit is for.
    ///
    /// # Errors
    /// If the disk fails: then nothing was said, and the process has to end; but after
    /// [`Error::Full`] the same call can be made again.
    pub fn commit(&mut self, now: u64, mut send: impl FnMut(Process, Bytes)) -> Result<(), Error> {
        self.store()?;
        self.say(&mut send)?;
        if let Some(state) = &self.state {
            self.application.stored(state, &self.stable);
        }
        while let Some((to, words)) = self.application.say() {
            let said = [&[WORDS], &words[..]].concat();
            send(to, said.into());
        }
        self.stepped = false;
        for _ in 0..self.home.len() {
            if let Some(message) = self.home.pop_front() {
                self.step(Occurrence::Message(self.place.me, message), now);
            }
        }
        self.take_given(now);
        Ok(())
    }

    /// Whether steps were made that the next commit is for.
    pub fn is_pending(&self) -> bool {
        self.stepped
    }

    /// Whom it serves.
    pub fn application(&mut self) -> &mut A {
        &mut self.application
    }

    /// The protocol's state; nothing before it has booted.
    pub fn state(&self) -> Option<&P> {
        self.state.as_ref()
    }

    /// What survives a crash.
    pub fn stable(&self) -> &P::Stable {
        &self.stable
    }

    /// How many bytes the log takes on the disk; 0 if that is not known.
    pub fn disk_bytes(&mut self) -> u64 {
        self.storage.disk_bytes().unwrap_or(0)
    }

    /// How many messages were none of this protocol.
    pub fn garbled(&self) -> u64 {
        self.garbled
    }

    /// How often an assumption on time did not hold: a message of a round came after its end.
    pub fn late(&self) -> u64 {
        self.late
    }
}
