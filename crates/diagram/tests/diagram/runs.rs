//! The runs that the golden pictures are drawn from.

use quorate_trace::{Trace, What};

use crate::build::Build;

const IC1: &str = "All loyal lieutenants obey the same order.";
const IC2: &str = "If the commander is loyal, every loyal lieutenant obeys its order.";

/// Every run with a picture, by name.
pub(crate) fn all() -> Vec<(&'static str, Trace)> {
    vec![
        ("three-generals", three_generals()),
        ("four-generals", four_generals()),
        ("flood-set", flood_set()),
        ("bit-flip", bit_flip()),
        ("omissions", omissions()),
        ("phase-king-8", phase_king(8)),
        ("seven-generals", seven_generals()),
        ("phase-king-20", phase_king(20)),
    ]
}

fn generals(n: u16) -> Build {
    Build::new("om", "byzantine-generals", n, ((n - 1) / 3).max(1), "byzantine")
        .special(0, "commander")
        .setting("tie", "retreat")
        .rule("1", "The commander sends its order to every lieutenant.")
        .rule("2", "Every lieutenant relays to the others what it received.")
        .rule("3", "Every lieutenant obeys the majority of what it holds, retreat on a tie.")
}

/// Three generals: a lieutenant that lies once, and a loyal one that disobeys.
pub(crate) fn three_generals() -> Trace {
    let mut b = generals(3).faulty(2, "traitor");
    let given = b.input(0, "attack");
    b.round(&["1"]);
    b.send(0, &[1, 2], "attack");
    b.deliver(&[]);
    b.decide(0, "attack");
    b.state(0, &[("order", "attack")]);
    b.state(1, &[("from p0", "attack")]);
    b.state(2, &[("from p0", "attack")]);
    b.round(&["2", "3"]);
    b.send(1, &[2], "attack");
    b.lie(2, 1, "retreat", "attack");
    b.deliver(&[]);
    let obeyed = b.decide(1, "retreat");
    b.state(1, &[("from p0", "attack"), ("from p2", "retreat")]);
    b.state(2, &[("from p0", "attack"), ("from p1", "attack")]);
    b.holds("ic1", IC1);
    let why = "p0 is loyal and ordered attack, p1 is loyal and decided retreat.";
    b.violated("ic2", IC2, &[0, 1], why, &[given, obeyed]);
    b.done()
}

/// Four generals whose commander says something else to each: the lieutenants still agree.
pub(crate) fn four_generals() -> Trace {
    let mut b = generals(4).faulty(0, "traitor");
    b.input(0, "attack");
    b.round(&["1"]);
    b.send(0, &[1], "attack");
    b.lie(0, 2, "retreat", "attack");
    b.unsent(0, &[3], "attack", "silence");
    b.deliver(&[]);
    let held = ["", "attack", "retreat", "-"];
    for p in 1..4 {
        b.state(p, &[("from p0", held[usize::from(p)])]);
    }
    b.round(&["2", "3"]);
    b.send(1, &[2, 3], "attack");
    b.send(2, &[1, 3], "retreat");
    b.send(3, &[1, 2], "retreat");
    b.deliver(&[]);
    for p in 1..4 {
        b.decide(p, "retreat");
        b.state(p, &[("majority of", "attack, retreat, retreat")]);
    }
    b.holds("ic1", IC1);
    b.holds("ic2", IC2);
    b.done()
}

/// One round too few: each crash hands the smallest value over to one more process.
pub(crate) fn flood_set() -> Trace {
    let mut b = Build::new("flood-set", "consensus", 4, 2, "crash")
        .faulty(0, "crash")
        .faulty(1, "crash")
        .rule("1", "In every round, send every value that you know to everybody.")
        .rule("2", "After the last round, decide the smallest value that you know.");
    for (p, value) in (0..4).zip(["0", "1", "1", "1"]) {
        b.input(p, value);
    }
    b.round(&["1"]);
    b.crash(0, &[1]);
    b.send(0, &[1], "{0}");
    b.unsent(0, &[2, 3], "{0}", "crash");
    for p in 1..4 {
        let others: Vec<u16> = (0..4).filter(|&q| q != p).collect();
        b.send(p, &others, "{1}");
    }
    b.deliver(&[]);
    b.state(1, &[("known", "{0, 1}")]);
    b.state(2, &[("known", "{1}")]);
    b.state(3, &[("known", "{1}")]);
    b.round(&["1", "2"]);
    b.crash(1, &[2]);
    b.send(1, &[2], "{0, 1}");
    b.unsent(1, &[0, 3], "{0, 1}", "crash");
    b.send(2, &[0, 1, 3], "{1}");
    b.send(3, &[0, 1, 2], "{1}");
    b.deliver(&[]);
    let low = b.decide(2, "0");
    let high = b.decide(3, "1");
    b.state(2, &[("known", "{0, 1}")]);
    b.state(3, &[("known", "{1}")]);
    b.holds("termination", "Every correct process eventually decides.");
    b.violated(
        "agreement",
        "No two correct processes decide differently.",
        &[2, 3],
        "p2 decided 0 and p3 decided 1.",
        &[low, high],
    );
    b.done()
}

