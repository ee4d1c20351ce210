//! Commands through a replicated log of three processes on one thread, messages in a queue, no
//! disk: `peers-log SYSTEM BATCH BYTES`.
//!
//! The leader is given so many commands at once, the next as soon as it has applied these. Both
//! logs are dropped every so many commands.

use std::process::ExitCode;
use std::time::Duration;

use cpu_time::ProcessTime;
use quorate_protocols::log::multi_paxos::MultiPaxos;
use quorate_protocols::log::raft::Raft;

mod bytes;
mod omni;
mod ours;
mod tikv;

use bytes::Bytes;
use ours::Ours;

/// The systems.
const SYSTEMS: &str = "quorate, quorate-raft, omnipaxos, omnipaxos-blind, raft, raft-late";
/// How many commands in all.
const COMMANDS: u64 = 192_000;
/// After how many to drop the log.
const DROP: u64 = 4_096;

/// A replicated log.
trait Log<const N: usize> {
    /// Three processes; the first is about to lead.
    fn open(batch: u64) -> Self;
    /// Gives the leader a command.
    fn propose(&mut self, payload: Bytes<N>);
    /// Gives a process its turn: it hands out what it has applied and lets out its messages, and
    /// whoever receives one handles it at once.
    fn turn(&mut self, process: usize);
    /// Lets everybody know what is committed, if that was not done.
    fn tell(&mut self) {}
    /// How many commands a process has handed out, and the last of them.
    fn applied(&self, process: usize) -> (u64, Bytes<N>);
    /// How many messages were delivered.
    fn messages(&self) -> u64;
}

/// Gives turns until the leader has handed out so many commands, or nothing is sent any more.
fn settle<const N: usize>(log: &mut impl Log<N>, applied: u64) {
    loop {
        let before = log.messages();
        log.turn(0);
        if log.applied(0).0 >= applied {
            return;
        }
        // Both followers answer what the leader has sent, whichever of them makes the quorum.
        log.turn(1);
        log.turn(2);
        if log.applied(0).0 >= applied || log.messages() == before {
            return;
        }
    }
}

fn measure<const N: usize, L: Log<N>>(batch: u64) -> (Duration, u64) {
    let mut log = L::open(batch);
    settle(&mut log, u64::MAX);
    let before = log.messages();
    let start = ProcessTime::now();
    for round in 0..COMMANDS / batch {
        for at in 0..batch {
            log.propose(Bytes::of(round * batch + at));
        }
        settle(&mut log, (round + 1) * batch);
    }
    settle(&mut log, u64::MAX);
    log.tell();
    settle(&mut log, u64::MAX);
    let time = start.elapsed();
    let all = COMMANDS / batch * batch;
    for process in 0..3 {
        assert_eq!(log.applied(process), (all, Bytes::of(all - 1)), "all is applied, in order");
    }
    (time, log.messages() - before)
}

fn system<const N: usize>(name: &str, batch: u64) -> Option<(Duration, u64)> {
    match name {
        "quorate" => Some(measure::<N, Ours<N, MultiPaxos<Bytes<N>>>>(batch)),
        "quorate-raft" => Some(measure::<N, Ours<N, Raft<Bytes<N>>>>(batch)),
        "raft" => Some(measure::<N, tikv::Tikv<N, true>>(batch)),
        // What is committed is said with the next entries.
        "raft-late" => Some(measure::<N, tikv::Tikv<N, false>>(batch)),
        "omnipaxos" => Some(measure::<N, omni::Omni<N, true>>(batch)),
        // Nobody reads what is decided.
        "omnipaxos-blind" => Some(measure::<N, omni::Omni<N, false>>(batch)),
        _ => None,
    }
}

/// Has the allocator keep what a dropped log frees, as in a program that has run for a while: once
/// a large block was freed, glibc hands back no smaller ones to the system.
fn settle_allocator() {
    drop(std::hint::black_box(vec![0u8; 16 << 20]));
}

fn main() -> ExitCode {
    settle_allocator();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let measured = match &words[..] {
        [name, batch, bytes] => match (batch.parse(), &bytes[..]) {
            (Ok(batch @ 1..=COMMANDS), "8") => system::<8>(name, batch),
            (Ok(batch @ 1..=COMMANDS), "64") => system::<64>(name, batch),
            (Ok(batch @ 1..=COMMANDS), "256") => system::<256>(name, batch),
            _ => None,
        },
        _ => None,
    };
    let Some((time, messages)) = measured else {
        eprintln!("peers-log SYSTEM BATCH 8|64|256; SYSTEM is one of {SYSTEMS}");
        return ExitCode::from(2);
    };
    let each = time.as_nanos() as f64 / COMMANDS as f64;
    println!("log-{}x{} {} {each:.1} {messages}", words[1], words[2], words[0]);
    ExitCode::SUCCESS
}
