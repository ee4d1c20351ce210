//! Runs in time: on a network whose messages take as long as they take.

use quorate_diagram::{TextOptions, html, itf, mermaid, shiviz, svg, table, text};
use quorate_trace::{Event, Trace, What, Within};

use crate::build::Build;
use crate::golden;

/// Every run in time with a picture, by name.
pub(crate) fn all() -> Vec<(&'static str, Trace)> {
    vec![
        ("paxos-duel", paxos_duel()),
        ("late", late()),
        ("liar-in-time", liar()),
        ("upsets", upsets()),
    ]
}

/// Two leaders: one is cut off, the acceptor between them crashes and comes back with its disk.
pub(crate) fn paxos_duel() -> Trace {
    let mut b = Build::new("paxos", "consensus", 3, 1, "crash")
        .in_time("partial", "lossy")
        .calm_from(60_000)
        .special(0, "leader")
        .rule("1", "To propose, choose a new ballot and ask all for a promise.")
        .rule("2", "Promise a ballot that is larger than all that were promised.")
        .rule("3", "After a majority of promises, ask all to accept.")
        .rule("4", "Accept what no promise forbids.")
        .rule("5", "A value that a majority accepted in one ballot is chosen.");
    for (p, value) in [(0, "red"), (1, "red"), (2, "blue")] {
        b.input(p, value);
    }
    b.at(0, &["1"]);
    b.event(0, What::Request { request: "propose red".into(), number: 0 });
    b.stores(0, "own 1.0");
    let first = b.says(0, &[1, 2], "prepare 1.0");
    b.at(4_213, &["2"]);
    b.gets(first[0]);
    b.stores(1, "promised 1.0");
    let promise = b.says(1, &[0], "promise 1.0");
    b.state(1, &[("promised", "1.0"), ("accepted", "-")]);
    b.at(6_800, &[]);
    b.loses(first[1], "link");
    b.at(8_050, &["3"]);
    b.gets(promise[0]);
    let accept = b.says(0, &[1, 2], "accept 1.0: red");
    b.at(9_000, &[]);
    b.split(&[0], &[1, 2], true);
    b.at(9_500, &["1"]);
    b.event(2, What::Timer { timer: "retry".into() });
    b.stores(2, "own 2.2");
    let second = b.says(2, &[0, 1], "prepare 2.2");
    b.at(12_437, &["4"]);
    b.loses(accept[0], "cut");
    b.at(13_100, &[]);
    b.loses(accept[1], "cut");
    b.at(14_020, &["2"]);
    b.gets(second[1]);
    b.stores(1, "promised 2.2");
    b.event(
        1,
        What::Crash {
            reached: vec![],
            within: Some(Within { records: 1, stored: 1, messages: 1 }),
            forgotten: 0,
        },
    );
    b.at(15_700, &[]);
    b.loses(second[0], "cut");
    calm_down(&mut b);
    b.holds("agreement", "No two correct processes decide differently.");
    b.holds("termination", "Every correct process eventually decides.");
    let mut trace = b.done();
    trace.closing.done_at = Some(89_500);
    trace
}

/// The links carry again, and one of the two leaders is heard.
fn calm_down(b: &mut Build) {
    b.at(31_000, &[]);
    b.split(&[0], &[1, 2], false);
    b.at(35_250, &[]);
    b.event(1, What::Restart { records: 2 });
    b.at(60_100, &["1"]);
    b.event(2, What::Timer { timer: "retry".into() });
    let third = b.says(2, &[0, 1], "prepare 3.2");
    b.at(66_300, &["2"]);
    b.gets(third[1]);
    b.stores(1, "promised 3.2");
    let yes = b.says(1, &[2], "promise 3.2");
    b.at(67_000, &["2"]);
    b.gets(third[0]);
    b.stores(0, "promised 3.2");
    let late = b.says(0, &[2], "promise 3.2");
    b.at(70_900, &["3"]);
    b.gets(yes[0]);
    let accept = b.says(2, &[0, 1], "accept 3.2: blue");
    b.at(74_000, &[]);
    b.gets(late[0]);
    b.at(76_400, &["4"]);
    b.gets(accept[0]);
    b.stores(0, "accepted 3.2: blue");
    let one = b.says(0, &[2], "accepted 3.2: blue");
    b.at(77_020, &["4"]);
    b.gets(accept[1]);
    b.stores(1, "accepted 3.2: blue");
    let other = b.says(1, &[2], "accepted 3.2: blue");
    b.at(81_000, &["5"]);
    b.gets(one[0]);
    b.decide(2, "blue");
    let told = b.says(2, &[0, 1], "decided blue");
    b.at(84_400, &[]);
    b.gets(other[0]);
    b.at(88_000, &["5"]);
    b.gets(told[0]);
    b.decide(0, "blue");
    b.at(89_500, &["5"]);
    b.gets(told[1]);
    b.decide(1, "blue");
}

