//! Many runs in time: verdicts, parts that merge, runs that are saved and made again.

use crate::program::{folder, names, quorate, refused, words};

#[test]
fn a_sweep_inside_the_bound_finds_nothing_and_says_that_it_is_no_proof() {
    let said = quorate("sweep paxos -n 3 --runs 2000");
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
    assert!(said.out.starts_with("no-violation in 2,000 runs (not a proof)"), "{}", said.out);
    for words in ["rounds", "messages", "crash in a step", "restart"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let json = quorate("sweep paxos -n 3 --runs 2000 --format json").json();
    assert_eq!(json["verdict"], "no-violation");
    assert_eq!(json["work"]["runs"], 2000);
    assert!(json["sweep"]["crashes"].as_u64() > Some(1000), "{json:#}");
    assert!(json["rules"].as_array().expect("rules").iter().all(|rule| rule["fired"] == true));
}

/// Slots that hold several commands each, and a leader that waits for them.
#[test]
fn batches_keep_what_is_promised() {
    for options in ["batch=3 --set each=4", "batch=8 --set each=20 --set window=1"] {
        for protocol in ["multi-paxos", "raft"] {
            let said = quorate(&format!("sweep {protocol} -n 3 --runs 1000 --set {options}"));
            assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
        }
    }
}

#[test]
fn a_disk_that_forgets_is_found_made_simple_and_replayed() {
    let at = folder("forgetful");
    let saved = at.join("run.jsonl").display().to_string();
    let picture = at.join("run.svg").display().to_string();
    let line =
        format!("sweep paxos -n 3 --forgetful --require agreement --trace {saved} --svg {picture}");
    let said = quorate(&line);
    assert_eq!(said.code, 10, "{said:#?}");
    assert!(said.out.starts_with("violated: "), "{}", said.out);
    assert_eq!(said.line("this run:"), Some(format!("quorate replay {saved}").as_str()));
    let replay = words(&["replay", &saved, "--format", "json"]);
    assert_eq!(replay.code, 0, "{replay:#?}");
    let json = replay.json();
    assert_eq!(json["verdict"], "violated");
    assert_eq!(json["notes"][0], "replayed: every event is as it was");
    let forgets = std::fs::read_to_string(&saved).expect("the trace is there");
    assert!(forgets.contains("\"forgotten\""), "the disk forgets in the run that is left");
    assert_eq!(quorate(&format!("{line} --expect violated")).code, 0);
}

#[test]
fn parts_merge_to_the_whole_and_results_resume() {
    let at = folder("shards");
    let path = |name: &str| at.join(name).display().to_string();
    let run = |options: &str| {
        let said = quorate(&format!("sweep ben-or -n 3 --format json {options}"));
        assert_eq!(said.code, 0, "{said:#?}");
        said.json()["sweep"].clone()
    };
    let whole = run("--runs 900");
    let (one, two, three) = (path("1"), path("2"), path("3"));
    for (k, file) in [(1, &one), (2, &two), (3, &three)] {
        run(&format!("--runs 900 --shard {k}/3 --results {file}"));
    }
    let merged = run(&format!("--merge {three} {one} {two}"));
    for key in ["rounds", "messages", "ms", "crashes", "events", "met", "undone", "violations"] {
        assert_eq!(merged[key], whole[key], "{key}");
    }
    let kept = path("kept");
    run(&format!("--runs 400 --results {kept}"));
    let more = run(&format!("--runs 900 --results {kept}"));
    for key in ["rounds", "messages", "ms", "crashes", "events", "met"] {
        assert_eq!(more[key], whole[key], "{key}");
    }
    let left = names(&at);
    assert_eq!(left, ["1", "2", "3", "kept"], "nothing half-written is left");
}

#[test]
fn results_of_another_sweep_are_refused() {
    let at = folder("others");
    let kept = at.join("kept").display().to_string();
    quorate(&format!("sweep ben-or -n 3 --runs 100 --results {kept}"));
    refused(&quorate(&format!("sweep ben-or -n 5 --runs 100 --results {kept}")), 3, "another n");
    refused(&quorate(&format!("sweep paxos -n 3 --merge {kept}")), 3, "another protocol");
    refused(&quorate(&format!("sweep ben-or -n 3 --merge {kept} {kept}")), 3, "twice the same");
    std::fs::write(&kept, "{}").expect("the file can be written");
    refused(&quorate(&format!("sweep ben-or -n 3 --runs 100 --results {kept}")), 3, "damaged");
}

#[test]
fn threads_and_audits_change_nothing() {
    let line = "sweep mmr -n 4 --runs 300 --format json";
    let counted = |options: &str| {
        let mut sweep = quorate(&format!("{line} {options}")).json()["sweep"].clone();
        sweep["seconds"] = 0.into();
        sweep["threads"] = 0.into();
        sweep
    };
    let plain = counted("--threads 1");
    assert_eq!(plain, counted("--threads 2"));
    assert_eq!(plain, counted("--audit"));
}

/// Runs in time with every kind of fault.
const RUNS: &[&str] = &[
    "paxos -n 3",
    "paxos -n 5 --crash p1@12ms --restart p1@40ms --set start=all --seed 3",
    "paxos -n 3 --timing partial --loss 20 --repeat 10",
    "paxos -n 3 --partition p0|p1,p2@5ms..80ms --set learn=all",
    "paxos -n 3 --pause p0@1ms..40ms --clock p1@2ms+9ms --clock p2@0ms*1.5",
    "paxos -n 3 --flip p1@6ms:p0#3 --flip p0@7ms#2",
    "multi-paxos -n 3 --crash p0@30ms --restart p0@90ms --set each=2",
    "multi-paxos -n 3 --crash p2@40ms --set each=6 --set batch=4",
    "raft -n 3 --crash p0@30ms --restart p0@90ms --set each=2 --set reads=index",
    "raft-plain -n 3 --partition p0|p1,p2@10ms..200ms --set each=6",
    "raft -n 5 -f 1 --set members=3 --set change=drawn --set snapshot=2 --seed 7",
    "raft -n 3 --set witness=p2 --crash p0@30ms --restart p0@90ms --set snapshot=2",
    "bracha -n 4 -f 1 --traitor p3=random",
    "bracha -n 4 -f 1 --traitor p0=equivocate --inputs 1,-,-,-",
    "mmr -n 4 -f 1 --traitor p1=silent",
    "ben-or -n 3 --timing asynchronous --seed 5",
    "heartbeat -n 3 --crash p2@45ms --until 300ms",
    "causal -n 3 --fifo",
    "uniform -n 3 --crash p0@0ms:p1 --links lossy",
    "consensus-order -n 3",
    "flood-set -n 3 --timing partial",
    "om -n 4 --traitor p2=flip --links reliable",
    "two-generals --message p0>p1#0=lost --links lossy",
    "paxos --omit p0>p1#0",
    "paxos --miss p2>p0#0",
    "paxos --faulty p2",
    "bracha --lie p0>p1#0= --lie p0>p2#1=",
    "om --inputs attack --lie p1>p2#0=retreat",
];

#[test]
fn what_is_said_happens_in_every_run_and_nothing_else_of_its_kind() {
    let swept = |line: &str| quorate(&format!("{line} --runs 200 --format json")).json();
    let crashed = swept("sweep paxos --crash p1@10ms");
    assert_eq!(crashed["sweep"]["crashes"], 200, "{crashed:#}");
    assert_eq!(crashed["sweep"]["restarts"], 0, "{crashed:#}");
    let lossless =
        swept("sweep ben-or --links lossy --loss 0 --faults none --partition 'p0>p1@0ms..1us'");
    assert_eq!(lossless["sweep"]["lost"], 0, "{lossless:#}");
    let duel = format!("{}/../../scenarios/paxos-duel.toml", env!("CARGO_MANIFEST_DIR"));
    let duel = swept(&format!("sweep {duel} --keep-going"));
    assert_eq!(duel["sweep"]["violations"][0]["name"], "termination", "{duel:#}");
    assert_eq!(duel["reproduce"].as_str().map(|line| line.contains("--ask")), Some(true));
}

#[test]
fn a_lie_is_one_word_of_the_liar() {
    let lie = |word: &str| words(&["run", "bracha", "--lie", &format!("p0>p1#0={word}")]);
    let said = lie("init p0#1 = 1");
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.out.contains("traitor"), "{}", said.out);
    for (word, hint) in [("init", "it can say init p0#1 = 0"), ("p0#1", "cannot say")] {
        let said = lie(word);
        refused(&said, 2, word);
        assert!(said.err.contains(hint), "{}", said.err);
    }
}

