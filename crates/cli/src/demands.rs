//! Which requirements an experiment is judged by.

use quorate_kernel::{Problem, Requirement};
use quorate_protocols::{Claim, Terms, promised};

use crate::experiment::Experiment;
use crate::failure::{Failure, hint};

/// The requirements of an experiment: those asked for, or what the protocol claims on these terms.
/// A promise of when it is done counts only where that is `dated`.
pub(crate) fn demanded<P: Problem>(
    experiment: &Experiment,
    claims: &[Claim],
    terms: Terms,
    dated: bool,
) -> Result<Vec<&'static Requirement<P>>, Failure> {
    let known = P::requirements();
    if experiment.require.is_empty() {
        let promised = promised(claims, terms, experiment.setup().settings);
        let counts = |one: &&Requirement<P>| {
            promised.contains(&one.name) && (dated || one.name != "deadline")
        };
        return Ok(known.iter().filter(counts).collect());
    }
    let named = |name: &String| {
        let exact = known.iter().find(|one| one.name == name);
        let alias = || known.iter().find(|one| one.aliases.contains(&name.as_str()));
        exact.or_else(alias).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|one| one.name).collect();
            let (near, all) = (hint(name, names.iter().copied()), names.join(", "));
            let problem = P::NAME;
            Failure::usage(format!("{problem} has no requirement {name:?}; it has {all}{near}"))
        })
    };
    experiment.require.iter().map(named).collect()
}
