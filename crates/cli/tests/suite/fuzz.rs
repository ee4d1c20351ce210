//! Command lines put together at random: whatever they say, the program ends as it promises.

use crate::program::words;

/// A small generator of numbers; the same seed gives the same ones.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const VERBS: &[&str] = &["run", "run", "run", "check", "check", "explain", "replay", "list", "ru"];

const SUBJECTS: &[&str] = &[
    "om",
    "sm",
    "eig",
    "flood-set",
    "min-flood",
    "early-deciding",
    "early-stopping",
    "phase-king",
    "phase-king-3f",
    "turpin-coan",
    "interactive-consistency",
    "dolev-strong",
    "wait-for-all",
    "generals-from-consensus",
    "consensus-from-vector",
    "vector-from-consensus",
    "nothing",
    "x.toml",
];

const WORDS: &[(&str, &[&str])] = &[
    ("-n", &["1", "2", "3", "4", "5", "0", "-3", "x", ""]),
    ("-f", &["0", "1", "2", "3", "-1", "9"]),
    ("--inputs", &["0,1,1", "1", "attack", "0,1,1,0", "", ",", "2,2,2,2"]),
    ("--values", &["2", "3", "a,b", "a,b,c", "a,a", "0", "-1", ","]),
    ("--crash", &["p0@1", "p1@2:p0", "p0@1:p1,p2", "p3@9", "p@", "@1", "p0@1:"]),
    ("--traitor", &["p0", "p1=random", "p2=equivocate", "p0=silent", "p1=flip", "p9", "=", "p0="]),
    ("--faulty", &["p0", "p2", "p7", ""]),
    ("--lie", &["p0@1:p1=0", "p1@2:p2=1", "p0@1:p1=", "p1@2:p1=0", "p0@1:p1==", ":", "p2@2:p0=0!"]),
    ("--omit", &["p0@1:p1", "p1@2:p0", "p0@1:p0", "p0@1"]),
    ("--miss", &["p0@1:p1", "p1@1:p0", "p1@1:p1"]),
    ("--flip", &["p0@1", "p1@2#0", "p1@2:p0#0", "p0@1#99", "#", "p2@1:p0"]),
    ("--faults", &["none", "crash", "omission", "general-omission", "byzantine", "worms"]),
    ("--seed", &["0", "7", "18446744073709551615", "-1"]),
    ("--rounds", &["1", "2", "3", "5", "0", "x"]),
    ("--commander", &["p0", "p1", "p2", "p9", "me"]),
    ("--set", &["tie=median", "tie=commander", "rule=min", "tie", "=", "a=b"]),
    ("--require", &["ic1", "agreement", "integrity", "deadline", "termination,ic2", ",", "x"]),
    ("--expect", &["holds", "violated", "impossible"]),
    ("--format", &["json", "text", "yaml"]),
    ("--flips", &["0", "1", "2", "-1"]),
];

const FLAGS: &[&str] = &["--signed", "-q", "-v", "--no-symmetry", "--quiet", "-x", "--"];

fn line(random: &mut Random) -> Vec<String> {
    let mut line = vec![random.pick(VERBS).to_string(), random.pick(SUBJECTS).to_string()];
    if line[0] != "explain" && line[0] != "list" && line[0] != "replay" {
        line.extend(["--budget".into(), "200ms".into()]);
    }
    for _ in 0..random.below(6) {
        let (option, values) = WORDS[random.below(WORDS.len())];
        line.extend([option.into(), random.pick(values).into()]);
    }
    if random.below(4) == 0 {
        line.push(random.pick(FLAGS).into());
    }
    line
}

#[test]
fn any_command_line_ends_with_a_code_that_is_promised() {
    let mut random = Random::new(2026);
    let mut ran = 0;
    for _ in 0..500 {
        let line = line(&mut random);
        let said = words(&line);
        assert!([0, 1, 2, 3, 10, 11, 12, 20].contains(&said.code), "{line:?}: {said:#?}");
        for word in ["panicked", "defect"] {
            assert!(!said.err.contains(word), "{line:?}: {said:#?}");
        }
        let refused = [2, 3].contains(&said.code);
        assert_eq!(refused, said.out.is_empty() && !said.err.is_empty(), "{line:?}: {said:#?}");
        ran += usize::from(!refused);
    }
    assert!(ran > 50, "only {ran} of 500 lines make sense");
}
