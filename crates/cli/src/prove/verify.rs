//! Certificates on disk.

use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use quorate_prover::{Answer, Certificate};
use serde_json::json;

use super::args::VerifyArgs;
use crate::args::Format;
use crate::failure::{Failure, exit};
use crate::print;
use crate::report::plural;

/// The largest certificate that is read, in bytes.
const BYTES_MAX: u64 = 4 << 30;

pub(super) fn write(path: &Path, certificate: &Certificate) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::file(format!("{} cannot be written: {error}", path.display()))
    };
    let file = std::fs::File::create(path).map_err(|error| failed(&error))?;
    let mut file = BufWriter::new(file);
    match &certificate.answer {
        // A chain is for people, too.
        Answer::Impossible { .. } | Answer::Parity { .. } => {
            serde_json::to_writer_pretty(&mut file, certificate)
        }
        Answer::Solvable { .. } => serde_json::to_writer(&mut file, certificate),
    }
    .map_err(|error| failed(&error))?;
    file.flush().map_err(|error| failed(&error))
}

pub(crate) fn read(path: &Path) -> Result<Certificate, Failure> {
    let shown = path.display();
    let file = std::fs::File::open(path)
        .map_err(|error| Failure::file(format!("{shown} cannot be read: {error}")))?;
    if file.metadata().is_ok_and(|data| data.len() > BYTES_MAX) {
        return Err(Failure::file(format!("{shown} is too large to be a certificate")));
    }
    serde_json::from_reader(BufReader::new(file))
        .map_err(|error| Failure::file(format!("{shown}: this is not a certificate: {error}")))
}

pub(super) fn verify(args: &VerifyArgs) -> Result<u8, Failure> {
    let shown = args.file.display();
    let certificate = read(&args.file)?;
    let verified = quorate_prover::verify(&certificate);
    let verified = verified.map_err(|why| Failure::file(format!("{shown}: refused: {why}")))?;
    let (verdict, what) = match certificate.answer {
        Answer::Impossible { .. } | Answer::Parity { .. } => ("impossible", "execution"),
        Answer::Solvable { .. } => ("solvable", "state"),
    };
    let question = super::report::question_text(&certificate.question);
    print(&match args.format {
        Format::Json => {
            let verdict = json!({
                "schema": "quorate/verdict",
                "version": 1,
                "command": "prove verify",
                "verdict": verdict,
                "n": certificate.question.n,
                "f": certificate.question.f,
                "rounds": certificate.question.rounds,
                "work": {"states": verified.checked},
            });
            format!("{verdict}\n")
        }
        Format::Text => {
            let checked = plural(verified.checked.into(), what);
            format!("verified: {verdict} ({question}); checked {checked}\n")
        }
    })?;
    Ok(exit::AS_EXPECTED)
}
