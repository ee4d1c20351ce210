//! Which files there are, and which check applies to which.

use std::fmt::{self, Display};
use std::path::Path;
use std::{fs, io};

use crate::{source, text};

/// Something to object to, at a line of a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Finding {
    /// The file, from the root of the project.
    pub(crate) path: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) what: String,
}

impl Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// What a check finds in one file: lines and objections.
pub(crate) type Objections = Vec<(usize, String)>;

/// The crates that know no clock, thread, file, socket or operating system.
const BARE: &[&str] = &["kernel", "problems", "protocols", "world", "diagram", "trace"];

/// The path and content of every text that people write here, in order of path.
pub(crate) fn project_files(root: &Path) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    collect(root, "", &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && !matches!(name.as_str(), ".git" | "target" | "node_modules") {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() && is_ours(&path) {
            files.push((path, fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

fn is_ours(path: &str) -> bool {
    [".rs", ".md", ".toml"].iter().any(|end| path.ends_with(end)) || path == ".ci/run"
}

/// Files of expected output: long strings, as they were printed.
fn is_golden(path: &str) -> bool {
    path.contains("golden") || path.contains("testdata") || path.contains("snapshots")
}

/// Whether a file holds nothing but tests.
fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

/// Everything to object to in one file.
pub(crate) fn check(path: &str, content: &str) -> Vec<Finding> {
    let mut found = text::unfinished(content);
    found.extend(text::tabs_and_emoji(content));
    if path.ends_with(".rs") {
        if !is_golden(path) {
            found.extend(text::wide(content));
        }
        found.extend(check_source(path, content));
    }
    found.sort();
    found.into_iter().map(|(line, what)| Finding { path: path.to_owned(), line, what }).collect()
}

fn check_source(path: &str, content: &str) -> Objections {
    let file = match syn::parse_file(content) {
        Ok(file) => file,
        Err(error) => return vec![(error.span().start().line, format!("unreadable: {error}"))],
    };
    let mut found = source::long_functions(&file);
    found.extend(source::unexplained_ignores(&file, content));
    found.extend(source::banned_everywhere(content));
    let krate = path.strip_prefix("crates/").and_then(|rest| rest.split('/').next());
    let in_src = path.contains("/src/") && !is_test(path);
    if in_src && !is_golden(path) {
        found.extend(source::long_file(&file, content));
    }
    if in_src && krate.is_some_and(|name| BARE.contains(&name)) {
        found.extend(source::banned_below_runtime(&file, content));
        if path.ends_with("/src/lib.rs") {
            found.extend(source::missing_no_std(&file));
        }
    }
    if in_src && krate == Some("protocols") {
        found.extend(source::names_engine(&file, content));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(path: &str, content: &str) -> Vec<(usize, String)> {
        check(path, content).into_iter().map(|finding| (finding.line, finding.what)).collect()
    }

    #[test]
    fn a_bare_crate_may_not_name_std() {
        let found = whats("crates/kernel/src/clock.rs", "use std::time::Instant;\n");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(whats("crates/cli/src/clock.rs", "use std::time::Instant;\n").is_empty());
        assert!(whats("crates/kernel/tests/suite/main.rs", "use std::time::Instant;\n").is_empty());
    }

    #[test]
    fn the_library_of_a_bare_crate_says_no_std() {
        assert_eq!(whats("crates/trace/src/lib.rs", "//! Text.\n").len(), 1);
        assert!(whats("crates/trace/src/lib.rs", "//! Text.\n#![no_std]\n").is_empty());
        assert!(whats("crates/checker/src/lib.rs", "//! Text.\n").is_empty());
    }

    #[test]
    fn a_protocol_may_not_name_the_engine() {
        let path = "crates/protocols/src/consensus/sly.rs";
        assert_eq!(whats(path, "use quorate_kernel::engine;\n").len(), 1);
        assert!(whats("crates/world/src/round.rs", "use quorate_kernel::engine;\n").is_empty());
    }

    #[test]
    fn what_does_not_parse_is_found() {
        assert_eq!(whats("crates/cli/src/main.rs", "fn main( {}\n").len(), 1);
    }

    #[test]
    fn golden_files_may_be_wide() {
        let wide = format!("// {}\n", "x".repeat(120));
        assert_eq!(whats("crates/cli/src/main.rs", &wide).len(), 1);
        assert!(whats("crates/cli/tests/golden/om.rs", &wide).is_empty());
    }

    #[test]
    fn the_project_is_found_and_its_output_is_not() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let files = project_files(&root).expect("the project can be read");
        assert!(files.iter().any(|(path, _)| path == "crates/kernel/src/lib.rs"));
        assert!(files.iter().all(|(path, _)| !path.starts_with("target/")));
    }

    #[test]
    fn a_finding_is_shown_with_file_and_line() {
        let finding = Finding { path: "a.rs".into(), line: 3, what: "no".into() };
        assert_eq!(finding.to_string(), "a.rs:3: no");
    }
}