/// One bit of a state and one bit of a message.
pub(crate) fn bit_flip() -> Trace {
    let mut b = Build::new("wait-for-all", "consensus", 3, 0, "flip").faulty(1, "flip");
    for p in 0..3 {
        b.input(p, "1");
    }
    b.round(&[]);
    let (before, after) = ("x = 1".into(), "x = 0".into());
    b.event(1, What::Flip { bit: 0, before, after });
    b.send(0, &[1], "1");
    b.flipped(0, 2, "0", "1");
    b.send(1, &[0, 2], "0");
    b.send(2, &[0, 1], "1");
    b.deliver(&[]);
    let low = b.decide(0, "0");
    b.decide(1, "0");
    b.decide(2, "0");
    for p in 0..3 {
        b.state(p, &[("x", "0"), ("decided", "0")]);
    }
    b.holds("agreement", "No two correct processes decide differently.");
    let text = "If every process proposes the same value, nobody decides another.";
    b.violated("validity-all", text, &[0], "p0 decided 0 where all proposed 1.", &[0, low]);
    b.done()
}

/// Messages that are not sent and messages that are not received, and a liar who is caught.
pub(crate) fn omissions() -> Trace {
    let mut b = Build::new("flood-set", "consensus", 5, 2, "general-omission")
        .faulty(1, "omission")
        .faulty(3, "omission");
    for p in 0..5 {
        b.input(p, "commit");
    }
    b.round(&[]);
    b.send(0, &[1, 2, 3, 4], "commit");
    b.send(1, &[0, 2], "commit");
    b.unsent(1, &[3, 4], "commit", "omission");
    b.send(2, &[0, 1, 3, 4], "commit");
    b.deliver(&[(0, 3), (2, 3)]);
    let evidence = "two orders under one signature".into();
    b.event(4, What::Expose { liar: 1, evidence });
    for p in [0, 2, 4] {
        b.decide(p, "commit");
        b.state(p, &[("known", "{commit}")]);
    }
    b.holds("agreement", "No two correct processes decide differently.");
    b.done()
}

/// Phase king with a traitor that tells the halves of the group different things.
pub(crate) fn phase_king(n: u16) -> Trace {
    let mut b = Build::new("phase-king", "consensus", n, 1, "byzantine")
        .special(0, "king")
        .faulty(0, "traitor")
        .rule("1", "In the first round of a phase, send your preference to everybody.")
        .rule("2", "In the second, the king sends the majority that it saw.");
    for p in 0..n {
        b.input(p, if p % 2 == 0 { "0" } else { "1" });
    }
    for phase in 0..2_u16 {
        b.round(&["1"]);
        let honest: Vec<u16> = (0..n).collect();
        for &p in &honest {
            let others = honest.iter().filter(|&&q| q != p);
            for &q in others {
                let mine = if phase == 0 && p % 2 == 0 { "0" } else { "1" };
                match p == 0 && q > n / 2 {
                    true => b.lie(0, q, if mine == "0" { "1" } else { "0" }, mine),
                    false => b.send(p, &[q], mine),
                }
            }
        }
        b.deliver(&[]);
        for &p in &honest {
            b.state(p, &[("prefers", "1"), ("multiplicity", "4")]);
        }
        b.round(&["2"]);
        for &q in honest.iter().filter(|&&q| q != phase) {
            match phase == 0 && q % 3 == 1 {
                true => b.lie(phase, q, "0", "1"),
                false => b.send(phase, &[q], "1"),
            }
        }
        b.deliver(&[]);
        for &p in &honest {
            if phase == 1 {
                b.decide(p, "1");
            }
            b.state(p, &[("prefers", "1"), ("multiplicity", "4")]);
        }
    }
    b.holds("agreement", "No two correct processes decide differently.");
    b.holds("termination", "Every correct process decides within 4 rounds.");
    b.done()
}

/// Two traitors who tell everybody something else, the hardest page for labels.
pub(crate) fn seven_generals() -> Trace {
    let mut b = generals(7).faulty(0, "traitor").faulty(3, "traitor");
    b.input(0, "attack");
    b.round(&["1"]);
    for q in 1..7 {
        match q % 3 {
            0 => b.unsent(0, &[q], "attack", "silence"),
            1 => b.send(0, &[q], "attack"),
            _ => b.lie(0, q, "retreat", "attack"),
        }
    }
    b.deliver(&[]);
    b.round(&["2", "3"]);
    for p in 1..7_u16 {
        for q in (1..7).filter(|&q| q != p) {
            match (p, q % 2) {
                (3, 0) => b.lie(3, q, "attack", "retreat"),
                (3, _) => b.send(3, &[q], "retreat"),
                (_, _) => b.send(p, &[q], if p % 3 == 1 { "attack" } else { "retreat" }),
            }
        }
    }
    b.deliver(&[]);
    for p in [1, 2, 4, 5, 6] {
        b.decide(p, "retreat");
        b.state(p, &[("obeys", "retreat")]);
    }
    b.holds("ic1", IC1);
    b.holds("ic2", IC2);
    b.done()
}
