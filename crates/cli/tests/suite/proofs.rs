//! Proofs for every algorithm: what they say, what they write, and what is refused.

use crate::program::{folder, pasted, quorate};

#[test]
fn an_impossibility_fits_a_screen_and_its_certificate_is_verified() {
    let file = folder("proofs-chain").join("chain.json");
    let said = quorate(&format!("prove rounds -n 3 -f 1 --certificate {}", file.display()));
    assert_eq!((said.code, &*said.err), (0, ""));
    assert!(said.out.starts_with("impossible: consensus, n = 3, f = 1, crash faults, 1 round\n"));
    assert!(said.out.contains("104 executions of 1 round, 48 final views in 1 component"));
    assert!(said.out.lines().count() <= 30, "{}", said.out);
    assert_eq!(said.out.matches("cannot tell").count(), 6, "{}", said.out);
    let again = pasted(said.line("verify:").expect("it can be verified"));
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.out.starts_with("verified: impossible"), "{}", again.out);
    assert_eq!(pasted(said.line("reproduce:").expect("it can be asked again")).code, 0);
}

#[test]
fn an_algorithm_is_written_as_a_table_and_verified() {
    let file = folder("proofs-table").join("table.json");
    let line = format!("prove rounds -n 3 -f 2 --rounds 2 --certificate {}", file.display());
    let said = quorate(&line);
    assert_eq!((said.code, &*said.err), (0, ""));
    assert!(said.out.starts_with("solvable: "), "{}", said.out);
    assert!(said.out.contains("needs f <= n - 2"), "{}", said.out);
    let verified = quorate(&format!("prove verify {} --format json", file.display())).json();
    assert_eq!(verified["verdict"], "solvable");
}

#[test]
fn a_dishonest_certificate_is_refused_with_its_first_bad_link() {
    let file = folder("proofs-bad").join("chain.json");
    quorate(&format!("prove two-armies --messages 2 --certificate {}", file.display()));
    let text = std::fs::read_to_string(&file).unwrap();
    let verify = format!("prove verify {}", file.display());
    std::fs::write(&file, text.replacen("\"same\": 0", "\"same\": 1", 1)).unwrap();
    let said = quorate(&verify);
    assert_eq!((said.code, &*said.out), (3, ""));
    assert!(said.err.contains("the file is damaged"), "{}", said.err);
    let mut forged: quorate_prover::Certificate = serde_json::from_str(&text).unwrap();
    let quorate_prover::Answer::Impossible { chain } = &mut forged.answer else { panic!() };
    chain[1].same = Some(1 - chain[1].same.unwrap());
    forged.digest = forged.computed_digest();
    std::fs::write(&file, serde_json::to_string(&forged).unwrap()).unwrap();
    let said = quorate(&verify);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("refused: link 1: p1 can tell"), "{}", said.err);
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    assert!(quorate(&verify).err.contains("this is not a certificate"));
}

#[test]
fn a_proof_is_one_object() {
    let said = quorate("prove asynchrony -n 3 --rounds 1 --format json");
    assert_eq!((said.code, &*said.err), (0, ""));
    let verdict = said.json();
    assert_eq!(verdict["schema"], "quorate/verdict");
    assert_eq!(verdict["verdict"], "impossible");
    assert_eq!(verdict["model"]["timing"], "asynchronous");
    assert_eq!(verdict["views"], 48);
    assert_eq!(verdict["work"]["runs"], 216);
    assert_eq!(verdict["requirements"][0]["name"], "agreement");
    assert_eq!(verdict["chain"].as_array().unwrap().len(), 4);
}

#[test]
fn traitors_need_a_third_or_a_signature() {
    let said = quorate("prove traitors -n 3 -f 1");
    assert_eq!((said.code, &*said.err), (0, ""));
    assert!(said.out.starts_with("impossible: "), "{}", said.out);
    assert!(said.out.contains("a chain of 3 executions"), "{}", said.out);
    assert!(said.out.contains("--signed"), "{}", said.out);
    for (line, verdict) in [
        ("prove traitors -n 4 -f 1 --rounds 1", "impossible"),
        ("prove traitors -n 4 -f 1", "solvable"),
        ("prove traitors -n 6 -f 2", "impossible"),
        ("prove traitors -n 3 -f 1 --whole", "impossible"),
        ("prove traitors -n 3 -f 1 --rounds 1 --signed", "impossible"),
        ("prove traitors -n 3 -f 1 --signed", "solvable"),
        ("prove traitors -n 2 -f 1 --signed", "impossible"),
        ("prove traitors -n 7 -f 2", "inconclusive"),
    ] {
        let found = quorate(&format!("{line} --format json")).json();
        assert_eq!(found["verdict"], verdict, "{line}");
    }
}

