//! Bits and named fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quorate_kernel::{Bits, Domain, Fields, Value, inspect};

const DOMAIN: Domain = Domain { size: 5 };

#[derive(Clone, PartialEq, Eq, Debug)]
struct State {
    estimate: Value,
    early: bool,
    count: u16,
    seen: BTreeSet<Value>,
    list: Vec<Value>,
    shared: Arc<[Value]>,
    maybe: Option<Value>,
    by_key: BTreeMap<u8, Value>,
}

inspect!(State { estimate, early, count, seen, list, shared, maybe, by_key });

struct Pair<A, B> {
    left: A,
    right: B,
}

inspect!(Pair<A: PairPart, B: PairPart> { left, right });

/// A bound for a generic struct: the macro takes one path for each parameter.
trait PairPart: Bits + std::fmt::Debug {}
impl PairPart for bool {}
impl PairPart for Value {}

fn state() -> State {
    State {
        estimate: Value(3),
        early: false,
        count: 258,
        seen: [Value(0), Value(4)].into(),
        list: vec![Value(1), Value(2)],
        shared: [Value(2)].into(),
        maybe: Some(Value(1)),
        by_key: [(7, Value(4))].into(),
    }
}

#[test]
fn a_state_has_the_bits_of_its_fields() {
    // estimate 3, early 1, count 16, seen 5, list 2 x 3, shared 3, maybe 1 + 3, by_key 3.
    assert_eq!(state().bits(DOMAIN), 3 + 1 + 16 + 5 + 6 + 3 + 4 + 3);
}

#[test]
fn every_flip_changes_one_field_and_its_repetition_restores_it() {
    let before = state();
    let names = fields(&before);
    for bit in 0..before.bits(DOMAIN) {
        let mut flipped = before.clone();
        flipped.flip(bit, DOMAIN);
        let changed = fields(&flipped).iter().zip(&names).filter(|(a, b)| a != b).count();
        assert_eq!(changed, 1, "bit {bit}");
        if matches!((&before.maybe, &flipped.maybe), (Some(_), None)) {
            // What a cleared presence bit hid is gone.
            continue;
        }
        flipped.flip(bit, DOMAIN);
        assert_eq!(flipped, before, "bit {bit}");
    }
}

fn fields(state: &State) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    state.fields(&mut |name, content| fields.push((name, format!("{content:?}"))));
    fields
}

#[test]
fn fields_come_in_the_order_of_the_list() {
    let names: Vec<&str> = fields(&state()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["estimate", "early", "count", "seen", "list", "shared", "maybe", "by_key"]);
}

#[test]
fn a_generic_struct_can_be_inspected() {
    let mut pair = Pair { left: true, right: Value(0) };
    assert_eq!(pair.bits(DOMAIN), 4);
    pair.flip(0, DOMAIN);
    pair.flip(3, DOMAIN);
    assert_eq!((pair.left, pair.right), (false, Value(4)));
    let mut names = Vec::new();
    pair.fields(&mut |name, _| names.push(name));
    assert_eq!(names, ["left", "right"]);
}

#[test]
fn a_flip_may_leave_the_domain() {
    let mut value = Value(4);
    value.flip(0, DOMAIN);
    assert_eq!(value, Value(5));
    assert!(!DOMAIN.contains(value));
}

#[test]
fn a_flip_of_bottom_is_a_flip_of_zero() {
    let mut value = Value::BOTTOM;
    value.flip(1, DOMAIN);
    assert_eq!(value, Value(2));
}

#[test]
fn a_flipped_presence_bit_makes_a_value_of_nothing() {
    let mut maybe: Option<Value> = None;
    assert_eq!(maybe.bits(DOMAIN), 1);
    maybe.flip(0, DOMAIN);
    assert_eq!(maybe, Some(Value(0)));
    maybe.flip(2, DOMAIN);
    assert_eq!(maybe, Some(Value(2)));
    maybe.flip(0, DOMAIN);
    assert_eq!(maybe, None);
}

#[test]
fn nothing_has_no_bits() {
    assert_eq!(().bits(DOMAIN), 0);
    ().flip(0, DOMAIN);
}
