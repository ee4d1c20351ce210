//! What the world grants, and what it refuses.

use quorate_kernel::{Domain, Faults, Group, Message, Process, ProcessSet, Value};
use quorate_protocols::consensus::flood_set::{self, FloodSet};
use quorate_protocols::{Catalogued, Setup, Visitor, visit};
use quorate_world::{
    Arena, Fault, Finished, Manner, Model, Names, Recorder, Script, Strategist, run,
};

const P0: Process = Process(0);
const P1: Process = Process(1);
const P2: Process = Process(2);

fn set(members: &[Process]) -> ProcessSet {
    members.iter().copied().collect()
}

/// FloodSet with four processes, inputs 0 1 1 1, two of which may fail.
fn flood(
    model: &Model,
    faulty: &[Process],
    faults: Vec<(u16, Fault<flood_set::Values>)>,
) -> Result<Finished<FloodSet>, String> {
    let config = flood_set::Config { domain: Domain::BINARY, send_all: false };
    let arena = Arena::new(Group { n: 4, f: 2 }, &config);
    let inputs = [0, 1, 1, 1].map(|v| Some(Value(v)));
    let recorder = Recorder::new(4, Names::default(), &[]);
    run(arena, model, &inputs, set(faulty), &mut Script { faults }, Some(recorder))
}

fn model(faults: Faults) -> Model {
    Model::of(Group { n: 4, f: 2 }, faults)
}

fn refusal(done: Result<Finished<FloodSet>, String>) -> String {
    done.err().unwrap_or_else(|| "granted".into())
}

fn decisions(done: &Finished<FloodSet>) -> Vec<Option<u16>> {
    done.ledger.decisions.iter().map(|d| d.map(|(value, _)| value.0)).collect()
}

fn crash(process: Process, reached: &[Process]) -> Fault<flood_set::Values> {
    Fault::Crash { process, reached: set(reached) }
}

fn lie(from: Process, to: Process) -> Fault<flood_set::Values> {
    Fault::Lie { from, to, said: None, word: None }
}

#[test]
fn a_crashing_process_reaches_any_subset_and_does_not_decide() {
    let done = flood(&model(Faults::Crash), &[], vec![(1, crash(P0, &[P2]))]).expect("granted");
    assert_eq!(decisions(&done), [None, Some(0), Some(0), Some(0)]);
    // Round 1: p0 reaches one, the others three each; round 2: who learned 0 or 1 passes it on.
    let silent = flood(&model(Faults::Crash), &[], vec![(1, crash(P0, &[]))]).expect("granted");
    assert_eq!(decisions(&silent), [None, Some(1), Some(1), Some(1)]);
    assert_eq!(silent.cost.messages, 9);
    assert_eq!(done.end.faulty, set(&[P0]));
}

#[test]
fn more_faults_than_the_model_has_are_refused() {
    let three = vec![(1, crash(P0, &[])), (2, crash(P1, &[])), (2, crash(P2, &[]))];
    assert!(refusal(flood(&model(Faults::Crash), &[], three)).contains("at most 2 may"));
    let traitors = flood(&model(Faults::Byzantine), &[P0, P1, P2], Vec::new());
    assert!(refusal(traitors).contains("at most 2 may be"));
    let again = vec![(1, crash(P0, &[])), (2, crash(P0, &[]))];
    assert!(refusal(flood(&model(Faults::Crash), &[], again)).contains("crashed already"));
}

#[test]
fn the_adversary_cannot_touch_a_correct_process() {
    for (kind, fault) in [
        (Faults::Byzantine, lie(P0, P1)),
        (Faults::Omission, Fault::Omit { from: P0, to: P1 }),
        (Faults::GeneralOmission, Fault::Miss { from: P1, to: P0 }),
        (Faults::Omission, Fault::Miss { from: P1, to: P2 }),
        (Faults::Crash, lie(P2, P1)),
        (Faults::None, crash(P0, &[])),
    ] {
        let faulty: &[Process] = if kind >= Faults::Omission { &[P2] } else { &[] };
        let refused = refusal(flood(&model(kind), faulty, vec![(1, fault)]));
        assert_ne!(refused, "granted", "{kind:?}");
    }
}

#[test]
fn bits_flip_as_often_as_the_model_says_and_nobody_is_faulty_for_it() {
    let flip = |bit| (1, Fault::FlipState { process: P1, bit });
    let mut one = model(Faults::None);
    one.flips_max = 1;
    let done = flood(&one, &[], vec![flip(0)]).expect("one flip is granted");
    assert!(done.end.faulty.is_empty());
    assert_eq!(done.hit, set(&[P1]));
    assert!(refusal(flood(&one, &[], vec![flip(0), flip(1)])).contains("more bits than the 1"));
    assert!(refusal(flood(&one, &[], vec![flip(99)])).contains("bit 99 of the state of p1 cannot"));
    assert!(refusal(flood(&model(Faults::None), &[], vec![flip(0)])).contains("the 0 that"));
}

#[test]
fn two_faults_on_one_message_and_unknown_processes_are_refused() {
    let twice = vec![(1, lie(P2, P1)), (1, lie(P2, P1))];
    assert!(refusal(flood(&model(Faults::Byzantine), &[P2], twice)).contains("two faults"));
    let nobody = vec![(1, crash(Process(9), &[]))];
    assert!(refusal(flood(&model(Faults::Crash), &[], nobody)).contains("there is no p9"));
    let astray = vec![(1, lie(P2, Process(7)))];
    assert!(refusal(flood(&model(Faults::Byzantine), &[P2], astray)).contains("there is no p7"));
}

/// Every traitor of a signed protocol, whatever its manner, says only what traitors can sign.
#[test]
fn nobody_says_what_only_another_could_have_signed() {
    struct Signed;
    impl Visitor for Signed {
        type Out = Vec<String>;

        fn visit<R: Catalogued>(self) -> Vec<String> {
            let group = Group { n: 4, f: 1 };
            let setup = Setup::of(group, Domain::BINARY);
            let config = R::configure(&setup).expect("a plain setup");
            let mut lies = Vec::new();
            for seed in 0..200 {
                let mut strategist = Strategist::<R::Message>::new(seed);
                strategist.manners.push((Process(3), Manner::Random));
                let inputs = [Some(Value(1)), None, None, None];
                let recorder = Recorder::new(4, Names::default(), &R::rules());
                let faulty = strategist.traitors();
                let arena = Arena::<R>::new(group, &config);
                let model = Model::of(group, Faults::Byzantine);
                let done = run(arena, &model, &inputs, faulty, &mut strategist, Some(recorder));
                for event in done.expect("granted").events {
                    if let quorate_trace::What::Send { message, should: Some(_), .. } = event.what {
                        lies.push(message);
                    }
                }
            }
            lies
        }
    }
    for protocol in ["sm", "dolev-strong"] {
        let lies = visit(protocol, Signed).expect("it is in the catalogue");
        assert!(!lies.is_empty(), "{protocol}: a traitor that never lies shows nothing");
        // The loyal commander p0 signed 1 and nothing else, so no chain says that it signed 0.
        let forged: Vec<&String> = lies.iter().filter(|said| said.contains("0:p0")).collect();
        assert!(forged.is_empty(), "{protocol}: {forged:?}");
    }
}

#[test]
fn a_label_names_its_values() {
    let values = flood_set::Values([Value(0), Value(1)].into_iter().collect());
    assert_eq!(values.label(&|v| if v.0 == 0 { "no".into() } else { "yes".into() }), "no,yes");
}
