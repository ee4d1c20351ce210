//! What is known of k-set agreement and of early decisions.

use quorate_prover::{Model, Question};

/// What an answer means, and what is known of it.
pub(super) fn further(question: &Question, impossible: bool) -> Vec<String> {
    if question.k > 1 { set_agreement(question, impossible) } else { early(question, impossible) }
}

fn set_agreement(question: &Question, impossible: bool) -> Vec<String> {
    let Question { model, n, f, rounds, k, .. } = *question;
    let snapshots = matches!(model, Model::Snapshot | Model::ImmediateSnapshot);
    let needed = f / k + 1;
    if n <= k {
        return vec![format!("{n} processes cannot decide more than {k} values")];
    }
    if snapshots && impossible {
        return vec![
            "k-set agreement of more than k processes is not wait-free, in any number of rounds \
             (Borowsky, Gafni 1993; Herlihy, Shavit 1993; Saks, Zaharoglou 1993)"
                .into(),
        ];
    }
    if model == Model::Late && !impossible {
        return vec![
            "fewer processes that may be late than values that may be decided are no hindrance \
             (Chaudhuri 1993)"
                .into(),
        ];
    }
    if model == Model::Crash && impossible {
        return vec![format!(
            "f/k + 1 rounds, here {needed}, are needed if n >= f + k + 1, and nearly always enough \
             (Chaudhuri, Herlihy, Lynch, Tuttle 2000)"
        )];
    }
    if model == Model::Crash && rounds < needed {
        return vec![format!(
            "fewer than f/k + 1 = {needed} rounds are enough here: crashes that leave no more than \
             {k} processes leave nothing to agree on, and the bound needs n >= f + k + 1"
        )];
    }
    Vec::new()
}

fn early(question: &Question, impossible: bool) -> Vec<String> {
    let Question { model, n, f, uniform, .. } = *question;
    if model != Model::Crash {
        return Vec::new();
    }
    let before = |more: u16, below: u16| {
        (0..below).find(|fail| question.deadline((*fail).into()) < fail + more)
    };
    if impossible && let Some(fail) = before(1, (f + 1).min(n - 1)) {
        let soonest = fail + 1;
        return vec![format!(
            "nobody decides before round f' + 1 if f' processes fail, so before round {soonest} if \
             {fail} do (Dolev, Reischuk, Strong 1990)"
        )];
    }
    if uniform
        && impossible
        && let Some(fail) = before(2, (f + 1).saturating_sub(2))
    {
        let soonest = fail + 2;
        return vec![format!(
            "uniform agreement takes until round f' + 2 if f' <= f - 2 processes fail, so until \
             round {soonest} if {fail} do (Keidar, Rajsbaum 2003; Charron-Bost, Schiper 2004)"
        )];
    }
    let usual = |fail: u16| (fail + 2).min(f + 1);
    let gap = (0..f).find(|fail| question.deadline((*fail).into()) < usual(*fail));
    match gap.filter(|_| uniform && !impossible) {
        Some(fail) => vec![format!(
            "this is sooner than the usual algorithms are, which decide by round min(f' + 2, f + \
             1): that is {} for f' = {fail} (quorate explain early-stopping)",
            usual(fail)
        )],
        None => Vec::new(),
    }
}
