//! A proof as pictures.

use std::path::Path;

use quorate_prover::{
    Answer, Copies, Limits, Link, Means, Model, Proof, Question, complex, draw_views, ring, strip,
    web,
};

use super::args::ProofArgs;
use super::report::{Asked, question_text};
use crate::failure::Failure;

/// Writes the pictures that were asked for.
pub(super) fn write(
    asked: &Asked,
    proof: &Proof,
    output: &ProofArgs,
    limits: Limits,
) -> Result<(), Failure> {
    let question = &asked.question;
    if let Some(path) = &output.svg {
        let title = format!("impossible: {}", question_text(question));
        let picture = match (&proof.answer, proof.means) {
            (Answer::Solvable { .. }, _) => {
                return Err(Failure::usage(
                    "there is a chain to draw only where no algorithm agrees: leave out --svg",
                ));
            }
            (Answer::Parity { simplices }, _) => {
                complex(question, simplices, &title).ok_or_else(|| {
                    Failure::usage(
                        "these executions make no triangle that can be drawn: leave out --svg, or \
                         take -k 2 and fewer processes",
                    )
                })?
            }
            (Answer::Impossible { chain }, Means::Covering)
                if !matches!(question.model, Model::Late | Model::LateSigned) =>
            {
                covering(question, chain, &title)
            }
            (Answer::Impossible { chain }, _) => strip(question, chain, &title),
        };
        save(path, &picture)?;
    }
    let Some(path) = &output.graph else { return Ok(()) };
    match draw_views(*question, limits) {
        Ok(Some(views)) => {
            save(path, &web(&views, &format!("the views of {}", question_text(question))))
        }
        _ => Err(Failure::usage(
            "the graph has too many views to be drawn: leave out --graph, or take fewer processes \
             or rounds",
        )),
    }
}

pub(super) fn save(path: &Path, picture: &str) -> Result<(), Failure> {
    std::fs::write(path, picture)
        .map_err(|error| Failure::file(format!("{} cannot be written: {error}", path.display())))
}

/// The ring of a chain of three executions.
fn covering(question: &Question, chain: &[Link], title: &str) -> String {
    let faulty = |at: usize| chain.get(at).map(|link| link.execution.faulty.clone());
    let groups = [0, 1, 2].map(|at| Copies {
        processes: faulty(at).unwrap_or_default(),
        word: "has",
        decides: None,
    });
    let names = |of: &[u16]| {
        let names: Vec<String> = of.iter().map(|p| format!("p{p}")).collect();
        if names.is_empty() { "nobody".to_string() } else { names.join(" and ") }
    };
    let [a, b, c] = groups.each_ref().map(|group| names(&group.processes));
    let lie = |liars: &str| match question.model {
        _ if liars == "nobody" => "nobody lies".to_string(),
        _ => format!("{liars} faulty, saying what the copies in the ring say"),
    };
    let scenarios = [
        (1, format!("{}: the others have 0 and must decide 0", lie(&a))),
        (2, format!("{}: {c} with 0 and {a} with 1 must agree", lie(&b))),
        (3, format!("{}: the others have 1 and must decide 1", lie(&c))),
    ];
    ring(&groups, &scenarios, title)
}
