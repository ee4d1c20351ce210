//! The server as etcdctl sees it.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use quorate_service::Unavailable;
use serde_json::{Value as Json, json};

use crate::etcd::Etcd;
use crate::local::{CLUSTER, MEMBER, Running, Trouble};

/// What etcdctl prints, and what it complains of.
#[derive(PartialEq, Debug)]
struct Said {
    out: String,
    complaint: String,
}

/// Where a server listens, without the scheme.
fn place(url: &str) -> &str {
    url.strip_prefix("http://").expect("it is a URL")
}

/// Runs it; `None` if it is not installed here.
fn etcdctl(url: &str, words: &str, input: &str) -> Option<Said> {
    let started = Command::new("etcdctl")
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH"))
        .envs([("ETCDCTL_API", "3"), ("ETCDCTL_ENDPOINTS", url)])
        .args(words.split(' ').map(|word| if word == "''" { "" } else { word }))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut running = match started {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        started => started.expect("etcdctl can be started"),
    };
    let mut stdin = running.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let done = running.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("it is text");
    // What it logs has a time and a name drawn at random.
    let complaint = text(done.stderr);
    let complaints = complaint.lines().filter(|line| !line.starts_with('{'));
    Some(Said { out: text(done.stdout), complaint: complaints.collect::<Vec<_>>().join("\n") })
}

/// The words, what is typed, what is printed, and what is complained of.
const SESSION: &[(&str, &str, &str, &str)] = &[
    ("put a 1", "", "OK\n", ""),
    ("put b", "2", "OK\n", ""),
    ("put ab 3 --prev-kv", "", "OK\n", ""),
    ("put a 4 --prev-kv", "", "OK\na\n1\n", ""),
    ("get a", "", "a\n4\n", ""),
    ("get a --rev=2", "", "a\n1\n", ""),
    ("get a --rev=9", "", "", "Error: etcdserver: mvcc: required revision is a future revision"),
    ("get --prefix a", "", "a\n4\nab\n3\n", ""),
    ("get --prefix '' --limit=1 --sort-by=VALUE --order=DESCEND", "", "a\n4\n", ""),
    ("get --prefix '' --sort-by=MODIFY --order=ASCEND", "", "b\n2\nab\n3\na\n4\n", ""),
    ("get --from-key ab --keys-only", "", "ab\n\nb\n\n", ""),
    ("get a b --print-value-only --consistency=s", "", "4\n3\n", ""),
    ("txn -i", "val(\"b\") = \"2\"\n\nput c 9\nget b\n\nget c\n\n", TXN, ""),
    ("del a --prev-kv", "", "1\na\n4\n", ""),
    ("del nothing", "", "0\n", ""),
    ("compaction 4", "", "compacted revision 4\n", ""),
    ("compaction 4", "", "", COMPACTED),
    ("get a --rev=3", "", "", COMPACTED),
    ("get a --rev=4", "", "a\n1\n", ""),
    ("put x 1 --lease=5", "", "", "Error: etcdserver: requested lease not found"),
    ("put x 1 --ignore-lease", "", "", "Error: etcdserver: key not found"),
    ("del --prefix ''", "", "3\n", ""),
    ("alarm list", "", "", ""),
];

const TXN: &str = "\
compares:\nsuccess requests (get, put, del):\nfailure requests (get, put, del):\n\
SUCCESS\n\nOK\n\nb\n2\n";
const COMPACTED: &str = "Error: etcdserver: mvcc: required revision has been compacted";