/// A synchronous protocol in timed rounds, and a message that takes longer than a round.
fn late() -> Trace {
    let mut b = Build::new("flood-set", "consensus", 3, 1, "crash")
        .in_time("partial", "reliable")
        .round_ticks(12_000)
        .calm_from(500_000)
        .rule("1", "In every round, send every value that you know to everybody.");
    for (p, value) in [(0, "0"), (1, "1"), (2, "1")] {
        b.input(p, value);
    }
    let mut slow = 0;
    for round in 0..2_u64 {
        b.at(round * 12_000, &["1"]);
        let mut sent = Vec::new();
        for p in 0..3_u16 {
            if round > 0 {
                b.event(p, What::Timer { timer: "round 2".into() });
            }
            let others: Vec<u16> = (0..3).filter(|&q| q != p).collect();
            sent.extend(b.says(p, &others, if p == 0 { "{0}" } else { "{1}" }));
        }
        b.at(round * 12_000 + 8_000, &[]);
        for &message in &sent {
            if round == 0 && message == sent[1] {
                slow = message;
            } else {
                b.gets(message);
            }
        }
        if round == 1 {
            b.at(17_500 + 8_000, &[]);
            b.gets(slow);
            let assumption = "late: a message of round 1 arrives in round 3".into();
            b.event(2, What::Broken { assumption });
        }
    }
    b.at(36_000, &["1"]);
    let mut decisions = Vec::new();
    for p in 0..3_u16 {
        b.event(p, What::Timer { timer: "end".into() });
        decisions.push(b.decide(p, if p == 2 { "1" } else { "0" }));
    }
    let text = "No two correct processes decide differently.";
    let why = "p0 decided 0 and p2 decided 1.";
    b.violated("agreement", text, &[0, 2], why, &[decisions[0], decisions[2]]);
    b.done()
}

/// Reliable broadcast with a sender that tells two stories, and speaks out of turn.
fn liar() -> Trace {
    let mut b = Build::new("bracha-broadcast", "broadcast", 4, 1, "byzantine")
        .in_time("asynchronous", "reliable")
        .special(0, "sender")
        .faulty(0, "traitor")
        .rule("1", "The sender sends its value to all.")
        .rule("2", "On the first value from the sender, echo it to all.")
        .rule("3", "After more than (n+f)/2 echoes of a value, or f+1 readies, say ready for it.")
        .rule("4", "After 2f+1 readies of a value, deliver it.");
    b.input(0, "0");
    b.at(0, &["1"]);
    let mut wire: Vec<(u64, u32)> = Vec::new();
    let truth = b.says(0, &[1, 2], "send 0");
    wire.extend([(3_000, truth[0]), (5_000, truth[1])]);
    let lie = b.event(
        0,
        What::Send {
            to: 3,
            message: "send 1".into(),
            should: Some("send 0".into()),
            word: None,
            flipped: None,
            count: 1,
            unasked: false,
        },
    );
    wire.push((4_000, lie));
    let unasked = b.event(
        0,
        What::Send {
            to: 3,
            message: "ready 1".into(),
            should: None,
            word: None,
            flipped: None,
            count: 1,
            unasked: true,
        },
    );
    wire.push((9_000, unasked));
    b.unsent(0, &[1], "echo 0", "silence");
    let mut echoes = [0; 4];
    let mut readies = [0; 4];
    while let Some(&(time, message)) = wire.iter().min() {
        wire.retain(|one| *one != (time, message));
        b.at(time, &[]);
        b.gets(message);
        let (to, text) = b.sent(message);
        let others: Vec<u16> = (0..4).filter(|&q| q != to).collect();
        let spread = |b: &mut Build, text: &str, wire: &mut Vec<(u64, u32)>| {
            let sent = b.says(to, &others, text);
            wire.extend((0..).zip(sent).map(|(k, i)| (time + 4_100 + 1_300 * k, i)));
        };
        let heard = usize::from(to);
        if text.starts_with("send") && to != 0 {
            let echo = text.replace("send", "echo");
            spread(&mut b, &echo, &mut wire);
        } else if text == "echo 0" {
            echoes[heard] += 1;
            if echoes[heard] == 2 && to != 0 {
                spread(&mut b, "ready 0", &mut wire);
            }
        } else if text == "ready 0" {
            readies[heard] += 1;
            if readies[heard] == 2 && to != 0 {
                b.event(to, What::Output { value: "deliver 0".into() });
            }
        }
    }
    b.holds("consistency", "No two correct processes deliver differently.");
    b.done()
}

