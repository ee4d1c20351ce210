//! How traitors lie in a search on a network, and what a verdict says of it.

use quorate_checker::network::Scope;
use quorate_kernel::{Faults, Value};

use crate::args::{BoundArgs, LiarWord};
use crate::experiment::Experiment;
use crate::failure::Failure;

/// How many copies of the honest process a traitor is.
const COPIES: u8 = 2;

/// Sets how traitors lie; the values that their copies may be given.
///
/// # Errors
/// If that cannot be asked together with the rest.
pub(crate) fn set(
    scope: &mut Scope,
    bounds: &BoundArgs,
    experiment: &Experiment,
) -> Result<Vec<Value>, Failure> {
    if bounds.liar == LiarWord::Words {
        return Ok(Vec::new());
    }
    if experiment.faults != Faults::Byzantine {
        return Err(Failure::usage(
            "twins are how a traitor lies, and nobody is one here: add --faults byzantine, or \
             leave out --liar",
        ));
    }
    if scope.lies.is_some() {
        return Err(Failure::usage(
            "twins say what the protocol has them say, and no lies are counted: leave out --lies, \
             or take --liar words",
        ));
    }
    if scope.crashes > 0 || scope.flips > 0 || bounds.undecided.is_some() {
        return Err(Failure::usage(
            "with twins nothing else is searched: leave out --crashes, --restarts, --flips and \
             --undecided, or take --liar words",
        ));
    }
    scope.copies = COPIES;
    Ok(experiment.domain.values().collect())
}

/// Twins are copies of a process on a network.
pub(crate) fn refuse_in_rounds(bounds: &BoundArgs) -> Result<(), Failure> {
    match bounds.liar {
        LiarWord::Words => Ok(()),
        LiarWord::Twins => Err(Failure::usage(
            "a search of runs in rounds tries every lie, and knows no twins: leave out --liar, or \
             ask about runs on a network with --timing asynchronous or partial",
        )),
    }
}

/// How traitors lie, as a bound of the search.
pub(crate) fn bound(scope: &Scope) -> String {
    match (scope.copies, scope.lies) {
        (0, None) => "any number of lies".into(),
        (0, Some(1)) => "1 lie".into(),
        (0, Some(lies)) => format!("{lies} lies"),
        (copies, _) => format!("each traitor is {copies} copies of the honest process (twins)"),
    }
}

/// Against whom something is proved, where that is not everybody.
pub(crate) fn against(scope: &Scope) -> &'static str {
    if scope.copies > 0 { ", against twins" } else { "" }
}

/// What twins leave out.
pub(crate) fn note(scope: &Scope) -> Option<String> {
    (scope.copies > 0).then(|| {
        "twins say only what the honest process says after what it may have heard, so that what \
         holds against twins may be broken by another lie: `--liar words` tries them all"
            .into()
    })
}
