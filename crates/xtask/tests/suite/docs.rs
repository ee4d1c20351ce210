//! What the documents say of the tree is so.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest that the map of the code may be.
const ARCHITECTURE_LINES_MAX: usize = 300;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names in a folder, in order.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder can be read");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry can be read").file_name().to_string_lossy().into())
        .collect();
    names.sort();
    names
}

/// The paths that a document names: what stands between back-quotes and begins like one.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|word| ["crates/", "docs/", ".ci/"].iter().any(|folder| word.starts_with(folder)))
}

#[test]
fn the_architecture_is_short_and_names_every_crate() {
    let text = read("ARCHITECTURE.md");
    assert!(text.lines().count() <= ARCHITECTURE_LINES_MAX);
    for name in names("crates") {
        assert!(text.contains(&format!("### `crates/{name}`")), "{name} has no section");
    }
}

#[test]
fn every_path_that_a_document_names_exists() {
    let mut documents = vec!["ARCHITECTURE.md".to_owned()];
    documents.extend(names("docs/decisions").iter().map(|name| format!("docs/decisions/{name}")));
    for document in documents {
        for path in paths(&read(&document)) {
            assert!(root().join(path).exists(), "{document} names {path}");
        }
    }
}

#[test]
fn paths_are_found_between_back_quotes() {
    let text = "See `crates/a` and `b`, ```text\ncrates/c\n``` and `docs/d.md`.";
    assert_eq!(paths(text).collect::<Vec<_>>(), ["crates/a", "docs/d.md"]);
}

#[test]
fn decisions_are_numbered_without_gaps_and_say_what_was_refused() {
    for (at, name) in names("docs/decisions").iter().enumerate() {
        let number = format!("{:04}", at + 1);
        assert!(name.starts_with(&format!("{number}-")) && name.ends_with(".md"), "{name}");
        let text = read(&format!("docs/decisions/{name}"));
        assert!(text.starts_with(&format!("# {number}. ")), "{name}: title");
        for section in ["## Context", "## Choice", "## Refused"] {
            assert!(text.contains(section), "{name}: {section}");
        }
    }
}
