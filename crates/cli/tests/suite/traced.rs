//! Groups with a store that write what they do.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};

use crate::groups::{Group, etcdctl};
use crate::program::words;

/// Where the parts of a trace are.
fn parts(whole: &str) -> Vec<String> {
    (0..3).map(|p| whole.replace(".jsonl", &format!(".p{p}.jsonl"))).collect()
}

/// What each process of a group with a store wrote down is what the protocol's own code does; with
/// one command, output or message changed it is not.
fn writes_what_it_does(protocol: &str) {
    let folder = tempfile::tempdir().expect("there is room");
    let whole = folder.path().join("t.jsonl").display().to_string();
    let line = format!("up {protocol} --nodes 3 --trace {whole}");
    let group = Group::start(&line, &folder.path().join("group"));
    for round in 0..3 {
        let key = format!("key{round}");
        if etcdctl(&group, &["put", &key, &"value".repeat(200)]).is_none() {
            return;
        }
    }
    drop(group);
    let parts = parts(&whole);
    let (allowed, agrees, json) = judged(&parts);
    assert_eq!((allowed, agrees), ("holds".into(), "holds".into()), "{json:#}");
    let text = fs::read_to_string(&parts[1]).expect("it was written");
    let states = || text.lines().filter(|line| line.contains("\"event\":\"state\""));
    assert!(states().all(|line| line.len() < 3_000), "states are told in brief");
    let was = states().rfind(|line| line.contains("\"commit\"")).expect("it commits");
    let changed = text.replacen(was, &was.replacen("\"commit\",\"", "\"commit\",\"9", 1), 1);
    refuses(&parts, &changed, "state");
    // A byte of the first key in what is stored, handed out and sent; of each the first.
    let key = "6b657930";
    for event in ["store", "output"] {
        let mark = format!("\"event\":\"{event}\"");
        let of = |line: &&str| line.contains(&mark) && line.contains(key);
        let was = text.lines().find(of).unwrap_or_else(|| panic!("no {event} has the key"));
        let changed = text.replacen(was, &was.replacen(key, "6b657931", 1), 1);
        refuses(&parts, &changed, event);
    }
    let sends = |line: &&str| line.contains("\"event\":\"send\"");
    let was = text.lines().find(sends).expect("it sends something");
    let changed = text.replacen(was, &was.replacen("\"message\":\"", "\"message\":\"no ", 1), 1);
    refuses(&parts, &changed, "send");
}

/// Whether the code allows the parts, whether logs agree in them, and all that is said.
fn judged(parts: &[String]) -> (serde_json::Value, serde_json::Value, serde_json::Value) {
    let json = judge(parts, &[]);
    (verdict(&json, "allowed"), verdict(&json, "log-agreement"), json)
}

/// The second part with a change is refused.
fn refuses(parts: &[String], changed: &str, event: &str) {
    let mut parts = parts.to_vec();
    parts[1] = parts[1].replace(".p1.", ".changed.");
    fs::write(&parts[1], changed).expect("there is room");
    let (allowed, _, json) = judged(&parts);
    assert_eq!(allowed, "violated", "a changed {event}: {json:#}");
}

#[test]
fn a_group_with_a_store_writes_what_it_does() {
    writes_what_it_does("raft");
    writes_what_it_does("multi-paxos");
}

fn put(group: &Group, keys: &str, many: usize) {
    for key in 0..many {
        etcdctl(group, &["put", &format!("{keys}{key}"), "value"]);
    }
}

fn end(mut child: Child, signal: &str) {
    let pid = child.id().to_string();
    let told = Command::new("kill").args([signal, &pid]).status().expect("there is kill");
    assert!(told.success());
    let _ = child.wait().expect("it was started here");
}

