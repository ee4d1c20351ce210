//! Names exchanged in data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quorate_kernel::{Process, ProcessSet, Renamed, Value, engine, inspect};

#[derive(Clone, PartialEq, Eq, Debug)]
struct State {
    leader: Process,
    heard: ProcessSet,
    votes: BTreeMap<Process, Option<Value>>,
    pairs: BTreeSet<(Process, u32)>,
    shared: Arc<[Value]>,
    said: Vec<Words>,
}

inspect!(State { leader, heard, votes, pairs, shared, said });

#[derive(Clone, PartialEq, Eq, Debug)]
enum Words {
    Nothing,
    Of(Process, Value),
    Because { of: Process },
}

inspect!(enum Words { Nothing, Of(who, what), Because { of } });

#[test]
fn names_are_exchanged_wherever_they_stand() {
    let state = |a: Process, b: Process, x: Value, y: Value| State {
        leader: a,
        heard: [b].into_iter().collect(),
        votes: [(a, Some(x)), (b, None), (Process(5), Some(y))].into(),
        pairs: [(a, 1), (b, 0)].into(),
        shared: [x, y, Value(4), Value::BOTTOM].into(),
        said: vec![Words::Nothing, Words::Of(a, y), Words::Because { of: b }],
    };
    let (a, b) = (Process(1), Process(2));
    let names = [0, 2, 1].map(Process).to_vec();
    let by = engine::renaming(names, vec![Value(1), Value(0)]);
    let before = state(a, b, Value(0), Value(1));
    let mut after = before.clone();
    after.rename(&by);
    assert_eq!(after, state(b, a, Value(1), Value(0)));
    after.rename(&by);
    assert_eq!(after, before);
}

#[test]
fn a_list_by_process_is_put_in_the_new_order() {
    let by = engine::renaming([2, 0, 1].map(Process).to_vec(), Vec::new());
    let mut list = [0, 1, 2].map(Process).to_vec();
    by.by_process(&mut list);
    assert_eq!(list, [0, 1, 2].map(Process), "each entry is its own process, by its new name");
    let mut numbers = vec![10u32, 11, 12];
    by.by_process(&mut numbers);
    assert_eq!(numbers, [11, 12, 10]);
    let mut short = vec![10u32];
    by.by_process(&mut short);
    assert_eq!(short, [10], "a list that is not by process is left as it is");
}
