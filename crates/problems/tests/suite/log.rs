//! What clients of a replicated log read.

use std::sync::Arc;

use quorate_kernel::{Group, Ledger, Process, Seen, Value};
use quorate_problems::{
    Aim, Applied, Call, Change, Line, LogLedger, Membership, Place, Refusal, ReplicatedLog,
};

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
    let taken_over =
        Applied::Installed { through: 2, applied: vec![(P0, 1), (P1, 1)], members: None };
    assert!(!breaks(&[taken_over]), "slot 2 may hold p1's 1");
}

/// A run of a log, event by event.
struct Run(LogLedger<Value>);

impl Run {
    fn new() -> Self {
        Self(<LogLedger<Value> as Ledger<Log>>::open(Group { n: 3, f: 1 }))
    }

    fn says(mut self, who: u16, what: Applied<Value>) -> Self {
        self.0.observe(Process(who), 0, Seen::Output(&what));
        self
    }

    /// After an entry of a term at an index come entries of these terms and clients.
    fn stores(self, who: u16, after: (u64, u32), lines: &[(u32, u16)]) -> Self {
        let line = |(term, client): &(u32, u16)| {
            let client = Process(*client);
            Line { term: *term, client, first: 1, count: 1, ..Line::default() }
        };
        let after = Place { index: after.0, term: after.1 };
        self.says(who, Applied::Stored { after, lines: lines.iter().map(line).collect() })
    }

    fn commits(self, who: u16, term: u32, (index, made): (u64, u32)) -> Self {
        let through = Place { index, term: made };
        self.says(who, Applied::Committed { term, through })
    }

    fn applies(self, who: u16, slot: u64, client: u16) -> Self {
        let payload = Value(client);
        self.says(who, Applied::Command { slot, client: Process(client), number: 1, payload })
    }

    fn restarts(mut self, who: u16) -> Self {
        Ledger::<Log>::crashed(&mut self.0, Process(who), 1);
        Ledger::<Log>::restarted(&mut self.0, Process(who), 2);
        self
    }

    fn begins_anew(self, who: u16, time: u64) -> Self {
        self.says(who, Applied::Anew { time })
    }

    fn breaks(&self, requirement: &str) -> bool {
        broken::<Log>(&self.0, &end(&[], &[])).contains(&requirement)
    }
}

#[test]
fn logs_that_agree_at_a_place_agree_before_it() {
    let one = || Run::new().stores(0, (0, 0), &[(1, 0), (1, 1), (2, 2)]);
    let split = |run: Run| run.breaks("log-matching");
    assert!(!split(one().stores(1, (0, 0), &[(1, 0), (1, 1)])));
    assert!(!split(one().stores(1, (0, 0), &[(1, 0), (3, 1), (3, 0)])), "nothing after 1 agrees");
    assert!(split(one().stores(1, (0, 0), &[(1, 0), (1, 2)])), "one term, two entries");
    assert!(split(one().stores(1, (0, 0), &[(1, 0), (3, 1), (2, 2)])), "index 2 differs before 3");
    let later = one().stores(1, (0, 0), &[(1, 0), (3, 1)]);
    assert!(split(later.stores(1, (2, 3), &[(2, 2)])), "what was put in later counts too");
    let dropped = Run::new().stores(1, (2, 3), &[(2, 2)]);
    assert!(split(dropped.stores(0, (0, 0), &[(1, 0), (1, 1), (2, 2)])), "the state ends with 3");
    let cut = one().stores(0, (1, 1), &[]).stores(1, (0, 0), &[(1, 0), (1, 2)]);
    assert!(!split(cut), "what was cut off is compared with nothing");
}

#[test]
fn who_leads_has_what_was_committed_in_earlier_terms() {
    let committed = |term| Run::new().stores(0, (0, 0), &[(1, 0)]).commits(0, term, (1, 1));
    let lacks = |run: Run| run.breaks("leader-completeness");
    let leads = |term| Applied::Leads { term };
    assert!(!lacks(committed(1).stores(1, (0, 0), &[(1, 0)]).says(1, leads(2))));
    assert!(!lacks(committed(1).stores(1, (4, 2), &[]).says(1, leads(3))), "in a state");
    assert!(lacks(committed(1).says(1, leads(2))));
    assert!(!lacks(committed(2).says(1, leads(2))), "of its own term it may lack something");
    assert!(lacks(committed(1).stores(1, (0, 0), &[(2, 1)]).says(1, leads(3))));
    let early = Run::new().says(1, leads(2)).stores(0, (0, 0), &[(1, 0)]).commits(0, 1, (1, 1));
    assert!(lacks(early), "committed in term 1, after term 2 began without it");
}

#[test]
fn who_is_told_of_a_command_is_told_where_it_stands() {
    let told = |slot| Applied::Told { slot, number: 1, payload: Value(0) };
    let run = || Run::new().applies(1, 1, 0);
    assert!(!run().says(0, told(1)).breaks("exactly-once"));
    assert!(!run().says(0, told(2)).breaks("exactly-once"), "nobody has said what stands there");
    let wrong = run().says(0, told(2)).applies(1, 2, 1);
    assert!(wrong.breaks("exactly-once"), "a command of p1 does");
    let lost = Run::new().says(0, told(1)).applies(1, 1, 2);
    assert!(lost.breaks("durability"), "what one is told of is acknowledged");
}

