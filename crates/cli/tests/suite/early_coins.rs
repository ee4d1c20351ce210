//! The adversary of `scenarios/mmr-unconfirmed.toml`, for coins that show anything.
//!
//! Two hold b when a round begins, and p2 the other value. The traitor p3 makes both hold both
//! values, so that they ask for the coin, and take what it shows. Only then do words come to p2:
//! those of the value that the coin does not show first, and the rest when it holds that alone.
//! So the next round is as split as this one. No message is lost.

use std::path::Path;

use crate::program::{folder, quorate};

/// How many rounds of the adversary there are, of 30 ms each.
const ROUNDS: usize = 24;

/// What a message from one to another is, by its number in the round, and how many ms it takes.
type Late = (&'static str, usize, u64);

/// In the first round p2 is asked later than the others.
const FIRST: &[Late] = &[
    ("p0>p1", 0, 28),
    ("p0>p2", 0, 65),
    ("p0>p2", 1, 60),
    ("p0>p2", 2, 15),
    ("p1>p2", 0, 65),
    ("p1>p2", 1, 20),
    ("p1>p2", 2, 25),
    ("p3>p2", 0, 45),
    ("p3>p2", 1, 43),
];
/// Where the coin shows what the two hold.
const SAME: &[Late] = &[
    ("p0>p1", 0, 28),
    ("p0>p2", 0, 65),
    ("p0>p2", 1, 55),
    ("p0>p2", 2, 15),
    ("p1>p2", 0, 60),
    ("p1>p2", 1, 20),
    ("p1>p2", 2, 25),
    ("p3>p2", 0, 45),
    ("p3>p2", 1, 38),
];
/// Where it shows the other value.
const OTHER: &[Late] = &[
    ("p0>p1", 0, 28),
    ("p0>p2", 0, 45),
    ("p0>p2", 1, 40),
    ("p0>p2", 2, 35),
    ("p1>p2", 0, 40),
    ("p1>p2", 1, 40),
    ("p1>p2", 2, 40),
    ("p3>p2", 0, 45),
    ("p3>p2", 1, 38),
];

/// The scenario for as many rounds as the coins are known of, the first of which shows 1.
fn scenario(seed: u64, coins: &[u8]) -> String {
    let (mut messages, mut lies) = (Vec::new(), Vec::new());
    let mut held = 1;
    for (at, coin) in coins.iter().enumerate() {
        let (round, first, other) = (at + 1, 3 * at, 1 - held);
        let late = match (at, *coin == held) {
            (0, _) => FIRST,
            (_, true) => SAME,
            (_, false) => OTHER,
        };
        let fate = |(link, number, ms): &Late| format!("\"{link}#{}={ms}ms\"", first + number);
        messages.extend(late.iter().map(fate));
        lies.push(format!("\"p3>p1#{first}=bval {round}: {other}\""));
        lies.push(format!("\"p3>p1#{}=bval {round}: {held}\"", first + 2));
        lies.push(format!("\"p3>p2#{}=\"", first + 2));
        if *coin == held {
            lies.push(format!("\"p3>p2#{first}=bval {round}: {other}\""));
            lies.push(format!("\"p3>p2#{}=aux {round}: {other}\"", first + 1));
        }
        held = *coin;
    }
    format!(
        "protocol = \"mmr\"\nn = 4\nf = 1\ninputs = [\"1\", \"1\", \"-\", \"1\"]\n\
         ask = [\"p2@20ms=0\"]\nset = {{ conf = \"no\" }}\ntiming = \"asynchronous\"\n\
         delay = \"5ms\"\nslow = \"0\"\nuntil = \"{}ms\"\nrequire = [\"termination\"]\n\
         seed = {seed}\nmessage = [{}]\nlie = [{}]\n",
        30 * ROUNDS,
        messages.join(", "),
        lies.join(", ")
    )
}

/// What the coins show that p0 tosses against this adversary, and how many decide.
fn tossed(at: &Path, seed: u64, coins: &[u8]) -> (Vec<u8>, usize) {
    let (file, trace) = (at.join("coins.toml"), at.join("coins.jsonl"));
    std::fs::write(&file, scenario(seed, coins)).expect("it can be written");
    let said = quorate(&format!("run {} --trace {}", file.display(), trace.display()));
    assert!([0, 20].contains(&said.code), "{said:#?}");
    let trace = std::fs::read_to_string(trace).expect("the trace is there");
    let toss = |line: &&str| line.contains("\"process\":0,\"event\":\"toss\"");
    let shown = trace.lines().filter(toss).map(|line| u8::from(line.contains("\"coin\":true")));
    (shown.collect(), trace.lines().filter(|line| line.contains("\"event\":\"decide\"")).count())
}

#[test]
fn whoever_sees_coins_early_keeps_all_apart_whatever_they_show() {
    let at = folder("coins");
    let mut seeds = 0;
    for seed in 2..=5 {
        let mut coins = vec![1];
        // A coin is known once it is tossed: that is before the adversary needs it.
        loop {
            let (shown, decided) = tossed(&at, seed, &coins);
            if shown.first() != Some(&1) {
                break;
            }
            assert_eq!(shown[..coins.len()], coins, "seed {seed}: the coins are those of the seed");
            if coins.len() == ROUNDS {
                assert_eq!((shown.len(), decided), (ROUNDS, 0), "seed {seed}");
                seeds += 1;
                break;
            }
            assert!(shown.len() > coins.len(), "seed {seed}: round {}", coins.len());
            coins.extend(&shown[coins.len()..]);
            coins.truncate(ROUNDS);
        }
    }
    assert!(seeds > 2, "only {seeds} seeds begin with the coin that the first round is for");
}
