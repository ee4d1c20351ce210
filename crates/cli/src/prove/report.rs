//! An answer, for people and as JSON.

use std::fmt::Write;
use std::path::PathBuf;

use quorate_prover::{
    Answer, Means, Model, Proof, Question, Simplex, Stopped, draw, draw_simplices,
};
use serde_json::{Value as Json, json};

use super::args::{AnswerWord, ProofArgs};
use crate::args::Format;
use crate::catalog::wrapped;
use crate::failure::exit;
use crate::lines::runs_json;
use crate::report::{Verdict, painted, plural};
use crate::reproduce::quoted;
use crate::stage::grouped;

/// Chains up to so many executions are printed whole.
const SHOWN_MAX: usize = 12;

/// What was asked.
pub(super) struct Asked {
    pub(super) theorem: &'static str,
    pub(super) question: Question,
    /// The command that asks it again.
    pub(super) line: String,
}

/// What came of it.
pub(super) struct Answered {
    pub(super) asked: Asked,
    pub(super) proof: Result<Proof, Stopped>,
    pub(super) seconds: f64,
    pub(super) certificate: Option<PathBuf>,
}

/// A question in a few words.
pub(super) fn question_text(question: &Question) -> String {
    let Question { model, n, f, rounds, uniform, k, early, losses } = *question;
    let rounds = match early.all() {
        [] => plural(rounds.into(), "round"),
        each => {
            let each: Vec<String> = each.iter().map(ToString::to_string).collect();
            format!("decided by round {} if 0 to {f} fail", each.join(", "))
        }
    };
    let problem = match k {
        1 => "consensus".to_string(),
        k => format!("{k}-set agreement"),
    };
    let uniform = if uniform { format!("uniform {problem}") } else { problem };
    match model {
        Model::Loss | Model::LossFew => {
            let lost = match model {
                Model::LossFew => format!("{} lost in all", plural(f.into(), "message")),
                _ => format!("{} lost", super::losses::told(&losses)),
            };
            format!("coordinated attack, 2 armies that both send, {lost}, {rounds}")
        }
        Model::LossInTurn => {
            let messages = plural(question.rounds.into(), "message");
            format!("coordinated attack, 2 armies, {messages} in turn")
        }
        Model::Late => format!(
            "{uniform}, n = {n}, asynchronous, each may miss {} in a round, {rounds}",
            others(f)
        ),
        Model::LateOrder => format!(
            "the Byzantine generals, n = {n}, asynchronous, each may miss {} in a round, {rounds}",
            others(f)
        ),
        Model::LateSigned => format!(
            "{uniform}, n = {n}, f = {f}, byzantine faults, signed messages, each may miss {} in a \
             round, {rounds}",
            others(f)
        ),
        Model::ImmediateSnapshot => {
            format!("{uniform}, n = {n}, wait-free, an immediate snapshot a round, {rounds}")
        }
        Model::Snapshot => format!("{uniform}, n = {n}, wait-free, a snapshot a round, {rounds}"),
        _ => {
            let signed = if model == Model::Signed { ", signed messages" } else { "" };
            format!("{uniform}, n = {n}, f = {f}, {} faults{signed}, {rounds}", faults(model))
        }
    }
}

fn others(count: u16) -> String {
    if count == 1 { "one other".into() } else { format!("{count} others") }
}

fn faults(model: Model) -> &'static str {
    match model {
        Model::Crash => "crash",
        Model::Omission => "omission",
        Model::GeneralOmission => "general-omission",
        Model::Byzantine | Model::Signed | Model::LateSigned => "byzantine",
        _ => "none",
    }
}

