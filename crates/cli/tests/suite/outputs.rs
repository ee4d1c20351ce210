//! Files, pages, pipes and help.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{folder, names, quorate, refused, words};

#[test]
fn pictures_are_whole_and_load_nothing() {
    let at = folder("pictures");
    let path = |name: &str| at.join(name).display().to_string();
    for (k, line) in
        ["check om -n 3 -f 1", "run sm -n 3 -f 1 --traitor p0=equivocate"].iter().enumerate()
    {
        let [svg, html, trace] = ["svg", "html", "jsonl"].map(|end| path(&format!("{k}.{end}")));
        let said = quorate(&format!("{line} --svg {svg} --html {html} --trace {trace}"));
        assert_eq!(said.err, "", "{line}");
        let read = |path: &str| std::fs::read_to_string(path).expect("it was written");
        let (svg, html, trace) = (read(&svg), read(&html), read(&trace));
        assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{line}");
        assert!(html.contains("<html") && html.trim_end().ends_with("</html>"), "{line}");
        for text in [&svg, &html] {
            assert!(text.contains("p0") && text.contains("attack"), "{line}");
            for loads in ["src=\"http", "href=\"http", "url(http", "@import", "<link", "//cdn"] {
                assert!(!text.contains(loads), "{line}: {loads}");
            }
        }
        assert!(trace.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{line}");
    }
    assert_eq!(names(&at).len(), 6);
}

#[test]
fn the_manual_and_the_completions_are_made() {
    let at = folder("man");
    let said = words(&["man", &at.display().to_string()]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
    for page in ["quorate.1", "quorate-run.1", "quorate-check.1", "quorate-replay.1"] {
        assert!(names(&at).iter().any(|name| name == page), "{page} is missing");
    }
    refused(&words(&["man", &at.join("nowhere").display().to_string()]), 3, "no folder");
    for shell in ["bash", "zsh", "fish"] {
        let said = words(&["completions", shell]);
        assert_eq!(said.code, 0, "{shell}");
        assert!(said.out.len() > 500 && said.out.contains("quorate"), "{shell}");
    }
}

#[test]
fn without_a_command_there_is_a_tour() {
    let started = Instant::now();
    let said = words::<&str>(&[]);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    for word in ["quorate check", "quorate list", "violated", "proved"] {
        assert!(said.out.contains(word), "{word} is not in the tour");
    }
}

#[test]
fn a_pipe_gets_no_colour() {
    for line in ["", "check om -n 3 -f 1", "run om -n 4 --traitor p0 -v", "list", "explain om"] {
        let said = quorate(line);
        assert!(!said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'), "{line}");
    }
    assert!(!quorate("check omm").err.contains('\u{1b}'));
}

#[test]
fn a_closed_pipe_is_no_failure() {
    for line in [["list", "--format", "json"], ["run", "om", "-v"], ["check", "om", "-v"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_quorate"))
            .args(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let mut err = String::new();
        let mut pipe = child.stderr.take().expect("it is piped");
        pipe.read_to_string(&mut err).expect("the program prints UTF-8");
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{line:?}: {err}");
        assert_eq!(err, "", "{line:?}");
    }
}

#[test]
fn integrity_is_explained_with_its_trap() {
    let said = quorate("explain integrity");
    assert_eq!(said.code, 0);
    let text = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("quorate check flood-set -n 3 -f 1 --require integrity"), "{text}");
    let queen = quorate("explain phase-queen");
    assert!(queen.out.contains("phase-queen") && queen.out.contains("phase-king"), "{queen:?}");
}

#[test]
fn everything_in_the_catalogue_is_explained_and_runs() {
    let list = quorate("list --format json").json();
    let cards = match &list {
        serde_json::Value::Array(cards) => cards.clone(),
        other => other["protocols"].as_array().expect("there is a list").clone(),
    };
    assert!(cards.len() > 10);
    for card in cards {
        let name = card["name"].as_str().expect("a protocol has a name");
        let explained = words(&["explain", name]);
        assert_eq!(explained.code, 0, "{name}");
        let verb = if explained.out.contains("quorate check") { "check" } else { "sweep" };
        assert!(explained.out.contains(&format!("quorate {verb}")), "{name}: {}", explained.out);
        let run = words(&["run", name, "--format", "json"]);
        assert_eq!(run.code, 0, "{name}: {run:#?}");
        assert_eq!(run.json()["verdict"], "holds", "{name}");
    }
}

#[test]
fn quiet_is_short_and_verbose_is_long() {
    let [quiet, plain, verbose] =
        ["-q", "", "-v"].map(|option| quorate(&format!("run om -n 4 -f 1 {option}")).out);
    assert!(quiet.lines().count() <= 3, "{quiet}");
    assert!(quiet.len() < plain.len() && plain.len() < verbose.len());
}
