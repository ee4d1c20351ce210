//! Real processes: a group that keeps a store, and groups that agree once.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{quorate, words};
use crate::say;

/// How long anything may take at most: it never does, unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// A group that `up` has started; it ends with this.
pub(crate) struct Group {
    up: Child,
    out: BufReader<ChildStdout>,
    pub(crate) folder: PathBuf,
    /// Of each process its number in the system, whether it leads, and where clients find it.
    pub(crate) processes: Vec<(u32, bool, String)>,
}

impl Group {
    pub(crate) fn start(line: &str, folder: &Path) -> Self {
        let mut up = Command::new(env!("CARGO_BIN_EXE_quorate"))
            .args(line.split(' '))
            .arg("--keep")
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let out = BufReader::new(up.stdout.take().expect("it prints"));
        let mut group = Self { up, out, folder: folder.into(), processes: Vec::new() };
        group.hear();
        group
    }

    /// Reads what is printed until it says how to end.
    fn hear(&mut self) {
        loop {
            let line = self.line();
            let parts: Vec<&str> = line.split_whitespace().collect();
            if let ["p0" | "p1" | "p2", "process", pid, part, "clients", "at", address] = parts[..]
            {
                let pid = pid.parse().expect("a number");
                self.processes.push((pid, part == "leader", address.into()));
            }
            if line.starts_with("Ctrl-C") {
                return;
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.out.read_line(&mut line).expect("it prints text");
        assert!(read > 0, "the group has ended");
        line
    }

    /// Kills the process that leads.
    pub(crate) fn kill_leader(&mut self) -> usize {
        let leads = self.processes.iter().position(|(_, leads, _)| *leads).expect("one leads");
        let pid = self.processes[leads].0.to_string();
        let killed = Command::new("kill").args(["-9", &pid]).status().expect("there is kill");
        assert!(killed.success());
        let told = self.line();
        assert!(told.starts_with(&format!("p{leads} (process {pid}) has ended")), "{told}");
        leads
    }

    /// Starts a process again.
    pub(crate) fn back(&self, which: usize) -> Child {
        let config = self.folder.join(format!("p{which}.toml"));
        Command::new(env!("CARGO_BIN_EXE_quorate"))
            .args(["serve", "--config"])
            .arg(&config)
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    fn status(&self) -> serde_json::Value {
        let folder = self.folder.display().to_string();
        words(&["status", &folder, "--format", "json"]).json()
    }

    /// Waits until all processes say the same hash at the same revision.
    pub(crate) fn agrees(&self) -> serde_json::Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let said = self.status();
            let all = said["processes"].as_array().expect("a list").clone();
            let of = |key: &str| all.iter().map(|one| one[key].clone()).collect::<Vec<_>>();
            let same = |key: &str| of(key).windows(2).all(|two| two[0] == two[1]);
            let there = all.iter().all(|one| one["hash"].is_number());
            if there && same("hash") && same("revision") && same("leader") {
                return said;
            }
            assert!(Instant::now() < until, "{said:#}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.up.id().to_string()).status();
        let _ = self.up.wait();
    }
}

/// Runs `etcdctl` against a group until that succeeds: whether a leader that is gone has done what
/// it was asked is not always known. Nothing where it is not installed.
pub(crate) fn etcdctl(group: &Group, line: &[&str]) -> Option<String> {
    let endpoints: Vec<&str> = group.processes.iter().map(|(_, _, at)| at.as_str()).collect();
    let until = Instant::now() + PATIENCE;
    loop {
        let run = Command::new("etcdctl")
            .env("ETCDCTL_API", "3")
            .arg(format!("--endpoints={}", endpoints.join(",")))
            .args(line)
            .output();
        let Ok(out) = run else {
            say("skipped: etcdctl is not installed");
            return None;
        };
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        if out.status.success() {
            return Some(text);
        }
        let why = String::from_utf8_lossy(&out.stderr);
        assert!(Instant::now() < until, "{line:?}: {text}{why}");
    }
}

/// The cluster section of the README.
fn keeps_what_it_acknowledged(protocol: &str) {
    let folder = tempfile::tempdir().expect("there is room");
    let mut group = Group::start(&format!("up {protocol} --nodes 3"), folder.path());
    assert_eq!(group.processes.len(), 3, "three processes are told of");
    let Some(put) = etcdctl(&group, &["put", "greeting", "hello"]) else { return };
    assert_eq!(put, "OK\n");
    let leads = group.kill_leader();
    let got = etcdctl(&group, &["get", "greeting", "--print-value-only"]);
    assert_eq!(got.as_deref(), Some("hello\n"));
    etcdctl(&group, &["put", "after", "the fall"]);
    let mut back = group.back(leads);
    let said = group.agrees();
    assert!(said["processes"][leads]["revision"].as_u64() >= Some(3), "{said:#}");
    let _ = Command::new("kill").arg(back.id().to_string()).status();
    let ended = back.wait().expect("it was started here");
    assert!(ended.success(), "told to end, it ends as it should: {ended}");
}

#[test]
fn raft_keeps_what_it_acknowledged() {
    keeps_what_it_acknowledged("raft");
}

#[test]
fn multi_paxos_keeps_what_it_acknowledged() {
    keeps_what_it_acknowledged("multi-paxos");
}

#[test]
fn a_group_that_was_kept_is_found_again() {
    let folder = tempfile::tempdir().expect("there is room");
    let group = Group::start("up raft --nodes 3", folder.path());
    let here = etcdctl(&group, &["put", "greeting", "hello"]).is_some();
    drop(group);
    let group = Group::start("up raft --nodes 3", folder.path());
    if here {
        let got = etcdctl(&group, &["get", "greeting", "--print-value-only"]);
        assert_eq!(got.as_deref(), Some("hello\n"));
    }
    let kept = folder.path().display().to_string();
    let traced = words(&["up", "raft", "--keep", &kept, "--trace", "t.jsonl"]);
    assert_eq!(traced.code, 2);
    assert!(traced.err.contains("a trace begins with its group"), "{}", traced.err);
    let other = words(&["up", "multi-paxos", "--keep", &kept]);
    assert_eq!(other.code, 2);
    assert!(other.err.contains("has a group of 3 processes of raft"), "{}", other.err);
}

/// What a client may send that is no request at all.
#[test]
fn noise_on_a_socket_is_no_end() {
    let folder = tempfile::tempdir().expect("there is room");
    let group = Group::start("up raft --nodes 3", folder.path());
    let config = std::fs::read_to_string(folder.path().join("p0.toml")).expect("it was written");
    let sockets = config
        .lines()
        .filter_map(|line| line.split('"').nth(1))
        .filter(|text| text.starts_with("127.0.0.1:"));
    for address in sockets {
        let mut noise = TcpStream::connect(address).expect("somebody listens");
        // Whoever gets it may close the connection before all is written.
        let _ = noise.write_all(&[0xff; 4_096]);
        let _ = noise.write_all(b"GET / HTTP/9.9\r\n\r\n");
    }
    group.agrees();
}

/// Real processes agree, with a liar among them, and the protocol's own code allows what they did.
#[test]
fn real_processes_agree_despite_a_liar() {
    for (line, requirement) in [
        ("up phase-king --nodes 5 --traitor p3=equivocate", "agreement"),
        ("up om --nodes 4 --traitor p2=flip", "ic1"),
        ("up bracha --nodes 4 --traitor p1=silent", "agreement"),
        ("up paxos --nodes 3", "agreement"),
        ("up causal --nodes 3", "causal"),
    ] {
        let said = quorate(&format!("{line} --format json"));
        let json = said.json();
        let verdict = |name: &str| {
            let all = json["requirements"].as_array().expect("a list");
            let one = all.iter().find(|one| one["name"] == name);
            one.map(|one| one["verdict"].as_str().unwrap_or_default().to_string())
        };
        assert_eq!(verdict("allowed").as_deref(), Some("holds"), "{line}: {json:#}");
        assert_eq!(verdict(requirement).as_deref(), Some("holds"), "{line}: {json:#}");
    }
}

#[test]
fn what_does_not_fit_is_said_before_anything_starts() {
    for (line, told) in [
        ("up nonsense", "nonsense"),
        ("up raft --nodes 0", "between 1 and 64"),
        ("up raft --traitor p1", "keeps a store here"),
        ("up raft --set nonsense=1", "nonsense"),
        ("up raft --set snapshot", "KEY=VALUE"),
        ("up raft --set witness=p2", "not for a store"),
        ("up phase-king --nodes 5 --traitor p9", "p9"),
        ("up two-generals --nodes 3", "two"),
        ("serve --config /nowhere/at/all.toml", "cannot be read"),
        ("status /nowhere", "cannot be read"),
        ("certs /tmp --nodes 0", "between 1 and 64"),
        ("certs /tmp --cluster xyz", "hexadecimal"),
    ] {
        let said = quorate(line);
        assert_eq!(said.code, 2, "{line}: {}", said.err);
        assert!(said.err.contains(told), "{line}: {}", said.err);
    }
}

#[test]
fn certificates_are_made_once() {
    let folder = tempfile::tempdir().expect("there is room");
    let at = folder.path().join("certificates").display().to_string();
    let made = words(&["certs", &at, "--nodes", "2", "--cluster", "2a"]);
    assert_eq!(made.code, 0, "{}", made.err);
    for name in ["ca.pem", "ca.key", "p0.pem", "p0.key", "p1.pem", "p1.key"] {
        assert!(Path::new(&at).join(name).exists(), "{name}");
    }
    let again = words(&["certs", &at, "--nodes", "2"]);
    assert_ne!(again.code, 0);
    assert!(again.err.contains("there already"), "{}", again.err);
}
