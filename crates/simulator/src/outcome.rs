//! What came of a run.

use quorate_kernel::{End, Group, Process, ProcessSet};

/// What came of a run, but for its ledger and its record.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Whether it ended because nothing was left to happen, or all that was owed had come.
    pub quiet: bool,
    /// How many messages went between different processes.
    pub messages: u64,
    /// How many bits these took; counted only if a record was kept.
    pub bits: u64,
    /// How many of them were lost.
    pub lost: u64,
    /// How many events there were.
    pub events: u64,
    /// How many crashes, and how many restarts.
    pub crashes: u32,
    /// How many crashed processes came back.
    pub restarts: u32,
    /// How many words of traitors were not the truth.
    pub lies: u32,
    /// How often a process found an assumption of the model broken.
    pub broken: u32,
    /// Which rules fired: bit k stands for rule k.
    pub cited: u64,
    /// Whom a flipped bit hit.
    pub hit: ProcessSet,
    /// Which upset met a process after which of its rules; `u8::MAX` before the first.
    pub met: Vec<(&'static str, u8)>,
    /// The round in which the last process that counts had its first output.
    pub rounds: Option<u32>,
    /// When the last output came at a process that counts, in ticks, if each had one.
    pub done_at: Option<u64>,
    /// A fingerprint of the run, if it was audited.
    pub digest: Option<u64>,
    /// Whether a disk that was not hit gave back something else than the process had.
    pub replays_differ: bool,
    first: Vec<Option<(u64, u32)>>,
    last: Vec<u64>,
}

impl Outcome {
    pub(crate) fn new(group: Group) -> Self {
        Self {
            end: End {
                group,
                faulty: ProcessSet::new(),
                liars: ProcessSet::new(),
                settled: false,
                deadline: u64::MAX,
                calm_from: 0,
                over_at: 0,
                lost: 0,
            },
            quiet: false,
            messages: 0,
            bits: 0,
            lost: 0,
            events: 0,
            crashes: 0,
            restarts: 0,
            lies: 0,
            broken: 0,
            cited: 0,
            hit: ProcessSet::new(),
            met: Vec::new(),
            rounds: None,
            done_at: None,
            digest: None,
            replays_differ: false,
            first: vec![None; group.size()],
            last: vec![0; group.size()],
        }
    }

    pub(crate) fn output(&mut self, who: Process, now: u64, round: u32) {
        self.first[who.index()].get_or_insert((now, round));
        self.last[who.index()] = now;
    }

    /// Works out when all who count were done.
    pub(crate) fn conclude(&mut self, counts: impl Fn(Process) -> bool) {
        let who = |at: usize| Process(at as u16);
        let all = self.first.iter().enumerate().filter(|(at, _)| counts(who(*at)));
        let firsts: Option<Vec<(u64, u32)>> = all.map(|(_, first)| *first).collect();
        self.rounds = firsts.as_ref().and_then(|all| all.iter().map(|(_, r)| *r).max());
        let lasts = self.last.iter().enumerate().filter(|(at, _)| counts(who(*at)));
        self.done_at = firsts.filter(|all| !all.is_empty()).and(lasts.map(|(_, at)| *at).max());
    }
}
