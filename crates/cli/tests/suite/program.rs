//! Runs the program, and looks at what it said.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

/// What the program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// The verdict that it printed as JSON; nothing else may stand on standard output.
    pub(crate) fn json(&self) -> Json {
        match serde_json::from_str(&self.out) {
            Ok(json) => json,
            Err(error) => panic!("{error} in {self:#?}"),
        }
    }

    /// The rest of the first line that begins like this.
    pub(crate) fn line(&self, begin: &str) -> Option<&str> {
        self.out.lines().find_map(|line| line.strip_prefix(begin)).map(str::trim)
    }
}

/// Runs the program with these words.
pub(crate) fn words<S: AsRef<str>>(words: &[S]) -> Said {
    let out = Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(words.iter().map(S::as_ref))
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
    let code = out.status.code().expect("the program ends by itself");
    Said { code, out: text(out.stdout), err: text(out.stderr) }
}

/// Runs a command line, without the name of the program.
pub(crate) fn quorate(line: &str) -> Said {
    words(&split(line))
}

/// Runs a command line that the program printed, with the name of the program.
pub(crate) fn pasted(line: &str) -> Said {
    let parts = split(line);
    assert_eq!(parts.first().map(String::as_str), Some("quorate"), "{line}");
    words(&parts[1..])
}

/// Splits a command line as a shell would: blanks, single quotes, backslashes.
pub(crate) fn split(line: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part: Option<String> = None;
    let mut quoted = false;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                quoted = !quoted;
                part.get_or_insert_default();
            }
            '\\' if !quoted => part.get_or_insert_default().extend(chars.next()),
            c if c.is_whitespace() && !quoted => parts.extend(part.take()),
            c => {
                assert!(quoted || !";&|<>$`*?(){}~\"".contains(c), "{c:?} is not quoted: {line}");
                part.get_or_insert_default().push(c);
            }
        }
    }
    parts.extend(part);
    parts
}

/// An empty folder of this name.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder can be made");
    path
}

/// A file with this content.
pub(crate) fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("a file can be written");
    path.to_str().expect("paths here are UTF-8").to_string()
}

/// The names of a folder's files.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let names = entries.map(|e| e.expect("it can be listed").file_name());
    let mut names: Vec<String> = names.map(|n| n.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Nothing on standard output, one message on standard error, and this code.
pub(crate) fn refused(said: &Said, code: i32, what: &str) {
    assert_eq!(said.code, code, "{what}: {said:#?}");
    assert_eq!(said.out, "", "{what}");
    let err = &said.err;
    assert!(err.starts_with("quorate: ") || err.starts_with("error: "), "{what}: {err}");
    assert!(err.ends_with('\n') && err.len() > 20, "{what}: {err}");
    for word in ["panicked", "defect", "RUST_BACKTRACE", "unwrap"] {
        assert!(!err.contains(word), "{what}: {err}");
    }
}
