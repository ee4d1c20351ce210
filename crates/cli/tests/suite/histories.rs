//! Histories that other programs recorded, judged by the program.

use serde_json::json;

use crate::program::{file, folder, pasted, words};

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
