//! What two armies may lose, in words.

use quorate_prover::{Model, Numbers};

use crate::failure::Failure;

/// What one round can lose: a word, the bit that stands for it, and what it means.
const LOSSES: [(&str, u8, &str); 4] = [
    ("none", 1, "nothing"),
    ("p0", 2, "the message of p0"),
    ("p1", 4, "that of p1"),
    ("both", 8, "both messages"),
];

const ANY: u8 = 0b1111;
/// At most one message in a round.
pub(super) const ONE: u8 = 0b0111;
const OF_P0: u8 = 0b0011;

/// Reads what may be lost: the model, how many in all, and what in each round.
pub(super) fn read_loss(words: &str) -> Result<(Model, u16, Numbers), Failure> {
    let sets = |all: Vec<u8>| Numbers::try_from(all).map_err(Failure::usage);
    let each = |set: u8| Ok((Model::Loss, 0, sets(vec![set])?));
    match words {
        "any" => return Ok((Model::Loss, 0, Numbers::default())),
        "one-a-round" => return each(ONE),
        "of-p0" => return each(OF_P0),
        _ => {}
    }
    if let Ok(few) = words.parse() {
        return Ok((Model::LossFew, few, Numbers::default()));
    }
    let bit = |word: &str| LOSSES.iter().find(|(name, ..)| *name == word).map(|(_, bit, _)| *bit);
    let set = |round: &str| round.split(',').map(bit).try_fold(0, |all, bit| Some(all | bit?));
    let all: Option<Vec<u8>> = words.split('/').map(set).collect();
    let all = all.ok_or_else(|| {
        Failure::usage(format!(
            "{words:?} does not say what may be lost: any, one-a-round, of-p0, how many messages \
             in all, or for each round what it may lose of none, p0, p1 and both, as in \
             none,p0/none"
        ))
    })?;
    Ok((Model::Loss, 0, sets(all)?))
}

/// What may be lost, told.
pub(super) fn told(losses: &Numbers) -> String {
    let set = |set: &u8| match *set {
        ANY => "any message".into(),
        ONE => "one message a round".into(),
        0b0001 => "nothing".into(),
        OF_P0 => "messages of p0".into(),
        set => {
            let words = LOSSES.iter().filter(|(_, bit, _)| set & bit != 0);
            let words: Vec<&str> = words.map(|(.., what)| *what).collect();
            words.join(" or ")
        }
    };
    let mut sets: Vec<String> = losses.all().iter().map(set).collect();
    match &mut sets[..] {
        [] => "any message".into(),
        [one] => std::mem::take(one),
        [before @ .., last] => format!("{}, from then on {last}", before.join(", then ")),
    }
}
