//! Searches that are stopped, kept and gone on with.

use crate::program::{Said, file, folder, pasted, quorate, refused};

/// 109,852 states, or some thousands before 1 MB is full.
const QUESTION: &str = "check paxos -n 3 --inputs 0,1,- --set start=all --timing asynchronous \
                        --timers 0 --crashes 1 --threads 1";

/// What is the same however often a search was stopped.
fn verdict(said: &Said) -> Vec<String> {
    let mut json = said.json();
    let mut parts = Vec::new();
    for part in ["verdict", "requirements", "coverage", "bounds"] {
        parts.push(format!("{part} {}", json[part].take()));
    }
    for count in ["states", "transitions", "depth", "complete"] {
        parts.push(format!("{count} {}", json["work"][count].take()));
    }
    parts
}

/// The command that goes on with a search, as its notes have it.
fn further(said: &Said) -> String {
    let json = said.json();
    let notes = json["notes"].as_array().cloned().unwrap_or_default();
    let line = notes.iter().find_map(|note| note.as_str()?.split_once("goes on from there with: "));
    line.unwrap_or_else(|| panic!("it does not say how to go on: {json:#}")).1.to_string()
}

/// The question, stopped before it is done, in a file.
fn stopped(name: &str) -> (String, Said) {
    let path = folder(name).join("paxos.kept").display().to_string();
    let line = format!("{QUESTION} --memory 1M --checkpoint {path} --format json");
    let said = quorate(&line);
    assert_eq!((said.code, said.err.as_str()), (20, ""), "{said:#?}");
    (path, said)
}

#[test]
fn a_search_that_ran_out_of_memory_goes_on_to_the_same_end() {
    let whole = quorate(&format!("{QUESTION} --format json"));
    assert_eq!(whole.json()["work"]["states"], 109_852);
    let (_, said) = stopped("kept");
    let first = said.json()["work"]["states"].as_u64().unwrap_or(0);
    assert!(first > 0 && first < 100_000, "it stops halfway: {said:#?}");
    let mut parts = 1;
    let mut said = said;
    while said.code == 20 {
        said = pasted(&format!("{} --threads 1 --format json", further(&said)));
        parts += 1;
    }
    assert!(parts > 2, "twice as much memory is not enough for the rest");
    assert_eq!(said.code, 0, "{said:#?}");
    assert_eq!(verdict(&said), verdict(&whole));
    assert!(said.out.contains("came to its end, so that it is not kept"), "{}", said.out);
}

#[test]
fn a_violation_is_found_after_a_stop_as_without_one() {
    let question = "check paxos -n 3 --inputs 0,1,- --set start=all --timing asynchronous \
                    --timers 0 --crashes 1 --forgetful --require agreement --threads 1";
    let whole = quorate(&format!("{question} --format json"));
    assert_eq!(whole.code, 10, "{whole:#?}");
    let path = folder("kept-violation").join("paxos.kept").display().to_string();
    let said = quorate(&format!("{question} --budget 0s --checkpoint {path} --format json"));
    assert_eq!(said.code, 20, "{said:#?}");
    let said = pasted(&format!("{} --threads 1 --format json", further(&said)));
    assert_eq!(said.code, 10, "{said:#?}");
    assert_eq!(verdict(&said), verdict(&whole));
    let why = "has found a violation, so that it is not kept";
    assert!(said.out.contains(why), "{}", said.out);
}

#[test]
fn without_bounds_the_widest_are_taken_and_said() {
    let path = folder("kept-usual").join("uniform.kept").display().to_string();
    let question = "check uniform -n 3 -f 1 --inputs 1,-,-";
    let said = quorate(&format!("{question} --budget 0s --checkpoint {path} --format json"));
    assert_eq!(said.code, 20, "{said:#?}");
    let again = said.json()["reproduce"].as_str().unwrap_or_default().to_string();
    assert!(again.contains("--timers 2 --crashes 1 --restarts 0"), "{again}");
    let went_on = pasted(&format!("{} --format json", further(&said)));
    assert_eq!(verdict(&went_on), verdict(&pasted(&format!("{again} --format json"))));
}

