//! From words to a question, and from there to an answer.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use quorate_prover::{
    Certificate, Limits, Means, Model, Numbers, Question, Stopped, prove, prove_by,
};

use super::args::{
    ArmiesArgs, AsynchronyArgs, FaultWord, MemoryWord, ProofArgs, RoundsArgs, SizeArgs,
    TraitorsArgs,
};
use super::losses::read_loss;
use super::report::{Answered, Asked};
use crate::failure::Failure;
use crate::files::check_output;
use crate::reading::{read_bytes, read_time};
use crate::reproduce::quoted;
use crate::{colour, print};

/// The most processes, values to be decided and rounds of a question.
const N_MAX: u16 = 12;
const K_MAX: u16 = 7;
const ROUNDS_MAX: u16 = 64;

pub(super) fn rounds(args: &RoundsArgs) -> Result<u8, Failure> {
    let SizeArgs { n, f } = args.size;
    let model = match args.faults {
        FaultWord::Crash => Model::Crash,
        FaultWord::Omission => Model::Omission,
        FaultWord::GeneralOmission => Model::GeneralOmission,
    };
    let early = match &args.early {
        Some(words) => read_early(words, f, args.rounds)?,
        None => Numbers::default(),
    };
    let last = early.all().last().copied().map(u16::from);
    let rounds = last.or(args.rounds).unwrap_or((f / args.k.max(1)).max(1));
    let question =
        Question { uniform: args.uniform, k: args.k, early, ..Question::new(model, n, f, rounds) };
    let mut line = format!("quorate prove rounds -n {n} -f {f}");
    match &args.early {
        Some(_) => {
            let each: Vec<String> = early.all().iter().map(ToString::to_string).collect();
            let _ = write!(line, " --early {}", each.join(","));
        }
        None => {
            let _ = write!(line, " --rounds {rounds}");
        }
    }
    match args.faults {
        FaultWord::Crash => {}
        FaultWord::Omission => line.push_str(" --faults omission"),
        FaultWord::GeneralOmission => line.push_str(" --faults general-omission"),
    }
    if args.k != 1 {
        let _ = write!(line, " --k {}", args.k);
    }
    for (given, word) in [(args.uniform, " --uniform"), (args.whole, " --whole")] {
        line.push_str(if given { word } else { "" });
    }
    answer(Asked { theorem: "rounds", question, line }, args.whole, &args.output)
}

/// By which round all decide, for each number of processes that fail.
fn read_early(words: &str, f: u16, rounds: Option<u16>) -> Result<Numbers, Failure> {
    let bad = |why: &str| Failure::usage(format!("--early {words}: {why}"));
    let each = words.split(',').map(|word| word.parse().ok().filter(|round| *round > 0));
    let mut each: Vec<u8> = each
        .collect::<Option<_>>()
        .ok_or_else(|| bad("give rounds from 1 to 255, one for each number of failures"))?;
    if let ([more], 1..) = (&each[..], f) {
        let last = rounds.unwrap_or(f.saturating_add(1));
        let by = |fail: u16| fail.saturating_add(u16::from(*more)).min(last);
        each = (0..=f).map(|fail| by(fail).min(255) as u8).collect();
        // With all that can fail, the last round is early enough.
        if let Some(end) = each.last_mut() {
            *end = last.min(255) as u8;
        }
    } else if rounds.is_some_and(|rounds| each.last().map(|last| u16::from(*last)) != Some(rounds))
    {
        return Err(bad("the last of these is the number of rounds: leave out --rounds"));
    }
    if each.len() != usize::from(f) + 1 {
        return Err(bad(&format!("give {} rounds, for 0 to {f} failures", f + 1)));
    }
    if !each.is_sorted() {
        return Err(bad("with more failures nobody has to decide sooner"));
    }
    Numbers::try_from(each).map_err(bad)
}

pub(super) fn traitors(args: &TraitorsArgs) -> Result<u8, Failure> {
    let SizeArgs { n, f } = args.size;
    let rounds = args.rounds.unwrap_or(f.saturating_add(1));
    let model = match (args.late, args.signed) {
        (true, _) => Model::LateSigned,
        (_, true) => Model::Signed,
        _ => Model::Byzantine,
    };
    if args.late && n > f.saturating_mul(3) {
        return Err(Failure::usage(
            "with n > 3f traitors can be stood although messages are late, if they are on time in \
             the end: take n <= 3f, or leave out --late",
        ));
    }
    let question = Question::new(model, n, f, rounds);
    let mut line = format!("quorate prove traitors -n {n} -f {f} --rounds {rounds}");
    for (given, word) in
        [(args.signed, " --signed"), (args.late, " --late"), (args.whole, " --whole")]
    {
        line.push_str(if given { word } else { "" });
    }
    answer(Asked { theorem: "traitors", question, line }, args.whole, &args.output)
}

pub(super) fn two_armies(args: &ArmiesArgs) -> Result<u8, Failure> {
    let none = Numbers::default();
    let (model, f, losses, rounds, words) = match (&args.loss, args.rounds) {
        (None, None) => {
            (Model::LossInTurn, 0, none, args.messages, format!("--messages {}", args.messages))
        }
        (None, Some(rounds)) => (Model::Loss, 0, none, rounds, format!("--rounds {rounds}")),
        (Some(loss), rounds) => {
            let (model, f, losses) = read_loss(loss)?;
            let rounds = rounds.unwrap_or(3);
            (model, f, losses, rounds, format!("--rounds {rounds} --loss {loss}"))
        }
    };
    let question = Question { losses, ..Question::new(model, 2, f, rounds) };
    let line = format!("quorate prove two-armies {words}");
    answer(Asked { theorem: "two-armies", question, line }, false, &args.output)
}

pub(super) fn asynchrony(args: &AsynchronyArgs) -> Result<u8, Failure> {
    let (model, by) = match args.by {
        MemoryWord::Messages if args.order => (Model::LateOrder, " --order"),
        MemoryWord::Messages => (Model::Late, ""),
        MemoryWord::ImmediateSnapshot => (Model::ImmediateSnapshot, " --by immediate-snapshot"),
        MemoryWord::Snapshot => (Model::Snapshot, " --by snapshot"),
    };
    let (n, f, rounds, k) = (args.n.unwrap_or(3), args.f.unwrap_or(1), args.rounds, args.k);
    if args.f.is_some() && args.by != MemoryWord::Messages {
        return Err(Failure::usage(
            "with snapshots nobody waits for anybody, however many are late: leave out -f",
        ));
    }
    if f == 0 {
        return Err(Failure::usage(
            "if nobody may be late, rounds are synchronous: take -f 1 or more, or prove rounds",
        ));
    }
    let question = Question { k, ..Question::new(model, n, f, rounds) };
    let f = if f == 1 { String::new() } else { format!(" -f {f}") };
    let mut line = format!("quorate prove asynchrony -n {n}{f}{by} --rounds {rounds}");
    if k != 1 {
        let _ = write!(line, " --k {k}");
    }
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
    if f >= n && question.model != Model::LossFew {
        return Err(Failure::usage(format!(
            "f = {f} of n = {n} processes leaves nobody to agree: take f < n"
        )));
    }
    if !(1..=K_MAX).contains(&question.k) {
        return Err(Failure::usage(format!(
            "agreement on k = {} of k + 1 values cannot be proved: take 1 to {K_MAX}",
            question.k
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
            .and_then(|proof| proof.ok_or(Stopped::Open)),
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