#[test]
fn of_what_a_run_was_too_short_for_nothing_is_said() {
    let said = quorate("run paxos --until 5ms --format json");
    assert_eq!(said.code, 20, "{said:#?}");
    let json = said.json();
    assert_eq!(json["verdict"], "inconclusive");
    for requirement in json["requirements"].as_array().expect("requirements are a list") {
        let open = requirement["name"] == "termination";
        assert_eq!(requirement["verdict"], if open { "inconclusive" } else { "holds" });
    }
    let text = quorate("run paxos --until 5ms").out;
    assert!(text.contains("cut off") && text.contains("reproduce: "), "{text}");
    assert_eq!(quorate("run paxos --until 1s").code, 0);
}

#[test]
fn a_run_in_time_replays_to_the_byte() {
    let at = folder("in-time");
    for (k, line) in RUNS.iter().enumerate() {
        let path = |name: &str| at.join(format!("{k}.{name}")).display().to_string();
        let (saved, same, again) = (path("1"), path("2"), path("3"));
        let split: Vec<&str> = line.split(' ').collect();
        let run = |file: &str| {
            words(&[&["run"], split.as_slice(), &["--format", "json", "--trace", file]].concat())
        };
        let (first, second) = (run(&saved), run(&same));
        assert!([0, 10, 11, 12].contains(&first.code), "{line}: {first:#?}");
        assert_eq!(first.code, second.code, "{line}");
        let bytes = |path: &str| std::fs::read(path).expect("the trace is there");
        assert_eq!(bytes(&saved), bytes(&same), "{line}");
        let replay = words(&["replay", &saved, "--trace", &again, "--format", "json"]);
        assert_eq!((replay.code, replay.err.as_str()), (0, ""), "{line}: {replay:#?}");
        assert_eq!(replay.json()["processes"], first.json()["processes"], "{line}");
        let events = |path: &str| {
            bytes(path).split(|b| *b == b'\n').skip(1).map(<[u8]>::to_vec).collect::<Vec<_>>()
        };
        assert_eq!(events(&saved), events(&again), "{line}");
        let made = first.json()["reproduce"].as_str().expect("a line").to_string();
        let pasted = crate::program::pasted(&format!("{made} --format json"));
        assert_eq!(pasted.json()["processes"], first.json()["processes"], "{line}: {made}");
    }
}

