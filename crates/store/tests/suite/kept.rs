//! Commands and stores as bytes.

use quorate_store::{
    Command, DEPTH_MAX, Damaged, Done, Error, Operation, Put, PutDone, Range, Store, Txn,
};

use crate::damage::{self, Tally};
use crate::draw::Draw;

#[test]
fn a_command_does_what_the_request_does() {
    let (mut one, mut other) = (Store::default(), Store::default());
    let mut draw = Draw::new(1);
    for _ in 0..3000 {
        let command = draw.command();
        let bytes = command.encode();
        let done = other.apply(&Command::decode(&bytes).expect("it was written"));
        let expected = match &command {
            Command::Put(put) => one.put(put).map(Done::Put),
            Command::Delete(delete) => one.delete(delete).map(Done::Delete),
            Command::Txn(txn) => one.txn(txn).map(Done::Txn),
            Command::Compact(revision) => {
                one.compact(*revision).map(|()| Done::Compact(one.revision()))
            }
        };
        assert_eq!(done, expected);
        draw.revision = one.revision();
        draw.compacted = one.compacted().unwrap_or(0);
    }
    damage::same(&one, &other);
}

/// So what is in a log can be read by whatever comes later.
#[test]
fn a_command_is_written_so_and_not_otherwise() {
    let put = Put { key: b"ab".into(), value: b"c".into(), lease: -2, ..Put::default() };
    let put = Command::Put(Put { previous: true, ..put });
    assert_eq!(put.encode(), b"\x01\x00\x02ab\x01c\x03\x01");
    let range = Operation::Range(Range { limit: 300, ..Range::default() });
    let txn = Command::Txn(Txn { failure: vec![range], ..Txn::default() });
    let bytes = b"\x01\x02\x00\x00\x01\x03\x00\x00\xd8\x04\x00\x00\x00\x00\x00\x00\x00\x00";
    assert_eq!(txn.encode(), bytes);
    assert_eq!(Command::Compact(i64::MAX).encode()[..2], [1, 3]);
}

#[test]
fn numbers_are_read_back_up_to_the_last() {
    for revision in [0, 1, -1, 63, 64, -64, -65, i64::MAX, i64::MIN, i64::MIN + 1] {
        let command = Command::Compact(revision);
        assert_eq!(Command::decode(&command.encode()), Ok(command));
    }
    // Ten bytes of seven bits are more than a number has; a last byte of 0 says nothing.
    for long in [&[1, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2][..], &[1, 3, 0x81, 0]] {
        assert_eq!(Command::decode(long), Err(Damaged::Byte(long.len() - 1)));
    }
}

fn nested(depth: usize) -> Command {
    let mut txn = Txn::default();
    for _ in 0..depth {
        txn = Txn { success: vec![Operation::Txn(txn)], ..Txn::default() };
    }
    Command::Txn(txn)
}

#[test]
fn transactions_are_in_transactions_so_deep_and_no_deeper() {
    let deep = nested(DEPTH_MAX);
    assert_eq!(Command::decode(&deep.encode()), Ok(deep));
    let bytes = nested(DEPTH_MAX + 1).encode();
    assert!(matches!(Command::decode(&bytes), Err(Damaged::Byte(_))));
    // No stack is deep enough for a million of them.
    let mut bytes = vec![1, 2];
    bytes.extend([0, 1, 2].repeat(1_000_000));
    assert!(Command::decode(&bytes).is_err());
}

/// A length that nothing follows is refused before there is room made for it.
#[test]
fn a_length_is_not_believed() {
    let mut bytes = vec![1, 0];
    bytes.extend([0xff; 9]);
    bytes.push(1);
    assert_eq!(Command::decode(&bytes), Err(Damaged::Short));
    let mut bytes = vec![1, 2];
    bytes.extend([0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert_eq!(Command::decode(&bytes), Err(Damaged::Short));
}

#[test]
fn every_cut_of_a_command_is_refused() {
    let mut draw = Draw::new(2);
    for _ in 0..300 {
        let bytes = draw.command().encode();
        for cut in 0..bytes.len() {
            assert_eq!(Command::decode(&bytes[..cut]), Err(Damaged::Short));
        }
    }
}

#[test]
fn a_saved_store_answers_the_same_to_everything_that_follows() {
    for seed in 0..30 {
        let mut draw = Draw::new(seed);
        let mut store = damage::store(&mut draw, 100);
        let mut loaded = Store::load(&store.save()).expect("it was saved");
        damage::same(&store, &loaded);
        for _ in 0..50 {
            let request = draw.next();
            let (one, other) = (&mut store, &mut loaded);
            assert_eq!(damage::answer(one, &request), damage::answer(other, &request));
        }
        damage::same(&store, &loaded);
    }
    damage::same(&Store::default(), &Store::load(&Store::default().save()).expect("saved"));
}

#[test]
fn every_flipped_bit_and_every_cut_of_a_saved_store_is_refused() {
    for seed in 0..3 {
        let bytes = damage::store(&mut Draw::new(seed), 40).save();
        assert!(bytes.len() > 100);
        for at in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            assert!(Store::load(&flipped).is_err(), "bit {at}");
        }
        for cut in 0..bytes.len() {
            assert!(Store::load(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        assert!(Store::load(&[&bytes[..], &[0]].concat()).is_err());
    }
}

#[test]
fn changed_bytes_are_refused_or_say_something_else_in_full() {
    let (mut commands, mut snapshots) = (Tally::default(), Tally::default());
    for seed in 0..400 {
        let mut draw = Draw::new(seed);
        let mut store = damage::store(&mut draw, 10);
        for _ in 0..25 {
            commands += damage::command(&mut draw, &mut store);
        }
        snapshots += damage::snapshot(&mut draw, 30);
    }
    // Both happen often enough to mean something.
    for tally in [commands, snapshots] {
        assert!(tally.read > 50 && tally.changed > 2 * tally.read, "{tally:?}");
    }
}

#[test]
fn what_is_wrong_with_bytes_is_a_sentence() {
    let cut = Store::load(&Store::default().save()[..9]).expect_err("it is cut");
    assert_eq!(cut.to_string(), "they end too early: use another copy");
    assert_eq!(Command::decode(&[2]), Err(Damaged::Version));
    assert_eq!(Store::load(b"another kind of file"), Err(Damaged::Version));
    let mut store = Store::default();
    let put = Put { key: b"a".into(), ..Put::default() };
    let done = Done::Put(PutDone { revision: 2, previous: None });
    assert_eq!(store.apply(&Command::Put(put)), Ok(done));
    assert_eq!(store.apply(&Command::Compact(3)), Err(Error::Future));
}
