//! From words to a question, and from there to an answer.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use quorate_prover::{Certificate, Limits, Means, Model, Question, prove, prove_by};

use super::args::{
    ArmiesArgs, AsynchronyArgs, FaultWord, MemoryWord, ProofArgs, RoundsArgs, TraitorsArgs,
};
use super::report::{Answered, Asked};
use crate::failure::Failure;
use crate::files::check_output;
use crate::reading::{read_bytes, read_time};
use crate::reproduce::quoted;
use crate::{colour, print};

/// The most processes and rounds of a question.
const N_MAX: u16 = 12;
const ROUNDS_MAX: u16 = 64;

pub(super) fn rounds(args: &RoundsArgs) -> Result<u8, Failure> {
    let rounds = args.rounds.unwrap_or(args.f.max(1));
    let model = match args.faults {
        FaultWord::Crash => Model::Crash,
        FaultWord::Omission => Model::Omission,
        FaultWord::GeneralOmission => Model::GeneralOmission,
    };
    let question = Question { model, n: args.n, f: args.f, rounds, uniform: args.uniform };
    let mut line = format!("quorate prove rounds -n {} -f {} --rounds {rounds}", args.n, args.f);
    match args.faults {
        FaultWord::Crash => {}
        FaultWord::Omission => line.push_str(" --faults omission"),
        FaultWord::GeneralOmission => line.push_str(" --faults general-omission"),
    }
    for (given, word) in [(args.uniform, " --uniform"), (args.whole, " --whole")] {
        line.push_str(if given { word } else { "" });
    }
    answer(Asked { theorem: "rounds", question, line }, args.whole, &args.output)
}

pub(super) fn traitors(args: &TraitorsArgs) -> Result<u8, Failure> {
    let (n, f) = (args.n, args.f);
    let rounds = args.rounds.unwrap_or(f.saturating_add(1));
    let model = if args.signed { Model::Signed } else { Model::Byzantine };
    let question = Question { model, n, f, rounds, uniform: false };
    let mut line = format!("quorate prove traitors -n {n} -f {f} --rounds {rounds}");
    for (given, word) in [(args.signed, " --signed"), (args.whole, " --whole")] {
        line.push_str(if given { word } else { "" });
    }
    answer(Asked { theorem: "traitors", question, line }, args.whole, &args.output)
}

pub(super) fn two_armies(args: &ArmiesArgs) -> Result<u8, Failure> {
    let (model, rounds, words) = match args.rounds {
        Some(rounds) => (Model::Loss, rounds, format!("--rounds {rounds}")),
        None => (Model::LossInTurn, args.messages, format!("--messages {}", args.messages)),
    };
    let question = Question { model, n: 2, f: 0, rounds, uniform: false };
    let line = format!("quorate prove two-armies {words}");
    answer(Asked { theorem: "two-armies", question, line }, false, &args.output)
}

pub(super) fn asynchrony(args: &AsynchronyArgs) -> Result<u8, Failure> {
    let (model, by) = match args.by {
        MemoryWord::Messages => (Model::MissOne, ""),
        MemoryWord::ImmediateSnapshot => (Model::ImmediateSnapshot, " --by immediate-snapshot"),
        MemoryWord::Snapshot => (Model::Snapshot, " --by snapshot"),
    };
    let Question { n, rounds, .. } =
        Question { model, n: args.n, f: 1, rounds: args.rounds, uniform: false };
    let question = Question { model, n, f: 1, rounds, uniform: false };
    let line = format!("quorate prove asynchrony -n {n}{by} --rounds {rounds}");
    answer(Asked { theorem: "asynchrony", question, line }, false, &args.output)
}

/// Whether there can be such a question.
fn sensible(question: &Question) -> Result<(), Failure> {
    let Question { n, f, rounds, .. } = *question;
    if !(2..=N_MAX).contains(&n) {
        return Err(Failure::usage(format!(
            "agreement of n = {n} processes cannot be proved: take 2 to {N_MAX}"
        )));
    }
    if f >= n {
        return Err(Failure::usage(format!(
            "f = {f} of n = {n} processes leaves nobody to agree: take f < n"
        )));
    }
    if !(1..=ROUNDS_MAX).contains(&rounds) {
        return Err(Failure::usage(format!(
            "nothing can be proved of {rounds} rounds: take 1 to {ROUNDS_MAX}"
        )));
    }
    Ok(())
}

fn answer(mut asked: Asked, whole: bool, output: &ProofArgs) -> Result<u8, Failure> {
    sensible(&asked.question)?;
    for (word, given, usual) in
        [("budget", &output.budget, "60s"), ("memory", &output.memory, "4G")]
    {
        if given != usual {
            let _ = write!(asked.line, " --{word} {}", quoted(given));
        }
    }
    let budget = read_time(&output.budget)?;
    let bytes = usize::try_from(read_bytes(&output.memory)?).unwrap_or(usize::MAX);
    let mut files: Vec<&Path> = Vec::new();
    for path in [&output.certificate, &output.svg, &output.graph].into_iter().flatten() {
        check_output(path, &files)?;
        files.push(path);
    }
    let started = Instant::now();
    let limits = Limits { deadline: started.checked_add(budget), bytes };
    let proof = match whole {
        true => prove_by(asked.question, Means::Whole, limits)
            .map(|proof| proof.expect("the whole graph has an answer")),
        false => prove(asked.question, limits),
    };
    let seconds = started.elapsed().as_secs_f64();
    if let (Ok(proof), Some(path)) = (&proof, &output.certificate) {
        let certificate = Certificate::new(asked.question, proof.answer.clone());
        super::verify::write(path, &certificate)?;
    }
    if let Ok(proof) = &proof {
        super::pictures::write(&asked, proof, output, limits)?;
    }
    let answered = Answered { asked, proof, seconds, certificate: output.certificate.clone() };
    print(&answered.told(output, colour()))?;
    Ok(answered.exit_code(output.expect))
}