#[test]
fn every_protocol_breaks_in_one_of_three_runs_of_the_ring() {
    for (protocol, n, f, requirement) in [
        ("om", 3, 1, "ic2"),
        ("eig", 3, 1, "integrity"),
        ("eig", 6, 2, "integrity"),
        ("phase-king", 3, 1, "agreement"),
        ("phase-king-3f", 5, 2, "agreement"),
        ("flood-set", 3, 1, "integrity"),
        ("interactive-consistency", 3, 1, "vector-agreement"),
    ] {
        let line = format!("prove traitors -n {n} -f {f} --protocol {protocol} --format json");
        let found = quorate(&line).json();
        assert_eq!(found["verdict"], "impossible");
        let scenarios = found["scenarios"].as_array().unwrap();
        assert_eq!(scenarios.len(), 3);
        let broken = scenarios.iter().flat_map(|one| one["violated"].as_array().unwrap());
        assert!(broken.clone().any(|one| one["name"] == requirement), "{line}: {scenarios:?}");
    }
    let said = quorate("prove traitors --protocol om");
    assert!(said.out.contains("p1 says retreat (lie: should say attack)"), "{}", said.out);
    for (line, why) in [
        ("prove traitors -n 4 --protocol om", "3 <= n <= 3f"),
        ("prove traitors --protocol sm", "signatures"),
        ("prove traitors --protocol paxos", "not a protocol of synchronous rounds"),
        ("prove traitors --protocol om --signed", "cannot be used with"),
    ] {
        let said = quorate(line);
        assert_eq!(said.code, 2, "{line}");
        assert!(said.err.contains(why), "{line}: {}", said.err);
    }
}

#[test]
fn an_algorithm_that_was_found_runs_and_is_checked_like_any_other() {
    let folder = folder("proofs-run");
    for (asked, runs) in [
        ("rounds -n 3 -f 1 --rounds 2", Some(200)),
        ("rounds -n 3 -f 2 --rounds 2", Some(776)),
        ("rounds -n 4 -f 1 --rounds 2", Some(1_040)),
        ("rounds -n 3 -f 1 --rounds 2 --faults omission", None),
        ("rounds -n 3 -f 1 --early 1", Some(200)),
        ("rounds -n 4 -f 2 --early 2,2,3 --uniform", Some(24_592)),
        ("rounds -n 3 -f 1 --rounds 2 --faults general-omission --uniform", None),
        ("traitors -n 4 -f 1", None),
    ] {
        let file = folder.join(format!("{}.json", asked.replace(' ', ""))).display().to_string();
        assert_eq!(quorate(&format!("prove {asked} -q --certificate {file}")).code, 0);
        let checked = quorate(&format!("check {file} --format json"));
        assert_eq!(checked.code, 0, "{asked}: {checked:?}");
        let checked = checked.json();
        assert_eq!(checked["verdict"], "proved", "{asked}");
        assert!(runs.is_none_or(|runs| checked["work"]["runs"] == runs), "{asked}: {checked}");
    }
    let file = folder.join("a.json").display().to_string();
    quorate(&format!("prove rounds --rounds 2 -q --certificate {file}"));
    let trace = folder.join("run.jsonl").display().to_string();
    let said = quorate(&format!("run {file} --inputs 0,1,1 --crash p0@1:p2 --trace {trace}"));
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(quorate(&format!("replay {trace}")).code, 0);
    // One crash more than it was made for.
    let beyond = quorate(&format!("check {file} -f 2"));
    assert_eq!(beyond.code, 12, "{beyond:?}");
    assert_eq!(pasted(beyond.line("this run:").expect("a run is shown")).code, 12);
    for (line, code, why) in [
        (format!("run {file} -n 4"), 2, "for n = 3"),
        (format!("run {file} --rounds 1"), 2, "decides after 2 rounds, and not before"),
        (format!("sweep {file} --runs 10"), 2, "synchronous rounds"),
        ("run /nowhere.json".into(), 3, "cannot be read"),
    ] {
        let said = quorate(&line);
        assert_eq!(said.code, code, "{line}: {said:?}");
        assert!(said.err.contains(why), "{line}: {}", said.err);
    }
    quorate(&format!("prove rounds -q --certificate {file}"));
    assert!(quorate(&format!("run {file}")).err.contains("no algorithm agrees"));
}