#[test]
fn what_is_committed_grows_and_stays_in_the_log() {
    let stored = || Run::new().stores(0, (0, 0), &[(1, 0), (1, 1), (2, 2)]);
    let recedes = |run: &Run| run.breaks("monotone-commit");
    assert!(!recedes(&stored().commits(0, 1, (1, 1)).commits(0, 2, (3, 2))));
    assert!(recedes(&stored().commits(0, 2, (3, 2)).commits(0, 2, (1, 1))), "back");
    assert!(recedes(&stored().commits(0, 2, (4, 2))), "beyond the log");
    assert!(recedes(&stored().commits(0, 2, (2, 2))), "another entry stands there");
    assert!(recedes(&stored().commits(0, 2, (3, 2)).stores(0, (2, 1), &[])), "cut off");
    let back = || stored().commits(0, 2, (2, 1)).restarts(0);
    assert!(recedes(&back()), "back with nothing");
    assert!(!recedes(&back().stores(0, (2, 1), &[])), "back with the state");
    assert!(recedes(&back().stores(0, (0, 0), &[(1, 0)])), "back with half of it");
    let anew = back().stores(0, (0, 0), &[(1, 0), (1, 1)]).commits(0, 3, (1, 1));
    assert!(!recedes(&anew), "a new life begins before what it had applied");
}

#[test]
fn what_was_acknowledged_is_in_every_state_that_reaches_as_far() {
    let written = || Run::new().applies(0, 1, 0);
    let nothing = |run: Run, who| run.says(who, Applied::Noop { slot: 1 });
    assert!(!written().applies(1, 1, 0).breaks("durability"));
    assert!(nothing(written(), 1).breaks("durability"));
    assert!(nothing(written(), 1).restarts(1).breaks("durability"), "in a life that is over");
    assert!(!nothing(Run::new().applies(1, 1, 0), 2).breaks("durability"), "not told to p0");
    let installed = |applied| Applied::Installed { through: 2, applied, members: None };
    assert!(!written().says(2, installed(vec![(P0, 1)])).breaks("durability"));
    assert!(written().says(2, installed(vec![(P1, 1)])).breaks("durability"));
    assert!(written().applies(1, 1, 0).breaks("uniform-agreement"), "p2 has nothing in the end");
    let all = written().applies(1, 1, 0).applies(2, 1, 0);
    assert!(!all.breaks("uniform-agreement"));
}

/// Who was removed and comes back has an empty log, and owes nothing of what it had: but all that
/// it says from then on.
#[test]
fn who_begins_anew_owes_what_it_says_from_then_on() {
    let stored = |run: Run| run.stores(0, (0, 0), &[(1, 0), (1, 1)]);
    let had = || stored(Run::new()).commits(0, 1, (2, 1));
    let recedes = |run: Run| run.breaks("monotone-commit");
    assert!(!recedes(had().begins_anew(0, 1)));
    assert!(!recedes(had().restarts(0).begins_anew(0, 1)), "a crash came before it was said");
    let again = || stored(had().begins_anew(0, 1)).commits(0, 2, (2, 1));
    assert!(!recedes(again()));
    assert!(recedes(again().restarts(0).begins_anew(0, 1)), "that is known, and no second time");
    assert!(!recedes(again().restarts(0).begins_anew(0, 2)));
    assert!(recedes(again().commits(0, 2, (1, 1))), "back");
    let led = || stored(Run::new()).says(0, Applied::Leads { term: 3 });
    let lacks = |run: Run| run.breaks("leader-completeness");
    let after = |run: Run| run.stores(1, (0, 0), &[(1, 0)]).commits(1, 2, (1, 1));
    assert!(!lacks(after(led().begins_anew(0, 1))), "it had led with another log");
    assert!(lacks(after(led().begins_anew(0, 1).says(0, Applied::Leads { term: 4 }))));
    let nothing = |run: Run| run.says(1, Applied::Noop { slot: 1 });
    let written = || nothing(Run::new().applies(0, 1, 0));
    assert!(written().begins_anew(1, 1).breaks("durability"), "in a life that is over");
    let applied = Run::new().applies(0, 1, 0).applies(1, 1, 0).begins_anew(1, 1);
    assert!(!applied.applies(1, 1, 0).breaks("exactly-once"), "to a state without it");
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

/// These are the members, by the change that p0 was asked for.
fn membership(voters: &[Process]) -> Arc<Membership> {
    let (voters, made) = (voters.to_vec(), vec![(P0, 1, 1)]);
    Membership { voters, made, ..Membership::default() }.into()
}

/// In slot 2 the members are these.
fn members(who: Process, voters: &[Process]) -> (Process, Applied<Value>) {
    (who, Applied::Members { slot: 2, members: membership(voters) })
}

/// Slot 2, in which the members are these, and slot 1 are in a state that was taken over.
fn state(who: Process, voters: &[Process]) -> (Process, Applied<Value>) {
    let members = Some(membership(voters));
    (who, Applied::Installed { through: 2, applied: vec![(P0, 1)], members })
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
    assert_eq!(breaks_with(&done), ["termination", "uniform-agreement"]);
}

/// Whoever applied the slot that says so crashed before it told.
#[test]
fn who_the_members_are_may_be_known_from_a_state_only() {
    let done = |voters: &[Process]| [command(P0), command(P1), state(P1, voters), changed(None)];
    assert_eq!(breaks_with(&done(&[P0, P1])), [""; 0]);
    assert_eq!(breaks_with(&done(&[P0, P1, P2])), ["termination", "uniform-agreement"]);
    let refused = [command(P0), state(P1, &[P0, P1]), changed(Some(Refusal::Busy))];
    assert_eq!(breaks_with(&refused), ["true-refusals"]);
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
    let anew = [again[0], &[(P2, Applied::Anew { time: 1 }), command(P2)]].concat();
    assert_eq!(breaks_with(&anew), [""; 0]);
    let twice = [again[0], &[command(P2)]].concat();
    assert_eq!(breaks_with(&twice), ["exactly-once", "in-order"]);
}