impl Answered {
    fn word(&self) -> &'static str {
        match &self.proof {
            Ok(Proof { answer: Answer::Impossible { .. } | Answer::Parity { .. }, .. }) => {
                "impossible"
            }
            Ok(Proof { answer: Answer::Solvable { .. }, .. }) => "solvable",
            Err(_) => "inconclusive",
        }
    }

    pub(super) fn exit_code(&self, expect: Option<AnswerWord>) -> u8 {
        let expected = expect.map(|word| match word {
            AnswerWord::Impossible => "impossible",
            AnswerWord::Solvable => "solvable",
        });
        match (self.word(), expected) {
            ("inconclusive", _) => exit::INCONCLUSIVE,
            (word, Some(expected)) if word != expected => exit::NOT_AS_EXPECTED,
            _ => exit::AS_EXPECTED,
        }
    }

    pub(super) fn told(&self, output: &ProofArgs, colour: bool) -> String {
        match output.format {
            Format::Json => format!("{}\n", self.json()),
            Format::Text => self.text(output, colour),
        }
    }

    fn text(&self, output: &ProofArgs, colour: bool) -> String {
        let question = &self.asked.question;
        let paint = match &self.proof {
            Ok(Proof { answer: Answer::Solvable { .. }, .. }) => Verdict::Proved,
            Ok(_) => Verdict::Violated,
            Err(_) => Verdict::Inconclusive,
        };
        let word = painted(self.word(), paint, colour);
        let mut out = format!("{word}: {}\n", question_text(question));
        let proof = match &self.proof {
            Ok(_) if output.quiet => return out,
            Ok(proof) => proof,
            Err(stopped) => {
                let _ = writeln!(out, "{}", wrapped(&given_up(*stopped), "  "));
                let _ = writeln!(out, "\nreproduce: {}", self.asked.line);
                return out;
            }
        };
        match &proof.answer {
            Answer::Impossible { chain } => {
                let most = if output.verbose { usize::MAX } else { SHOWN_MAX };
                let plain = !question.uniform && question.early.is_empty();
                let shortest = proof.means == Means::Whole && plain;
                let _ = writeln!(out, "{}", wrapped(&chain_text(chain.len(), shortest), "  "));
                let _ = writeln!(out, "\n{}", draw(question, chain, most).trim_end());
                if chain.len() > most {
                    let _ = writeln!(out, "\n-v prints the whole chain");
                }
            }
            Answer::Parity { simplices } => {
                let most = if output.verbose { usize::MAX } else { SHOWN_MAX + 1 };
                let _ = writeln!(out, "{}", wrapped(&parity_text(simplices, question.k), "  "));
                let drawn = draw_simplices(question, simplices, most);
                let _ = writeln!(out, "\n{}", drawn.trim_end());
                if simplices.len() > most {
                    let _ = writeln!(out, "\n-v prints all of them");
                }
            }
            Answer::Solvable { table } => {
                let views = plural(table.decisions.len() as u128, "view");
                let names = if table.names { "" } else { ", which need not know who said what" };
                let _ = writeln!(out, "  an algorithm agrees: it decides by {views}{names}");
            }
        }
        let _ = writeln!(out, "\n{}", wrapped(&self.work_text(proof), ""));
        for note in self.notes() {
            let _ = writeln!(out, "{}", wrapped(&note, ""));
        }
        let _ = writeln!(out, "\nreproduce: {}", self.asked.line);
        if let Some(path) = &self.certificate {
            let path = quoted(&path.display().to_string());
            let _ = writeln!(out, "verify:    quorate prove verify {path}");
        }
        out
    }

    fn work_text(&self, proof: &Proof) -> String {
        let counts = &proof.counts;
        let means = match proof.means {
            Means::Whole => "",
            Means::FewExecutions if self.asked.question.k > 1 => {
                " (of those with sorted proposals and few crashes a round: fewer are enough for an \
                 impossibility)"
            }
            Means::FewExecutions => {
                " (of those with sorted proposals and at most one crash a round: fewer are enough \
                 for a chain)"
            }
            Means::Covering => {
                let late = matches!(self.asked.question.model, Model::Late | Model::LateSigned);
                let made = match late {
                    true => "groups that do not hear of each other",
                    false => "one run of everybody twice, in a ring",
                };
                return format!("made from {made}, {:.2} s", self.seconds);
            }
            Means::WithoutNames => " (without names: coarser views are enough for an algorithm)",
        };
        format!(
            "{} of {}, {} in {}{means}, {:.2} s, {} MB",
            plural(counts.runs, "execution"),
            plural(self.asked.question.rounds.into(), "round"),
            plural(counts.views.into(), "final view"),
            plural(counts.components.into(), "component"),
            self.seconds,
            grouped((counts.bytes / 1_000_000).max(1).into()),
        )
    }

    /// What the answer means, and what is known of it.
    fn notes(&self) -> Vec<String> {
        let Question { model, n, f, rounds, uniform, k, losses, .. } = self.asked.question;
        let Ok(proof) = &self.proof else { return Vec::new() };
        let impossible = !matches!(proof.answer, Answer::Solvable { .. });
        if k > 1 || !self.asked.question.early.is_empty() {
            return super::notes::further(&self.asked.question, impossible);
        }
        let note = match model {
            Model::Loss if impossible && losses.all() == [super::losses::ONE] => {
                "one lost message a round is enough for it (Santoro, Widmayer 1989)"
            }
            Model::LossFew if impossible => {
                "with k losses in all k + 1 rounds are enough (what may be lost decides: Godard, \
                 Perdereau 2020)"
            }
            Model::Loss if !losses.is_empty() => {
                "what may be lost decides: if never both messages of a round are, there is \
                 agreement in r rounds exactly if some way to lose messages in them is ruled out \
                 (Godard, Perdereau 2020)"
            }
            Model::Loss | Model::LossInTurn if impossible => {
                "no number of messages is enough (Akkoyunlu, Ekanadham, Huber 1975; Gray 1978)"
            }
            Model::Late if impossible && n <= 2 * f => {
                "if messages may be late, two halves that do not hear of each other decide \
                 differently, in however many rounds: n > 2f is needed (Bracha, Toueg 1985; Dwork, \
                 Lynch, Stockmeyer 1988)"
            }
            Model::Late if impossible => {
                "one process that may be late is enough for it (Fischer, Lynch, Paterson 1985); a \
                 run of a protocol that is kept undecided: quorate prove asynchrony paxos"
            }
            Model::LateOrder if impossible => {
                "a general whose message is late cannot be told from one that says nothing, in \
                 however many rounds, so nobody can decide what it orders"
            }
            Model::LateSigned if impossible => {
                "if messages may be late, traitors leave no agreement unless n > 3f, signed or not \
                 (Bracha, Toueg 1985; Dwork, Lynch, Stockmeyer 1988)"
            }
            Model::Snapshot | Model::ImmediateSnapshot if impossible => {
                "agreement is not wait-free (Loui, Abu-Amara 1987; Herlihy 1991)"
            }
            Model::Byzantine if impossible && n <= 3 * f => {
                "traitors leave no agreement unless n > 3f (Pease, Shostak, Lamport 1980; the ring \
                 is of Fischer, Lynch, Merritt 1986); with signatures n > 2f is enough: --signed"
            }
            Model::Signed if impossible && n <= 2 * f => {
                "consensus on what the correct processes propose needs n > 2f, signed or not; a \
                 signed order of one general reaches all for any n > f: quorate explain sm"
            }
            Model::GeneralOmission if impossible && uniform && n <= 2 * f => {
                "uniform agreement despite general omissions needs n > 2f (Perry, Toueg 1986)"
            }
            _ if matches!(self.asked.theorem, "rounds" | "traitors")
                && impossible
                && rounds <= f
                && f + 2 <= n =>
            {
                "f + 1 rounds are needed if f <= n - 2 (Fischer, Lynch 1982; Dolev, Strong 1983)"
            }
            Model::Crash if !impossible && rounds <= f && f + 1 == n => {
                "f rounds are enough here: the bound of f + 1 rounds needs f <= n - 2, and f = n - 1"
            }
            _ => return Vec::new(),
        };
        vec![note.into()]
    }

    fn json(&self) -> Json {
        let Question { model, n, f, rounds, uniform, k, early, .. } = self.asked.question;
        let timing = match model {
            Model::Late | Model::LateOrder | Model::LateSigned => "asynchronous",
            Model::Snapshot | Model::ImmediateSnapshot => "asynchronous",
            _ => "synchronous",
        };
        let signed = matches!(model, Model::Signed | Model::LateSigned);
        let word = self.word();
        let agreement = match (k, uniform) {
            (1, false) => "agreement",
            (1, true) => "uniform-agreement",
            _ => "k-agreement",
        };
        let liars = matches!(model, Model::Byzantine | Model::Signed | Model::LateSigned);
        let validity = match k {
            1 if liars => "integrity",
            1 => "validity-all",
            _ => "validity-proposed",
        };
        let (agreement, validity) = match model {
            Model::LateOrder => ("ic1", "ic2"),
            _ => (agreement, validity),
        };
        let names = [agreement, validity, "termination"];
        let requirements =
            names.map(|name| json!({"name": name, "verdict": word, "witness": null}));
        let counts = self.proof.as_ref().map(|proof| proof.counts).unwrap_or_default();
        let (chain, simplices) = match self.proof.as_ref().map(|proof| &proof.answer) {
            Ok(Answer::Impossible { chain }) => (json!(chain), Json::Null),
            Ok(Answer::Parity { simplices }) => (Json::Null, json!(simplices)),
            _ => (Json::Null, Json::Null),
        };
        let mut notes = self.notes();
        notes.extend(self.proof.as_ref().err().map(|stopped| given_up(*stopped)));
        json!({
            "schema": "quorate/verdict",
            "version": 1,
            "command": "prove",
            "theorem": self.asked.theorem,
            "n": n,
            "f": f,
            "rounds": rounds,
            "k": k,
            "early": early,
            "model": {
                "timing": timing, "faults": faults(model), "signed": signed,
                "rounds": model,
            },
            "verdict": word,
            "requirements": requirements,
            "work": {
                "runs": runs_json(counts.runs), "states": counts.states,
                "transitions": counts.unions, "depth": rounds, "seconds": self.seconds,
            },
            "views": counts.views,
            "components": counts.components,
            "bytes": counts.bytes,
            "means": self.proof.as_ref().ok().map(|proof| means_word(proof.means)),
            "chain": chain,
            "simplices": simplices,
            "certificate": self.certificate,
            "notes": notes,
            "reproduce": self.asked.line,
        })
    }
}

