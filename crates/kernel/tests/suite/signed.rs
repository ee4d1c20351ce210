//! Signatures by construction.

use quorate_kernel::{Domain, Process, Signed, Value, engine};

fn chain(signers: &[u16]) -> Signed<Value> {
    let signed = engine::pen(Process(signers[0])).sign(Value(1));
    signers[1..].iter().fold(signed, |all, &p| engine::pen(Process(p)).countersign(&all))
}

#[test]
fn a_chain_names_its_signers_in_order() {
    let signed = chain(&[2, 0, 1]);
    assert_eq!(*signed.body(), Value(1));
    assert_eq!(signed.signers(), [Process(2), Process(0), Process(1)]);
    assert_eq!(engine::pen(Process(3)).owner(), Process(3));
}

#[test]
fn distinct_means_that_nobody_signed_twice() {
    assert!(chain(&[2, 0, 1]).distinct());
    assert!(!chain(&[2, 0, 2]).distinct());
    assert!(!chain(&[2, 2]).distinct());
}

#[test]
fn whoever_holds_a_chain_holds_its_beginnings_and_no_other_part() {
    let signed = chain(&[2, 0, 1]);
    assert_eq!(signed.first(1), Some(chain(&[2])));
    assert_eq!(signed.first(2), Some(chain(&[2, 0])));
    assert_eq!(signed.first(3), Some(signed.clone()));
    assert_eq!(signed.first(0), None);
    assert_eq!(signed.first(4), None);
}

#[test]
fn chains_are_equal_only_with_the_same_body_and_signers() {
    assert_eq!(chain(&[0, 1]), chain(&[0, 1]));
    assert_ne!(chain(&[0, 1]), chain(&[1, 0]));
    assert_ne!(chain(&[0]), engine::pen(Process(0)).sign(Value(0)));
}

#[test]
fn signatures_do_not_count_as_bits() {
    assert_eq!(chain(&[0, 1, 2]).body_bits(Domain::BINARY), 1);
}
