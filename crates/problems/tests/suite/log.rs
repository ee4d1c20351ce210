//! What clients of a replicated log read.

use quorate_kernel::{Group, Ledger, Process, Seen, Value};
use quorate_problems::{Aim, Applied, Call, Change, LogLedger, Membership, Refusal, ReplicatedLog};

use super::{P0, P1, P2, broken, end};

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

/// p0 is asked for a change and a command, and these things are handed out; what that breaks.
fn breaks_with(outputs: &[(Process, Applied<Value>)]) -> Vec<&'static str> {
    let mut ledger = <LogLedger<Value> as Ledger<Log>>::open(Group { n: 3, f: 1 });
    let change = Call::Change(Change::of([(P2, Aim::Out)]));
    ledger.observe(P0, 0, Seen::Input(&change));
    ledger.observe(P0, 1, Seen::Input(&Call::Write(Value(0))));
    for (at, (who, what)) in outputs.iter().enumerate() {
        ledger.observe(*who, 2 + at as u64, Seen::Output(what));
    }
    broken::<Log>(&ledger, &end(&[], &[]))
}

/// In slot 2 the members are these, by the change that p0 was asked for.
fn members(who: Process, voters: &[Process]) -> (Process, Applied<Value>) {
    let (old, learners, made) = (None, Vec::new(), vec![(P0, 1, 1)]);
    let members = Membership { voters: voters.to_vec(), old, learners, made };
    (who, Applied::Members { slot: 2, members })
}

fn command(who: Process) -> (Process, Applied<Value>) {
    (who, Applied::Command { slot: 1, client: P0, number: 1, payload: Value(0) })
}

fn changed(refused: Option<Refusal>) -> (Process, Applied<Value>) {
    (P0, Applied::Changed { life: 1, number: 1, refused })
}

#[test]
fn who_is_no_member_in_the_end_is_owed_nothing() {
    let two = [P0, P1];
    let done = [command(P0), command(P1), members(P0, &two), members(P1, &two), changed(None)];
    assert_eq!(breaks_with(&done), [""; 0]);
    let all = [P0, P1, P2];
    let done = [command(P0), command(P1), members(P0, &all), members(P1, &all), changed(None)];
    assert_eq!(breaks_with(&done), ["termination"]);
}

#[test]
fn a_change_has_a_result_and_a_refused_one_is_not_made() {
    let all = [command(P0), command(P1), command(P2)];
    assert_eq!(breaks_with(&all), ["results"]);
    let refused = [&all[..], &[changed(Some(Refusal::Busy))]].concat();
    assert_eq!(breaks_with(&refused), [""; 0]);
    let made = [&refused[..], &[members(P0, &[P0, P1])]].concat();
    assert_eq!(breaks_with(&made), ["true-refusals"]);
}

/// Who begins anew applies the same things once more, in order and from the first.
#[test]
fn a_state_begins_anew() {
    let again = [&[command(P0), command(P1), command(P2), changed(Some(Refusal::Same))][..]];
    let anew = [again[0], &[(P2, Applied::Anew), command(P2)]].concat();
    assert_eq!(breaks_with(&anew), [""; 0]);
    let twice = [again[0], &[command(P2)]].concat();
    assert_eq!(breaks_with(&twice), ["exactly-once", "in-order"]);
}