#[test]
fn a_file_that_is_not_this_search_is_refused() {
    let (path, _) = stopped("kept-refused");
    let go_on =
        |options: &str, path: &str| quorate(&format!("{QUESTION}{options} --resume {path}"));
    let at = folder("kept-bad");
    let good = std::fs::read(&path).expect("it was written");
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 4;
    for (name, bytes) in [("damaged", &bad[..]), ("cut", &good[..good.len() / 16 * 8])] {
        let said = go_on("", &file(&at, name, bytes));
        refused(&said, 3, name);
        assert!(said.err.contains("or it is damaged: leave out --resume"), "{}", said.err);
    }
    let said = go_on("", &at.join("missing").display().to_string());
    refused(&said, 3, "missing");
    assert!(said.err.contains("missing cannot be read"), "{}", said.err);
    for other in [" --wide", " --once", " --require agreement"] {
        let said = go_on(other, &path);
        refused(&said, 3, other);
        let question = "is about another question, `quorate check paxos -n 3 -f 1 --set start=all";
        assert!(said.err.contains(question), "{}", said.err);
    }
}

#[test]
fn what_cannot_be_kept_is_refused_before_it_is_searched() {
    let at = folder("kept-never");
    let path = at.join("file").display().to_string();
    for (question, word) in [
        ("check paxos --search depth", "leave out --search"),
        ("check paxos --search swarm", "leave out --search"),
        ("check ben-or --rounds 1 --odds 2", "--odds"),
        ("check ben-or --undecided 9", "--undecided"),
        ("check sm -n 3 -f 1", "a search of runs in rounds cannot be kept"),
    ] {
        for option in ["checkpoint", "resume"] {
            let said = quorate(&format!("{question} --{option} {path}"));
            refused(&said, 2, question);
            assert!(said.err.contains(word), "{question}: {}", said.err);
        }
    }
    let nowhere = at.join("no").join("file").display().to_string();
    let said = quorate(&format!("{QUESTION} --checkpoint {nowhere}"));
    refused(&said, 3, "a folder that is not there");
    let said = quorate(&format!("{QUESTION} --checkpoint {path} --trace {path}"));
    refused(&said, 2, "one file for two things");
    assert!(!std::path::Path::new(&path).exists(), "nothing was written");
}

/// The signal is sent once the program waits for it, whatever the time.
#[cfg(target_os = "linux")]
#[test]
fn a_search_that_is_interrupted_is_kept() {
    use std::process::{Command, Stdio};
    let path = folder("kept-signal").join("paxos.kept").display().to_string();
    let question = "check paxos -n 3 --set start=all --timing asynchronous --timers 2 --crashes 2";
    for (signal, bit) in [("INT", 1), ("TERM", 14)] {
        let child = Command::new(env!("CARGO_BIN_EXE_quorate"))
            .args(crate::program::split(question))
            .args(["--checkpoint", &path, "--format", "json", "--threads", "1", "--budget", "1h"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let status = format!("/proc/{}/status", child.id());
        let waits = || {
            let status =
                std::fs::read_to_string(&status).expect("it runs until it is told to stop");
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
            mask.is_some_and(|mask| mask >> bit & 1 == 1)
        };
        while !waits() {
            std::thread::yield_now();
        }
        let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(kill.expect("there is a kill").success());
        let out = child.wait_with_output().expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        let code = out.status.code().expect("it ends by itself");
        let said = Said { code, out: text(out.stdout), err: text(out.stderr) };
        assert_eq!(said.code, 20, "{said:#?}");
        assert!(said.out.contains("it was told to stop"), "{}", said.out);
        let said = pasted(&format!("{} --budget 0s --format json", further(&said)));
        assert_eq!(said.code, 20, "it can be gone on with: {said:#?}");
    }
}