fn means_word(means: Means) -> &'static str {
    match means {
        Means::Whole => "whole",
        Means::FewExecutions => "few-executions",
        Means::WithoutNames => "without-names",
        Means::Covering => "covering",
    }
}

fn chain_text(executions: usize, shortest: bool) -> String {
    let shortest = if shortest { ", as no shorter one does" } else { "" };
    format!(
        "a chain of {} executions leads from 0 to 1{shortest}; in each two neighbours one \
         process sees the same, so it decides the same",
        grouped(executions as u128)
    )
}

fn parity_text(simplices: &[Simplex], k: u16) -> String {
    let deciding = |simplex: &&Simplex| simplex.who.len() == usize::from(k) + 1;
    let count = simplices.iter().filter(deciding).count();
    format!(
        "however an algorithm decides, {} processes decide {} different values in an odd number of \
         these {} executions, so in one at least (Sperner's argument: whoever has heard of fewer \
         values decides among fewer, and all else belongs to two executions or to none)",
        k + 1,
        k + 1,
        grouped(count as u128)
    )
}

fn given_up(stopped: Stopped) -> String {
    let more = match stopped {
        Stopped::Time => "give more --budget, or take a smaller size",
        Stopped::Memory => "give more --memory, or take a smaller size",
        Stopped::Size => "take a smaller size",
        Stopped::Open => "ask prove rounds for other numbers of rounds, faults or values",
        Stopped::Liars => {
            "take -f 1; what holds for f rounds and f crashes, quorate prove rounds tells, and it \
             holds for traitors too"
        }
    };
    format!("{stopped}, and nothing is known: {more}")
}
