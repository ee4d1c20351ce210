//! Histories that were recorded, with the verdicts that are known of them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use quorate_history::{Model, Verdict};

use crate::{history, judged, witness};

/// Of the even ones.
const LINEARIZABLE: [u32; 11] = [2, 18, 38, 48, 56, 76, 80, 92, 98, 100, 102];

fn folder(name: &str) -> Option<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = root.join("../../../shared/data/histories").join(name);
    if !found.is_dir() {
        // Past what the test program keeps to itself.
        let _ = writeln!(std::io::stderr(), "skipped: there is no {}", found.display());
        return None;
    }
    let files = fs::read_dir(found).expect("the folder can be read");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("an entry").path()).collect();
    files.sort();
    Some(files)
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).expect("the file can be read")
}

#[test]
fn registers_of_etcd_are_judged_as_is_known() {
    let Some(files) = folder("etcd") else { return };
    for file in &files {
        let name = file.file_stem().expect("a name").to_string_lossy();
        let number: u32 = name.trim_start_matches("etcd_").parse().expect("a number");
        let history = history(&text(file));
        assert_eq!(history.model, Model::Cas, "{name}");
        let witness = witness(&history);
        assert_eq!(witness.is_none(), LINEARIZABLE.contains(&number), "{name}");
        if let Some(witness) = witness {
            assert!(witness.minimal, "{name}");
        }
    }
    assert!(!files.is_empty());
}

#[test]
fn stores_are_judged_as_their_names_say() {
    let Some(files) = folder("kv") else { return };
    for file in &files {
        let name = file.file_stem().expect("a name").to_string_lossy();
        let judgement = judged(&text(file), None);
        let ok = name.ends_with("-ok");
        assert_eq!(judgement.verdict == Verdict::Holds, ok, "{name}: {judgement:?}");
        if let Verdict::Violated(witness) = judgement.verdict {
            assert!(witness.minimal && witness.operations.len() <= 3, "{name}: {witness:?}");
        }
    }
    assert!(!files.is_empty());
}
