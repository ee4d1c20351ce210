//! Processes, sets of processes, and domains.

use std::collections::BTreeSet;

use proptest::prelude::*;
use quorate_kernel::{Domain, Group, Process, ProcessSet, Value, marked, moment, named, timed};

/// What is done to a set.
#[derive(Clone, Debug)]
enum Deed {
    Insert(u16),
    Remove(u16),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    // Few members, around the borders of the words in which a set is kept.
    let member = prop_oneof![0u16..4, 62u16..67, 126u16..130, Just(1000u16)];
    let deed = (member, any::<bool>())
        .prop_map(|(p, insert)| if insert { Deed::Insert(p) } else { Deed::Remove(p) });
    prop::collection::vec(deed, 0..40)
}

fn perform(deeds: &[Deed]) -> (ProcessSet, BTreeSet<Process>) {
    let (mut set, mut model) = (ProcessSet::new(), BTreeSet::new());
    for deed in deeds {
        match *deed {
            Deed::Insert(p) => assert_eq!(set.insert(Process(p)), model.insert(Process(p))),
            Deed::Remove(p) => assert_eq!(set.remove(Process(p)), model.remove(&Process(p))),
        }
    }
    (set, model)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_process_set_is_a_set(deeds in deeds()) {
        let (set, model) = perform(&deeds);
        prop_assert_eq!(set.len(), model.len());
        prop_assert_eq!(set.is_empty(), model.is_empty());
        prop_assert_eq!(set.iter().collect::<Vec<_>>(), Vec::from_iter(model.clone()));
        prop_assert!((0..140).map(Process).all(|p| set.contains(p) == model.contains(&p)));
    }

    #[test]
    fn equal_sets_are_equal_values(deeds in deeds()) {
        let (set, model) = perform(&deeds);
        prop_assert_eq!(model.into_iter().rev().collect::<ProcessSet>(), set);
    }

    #[test]
    fn a_value_of_the_domain_fits_its_width(size in 2u16..=65_534) {
        let domain = Domain { size };
        let largest = u32::from(size - 1);
        prop_assert!(largest < 1 << domain.width());
        prop_assert!(largest >= 1 << (domain.width() - 1));
    }
}

#[test]
fn widths_at_the_powers_of_two() {
    let width = |size| Domain { size }.width();
    assert_eq!([2, 3, 4, 5, 8, 9, 256, 257, 65_534].map(width), [1, 2, 2, 3, 3, 4, 8, 9, 16]);
}

#[test]
fn bottom_is_no_value_of_any_domain() {
    assert!(Value::BOTTOM.is_bottom());
    assert!(!Domain { size: 65_534 }.contains(Value::BOTTOM));
    assert_eq!(format!("{} {:?}", Value::BOTTOM, Value(3)), "⊥ 3");
    assert_eq!(Domain { size: 3 }.values().collect::<Vec<_>>(), [Value(0), Value(1), Value(2)]);
}

#[test]
fn a_group_lists_its_processes() {
    let group = Group { n: 3, f: 1 };
    assert_eq!(group.others(Process(1)).collect::<Vec<_>>(), [Process(0), Process(2)]);
    assert_eq!(ProcessSet::all(group).len(), group.size());
    assert_eq!(format!("{:?}", ProcessSet::all(group)), "{p0, p1, p2}");
}

#[test]
fn times_and_values_in_a_text_are_told_apart() {
    let text = format!("{} at {}", marked(&Value(1)), moment(2_500));
    let name = |value: Value| format!("<{}>", value.0);
    assert_eq!(named(&text, &name), "<1> at 2500");
    let in_ms = timed(&text, &|ticks| format!("{} ms", ticks as f64 / 1e3));
    assert_eq!(named(&in_ms, &name), "<1> at 2.5 ms");
}