/// A process that is killed, and killed again, goes on with its part of the trace.
fn goes_on(protocol: &str) {
    let folder = tempfile::tempdir().expect("there is room");
    let whole = folder.path().join("t.jsonl").display().to_string();
    let line = format!("up {protocol} --nodes 3 --set snapshot=20 --trace {whole}");
    let kept = folder.path().join("group");
    let mut group = Group::start(&line, &kept);
    if etcdctl(&group, &["put", "before", "value"]).is_none() {
        return;
    }
    put(&group, "first", 15);
    for line in [
        &["get", "first", "--prefix"][..],
        &["get", "before", "--consistency=s"],
        &["del", "first3"],
        &["get", "first3"],
    ] {
        etcdctl(&group, line);
    }
    let killed = group.kill_leader();
    put(&group, "second", 15);
    let parts = parts(&whole);
    let (allowed, agrees, json) = judged(&parts);
    assert_eq!((allowed, agrees), ("holds".into(), "holds".into()), "{json:#}");
    assert!(ends(&json).contains(&format!("p{killed} has no end in the trace")), "{json:#}");
    let back = group.back(killed);
    group.agrees();
    put(&group, "third", 15);
    end(back, "-9");
    let back = group.back(killed);
    group.agrees();
    put(&group, "fourth", 2);
    end(back, "-15");
    drop(group);
    // All of them are told to end, and go on.
    let group = Group::start(&line, &kept);
    put(&group, "fifth", 2);
    drop(group);
    let (allowed, agrees, json) = judged(&parts);
    assert_eq!((allowed, agrees), ("holds".into(), "holds".into()), "{json:#}");
    assert_eq!((&json["verdict"], ends(&json).as_str()), (&"holds".into(), ""), "{json:#}");
    for (part, crashes) in parts.iter().zip((0..3).map(|p| if p == killed { 3 } else { 1 })) {
        let text = fs::read_to_string(part).expect("it was written");
        assert_eq!(text.matches("\"event\":\"crash\"").count(), crashes, "{part}");
        assert_eq!(text.matches("\"event\":\"restart\"").count(), crashes, "{part}");
    }
    can_be_read_while_it_runs(&parts);
    finds_what_no_client_can_have_seen(&parts);
    refuses_what_is_malformed(&parts);
    let text = fs::read_to_string(&parts[killed]).expect("it was written");
    let records = "\"event\":\"restart\",\"records\":";
    let changed = text.replacen(records, &format!("{records}1"), 1);
    let mut others = parts.clone();
    others.swap(1, killed);
    refuses(&others, &changed, "restart");
    is_refused_without_its_part(&parts[0], &kept, &line);
}

/// Of what clients saw each kind with a change is found.
fn finds_what_no_client_can_have_seen(parts: &[String]) {
    let json = judge(parts, &[]);
    assert_eq!(verdict(&json, "client-history"), "holds", "{json:#}");
    for (call, was, is) in [
        ("put", "revision: ", "revision: 9"),
        ("range", "count: ", "count: 9"),
        ("delete", "deleted: ", "deleted: 9"),
    ] {
        let mut changed = parts.to_vec();
        let found = (0..3).find_map(|p| Some((p, with_answer(&parts[p], call, was, is)?)));
        let (p, text) = found.unwrap_or_else(|| panic!("no {call} was answered"));
        changed[p] = parts[p].replace(".jsonl", ".seen");
        fs::write(&changed[p], text).expect("there is room");
        let line = [&["judge"][..], &changed.iter().map(String::as_str).collect::<Vec<_>>()];
        let said = words(&line.concat());
        assert_eq!(said.code, 10, "{call}: {said:#?}");
        let json = judge(&changed, &[]);
        assert_eq!(verdict(&json, "allowed"), "holds", "{call}: {json:#}");
        assert_eq!(verdict(&json, "client-history"), "violated", "{call}: {json:#}");
    }
}

/// A part in which the last answer to such a call is another.
fn with_answer(part: &str, call: &str, was: &str, is: &str) -> Option<String> {
    let text = fs::read_to_string(part).expect("it was written");
    let lines: Vec<&str> = text.lines().collect();
    let asked = format!("\"call\":\"{call}\"");
    let (at, called) = lines.iter().enumerate().rfind(|(_, line)| line.contains(&asked))?;
    let number = called.split("\"number\":").nth(1)?.split(',').next()?;
    let returns = format!("\"event\":\"return\",\"number\":{number},\"outcome\":\"answered\"");
    let line = lines[at..].iter().find(|line| line.contains(&returns) && line.contains(was))?;
    Some(text.replacen(line, &line.replacen(was, is, 1), 1))
}

