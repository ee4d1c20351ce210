//! What is said to be impossible is promised by nobody, and the prover says the same.

use quorate_kernel::{Domain, Faults, Group, Links, Timing};
use quorate_protocols::theorems::{CORES, Proof, Theorem, impossible, rounds_needed};
use quorate_protocols::{Card, Catalogued, Setup, Terms, Visitor, cards, visit};
use quorate_prover::{Answer, Certificate, Limits, Model, Question, prove, verify};

/// Groups of up to so many processes, with any number that may be faulty.
fn groups(largest: u16) -> impl Iterator<Item = Group> {
    (1..=largest).flat_map(|n| (0..n).map(move |f| Group { n, f }))
}

/// Every model with up to seven processes: the kinds of fault, what is known of time, what links
/// there are, and whether crashed processes come back.
fn models() -> impl Iterator<Item = Terms> {
    groups(7).flat_map(|group| {
        Faults::ALL.into_iter().flat_map(move |faults| {
            Timing::ALL.into_iter().flat_map(move |timing| {
                Links::ALL.into_iter().flat_map(move |links| {
                    let restarts = [false, true].into_iter();
                    restarts.map(move |restarts| Terms { group, faults, timing, links, restarts })
                })
            })
        })
    })
}

/// The models that `advise` is asked about: nobody comes back, and links lose nothing.
fn advised() -> impl Iterator<Item = Terms> {
    let links =
        |timing| if timing == Timing::Synchronous { Links::Strong } else { Links::Reliable };
    models().filter(move |terms| !terms.restarts && terms.links == links(terms.timing))
}

#[test]
fn no_protocol_promises_what_a_theorem_forbids() {
    let cards = cards();
    let (mut by_chance, mut asked) = (Vec::new(), 0_u32);
    for terms in models() {
        for core in CORES {
            for card in cards.iter().filter(|card| core.is_solved_by(card, terms)) {
                // Who does without signatures does it also where they can be made.
                for signed in [false, true].into_iter().filter(|signed| *signed || !card.signed) {
                    asked += 1;
                    let theorem = impossible(core.problem, terms, signed);
                    let Some(theorem) = theorem else { continue };
                    assert!(theorem.deterministic, "{}: {theorem:?} at {terms:?}", card.name);
                    by_chance.push(card.name);
                }
            }
        }
    }
    by_chance.sort_unstable();
    by_chance.dedup();
    assert_eq!(by_chance, ["ben-or", "ben-or-byzantine", "mmr"]);
    assert!(asked > 10_000, "{asked} promises were looked at");
}

#[test]
fn where_no_theorem_forbids_it_some_protocol_stands_traitors() {
    let cards = cards();
    let traitors =
        |terms: &Terms| terms.timing == Timing::Synchronous && terms.faults == Faults::Byzantine;
    for terms in advised().filter(traitors).filter(|terms| terms.group.n > 1) {
        for signed in [false, true] {
            for core in CORES.iter().filter(|core| core.problem != "replicated-log") {
                let solves =
                    |card: &&Card| (signed || !card.signed) && core.is_solved_by(card, terms);
                let solved = cards.iter().any(|card| solves(&card));
                let free = impossible(core.problem, terms, signed).is_none();
                // Two generals of whom one may lie are a case of its own that no protocol is for.
                let small = core.problem != "consensus" && terms.group.n == 2;
                assert!(solved == free || small, "{}, signed: {signed}, {terms:?}", core.problem);
            }
        }
    }
}

/// How many rounds a protocol takes in a group, if it is one for it.
struct RoundsOf(Group);

impl Visitor for RoundsOf {
    type Out = Option<u16>;

    fn visit<R: Catalogued>(self) -> Self::Out {
        let config = R::configure(&Setup::of(self.0, Domain::BINARY)).ok()?;
        Some(R::rounds(self.0, &config))
    }
}

#[test]
fn no_protocol_takes_fewer_rounds_than_every_one_needs() {
    let mut exact = Vec::new();
    let consensus = CORES.iter().find(|core| core.problem == "consensus").unwrap();
    for terms in advised().filter(|terms| terms.timing == Timing::Synchronous) {
        let Group { n, f } = terms.group;
        if f == 0 || terms.faults == Faults::None {
            continue;
        }
        for card in cards().iter().filter(|card| consensus.is_solved_by(card, terms)) {
            let Some(rounds) = visit(card.name, RoundsOf(terms.group)).flatten() else { continue };
            let needed = rounds_needed(terms.group);
            assert!(rounds >= needed, "{}: {rounds} rounds, n = {n}, f = {f}", card.name);
            if rounds == needed {
                exact.push(card.name);
            }
        }
    }
    for name in ["flood-set", "min-flood", "eig"] {
        assert!(exact.contains(&name), "{name} is never as fast as can be");
    }
}

/// What the command that `advise` names asks the prover.
fn asked(theorem: &Theorem, group: Group, signed: bool) -> Question {
    let Group { n, f } = group;
    match theorem.proof {
        Proof::Traitors if signed => Question::new(Model::Signed, n, f, 2),
        Proof::Traitors => Question::new(Model::Byzantine, n, f, 2),
        Proof::LateTraitors => Question::new(Model::LateSigned, n, f, 2),
        Proof::Halves => Question::new(Model::Late, n, f, 2),
        Proof::Asynchrony => Question::new(Model::Late, 3, 1, 2),
        Proof::Order => Question::new(Model::LateOrder, 3, 1, 2),
    }
}

/// Whether there is an algorithm, with a certificate that was verified.
fn is_possible(question: Question) -> bool {
    let proof = prove(question, Limits::NONE).unwrap_or_else(|why| panic!("{question:?}: {why}"));
    let certificate = Certificate::new(question, proof.answer);
    verify(&certificate).unwrap_or_else(|refused| panic!("{question:?}: {refused}"));
    matches!(certificate.answer, Answer::Solvable { .. })
}

#[test]
fn every_theorem_is_proved_at_every_small_size() {
    let mut proved: Vec<(Question, Proof)> = Vec::new();
    for terms in advised() {
        for signed in [false, true] {
            for core in CORES {
                let Some(theorem) = impossible(core.problem, terms, signed) else { continue };
                let question = asked(&theorem, terms.group, signed);
                if !proved.iter().any(|(known, _)| *known == question) {
                    assert!(!is_possible(question), "{theorem:?} at {terms:?}");
                    proved.push((question, theorem.proof));
                }
            }
        }
    }
    let all =
        [Proof::Traitors, Proof::LateTraitors, Proof::Asynchrony, Proof::Halves, Proof::Order];
    for proof in all {
        assert!(proved.iter().any(|(_, known)| *known == proof), "{proof:?} is asked for nowhere");
    }
}

#[test]
fn the_rounds_that_are_needed_are_those_of_the_prover() {
    for group in groups(4).filter(|group| group.n > 1 && group.f > 0) {
        let needed = rounds_needed(group);
        for rounds in 1..=needed {
            let Group { n, f } = group;
            let crash = Question::new(Model::Crash, n, f, rounds);
            assert_eq!(is_possible(crash), rounds == needed, "{group:?}, {rounds} rounds");
        }
    }
    // Where nothing forbids that one lies, the prover finds an algorithm.
    for (model, n) in [(Model::Byzantine, 4), (Model::Signed, 3), (Model::Signed, 4)] {
        assert!(is_possible(Question::new(model, n, 1, 2)), "{model:?}, n = {n}");
    }
}