/// Everything else that may happen: clocks, pauses, flips, coins, and messages that come twice.
pub(crate) fn upsets() -> Trace {
    let mut b = Build::new("ben-or", "consensus", 3, 1, "flip")
        .in_time("asynchronous", "lossy")
        .faulty(1, "flip");
    for p in 0..3 {
        b.input(p, "1");
    }
    b.at(0, &[]);
    b.event(0, What::Drift { ppm: -200 });
    let first = b.says(0, &[1, 2], "est 1: 1");
    b.at(1_000, &[]);
    b.event(1, What::Step { ticks: -3_000 });
    b.at(2_500, &[]);
    b.event(2, What::Pause { ticks: 20_000 });
    b.at(3_000, &[]);
    b.gets(first[0]);
    b.event(1, What::Choose { options: 2, chosen: 1 });
    b.event(1, What::Toss { toss: 1, coin: true });
    let flipped = b.event(
        1,
        What::Send {
            to: 0,
            message: "est 1: 0".into(),
            should: None,
            word: None,
            flipped: Some(quorate_trace::Flipped { bit: 2, before: "est 1: 1".into() }),
            count: 1,
            unasked: false,
        },
    );
    b.at(4_000, &[]);
    b.gets_again(first[0]);
    b.at(6_000, &[]);
    let (before, after) = ("x = 1".into(), "x = 0".into());
    b.event(1, What::Flip { bit: 0, before, after });
    b.at(9_000, &[]);
    b.gets(flipped);
    b.at(22_500, &[]);
    b.gets(first[1]);
    b.at(30_000, &[]);
    b.event(2, What::Crash { reached: vec![1], within: None, forgotten: 2 });
    b.at(31_000, &[]);
    let (before, after) = ("round 1".into(), "round 3".into());
    b.event(2, What::FlipRecord { record: 0, bit: 1, before, after });
    b.at(40_000, &[]);
    b.event(2, What::Restart { records: 1 });
    b.at(3_200_000, &[]);
    let lost = b.says(2, &[0, 1], "est 2: 0");
    b.at(3_204_000, &[]);
    b.gets(lost[1]);
    b.event(1, What::Output { value: "a long line that has to be cut somewhere".into() });
    b.holds("agreement", "No two correct processes decide differently.");
    b.done()
}

#[test]
fn pictures_in_time_are_as_they_were() {
    let options = TextOptions::default();
    for (name, trace) in all() {
        golden(&format!("{name}.txt"), &text(&trace, &options));
        golden(&format!("{name}.table.txt"), &table(&trace, &options));
        golden(&format!("{name}.svg"), &svg(&trace));
        golden(&format!("{name}.mmd"), &mermaid(&trace));
        golden(&format!("{name}.shiviz"), &shiviz(&trace));
        golden(&format!("{name}.itf.json"), &itf(&trace));
    }
    golden("paxos-duel.html", &html(&paxos_duel()));
    let colour = TextOptions { colour: true, ..options };
    golden("paxos-duel.colour.txt", &text(&paxos_duel(), &colour));
    let plain = TextOptions { unicode: false, ..options };
    golden("upsets.ascii.txt", &text(&upsets(), &plain));
}

/// Every picture tells what clients asked for and saw.
#[test]
fn what_clients_see_is_drawn() {
    let mut trace = upsets();
    let last = trace.events.last().expect("it has events").clone();
    let call = What::Call {
        number: 1,
        call: "put".into(),
        asks: "Put { <key>: \"k\" }".into(),
        bytes: "0x00".into(),
        local: false,
    };
    let answer = "Ok(<revision 7>)".to_string();
    let back = What::Return { number: 1, outcome: "answered".into(), answer };
    for (after, what) in [(1, call), (2, back)] {
        let (i, at) = (last.i + after, last.at.map(|at| at + 1_000 * u64::from(after)));
        trace.events.push(Event { i, at, what, rules: Vec::new(), ..last.clone() });
    }
    let pictures = [
        ("text", text(&trace, &TextOptions::default())),
        ("table", table(&trace, &TextOptions::default())),
        ("svg", svg(&trace)),
        ("html", html(&trace)),
        ("mermaid", mermaid(&trace)),
        ("shiviz", shiviz(&trace)),
        ("itf", itf(&trace)),
    ];
    for (name, picture) in pictures {
        for words in ["gets call 1", "from call 1"] {
            assert!(picture.contains(words), "{name}, {words}: {picture}");
        }
        assert_eq!(picture.contains("<key>"), name != "svg" && name != "html" && name != "mermaid");
    }
}