fn judge(parts: &[String], more: &[&str]) -> serde_json::Value {
    let mut line = vec!["judge", "--format", "json"];
    line.extend(parts.iter().map(String::as_str));
    line.extend(more);
    words(&line).json()
}

/// The verdict on one requirement.
fn verdict(json: &serde_json::Value, name: &str) -> serde_json::Value {
    let all = json["requirements"].as_array().expect("a list");
    let one = all.iter().find(|one| one["name"] == name);
    one.map_or(serde_json::Value::Null, |one| one["verdict"].clone())
}

/// What a report says of processes that have no end.
fn ends(json: &serde_json::Value) -> String {
    let notes = json["notes"].as_array().cloned().unwrap_or_default();
    let texts = notes.iter().filter_map(|note| note.as_str());
    texts.filter(|note| note.contains("has no end")).collect::<Vec<_>>().join("\n")
}

/// A part may lack its end, or the end of its last line, and nothing else.
fn refuses_what_is_malformed(parts: &[String]) {
    let text = fs::read_to_string(&parts[1]).expect("it was written");
    let open = &text[..text.trim_end().rfind('\n').expect("it has lines") + 1];
    let judge = |changed: &str| {
        let mut parts = parts.to_vec();
        parts[1] = parts[1].replace(".p1.", ".changed.");
        fs::write(&parts[1], changed).expect("there is room");
        words(&[&["judge"][..], &parts.iter().map(String::as_str).collect::<Vec<_>>()].concat())
    };
    for tail in ["", "{\"i\":", "{\"i\":7}"] {
        let said = judge(&format!("{open}{tail}"));
        assert_eq!(said.code, 0, "{tail:?}: {said:#?}");
        assert!(said.out.contains("p1 has no end in the trace"), "{tail:?}: {said:#?}");
    }
    let (first, rest) = open.split_once('\n').expect("it has lines");
    let bad = open.replacen("\"event\":\"state\"", "\"event\":\"what\"", 1);
    for (changed, told) in [
        (format!("{open}{{\"i\":\n"), "this is not an event"),
        (bad, "this is not an event"),
        (format!("{open}{rest}"), "should"),
        (first.to_string(), "was killed before it did anything"),
        (rest.to_string(), "this is not the header"),
    ] {
        let said = judge(&changed);
        assert_eq!(said.code, 3, "{told}: {said:#?}");
        assert!(said.err.contains(told), "{told}: {said:#?}");
    }
}

/// The parts of processes that run are read one after the other: what follows from something that
/// one of them did after its part was read is left out, and nothing is wrong with the rest.
fn can_be_read_while_it_runs(parts: &[String]) {
    for (early, quarter) in (0..).zip(1..4) {
        let text = fs::read_to_string(&parts[early]).expect("it was written");
        let until = text[..text.len() * quarter / 4].rfind("\n\n").expect("batches have ends");
        let mut changed = parts.to_vec();
        changed[early] = parts[early].replace(".jsonl", ".early");
        fs::write(&changed[early], &text[..until + 2]).expect("there is room");
        let json = judge(&changed, &[]);
        assert_eq!(json["verdict"], "holds", "p{early}, {quarter}: {json:#}");
        assert_eq!(verdict(&json, "client-history"), "holds", "p{early}, {quarter}: {json:#}");
        let notes = json["notes"].to_string();
        assert!(notes.contains(&format!("p{early} has no end")), "{notes}");
        assert!(notes.contains("then it hears what another has said"), "{notes}");
    }
}

/// What has run before does not begin a trace.
fn is_refused_without_its_part(part: &str, kept: &Path, line: &str) {
    fs::remove_file(part).expect("it was written");
    let config = kept.join("p0.toml").display().to_string();
    let folder = kept.display().to_string();
    let mut up: Vec<&str> = line.split(' ').collect();
    up.extend(["--keep", &folder]);
    for line in [&["serve", "--config", &config][..], &up] {
        let said = words(line);
        assert_eq!(said.code, 2, "{said:#?}");
        assert!(said.err.contains("p0 has run before without"), "{said:#?}");
    }
}

#[test]
fn raft_goes_on_with_its_trace() {
    goes_on("raft");
}

#[test]
fn multi_paxos_goes_on_with_its_trace() {
    goes_on("multi-paxos");
}
