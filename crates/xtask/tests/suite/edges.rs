//! Which crate may know which: the architecture's absences, read from the manifests.

use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// One line of a manifest: `from` depends on `to`.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Edge {
    from: String,
    to: String,
    internal: bool,
    kind: DependencyKind,
}

/// The crates that must stay small: which of the workspace's crates each may know, and which of
/// other people's.
const RULES: &[(&str, &[&str], &[&str])] = &[
    ("kernel", &[], &[]),
    ("problems", &["kernel"], &[]),
    ("protocols", &["kernel", "problems"], &[]),
    ("trace", &[], &["serde"]),
    ("diagram", &["trace"], &["serde", "serde_json"]),
    ("world", &["kernel", "problems", "trace"], &["rand_core", "rand_pcg"]),
    ("wal", &[], &["blake3", "crc32c", "rand_core", "rand_pcg"]),
    ("store", &[], &["crc32c"]),
];

/// The crates that may use any library, but know only these of the workspace.
const FREE_OUTSIDE: &[(&str, &[&str])] = &[
    ("checker", &["kernel", "problems", "simulator", "trace", "world"]),
    ("simulator", &["kernel", "problems", "trace", "world"]),
    ("history", &[]),
    ("prover", &[]),
    ("wire", &[]),
    ("service", &["store"]),
    ("runtime", &["kernel", "simulator", "trace", "wal", "world"]),
    ("server", &["kernel", "problems", "protocols", "runtime", "service", "store", "wal", "wire"]),
];

/// The crates that may see everything.
const SEE_ALL: &[&str] = &["conformance", "cli", "faults", "xtask"];

/// What executes protocols. Not even the tests of the kernel and of the protocols may need one.
const ENGINES: &[&str] = &["world", "checker", "simulator"];

/// The short name of a crate of the workspace.
fn short(name: &str) -> &str {
    if name == "quorate" { "cli" } else { name.strip_prefix("quorate-").unwrap_or(name) }
}

/// What is wrong with an edge, if anything.
fn objection(edge: &Edge) -> Option<String> {
    let (from, to) = (short(&edge.from), short(&edge.to));
    let pure = matches!(from, "kernel" | "protocols");
    if edge.kind == DependencyKind::Development {
        let reaches = pure && edge.internal && ENGINES.contains(&to);
        return reaches.then(|| format!("the tests of {from} must not need the engine {to}"));
    }
    if SEE_ALL.contains(&from) {
        return None;
    }
    let bare = RULES.iter().find(|(name, ..)| *name == from);
    let free = FREE_OUTSIDE.iter().find(|(name, _)| *name == from);
    let allowed = match (bare, free) {
        (Some((_, inside, outside)), _) => {
            if edge.internal {
                inside.contains(&to)
            } else {
                outside.contains(&to)
            }
        }
        (None, Some((_, inside))) => !edge.internal || inside.contains(&to),
        (None, None) => return Some(format!("{from} has no line in the table of this test")),
    };
    (!allowed).then(|| format!("{from} must not depend on {to}"))
}

/// Every dependency that a manifest of the workspace states, and the names of its crates.
fn workspace() -> (Vec<String>, Vec<Edge>) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec()
        .expect("cargo can read its own workspace");
    let crates: Vec<String> = metadata.packages.iter().map(|p| p.name.to_string()).collect();
    let edges = metadata.packages.iter().flat_map(|package| {
        package.dependencies.iter().map(|dependency| Edge {
            from: package.name.to_string(),
            to: dependency.name.clone(),
            internal: dependency.path.is_some(),
            kind: dependency.kind,
        })
    });
    (crates, edges.collect())
}

fn edge(from: &str, to: &str, internal: bool, kind: DependencyKind) -> Edge {
    Edge { from: format!("quorate-{from}"), to: to.into(), internal, kind }
}

#[test]
fn every_dependency_is_one_that_the_architecture_allows() {
    let (_, edges) = workspace();
    let objections: Vec<String> = edges.iter().filter_map(objection).collect();
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}

#[test]
fn every_crate_has_a_line_in_the_tables() {
    let (crates, _) = workspace();
    assert!(!crates.is_empty());
    for name in crates.iter().map(|name| short(name)) {
        let known = RULES.iter().any(|(crate_name, ..)| *crate_name == name)
            || FREE_OUTSIDE.iter().any(|(crate_name, _)| *crate_name == name)
            || SEE_ALL.contains(&name);
        assert!(known, "{name} has no line in the tables of this test");
    }
}

#[test]
fn every_dependency_in_the_workspace_is_on_a_registry_or_in_the_workspace() {
    let (crates, edges) = workspace();
    for edge in edges.iter().filter(|edge| edge.internal) {
        assert!(crates.contains(&edge.to), "{} comes from outside by path", edge.to);
    }
}

#[test]
fn forbidden_edges_are_objected_to() {
    use DependencyKind::{Build, Development, Normal};
    for (from, to) in [
        ("kernel", "quorate-problems"),
        ("problems", "quorate-protocols"),
        ("protocols", "quorate-trace"),
        ("trace", "quorate-kernel"),
        ("diagram", "quorate-kernel"),
        ("world", "quorate-protocols"),
        ("checker", "quorate-protocols"),
    ] {
        assert!(objection(&edge(from, to, true, Normal)).is_some(), "{from} to {to}");
    }
    assert!(objection(&edge("kernel", "rand_core", false, Normal)).is_some());
    assert!(objection(&edge("kernel", "cc", false, Build)).is_some());
    assert!(objection(&edge("protocols", "serde", false, Normal)).is_some());
    assert!(objection(&edge("newcomer", "serde", false, Normal)).is_some());
    assert!(objection(&edge("kernel", "quorate-world", true, Development)).is_some());
    assert!(objection(&edge("service", "quorate-protocols", true, Normal)).is_some());
    assert!(objection(&edge("protocols", "quorate-checker", true, Development)).is_some());
}

#[test]
fn allowed_edges_pass() {
    use DependencyKind::{Development, Normal};
    assert_eq!(objection(&edge("protocols", "quorate-kernel", true, Normal)), None);
    assert_eq!(objection(&edge("world", "rand_pcg", false, Normal)), None);
    assert_eq!(objection(&edge("checker", "rayon", false, Normal)), None);
    assert_eq!(objection(&edge("kernel", "quorate-problems", true, Development)), None);
    assert_eq!(objection(&edge("world", "quorate-protocols", true, Development)), None);
    assert_eq!(objection(&edge("conformance", "quorate-protocols", true, Normal)), None);
}
