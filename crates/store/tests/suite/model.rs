//! A model that keeps every state whole.

use std::collections::BTreeMap;

use proptest::prelude::*;
use quorate_store::{Delete, Put, Range, Store, Wanted};

type State = BTreeMap<Vec<u8>, (Vec<u8>, i64, i64, i64)>;

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8),
    Delete(u8, u8),
    Compact(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..6u8, 0..4u8).prop_map(|(key, value)| Step::Put(key, value)),
        3 => (0..6u8, 0..7u8).prop_map(|(key, end)| Step::Delete(key, end)),
        1 => (0..8u8).prop_map(Step::Compact),
    ]
}

fn name(key: u8) -> Vec<u8> {
    vec![b'a' + key]
}

proptest! {
    #[test]
    fn every_state_can_be_read_until_it_is_compacted(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut store = Store::default();
        let mut states: Vec<State> = vec![State::new(), State::new()];
        let mut compacted = 0;
        for step in steps {
            let mut now = states.last().cloned().unwrap_or_default();
            let next = states.len() as i64;
            match step {
                Step::Put(key, value) => {
                    let put = Put { key: name(key), value: vec![value].into(), ..Put::default() };
                    store.put(&put).expect("it has a key");
                    let life = now.get(&put.key).map_or((next, 1), |old| (old.1, old.3 + 1));
                    now.insert(put.key, (put.value.to_vec(), life.0, next, life.1));
                    states.push(now);
                }
                Step::Delete(key, end) => {
                    let wanted = Wanted::from(&name(key), &name(end));
                    let gone = now.len();
                    now.retain(|one, _| !(name(key) <= *one && *one < name(end)));
                    let done = store.delete(&Delete { wanted, previous: false }).expect("a key");
                    prop_assert_eq!(done.deleted, (gone - now.len()) as i64);
                    if now.len() < gone {
                        states.push(now);
                    }
                }
                Step::Compact(back) => {
                    let to = store.revision() - i64::from(back);
                    if store.compact(to).is_ok() {
                        compacted = to;
                    }
                }
            }
            prop_assert_eq!(store.revision(), states.len() as i64 - 1);
        }
        for (revision, state) in states.iter().enumerate().skip(1) {
            let revision = revision as i64;
            let range = Range { wanted: Wanted::all(), revision, ..Range::default() };
            let Ok(read) = store.range(&range) else {
                prop_assert!(revision < compacted);
                continue;
            };
            prop_assert!(revision >= compacted);
            let found: State = read
                .found
                .iter()
                .map(|one| {
                    let life = (one.value.to_vec(), one.created, one.modified, one.version);
                    (one.key.to_vec(), life)
                })
                .collect();
            prop_assert_eq!(&found, state);
        }
        prop_assert_eq!(store.len(), states.last().map_or(0, BTreeMap::len));
    }
}
