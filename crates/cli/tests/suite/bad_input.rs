//! Wrong words on the command line: each is refused in a sentence that says what would be right.

use crate::program::{quorate, refused, words};

/// A command line, and words that the message must have.
const LINES: &[(&str, &[&str])] = &[
    // Sizes.
    ("check om -n 3 -f 3", &["f must be below n", "2"]),
    ("check om -n 0", &["at least 1"]),
    ("check om -n -1", &["-1"]),
    ("check om -f -1", &["-1"]),
    ("check om -n 70000", &["60000"]),
    ("check om -n 99999999999999999999", &["99999999999999999999"]),
    ("check om -n four", &["four"]),
    ("check om -n 60 -f 19", &["memory", "phase-king"]),
    ("run om -n 60 -f 19", &["memory", "phase-king"]),
    ("run phase-king -n 60000", &["messages", "smaller"]),
    ("check phase-king -n 60000", &["64"]),
    ("run om --rounds 0", &["--rounds 1"]),
    ("run om --rounds 65536", &["65535"]),
    ("run om --rounds -1", &["-1"]),
    ("check om --threads 0", &["--threads 1"]),
    ("check om --flips 70000", &["65535"]),
    ("run om --seed -1", &["-1"]),
    // Members.
    ("run raft -n 5 --set change=+9", &["there is no p9"]),
    ("run raft -n 5 --set change=3", &["+3@150ms", "drawn"]),
    ("run raft -n 5 --set change=+3@5", &["+3@150ms"]),
    ("run raft -n 5 -f 1 --set members=2", &["members must exceed 2f", "unsafe=yes"]),
    ("run raft -n 5 --set members=6", &["from 1 to 5"]),
    ("run raft -n 3 --set witness=p0", &["cannot lead first", "another process"]),
    ("run raft -n 3 --set witness=p3", &["witness cannot have", "p0 to p2"]),
    ("run raft -n 3 --set witness=2", &["witness cannot have", "p1,p2"]),
    ("run raft -n 3 --set witness=p1,p2", &["at most 1 of 3 members"]),
    ("run raft -n 5 --set witness=p4 --set change=drawn", &["members that do not change"]),
    ("run raft -n 5 --set q1=4 --set change=drawn", &["members that do not change"]),
    // Names.
    ("check omm", &["did you mean om?"]),
    ("run flod-set", &["did you mean flood-set?"]),
    ("run xyzzy", &["quorate list"]),
    ("frobnicate", &["frobnicate"]),
    ("chek om", &["check"]),
    ("check", &["PROTOCOL"]),
    ("replay", &["FILE"]),
    ("explain", &["WORD"]),
    ("explain agreemnt", &["did you mean agreement?"]),
    ("explain xyzzy", &["xyzzy"]),
    ("check om --roundz 3", &["--rounds"]),
    ("check om --require ic3", &["did you mean ic2?", "ic1"]),
    ("check flood-set --require agrement", &["did you mean agreement?"]),
    ("check om --require ''", &["ic1"]),
    ("run om --traitor p3=silnt", &["did you mean silent?"]),
    ("run om --set tei=median", &["tie"]),
    ("run om --set tie=medan", &["median"]),
    ("run om --set tie", &["KEY=VALUE"]),
    ("run flood-set --faults crsh", &["did you mean crash?"]),
    ("run flood-set --timing synchronus", &["did you mean synchronous?"]),
    ("check heartbeat --timing synchronous", &["quorate sweep"]),
    ("check paxos --crash p0@1ms", &["quorate run"]),
    ("check paxos --faults omission", &["--links lossy"]),
    ("run paxos --crash p9@3ms", &["p0 to p2"]),
    ("run paxos --crash p1@3", &["p3@150ms"]),
    ("run paxos --crash p0@1ms --crash p1@1ms", &["-f 2"]),
    ("run paxos --crash p1@1ms/x", &["p3@150ms/2"]),
    ("run paxos --partition p0@1ms..2ms", &["one side"]),
    ("run paxos --partition 'p0|p1@3ms..2ms'", &["before it begins"]),
    ("run paxos --delay 10ms..1ms", &["larger time comes last"]),
    ("run paxos --delay 0ms", &["more than 0"]),
    ("run paxos --delay 5", &["200us"]),
    ("run paxos --until 99999999s", &["a day"]),
    ("run paxos --message 'p0>p1=3ms'", &["=lost"]),
    ("run paxos --clock p0@3ms", &["p1@20ms+5ms"]),
    ("run paxos --loss 200", &["0 to 100"]),
    ("run paxos --lots p1=x", &["plain"]),
    ("run paxos --links tcp", &["strong, reliable, lossy"]),
    ("run paxos --restart p1", &["does not say when"]),
    ("run paxos --restart p1@9ms", &["--crash p1@10ms"]),
    ("run paxos --partition 'p0,p1|p1,p2@1ms..2ms'", &["p1 on two sides"]),
    ("run paxos --partition 'p0|@1ms..2ms'", &["nobody on it"]),
    ("run paxos --partition 'p0>p1>p2@1ms..2ms'", &["more than two sides"]),
    ("run paxos --message 'p0>p0#0=lost'", &["tells itself"]),
    ("run paxos --omit p0@1:p1", &["names no message", "p0>p1#2"]),
    ("run paxos --lie 'p0>p1#0'", &["p0>p1#2=WORD"]),
    ("run paxos --lie 'p0>p1#99=x'", &["there is no message p0>p1#99"]),
    ("run paxos --lie 'p0>p1#0=x'", &["no other word"]),
    ("run paxos --omit 'p0>p1#0' --omit 'p1>p0#0'", &["-f 2"]),
    ("run paxos --omit 'p0>p1#0' --crash p1@1ms", &["one kind"]),
    ("run paxos --faulty p1 --faulty p2", &["-f 2"]),
    ("run paxos --rounds 3", &["--until"]),
    ("sweep paxos --crash p0@1ms --crash p1@1ms", &["-f 2"]),
    ("sweep bracha --lie 'p0>p1#0='", &["quorate run"]),
    ("run paxos -n 5000", &["2000"]),
    ("run om --lie p1@1:p2=0 --timing partial", &["--message"]),
    ("sweep paxos --shard 5/3", &["3/16"]),
    ("sweep paxos --runs 0", &["at least one run"]),
    ("sweep paxos --threads 0", &["one thread"]),
    ("sweep ben-or --values 3", &["two sides"]),
    ("run om --signed", &["sm"]),
    ("run om --commander p9", &["p0 to p3"]),
    ("run om --commander 0", &["p0"]),
    ("run flood-set --commander p0", &["no commander"]),
    ("run om --format xml", &["json"]),
    ("check om --expect maybe", &["violated"]),
    ("run om -q -v", &["--verbose"]),
    ("completions tcsh", &["bash"]),
    // Values and inputs.
    ("check om --values 1", &["between 2 and 1000"]),
    ("check om --values 1001", &["between 2 and 1000"]),
    ("check om --values a,a", &["two values"]),
    ("check om --values a,", &["name of a value"]),
    ("run flood-set -n 3 --inputs 0,1", &["takes 3"]),
    ("run flood-set -n 3 --inputs 0,1,2", &["0, 1", "--values"]),
    ("run flood-set -n 3 --inputs 0,1,1,0", &["takes 3"]),
    ("run om -n 4 --inputs 0,1", &["commander"]),
    ("run om --inputs charge", &["retreat, attack"]),
    ("run om --inputs ''", &["retreat, attack"]),
    // Faults.
    ("run flood-set --crash p0", &["p3@2"]),
    ("run flood-set --crash p0@", &["rounds are 1, 2"]),
    ("run flood-set --crash p0@0", &["rounds are 1, 2"]),
    ("run flood-set --crash p0@70000", &["rounds are 1, 2"]),
    ("run flood-set --crash p0@3", &["round 3", "--rounds"]),
    ("run flood-set --crash p9@1", &["p0 to p2"]),
    ("run flood-set --crash q1@1", &["p0, p1"]),
    ("run flood-set --crash p0@1:p9", &["p0 to p2"]),
    ("run flood-set -n 4 -f 2 --crash p0@1 --crash p0@2", &["twice"]),
    ("run flood-set -n 4 -f 1 --crash p0@1 --crash p1@2", &["at most 1"]),
    ("run wait-for-all -n 3 --crash p0@1", &["at most 0"]),
    ("run om --lie p1@1", &["p3@2:p1=0"]),
    ("run om --lie p1@2=attack", &["p3@2:p1"]),
    ("run om --lie p1@2:p2=defend", &["retreat", "attack"]),
    ("run om --lie p1@2:p9=attack", &["p0 to p3"]),
    ("run om --lie p1@1:p2=attack", &["nothing to say"]),
    ("run om --lie p1@9:p2=attack", &["round 9"]),
    ("run om --lie p1@2:p2=attack --lie p3@2:p2=attack", &["at most 1"]),
    ("run om --lie p1@2:p2=attack --traitor p3=flip", &["at most 1"]),
    ("run om --traitor p1 --traitor p2", &["at most 1"]),
    ("run om --traitor p1=silent --traitor p1=flip", &["twice"]),
    ("run om --traitor p1 --faulty p2", &["at most 1"]),
    ("run om --faulty p9", &["p0 to p3"]),
    ("run om --traitor", &["--traitor"]),
    ("run om --traitor p1 --faults crash", &["byzantine"]),
    ("run flood-set --lie p1@1:p0=1 --faults crash", &["byzantine"]),
    ("run flood-set --traitor p1=random --crash p0@1", &["one kind"]),
    ("run flood-set --omit p0@1", &["p3@2:p1"]),
    ("run flood-set --miss p0@1:p9", &["p0 to p2"]),
    ("run om --flip p1", &["p3@2"]),
    ("run om --flip p1@1#x", &["p2@3#5"]),
    ("run om --flip p1@1#99", &["bit 99"]),
    ("run om --flip p1@2:p1", &["itself"]),
    ("run om --lie p1@2:p1=attack", &["itself"]),
    ("run flood-set --omit p0@1:p0", &["itself"]),
    ("run flood-set --miss p0@1:p0", &["itself"]),
    ("run om --flip p1@9#0", &["round 9"]),
    ("run om --flip p1@1:p2#0", &["nothing"]),
    ("check om --crash p0@1", &["quorate run"]),
    ("check om --faulty p0", &["quorate run"]),
    ("check om --traitor p0=silent", &["--traitor p0"]),
    ("check om --traitor p0 --traitor p1", &["at most 1"]),
    // Budgets.
    ("run om --budget 3x", &["60s"]),
    ("run om --budget ''", &["60s"]),
    ("run om --budget .", &["60s"]),
    ("run om --budget 99999999999999999999h", &["60s"]),
    ("check om --memory 3x", &["4G"]),
    ("check om --memory 99999999999999T", &["4G"]),
];

#[test]
fn wrong_words_are_refused() {
    for (line, hints) in LINES {
        let said = quorate(line);
        refused(&said, 2, line);
        for hint in *hints {
            assert!(said.err.contains(hint), "{line}: {hint:?} is not in {:?}", said.err);
        }
    }
}

#[test]
fn one_mistake_is_one_line() {
    for (line, _) in LINES {
        let said = quorate(line);
        if said.err.starts_with("quorate: ") {
            assert_eq!(said.err.lines().count(), 1, "{line}: {}", said.err);
        }
    }
}

#[test]
fn large_budgets_are_taken() {
    for budget in ["100000h", "999999999999s", "0.5m", "250ms", "7"] {
        let said = words(&["check", "om", "--budget", budget, "-q"]);
        assert_eq!(said.code, 0, "{budget}: {said:#?}");
    }
}

#[test]
fn unreadable_words_are_refused() {
    for word in ["\u{1f980}", "p\u{661}@1", "p3@\u{662}", "\u{202e}"] {
        for option in ["--crash", "--lie", "--flip", "--traitor", "--commander", "--inputs"] {
            let said = words(&["run", "om", option, word]);
            refused(&said, 2, &format!("{option} {word}"));
        }
    }
}
