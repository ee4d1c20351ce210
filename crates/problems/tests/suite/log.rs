//! What clients of a replicated log read.

use quorate_kernel::{Group, Ledger, Process, Seen, Value};
use quorate_problems::{Applied, Call, LogLedger, ReplicatedLog};

use super::{P0, P1, broken, end};

type Log = ReplicatedLog<Value>;

/// p0 writes 0 in slot 1; p1 does these things, and reads 1 through slot 2.
fn breaks(p1: &[Applied<Value>]) -> bool {
    let mut ledger = <LogLedger<Value> as Ledger<Log>>::open(Group { n: 3, f: 1 });
    let write = Applied::Command { slot: 1, client: P0, number: 1, payload: Value(0) };
    ledger.observe(P0, 0, Seen::Input(&Call::Write(Value(0))));
    ledger.observe(P0, 1, Seen::Output(&write));
    ledger.observe(P1, 2, Seen::Input(&Call::Read));
    let read = Applied::Answer { number: 1, slot: 2, value: Some(Value(1)) };
    for (at, what) in p1.iter().chain([&read]).enumerate() {
        ledger.observe(P1, 3 + at as u64, Seen::Output(what));
    }
    broken::<Log>(&ledger, &end(&[Process(2)], &[])).contains(&"linearizability")
}

#[test]
fn what_is_read_was_written_last() {
    let one = Applied::Command { slot: 1, client: P0, number: 1, payload: Value(0) };
    assert!(breaks(&[one, Applied::Noop { slot: 2 }]), "0 was written, and 1 was read");
}

/// Slot 2 was applied by a process that crashed before it told, and went on in its snapshot.
#[test]
fn what_only_a_snapshot_holds_is_not_guessed() {
    let taken_over = Applied::Installed { through: 2, applied: vec![(P0, 1), (P1, 1)] };
    assert!(!breaks(&[taken_over]), "slot 2 may hold p1's 1");
}