/// Whether etcdctl is there.
fn session(url: &str) -> bool {
    SESSION.iter().all(|(words, input, out, complaint)| {
        let Some(said) = etcdctl(url, words, input) else {
            eprintln!("skipped: etcdctl is not installed here");
            return false;
        };
        let expected = Said { out: (*out).into(), complaint: (*complaint).into() };
        assert_eq!(said, expected, "etcdctl {words}");
        true
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn etcdctl_reads_and_writes() {
    let running = Running::start(Trouble::default()).await;
    session(place(&running.url));
    running.stop().await;
}

/// So what is expected above is what etcd does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn etcd_itself_is_read_and_written_so() {
    match Etcd::start().await {
        Some(etcd) => drop(session(place(&etcd.url))),
        None => eprintln!("skipped: etcd is not installed here"),
    }
}

fn json_of(said: &Said) -> Json {
    serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("it is JSON: {said:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn etcdctl_sees_the_members_and_that_they_are_well() {
    let running = Running::start(Trouble::default()).await;
    let url = place(&running.url);
    let Some(said) = etcdctl(url, "endpoint status -w json", "") else {
        return eprintln!("skipped: etcdctl is not installed here");
    };
    let ask = |words| etcdctl(url, words, "").expect("it was there a moment ago");
    let header =
        json!({ "cluster_id": CLUSTER, "member_id": MEMBER, "revision": 1, "raft_term": 2 });
    let status = json!({
        "header": header, "version": "3.4.23", "dbSize": 4096, "leader": MEMBER, "raftTerm": 2,
        "dbSizeInUse": 512,
    });
    assert_eq!(json_of(&said), json!([{ "Endpoint": url, "Status": status }]));
    let table = ask("endpoint status -w table").out;
    assert!(table.contains(" 3.4.23 |  4.1 kB |      true |      false |"), "{table}");
    let hash = json!({ "header": header, "hash": 1_084_519_789, "compact_revision": -1 });
    let said = json_of(&ask("endpoint hashkv -w json"));
    assert_eq!(said, json!([{ "Endpoint": url, "HashKV": hash }]));
    // It complains of what is well: the sentence goes there.
    let health = ask("endpoint health --cluster").complaint;
    assert!(health.contains("is healthy: successfully committed proposal"), "{health}");
    let members = ask("member list").out;
    assert_eq!(
        members,
        format!("17, started, local, http://127.0.0.1:1, {}, false\n", running.url)
    );
    running.stop().await;
}

/// It asks single members by their URLs, and names them by these.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn etcdctl_asks_members_by_their_urls() {
    let running = Running::start(Trouble::default()).await;
    for words in ["endpoint status", "endpoint hashkv", "endpoint status --cluster"] {
        let Some(said) = etcdctl(&running.url, words, "") else {
            return eprintln!("skipped: etcdctl is not installed here");
        };
        assert!(said.out.starts_with(&running.url), "etcdctl {words}: {said:?}");
        assert_eq!(said.complaint, "", "etcdctl {words}");
    }
    session(&running.url);
    running.stop().await;
}

/// It does not try again a write that may be done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn etcdctl_hears_that_a_write_may_be_done() {
    for why in [Unavailable::TimedOut, Unavailable::LeaderFailed, Unavailable::Stopped] {
        let refuses = Some(why);
        let trouble = Trouble { refuses, leaderless: true, ..Trouble::default() };
        let running = Running::start(trouble).await;
        let Some(status) = etcdctl(place(&running.url), "endpoint status", "") else {
            return eprintln!("skipped: etcdctl is not installed here");
        };
        assert!(status.out.ends_with(", etcdserver: no leader\n"), "{status:?}");
        let said = etcdctl(place(&running.url), "put a 1", "").expect("it was there");
        assert_eq!(said.complaint, format!("Error: {why}"));
        assert_eq!(running.asked(), 1);
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn etcdctl_hears_at_once_of_what_is_missing() {
    let running = Running::start(Trouble::default()).await;
    for (words, missing) in [
        ("lease grant 10", "/etcdserverpb.Lease/LeaseGrant is not offered by this server"),
        ("watch a", "/etcdserverpb.Watch/Watch is not offered by this server"),
        ("lock a", "/etcdserverpb.Lease/LeaseGrant is not offered by this server"),
        ("user list", "/etcdserverpb.Auth/UserList is not offered by this server"),
        ("defrag", "defragmenting is not offered by this server"),
        ("move-leader 1", "moving the leader is not offered by this server"),
        ("member remove 1", "removing a member is not offered by this server"),
    ] {
        let Some(said) = etcdctl(place(&running.url), words, "") else {
            return eprintln!("skipped: etcdctl is not installed here");
        };
        assert!(said.complaint.contains(missing), "etcdctl {words}: {said:?}");
    }
    running.stop().await;
}
