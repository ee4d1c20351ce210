//! The verdict as JSON: what scripts rely on.

use serde_json::Value as Json;

use crate::program::quorate;

fn keys(json: &Json) -> Vec<&str> {
    let mut keys: Vec<&str> =
        json.as_object().expect("this is an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// All these keys, and of others only those that explain more.
fn has(json: &Json, must: &[&str], may: &[&str], what: &str) {
    let found = keys(json);
    for key in must {
        assert!(found.contains(key), "{what}: {key} is missing in {json:#}");
    }
    for key in found {
        assert!(must.contains(&key) || may.contains(&key), "{what}: {key} is new in {json:#}");
    }
}

const TOP: &[&str] = &[
    "schema",
    "version",
    "command",
    "protocol",
    "n",
    "f",
    "model",
    "verdict",
    "requirements",
    "work",
    "cost",
    "processes",
    "seed",
    "reproduce",
];

fn shape(json: &Json, what: &str) {
    has(json, TOP, &["rules", "notes", "bounds", "run", "title", "slowest", "showing"], what);
    assert_eq!(json["schema"], "quorate/verdict", "{what}");
    assert_eq!(json["version"], 1, "{what}");
    has(&json["model"], &["timing", "faults", "signed"], &[], what);
    assert!(json["model"]["timing"] == "synchronous" && json["model"]["signed"].is_boolean());
    has(&json["work"], &["runs", "states", "transitions", "depth", "seconds"], &[], what);
    for key in ["runs", "states", "transitions", "depth", "seconds"] {
        assert!(json["work"][key].is_number(), "{what}: {key}");
    }
    has(&json["cost"], &["rounds", "messages", "bits"], &["items"], what);
    for key in ["rounds", "messages", "bits"] {
        assert!(json["cost"][key].is_u64(), "{what}: {key}");
    }
    assert!(json["seed"].is_u64() && json["reproduce"].is_string(), "{what}");
    for requirement in json["requirements"].as_array().expect("requirements are a list") {
        has(requirement, &["name", "verdict", "witness"], &[], what);
        let violated = requirement["verdict"] == "violated";
        assert_eq!(violated, !requirement["witness"].is_null(), "{what}: {requirement}");
    }
    let processes = json["processes"].as_array().expect("processes are a list");
    assert_eq!(Some(processes.len() as u64), json["n"].as_u64(), "{what}");
    for (at, process) in processes.iter().enumerate() {
        has(process, &["id", "faulty", "fault", "input", "output", "at"], &[], what);
        assert_eq!(process["id"], format!("p{at}"), "{what}");
        assert!(process["faulty"].is_boolean(), "{what}");
        assert_eq!(process["output"].is_null(), process["at"].is_null(), "{what}: {process}");
        assert!(process["at"].is_null() || process["at"]["round"].is_u64(), "{what}: {process}");
    }
}

#[test]
fn every_verdict_has_the_same_shape() {
    for line in [
        "check om -n 4 -f 1",
        "check om -n 3 -f 1",
        "check om -n 7 -f 2 --budget 20ms",
        "check early-stopping -n 4 -f 2",
        "check sm -n 3 -f 1",
        "check interactive-consistency -n 3 -f 1",
        "check flood-set -n 3 -f 1 --flips 1",
        "run om -n 4 -f 1 --traitor p0",
        "run flood-set -n 4 -f 2 --crash p0@1:p1",
        "run wait-for-all -n 3 -f 1 --crash p0@1",
        "run phase-king -n 100 -f 3",
        "run turpin-coan --values 3 --inputs 2,2,2,2",
    ] {
        let said = quorate(&format!("{line} --format json"));
        shape(&said.json(), line);
        assert_eq!(said.err, "", "{line}");
    }
}

#[test]
fn four_generals_cost_nine_messages() {
    for verb in ["check", "run"] {
        let json = quorate(&format!("{verb} om -n 4 -f 1 --format json")).json();
        let cost = &json["cost"];
        assert_eq!(
            (&cost["rounds"], &cost["messages"], &cost["bits"]),
            (&2.into(), &9.into(), &9.into())
        );
        assert_eq!(json["command"], verb);
        assert_eq!(json["processes"][1]["at"], serde_json::json!({"round": 2}));
        assert_eq!(json["processes"][0]["input"], "attack");
    }
}

#[test]
fn the_catalogue_is_json_too() {
    let json = quorate("list --format json").json();
    let text = json.to_string();
    for name in ["om", "sm", "flood-set", "phase-king-3f", "interactive-consistency"] {
        assert!(text.contains(&format!("\"{name}\"")), "{name} is missing");
    }
}
