//! Histories that other programs recorded, judged by the program.

use serde_json::json;

use crate::program::{file, folder, pasted, quorate, words};

/// A write, a later one, and a read of the first.
const STALE: &str = "\
INFO  jepsen.util - 0\t:invoke\t:write\t1
INFO  jepsen.util - 0\t:ok\t:write\t1
INFO  jepsen.util - 0\t:invoke\t:write\t2
INFO  jepsen.util - 0\t:ok\t:write\t2
INFO  jepsen.util - 1\t:invoke\t:read\tnil
INFO  jepsen.util - 1\t:ok\t:read\t1
";

const STORE: &str = "{:process 0, :type :invoke, :f :put, :key \"a\", :value \"x\"}\n\
                     {:process 0, :type :ok, :f :put, :key \"a\", :value \"x\"}\n\
                     {:process 1, :type :invoke, :f :get, :key \"b\", :value nil}\n\
                     {:process 1, :type :ok, :f :get, :key \"b\", :value \"\"}\n";

fn saved(name: &str, text: &str) -> String {
    file(&folder(&format!("histories-{name}")), name, text)
}

#[test]
fn a_history_is_judged_by_its_content() {
    let (stale, store) = (saved("stale", STALE), saved("store", STORE));
    let said = words(&["judge", &store]);
    assert_eq!((said.code, &*said.err), (0, ""));
    assert!(said.out.starts_with("holds linearizability"), "{}", said.out);
    assert!(said.out.contains("kv, 2 operations, 2 keys"), "{}", said.out);

    let said = words(&["judge", &stale, &store]);
    assert_eq!((said.code, &*said.err), (10, ""));
    assert!(said.out.contains("no order explains 3 operations"), "{}", said.out);
    assert!(said.out.contains("├ read 1 ┤"), "{}", said.out);
    assert!(said.out.contains("2 files: 1 holds, 1 violated, 0 inconclusive"), "{}", said.out);
    let again = said.line("reproduce:").expect("it can be made again");
    assert_eq!(pasted(again).out, said.out);
}

#[test]
fn a_verdict_on_a_history_is_one_object() {
    let said = words(&["judge", &saved("json", STALE), "--format", "json"]);
    assert_eq!((said.code, &*said.err), (10, ""));
    let verdict = said.json();
    assert_eq!(verdict["schema"], "quorate/verdict");
    assert_eq!(verdict["verdict"], "violated");
    let requirement = &verdict["requirements"][0];
    assert_eq!(requirement["name"], "linearizability");
    assert_eq!(requirement["witness"]["minimal"], true);
    assert_eq!(requirement["witness"]["operations"][2]["does"], "read 1");
    assert_eq!(verdict["histories"][0]["operations"], 3);
    assert_eq!(verdict["histories"][0]["object"], "register");
}

#[test]
fn what_is_wrong_with_a_history_is_said_with_its_place() {
    let bad = saved("bad", &STALE.replace("0\t:ok\t:write\t2", "0\t:okay\t:write\t2"));
    let said = words(&["judge", &bad]);
    assert_eq!((said.code, &*said.out), (3, ""));
    assert!(said.err.contains("bad:4:23: :okay is no type of event"), "{}", said.err);

    let unclear = saved("unclear", "0 :invoke :read nil\n0 :ok :read []\n");
    let said = words(&["judge", &unclear]);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("--model (register, cas, lock, kv, log)"), "{}", said.err);
    assert_eq!(words(&["judge", &unclear, "--model", "log"]).code, 0);
    assert_eq!(words(&["judge", &unclear, "--model", "register"]).code, 10);

    let trace = saved("trace.jsonl", &format!("{}\n", json!({"schema": "quorate/trace"})));
    let said = words(&["judge", &trace, &unclear]);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("one after the other"), "{}", said.err);
    assert_eq!(words(&["judge", &trace, "--model", "log"]).code, 2);

    let bytes = file(&folder("histories-bytes"), "bytes", b"0 :invoke :read nil\n0 :ok \xff\n");
    let said = words(&["judge", &bytes]);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("bytes:2:7: this is not text in UTF-8"), "{}", said.err);
}

