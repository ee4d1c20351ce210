//! Scenario files with mistakes, and outputs that cannot be written.

use crate::program::{file, folder, names, quorate, refused, words};

/// A scenario file, where the mistake is, and a word that the message must have.
const FILES: &[(&str, &str, &str)] = &[
    ("", "", "protocol"),
    ("n = 3\n", "", "protocol"),
    ("protocol = \"om\n", ":1:", "string"),
    ("protocol = om\n", ":1:12", "string"),
    ("protocol = \"om\"\nn = \n", ":2:", "value"),
    ("protocol = \"om\"\n= 3\n", ":2:", "key"),
    ("protocol = \"om\"\nn = 4\nn = 4\n", ":3:", "duplicate key"),
    ("protocol = \"om\"\nroudns = 3\n", ":2:1", "rounds"),
    ("protocol = \"om\"\n\n  treitor = [\"p1\"]\n", ":3:3", "traitor"),
    ("protocol = \"omm\"\n", ":1:13", "did you mean om?"),
    ("protocol = \"flod-set\"\n", ":1:13", "did you mean flood-set?"),
    ("protocol = \"om\"\nn = \"4\"\n", ":2:5", "whole number"),
    ("protocol = \"om\"\nn = 4.5\n", ":2:5", "whole number"),
    ("protocol = \"om\"\nn = [4]\n", ":2:5", "whole number"),
    ("protocol = 7\n", ":1:12", "string"),
    ("protocol = \"om\"\nseed = -1\n", ":2:8", "-1"),
    ("protocol = \"om\"\nrounds = 70000\n", ":2:10", "70000"),
    ("protocol = \"om\"\nsigned = \"yes\"\n", ":2:10", "boolean"),
    ("protocol = \"om\"\nlie = \"p1@2:p2=0\"\n", ":2:7", "list"),
    ("protocol = \"om\"\ninputs = [true]\n", ":2:10", "word in quotes or a number"),
    ("protocol = \"om\"\nvalues = true\n", ":2:10", "names"),
    ("protocol = \"om\"\nset = \"tie\"\n", ":2:7", "KEY = VALUE"),
    ("protocol = \"om\"\nn = 4\nf = 4\n", ":3:1", "below n"),
    ("protocol = \"om\"\nn = 0\nf = 0\n", ":2:1", "at least 1"),
    ("protocol = \"om\"\nn = -7\n", ":2:1", "-7"),
    ("protocol = \"om\"\nset.tie = \"medan\"\n", ":2:12", "median"),
    ("protocol = \"om\"\nset.tei = \"median\"\n", ":2:5", "tie"),
    ("protocol = \"om\"\nn = 4\nlie = [\"p1@2:p2=defend\"]\n", ":3:", "attack"),
    ("protocol = \"om\"\nn = 4\ntraitor = [\"p9\"]\n", "", "p9"),
    ("protocol = \"om\"\ntraitor = [\"p1=silnt\"]\n", ":2:", "silent"),
    ("protocol = \"om\"\nfaults = \"byzantin\"\n", ":2:11", "byzantine"),
    ("protocol = \"om\"\ntiming = \"synchronos\"\n", ":2:11", "synchronous"),
    ("protocol = \"om\"\nexpect = \"hold\"\n", ":2:11", "holds"),
    ("protocol = \"om\"\nrequire = [\"ic3\"]\n", ":2:13", "ic2"),
    ("protocol = \"om\"\nbudget = \"soon\"\n", ":2:11", "60s"),
    ("protocol = \"om\"\nvalues = [\"a\", \"a\"]\n", ":2:", "two values"),
    ("protocol = \"om\"\ninputs = [\"charge\"]\n", ":2:12", "retreat, attack"),
    ("protocol = \"om\"\n[extra]\n", ":2:", "key"),
];

#[test]
fn a_mistake_in_a_scenario_is_shown_where_it_is() {
    let at = folder("bad-scenarios");
    for (k, (content, place, word)) in FILES.iter().enumerate() {
        let path = file(&at, &format!("{k}.toml"), content);
        for verb in ["run", "check"] {
            let said = words(&[verb, &path]);
            if verb == "check" && content.contains("lie = [") {
                continue;
            }
            refused(&said, 3, content);
            let err = &said.err;
            assert!(err.contains(&format!("{k}.toml{place}")), "{content}\n{err}");
            assert!(err.contains(word), "{word} is not in\n{content}\n{err}");
        }
    }
}

#[test]
fn a_file_that_is_no_scenario_is_refused() {
    let at = folder("no-scenarios");
    let binary = file(&at, "binary.toml", [0xff, 0xfe, 0, 1, 2, 3]);
    let huge = file(&at, "deep.toml", "a = [".to_string() + &"[".repeat(50_000));
    std::fs::create_dir(at.join("folder.toml")).expect("a folder can be made");
    for path in [binary, huge] {
        refused(&words(&["run", &path]), 3, &path);
    }
    for name in ["folder.toml", "nowhere.toml"] {
        let path = at.join(name).display().to_string();
        refused(&words(&["run", &path]), 3, &path);
    }
}

#[test]
fn a_mistake_on_the_command_line_is_no_mistake_of_the_file() {
    let at = folder("good-scenario");
    let path = file(&at, "good.toml", "protocol = \"om\"\nn = 4\nf = 1\n");
    for more in ["--crash p9@1", "--set tie=luck", "-n 3 -f 3", "--lie p1@2:p2=x", "--require x"] {
        let said = quorate(&format!("run {path} {more}"));
        refused(&said, 2, more);
        assert!(!said.err.contains("good.toml"), "{}", said.err);
    }
}

#[test]
fn nothing_is_written_if_one_output_cannot_be() {
    let at = folder("unwritable");
    let good = at.join("good").display().to_string();
    let bad = at.join("no/such/folder").display().to_string();
    let dir = at.display().to_string();
    for option in ["--svg", "--html", "--trace"] {
        for other in ["--svg", "--html", "--trace"].into_iter().filter(|other| *other != option) {
            for wrong in [&bad, &dir] {
                for verb in ["run", "check"] {
                    let said = words(&[verb, "om", option, wrong, other, &good]);
                    refused(&said, 3, &format!("{option} {wrong} {other}"));
                    assert_eq!(names(&at), [""; 0]);
                }
            }
        }
    }
    // A mistake elsewhere leaves a file that was there as it was.
    let kept = file(&at, "kept", "before");
    refused(&words(&["run", "om", "--svg", &kept, "--crash", "p9@1"]), 2, "a bad crash");
    refused(&words(&["run", "om", "--svg", &kept, "--trace", &kept]), 2, "one file twice");
    refused(&words(&["replay", &kept, "--svg", &kept]), 2, "input and output");
    assert_eq!(std::fs::read_to_string(&kept).expect("it is there"), "before");
    assert_eq!(names(&at), ["kept"]);
}
