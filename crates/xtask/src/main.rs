//! `cargo xtask tidy` and `cargo xtask ci`: the rules of the project that the compiler leaves out.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod files;
mod source;
mod text;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use files::{Finding, check, project_files};

const USAGE: &str = "usage: cargo xtask tidy [--sources]   formatting, clippy, the project's own \
    rules (--sources: these alone)\n       cargo xtask ci                 what .ci/run runs";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let passed = match words[..] {
        ["tidy"] => [formatted(), linted(), tidy(&root())].iter().all(|passed| *passed),
        ["tidy", "--sources"] => tidy(&root()),
        ["ci"] => runs(Command::new("bash").arg(".ci/run")),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The root of the workspace, wherever the command was given.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn formatted() -> bool {
    runs(cargo().args(["fmt", "--all", "--check"]))
}

/// Clippy also knows of public items without a comment: `missing_docs` is on in every crate.
fn linted() -> bool {
    runs(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn runs(command: &mut Command) -> bool {
    match command.current_dir(root()).status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("{}: {error}", command.get_program().to_string_lossy());
            false
        }
    }
}

/// Checks every file of the project and prints what is wrong; true if nothing is.
fn tidy(root: &Path) -> bool {
    let files = match project_files(root) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("cannot read the project: {error}");
            return false;
        }
    };
    let findings: Vec<Finding> = files.iter().flat_map(|(path, text)| check(path, text)).collect();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("tidy: {} files, nothing to object to", files.len()),
        found => println!("tidy: {} files, {found} findings", files.len()),
    }
    findings.is_empty()
}