#[test]
fn simplices_are_shown_written_and_verified() {
    let file = folder("proofs-sets").join("a.json").display().to_string();
    let asked = "asynchrony -n 3 -k 2 --by immediate-snapshot --rounds 1";
    let said = quorate(&format!("prove {asked} --certificate {file}"));
    assert_eq!((said.code, &*said.err), (0, ""));
    assert_eq!(said.out.matches("have heard of").count(), 13, "{}", said.out);
    assert!(pasted(said.line("verify:").unwrap()).out.starts_with("verified: impossible"));
    assert!(pasted(said.line("reproduce:").unwrap()).out.starts_with("impossible: 2-set"));
    let verdict = quorate(&format!("prove {asked} --format json")).json();
    assert_eq!(verdict["simplices"].as_array().unwrap().len(), 13);
    assert_eq!((&verdict["k"], &verdict["verdict"]), (&2.into(), &"impossible".into()));
    assert_eq!(quorate(&format!("run {file}")).code, 2);
    // What decides up to two of three values is run, too; that they are no more is not judged.
    quorate(&format!("prove rounds -n 3 -f 1 -k 2 -q --certificate {file}"));
    let run = quorate(&format!("run {file} --inputs 2,1,0 --format json")).json();
    let decided: Vec<&str> = run["processes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|process| process["output"].as_str().unwrap())
        .collect();
    assert_eq!(decided, ["0", "0", "0"], "{run}");
    let checked = quorate(&format!("check {file} --format json")).json();
    assert_eq!(checked["verdict"], "proved", "{checked}");
    assert_eq!(checked["work"]["runs"], 27 * 13, "{checked}");
    assert!(quorate(&format!("run {file} --values 2")).err.contains("for 3 values, not 2"));
}

#[test]
fn an_early_decision_is_checked_against_its_deadlines() {
    let file = folder("proofs-early").join("a.json").display().to_string();
    let said = quorate(&format!("prove rounds -n 3 -f 1 --early 1,2 -q --certificate {file}"));
    assert!(said.out.contains("decided by round 1, 2 if 0 to 1 fail"), "{}", said.out);
    let checked = quorate(&format!("check {file}"));
    assert!(checked.out.contains("deadline"), "{}", checked.out);
    assert!(checked.out.contains("comes in round 1 at the latest"), "{}", checked.out);
    let chain = quorate("prove rounds -n 4 -f 2 --early 1,3,3 --uniform");
    assert!(chain.out.contains("after round 1, and has decided"), "{}", chain.out);
    assert!(chain.out.contains("takes until round f' + 2"), "{}", chain.out);
}

#[test]
fn a_protocol_is_kept_undecided_as_check_keeps_it() {
    let said = quorate("prove asynchrony paxos --undecided 12");
    assert_eq!((said.code, &*said.err), (0, ""));
    assert!(said.out.contains("kept undecided for 12 steps"), "{}", said.out);
    assert!(said.out.contains("from this beginning either can be decided"), "{}", said.out);
    assert!(said.out.contains("is asked: 0") && said.out.contains("is asked: 1"), "{}", said.out);
    assert!(said.out.contains("from the end of the run: "), "{}", said.out);
    let same = quorate("check paxos --timing asynchronous --undecided 12 --budget 60s");
    assert_eq!(same.out, said.out);
    for (line, code, why) in [
        ("prove asynchrony wait-for-all", 20, ""),
        ("prove asynchrony paxos --graph a.svg", 2, "--graph is for a proof about all algorithms"),
        ("prove asynchrony paxis", 2, "did you mean paxos?"),
    ] {
        let said = quorate(line);
        assert_eq!(said.code, code, "{line}: {said:?}");
        assert!(said.err.contains(why), "{line}: {}", said.err);
    }
}

#[test]
fn every_command_that_advice_names_shows_what_it_says() {
    let mut lines = std::collections::BTreeSet::new();
    for (n, f) in [(2, 1), (3, 1), (3, 2), (4, 1), (4, 2), (5, 1), (40, 20)] {
        for faults in ["crash", "general-omission", "byzantine", "byzantine --signed"] {
            for timing in ["synchronous", "partial", "asynchronous"] {
                let asked = format!("advise -n {n} -f {f} --faults {faults} --timing {timing}");
                let advice = quorate(&format!("{asked} --format json")).json();
                let problems = advice["problems"].as_array().unwrap();
                let theorems = problems.iter().map(|problem| &problem["impossible"]);
                for theorem in theorems.filter(|theorem| !theorem.is_null()) {
                    let line = theorem["proof"].as_str().expect("a command shows it");
                    lines.insert(line.to_string());
                }
                let bound = advice["proof"].as_str();
                lines.extend(bound.map(|line| line.replace(" --certificate FILE", "")));
            }
        }
    }
    assert!(lines.len() > 10, "{lines:?}");
    for line in lines {
        let said = pasted(&format!("{line} -q"));
        assert!(said.out.starts_with("impossible: "), "{line}: {said:?}");
    }
}

#[test]
fn pictures_of_a_proof_are_written() {
    let folder = folder("proofs-pictures");
    let [svg, graph] = ["a.svg", "b.svg"].map(|name| folder.join(name).display().to_string());
    let said = quorate(&format!("prove rounds -q --svg {svg} --graph {graph}"));
    assert_eq!((said.code, &*said.err), (0, ""));
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    assert!(read(&svg).contains("run 6") && read(&graph).contains("p0 000"));
    assert_eq!(quorate(&format!("prove traitors -q --svg {svg}")).code, 0);
    assert!(read(&svg).contains("has 1"));
    assert_eq!(quorate(&format!("prove traitors --protocol om -q --svg {svg}")).code, 0);
    assert!(read(&svg).contains("decides retreat"));
    let line = "prove asynchrony -n 3 -k 2 --by immediate-snapshot --rounds 1";
    assert_eq!(quorate(&format!("{line} -q --svg {svg}")).code, 0);
    assert_eq!(read(&svg).matches(">0 1 2<").count(), 3);
    assert_eq!(quorate(&format!("prove rounds --rounds 2 --svg {svg}")).code, 2);
    assert_eq!(quorate(&format!("prove rounds -n 5 -f 2 --graph {graph}")).code, 2);
}

#[test]
fn what_was_cut_is_inconclusive_and_what_was_expected_decides_the_code() {
    for cut in ["--budget 0s", "--memory 1k"] {
        let said = quorate(&format!("prove rounds -n 4 -f 2 {cut}"));
        assert_eq!(said.code, 20, "{said:?}");
        assert!(said.out.starts_with("inconclusive: "), "{}", said.out);
        assert!(said.out.contains("nothing is known"), "{}", said.out);
    }
    for (line, code) in [
        ("prove rounds --expect impossible -q", 0),
        ("prove rounds --expect solvable -q", 1),
        ("prove rounds --rounds 2 --expect solvable -q", 0),
        ("prove rounds -n 2 -f 1 --faults general-omission --uniform --expect impossible -q", 0),
        ("prove rounds -n 3 -f 1 --faults omission --rounds 2 --expect solvable -q", 0),
        ("prove two-armies --rounds 3 --expect impossible -q", 0),
        ("prove asynchrony --by snapshot -n 2 --rounds 1 --expect impossible -q", 0),
        ("prove two-armies --loss one-a-round --expect impossible -q", 0),
        ("prove two-armies --loss of-p0 --rounds 1 --expect solvable -q", 0),
        ("prove two-armies --loss 2 --rounds 2 --expect impossible -q", 0),
        ("prove two-armies --loss 2 --rounds 3 --expect solvable -q", 0),
        ("prove rounds -n 3 -f 2 -k 2 --rounds 1 --expect solvable -q", 0),
        ("prove rounds -n 5 -f 2 -k 2 --rounds 1 --expect impossible -q", 0),
        ("prove rounds -n 5 -f 2 -k 2 --rounds 2 --expect solvable -q", 0),
        ("prove asynchrony -n 3 -k 2 --by snapshot --rounds 1 --expect impossible -q", 0),
        ("prove asynchrony -n 3 -k 2 --rounds 1 --expect solvable -q", 0),
        ("prove rounds -n 4 -f 2 --early 1 --expect solvable -q", 0),
        ("prove rounds -n 4 -f 2 --early 1 --uniform --expect impossible -q", 0),
        ("prove rounds -n 4 -f 2 --early 2 --uniform --expect solvable -q", 0),
        ("prove rounds -n 4 -f 2 --early 2,2,3 --uniform --expect solvable -q", 0),
        ("prove rounds -n 3 -k 0", 2),
        ("prove rounds -n 3 -k 8", 2),
        ("prove rounds -n 4 -f 2 --early 1,2", 2),
        ("prove rounds -n 4 -f 2 --early 2,1,3", 2),
        ("prove rounds -n 4 -f 2 --early 0,1,3", 2),
        ("prove rounds -n 4 -f 2 --early 1,2,3 --rounds 2", 2),
        ("prove rounds -n 4 -f 2 --early 300", 2),
        ("prove two-armies --loss none,p0,p1/none --rounds 1 --expect impossible -q", 0),
        ("prove two-armies --loss none,p0,p1/none --rounds 2 --expect solvable -q", 0),
        ("prove two-armies --loss both,none --rounds 1 --expect solvable -q", 0),
        ("prove asynchrony -n 4 -f 2 --rounds 5 --expect impossible -q", 0),
        ("prove asynchrony -n 3 --order --expect impossible -q", 0),
        ("prove traitors -n 6 -f 2 --late --signed --expect impossible -q", 0),
        ("prove traitors -n 4 -f 1 --late", 2),
        ("prove asynchrony -f 0", 2),
        ("prove asynchrony -f 2 --by snapshot", 2),
        ("prove asynchrony --inputs 0,1,1", 2),
        ("prove two-armies --loss none,p2", 2),
        ("prove two-armies --loss some", 2),
        ("prove rounds -n 1", 2),
        ("prove rounds -n 3 -f 3", 2),
        ("prove rounds -n 13", 2),
        ("prove rounds --rounds 0", 2),
        ("prove two-armies --messages 2 --rounds 2", 2),
        ("prove verify /nowhere", 3),
    ] {
        assert_eq!(quorate(line).code, code, "{line}");
    }
}

#[test]
fn advice_names_protocols_that_run_or_the_theorem_and_its_proof() {
    let said = quorate("advise -n 4 -f 1 --faults byzantine");
    assert_eq!((said.code, &*said.err), (0, ""));
    for name in ["eig", "phase-king-3f", "om", "interactive-consistency", "2 rounds"] {
        assert!(said.out.contains(name), "{name}: {}", said.out);
    }
    let said = quorate("advise -n 3 -f 1 --faults byzantine");
    assert!(said.out.contains("impossible: traitors"), "{}", said.out);
    let proof = said.line("  see:").expect("a proof is named");
    assert!(pasted(proof).out.starts_with("impossible: "), "{proof}");
    let advice = quorate("advise -n 3 -f 1 --timing asynchronous --format json").json();
    let consensus = &advice["problems"][0];
    assert_eq!(consensus["problem"], "consensus");
    assert_eq!(consensus["impossible"]["deterministic"], true);
    assert_eq!(consensus["protocols"][0]["name"], "ben-or");
    let proof = consensus["impossible"]["proof"].as_str().unwrap();
    assert!(pasted(proof).out.starts_with("impossible: "), "{proof}");
    for (line, why) in [
        ("advise -n 3 -f 3", "take f < n"),
        ("advise -n 3 -f 1 --faults crahs", "did you mean crash?"),
        ("advise -n 3 -f 1 --timing late", "there is synchronous, partial, asynchronous"),
    ] {
        let said = quorate(line);
        assert_eq!(said.code, 2, "{line}");
        assert!(said.err.contains(why), "{line}: {}", said.err);
    }
}
