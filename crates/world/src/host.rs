//! One place of a group outside the synchronous model: a process that is up or down, and a disk.
//!
//! This is what a crash means everywhere: a step is the handler, then its records one by one, then
//! its messages; a crash comes between two steps or cuts one short, and what was not stored is
//! gone. Which messages are on their way, and what becomes of them, is the engine's.

use alloc::vec::Vec;

use quorate_kernel::engine::Occurrence;
use quorate_kernel::{
    Bits, Domain, Effects, Group, Margin, Oracle, Process, ProcessSet, Protocol, RecordOf,
    Released, Stable, engine,
};

/// A crash in the middle of a step.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CutShort {
    /// How many steps that store or send anything are done before.
    pub passed: u32,
    /// How many of the step's records get onto the disk, counted from the first.
    pub stored: u32,
    /// Who still gets the step's messages, if all of its records were stored.
    pub reached: ProcessSet,
}

impl CutShort {
    /// All records are stored, and the messages reach these.
    pub fn reaching(reached: ProcessSet) -> Self {
        Self { passed: 0, stored: u32::MAX, reached }
    }
}

/// The engine's side of a step.
#[derive(Debug)]
pub struct Stage<'a, P: Protocol> {
    /// Who steps.
    pub me: Process,
    /// The group.
    pub group: Group,
    /// What never changes.
    pub config: &'a P::Config,
    /// Where rules are cited.
    pub margin: &'a Margin,
}

/// One place of a group.
#[derive(Clone, Debug)]
pub struct Host<P: Protocol> {
    state: Option<P>,
    stable: P::Stable,
    /// Every record that was stored, if they are kept.
    disk: Option<Vec<RecordOf<P>>>,
    /// How many records were stored and not forgotten.
    records: u32,
}

impl<P: Protocol> Host<P> {
    /// A place whose process has not booted yet. Records are kept one by one only if asked for: a
    /// disk that forgets or flips needs them.
    pub fn new(keep_records: bool) -> Self {
        let disk = keep_records.then(Vec::new);
        Self { state: None, stable: P::Stable::default(), disk, records: 0 }
    }

    /// The process's state; `None` if it is down.
    pub fn state(&self) -> Option<&P> {
        self.state.as_ref()
    }

    /// Whether the process is up.
    pub fn is_up(&self) -> bool {
        self.state.is_some()
    }

    /// What survives a crash, as the process sees it.
    pub fn stable(&self) -> &P::Stable {
        &self.stable
    }

    /// How many records are on the disk.
    pub fn records(&self) -> u32 {
        self.records
    }

    /// The records on the disk, if they are kept.
    pub fn disk(&self) -> &[RecordOf<P>] {
        self.disk.as_deref().unwrap_or_default()
    }

    /// A step, to its end or to where a crash cuts it short.
    ///
    /// What comes back may be sent, set and handed out; `None` if a crash came before all records
    /// were stored. After a step that was cut short the process is down, and of its messages only
    /// those to whom the crash lets through may be sent.
    #[inline(always)]
    pub fn step<'e>(
        &mut self,
        stage: &Stage<'_, P>,
        occurrence: Occurrence<P>,
        effects: &'e mut Effects<P>,
        oracle: &mut dyn Oracle,
        cut: Option<&CutShort>,
    ) -> Option<Released<'e, P>> {
        if let Some(cut) = cut {
            return self.step_until(stage, occurrence, effects, oracle, cut);
        }
        self.handle(stage, occurrence, effects, oracle);
        self.store_all(effects)
    }

    /// A step to where a crash cuts it short.
    #[cold]
    fn step_until<'e>(
        &mut self,
        stage: &Stage<'_, P>,
        occurrence: Occurrence<P>,
        effects: &'e mut Effects<P>,
        oracle: &mut dyn Oracle,
        cut: &CutShort,
    ) -> Option<Released<'e, P>> {
        let before = self.stable.clone();
        self.handle(stage, occurrence, effects, oracle);
        let mut torn = false;
        let (disk, records) = (&mut self.disk, &mut self.records);
        let mut kept = 0;
        let written = effects.store(|wanted| {
            kept = wanted.len().min(cut.stored as usize);
            torn = kept < wanted.len();
            if torn {
                self.stable = before;
                for record in &wanted[..kept] {
                    self.stable.apply(record);
                }
            }
            if let Some(disk) = disk {
                disk.extend_from_slice(&wanted[..kept]);
            }
            *records = records.saturating_add(kept as u32);
            if torn { Err(()) } else { Ok(()) }
        });
        self.state = None;
        written.ok()
    }

    #[inline(always)]
    fn handle(
        &mut self,
        stage: &Stage<'_, P>,
        occurrence: Occurrence<P>,
        effects: &mut Effects<P>,
        oracle: &mut dyn Oracle,
    ) {
        let who = (stage.me, stage.group, stage.config);
        let (state, stable) = (&mut self.state, &mut self.stable);
        engine::step(who, state, occurrence, stable, effects, oracle, stage.margin);
    }

    /// The end of a step that nothing cuts short.
    #[inline]
    fn store_all<'e>(&mut self, effects: &'e mut Effects<P>) -> Option<Released<'e, P>> {
        let written = effects.store(|wanted| {
            if let Some(disk) = &mut self.disk {
                disk.extend_from_slice(wanted);
            }
            self.records = self.records.saturating_add(wanted.len() as u32);
            Ok::<(), ()>(())
        });
        written.ok()
    }

    /// Crashes between two steps. A forgetful disk loses its last records with it.
    pub fn crash(&mut self, forgotten: u32) {
        self.state = None;
        if forgotten > 0 {
            self.records = self.records.saturating_sub(forgotten);
            let left = self.records as usize;
            if let Some(disk) = &mut self.disk {
                disk.truncate(left);
            }
            self.reload();
        }
    }

    /// Flips a bit of the state; false if the process is down or the state has no such bit.
    pub fn flip_state(&mut self, bit: u32, domain: Domain) -> bool {
        let state = self.state.as_mut().filter(|state| bit < state.bits(domain));
        state.map(|state| state.flip(bit, domain)).is_some()
    }

    /// Flips a bit of a record on the disk; it shows when the process boots again. False if there
    /// is no such record or bit.
    pub fn flip_record(&mut self, record: u32, bit: u32, domain: Domain) -> bool {
        let place = self.disk.as_mut().and_then(|disk| disk.get_mut(record as usize));
        let flipped = place.filter(|record| bit < record.bits(domain));
        flipped.map(|record| record.flip(bit, domain)).is_some()
    }

    /// Reads what survives a crash from the disk again, as a boot does; true if it is what the
    /// running process had, or if records are not kept.
    pub fn reload(&mut self) -> bool {
        let Some(disk) = &self.disk else { return true };
        let mut stable = P::Stable::default();
        for record in disk {
            stable.apply(record);
        }
        let same = stable == self.stable;
        self.stable = stable;
        same
    }
}