#[test]
fn a_late_message_is_shown_as_a_broken_assumption() {
    let said = quorate("run flood-set -n 3 --timing partial --slow 60 --seed 2");
    assert!(said.out.contains("came in round"), "{}", said.out);
    assert!(said.out.contains("its assumption does not hold"), "{}", said.out);
}

#[test]
fn distributions_are_drawn_beside_theory() {
    let at = folder("plots");
    let plot = at.join("rounds.svg").display().to_string();
    let said = quorate(&format!("sweep mmr --inputs 1,1,1,1 --runs 2000 --plot {plot}"));
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.out.contains("theory"), "{}", said.out);
    let picture = std::fs::read_to_string(&plot).expect("the plot is there");
    assert!(picture.starts_with("<svg") || picture.starts_with("<?xml"), "{picture:.60}");
}

const LEASE: &str = "sweep raft -n 3 -f 1 --set reads=lease --inputs 0,1,1 --runs 150";

/// A lease rests on clocks: what is read with one is promised where they run alike.
#[test]
fn reads_by_lease_are_linearizable_where_clocks_run_alike() {
    let judged = |words: &str| {
        let said = quorate(&format!("{LEASE} --set each=6 {words} --format json"));
        let json = said.json();
        let all = json["requirements"].as_array().expect("requirements are a list").clone();
        let found = all.into_iter().find(|one| one["name"] == "linearizability");
        (said.code, found.map(|one| one["verdict"].as_str().unwrap_or_default().to_string()))
    };
    let holds = (0, Some("no-violation".to_string()));
    assert_eq!(judged("--timing synchronous --links lossy"), holds);
    assert_eq!(judged("--timing synchronous --set transfer=yes"), holds);
    assert_eq!(judged(""), (0, None), "clocks may drift");
    assert_eq!(judged("--timing synchronous --clock 'p0@1ms*0.9'"), (0, None), "one does");
    let apart = "--timing synchronous --clock 'p0@1ms*0.85' --clock 'p2@1ms*1.15' \
                 --require linearizability";
    assert_eq!(judged(apart), holds, "speeds differ by less than patience / 2");
}

#[test]
fn a_lease_needs_voters_that_wait_for_two_beats() {
    let said = quorate(&format!("{LEASE} --set patience=1"));
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("set patience=2 or more, or reads=index"), "{}", said.err);
    assert_eq!(quorate(&format!("{LEASE} --set patience=2")).code, 0);
}

/// Runs of five processes or fewer, three of them members in the beginning, in which all that can
/// be asked is.
fn changes(form: &str, n: u16, seed: u64, runs: u32) -> String {
    let set = "change=drawn changes=3 members=3 reads=index sessions=yes snapshot=3 transfer=yes";
    let set: Vec<String> = set.split(' ').map(|word| format!("--set {word}")).collect();
    format!("sweep {form} -n {n} -f 1 {} --seed {seed} --runs {runs}", set.join(" "))
}

/// A leader that changes the members in its own term, and a candidate of the same term that would
/// be elected by the new ones: the one run in 126,522 that showed it.
#[test]
fn nobody_is_elected_by_members_of_the_same_term() {
    for form in ["raft-no-prevote", "raft"] {
        let said = quorate(&changes(form, 4, 126_522, 1));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
    }
}

/// Who is to vote begins anew late in the round in which it catches up, and lacks more than that
/// round was: if it is a voter too soon, it votes for nobody, and is needed as another is gone.
#[test]
fn who_becomes_a_voter_lacks_nothing() {
    let said = quorate(&changes("raft", 5, 335_794, 1));
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
}

/// A leader takes itself out, and only a process that then fails for good hears of it: nobody waits
/// for more, unless the leader looks for another one.
#[test]
fn who_alone_knows_that_it_is_out_looks_for_a_leader() {
    for (n, seed) in [(4, 110_474_600), (5, 90_736_018), (5, 90_842_103)] {
        let said = quorate(&changes("raft-single-server", n, seed, 1));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
    }
}

/// A leader says that nothing follows, and that is heard once more after it had something to send
/// again: whoever has it is not silent for that, since it may be alone with it. This run showed it
/// until a new leader read for itself at once; without the repair no other of a million does.
#[test]
fn an_old_word_of_rest_silences_nobody() {
    for form in ["raft", "raft-single-server"] {
        let said = quorate(&changes(form, 4, 200_538_227, 1));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
    }
}
