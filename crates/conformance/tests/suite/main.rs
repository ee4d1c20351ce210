//! Every protocol of the catalogue, by its claims, its costs, its words and its counts.

mod advice;
mod claims;
mod counts;
mod explored;
mod hosted;
mod runs;
mod words;

use quorate_protocols::{Catalogued, Parameter, Visitor, cards, visit};

/// Does something with every protocol of the catalogue.
fn every<V: Visitor<Out = ()> + Clone>(visitor: V) {
    for card in cards().iter().filter(|card| card.in_rounds) {
        assert!(visit(card.name, visitor.clone()).is_some(), "{} is listed", card.name);
    }
}

/// Every setting of one parameter at a time; the first has them all at their defaults.
fn settings<R: Catalogued>() -> Vec<Vec<(String, String)>> {
    let one =
        |parameter: &Parameter, word: &&str| vec![(parameter.key.to_string(), (*word).to_string())];
    let all = R::PARAMETERS
        .iter()
        .flat_map(|parameter| parameter.words[1..].iter().map(move |word| one(parameter, word)));
    std::iter::once(Vec::new()).chain(all).collect()
}

/// Says something in the output of the tests.
#[allow(clippy::print_stdout)]
fn say(text: &str) {
    println!("{text}");
}
