//! The server in virtual time.

mod reads;
mod storm;
mod traced;

use quorate_server::Item;
use storm::{PROTOCOLS, Tally, storm};

const SEEDS: u64 = 100;

/// Whatever fails, what was acknowledged is kept, and what was said is so.
#[test]
fn storms_lose_nothing() {
    for protocol in PROTOCOLS {
        let mut tally = Tally::default();
        for seed in 0..SEEDS {
            let came = storm(protocol, seed);
            tally.add(&came.unwrap_or_else(|wrong| panic!("{protocol}, seed {seed}, {wrong}")));
        }
        let Tally { in_commits, torn, full, fails, .. } = tally;
        let faults = [in_commits, torn, full, fails, tally.flips, tally.silent, tally.refused];
        let states = [tally.checkpoints, tally.installed, tally.brought, tally.digests];
        let told = [tally.acknowledged, tally.unknown, tally.reads];
        assert!([&faults[..], &states, &told].concat().iter().all(|many| *many > 0), "{tally}");
        assert_eq!(tally.undecided, 0, "{tally}");
    }
}

/// Another process needs a state that its owner's disk has damaged meanwhile: it ends, and does not
/// start again.
#[test]
fn who_finds_its_state_damaged_ends() {
    for (protocol, seed) in [("raft", 7_000_223), ("multi-paxos", 7_000_175)] {
        let tally = storm(protocol, seed).unwrap_or_else(|wrong| panic!("{protocol}: {wrong}"));
        assert!(tally.found > 0 && tally.refused > 0, "{protocol}: {tally}");
    }
}

/// What a trace says of a command is read back as the same bytes, and nothing else is.
#[test]
fn a_command_has_a_text_that_is_read_back() {
    for bytes in [vec![], vec![0], vec![0x0a, 0xff, 0x10], (0..=255).collect()] {
        let item = Item(bytes.into());
        assert_eq!(Item::of_text(&format!("{item:?}")), Some(item));
    }
    assert_eq!(format!("{:?}", Item([0x0a, 0xff].into())), "0x0aff");
    for other in ["", "0", "0a", "0x0", "0x0A", "0xg0", "0x 1", "0x\u{e9}"] {
        assert_eq!(Item::of_text(other), None, "{other:?}");
    }
}