#[test]
fn a_spent_budget_is_no_verdict() {
    let twice = STALE.replace("\t:read\t1", "\t:read\t2") + &STALE.replace(":read\t1", ":read\t2");
    let file = saved("twice", &twice);
    assert_eq!(words(&["judge", &file]).code, 0);
    let said = words(&["judge", &file, "--budget", "0s"]);
    assert_eq!(said.code, 20, "{said:?}");
    assert!(said.out.starts_with("inconclusive") && said.out.contains("--budget"), "{}", said.out);
    assert_eq!(words(&["judge", &file, "--memory", "1"]).code, 20);
}

#[test]
fn what_no_order_explains_is_drawn() {
    let dir = folder("histories-drawn");
    let (stale, picture) = (saved("drawn", STALE), dir.join("stale.svg").display().to_string());
    let said = words(&["judge", &stale, "--svg", &picture]);
    assert_eq!((said.code, &*said.err), (10, ""));
    let svg = std::fs::read_to_string(&picture).expect("the picture is there");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
    assert_eq!(svg.matches("class=\"bar\"").count(), 2, "the two writes: {svg}");
    assert_eq!(svg.matches("class=\"bar-blamed\"").count(), 1, "the read: {svg}");
    assert!(svg.contains(">read 1</text>") && svg.contains(">line 5</text>"), "{svg}");

    let (store, none) = (saved("undrawn", STORE), dir.join("none.svg"));
    let said = words(&["judge", &store, "--svg", &none.display().to_string()]);
    assert_eq!((said.code, &*said.err), (0, ""));
    assert!(said.out.contains("was not written") && !none.exists(), "{}", said.out);
    let over = words(&["judge", &stale, "--svg", &stale]);
    assert_eq!(over.code, 2, "{over:?}");
    assert!(over.err.contains("named twice"), "{}", over.err);
}

/// A leader that answers without asking whether it still leads: seen from its clients alone.
#[test]
fn what_clients_of_a_run_saw_is_judged_without_its_log() {
    let dir = folder("histories-clients");
    let path = |name: &str| dir.join(name).display().to_string();
    let (trace, picture) = (path("run.jsonl"), path("run.svg"));
    let sweep = "sweep raft -n 3 -f 1 --inputs 0,1,1 --set each=20 --set reads=index \
                 --seed 3 --runs 9 --require linearizability --mutant reads-before-term -q --trace";
    let parts: Vec<&str> = sweep.split_whitespace().chain([&*trace]).collect();
    assert_eq!(words(&parts).code, 10);
    let said = words(&["judge", &trace, "--svg", &picture]);
    assert_eq!((said.code, &*said.err), (10, ""));
    let line = client_history(&said.out);
    assert!(line.contains("violated") && line.contains("no order explains"), "{line}");
    assert!(said.out.contains("├ read nil ┤"), "{}", said.out);
    let svg = std::fs::read_to_string(&picture).expect("the picture is there");
    assert_eq!(svg.matches("class=\"bar-blamed\"").count(), 1, "{svg}");

    let run = format!("run raft -n 3 --set reads=index --set each=3 --trace {trace}");
    assert_eq!(quorate(&run).code, 0);
    let said = words(&["judge", &trace]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(client_history(&said.out).contains("holds"), "{said:?}");

    // What a client is told of a command that it sent once more answers it too.
    let run = format!("run raft -n 3 {SESSIONS} --trace {trace}");
    assert_eq!(quorate(&run).code, 0);
    let told = std::fs::read_to_string(&trace).expect("the trace is there");
    assert!(told.contains("\"told slot "), "a reply came first");
    let said = words(&["judge", &trace]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(client_history(&said.out).contains("holds"), "{said:?}");
}

/// Some messages are lost: a client is told of what it proposed before it has applied that.
const SESSIONS: &str =
    "--set sessions=yes --set expire=10 --set each=8 --loss 30 --calm 300ms --seed 6";

fn client_history(out: &str) -> &str {
    out.lines().find(|line| line.contains("client-history")).expect("clients are judged")
}
