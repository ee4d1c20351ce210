//! The odometer of lies.

use proptest::prelude::*;
use quorate_kernel::Vocabulary;

fn readings(digits: Vec<u32>) -> Vocabulary<'static, Vec<u32>> {
    Vocabulary::odometer(digits, <[u32]>::to_vec)
}

#[test]
fn the_last_digit_turns_fastest() {
    let words: Vec<Vec<u32>> = readings(vec![2, 3]).words().collect();
    assert_eq!(words, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
}

#[test]
fn no_digits_make_one_word() {
    let only = readings(Vec::new());
    assert_eq!(only.size(), Some(1));
    assert_eq!(only.words().count(), 1);
}

#[test]
fn nothing_to_say_is_no_word() {
    for nothing in [Vocabulary::none(), Vocabulary::one_of(Vec::new()), readings(vec![2, 0])] {
        assert_eq!(nothing.size(), Some(0));
        assert_eq!(nothing.words().count(), 0);
        assert_eq!(nothing.word(&[]), None);
    }
}

#[test]
fn a_list_is_one_digit() {
    let list = Vocabulary::one_of(vec!["attack", "retreat"]);
    assert_eq!(list.digits(), [2]);
    assert_eq!(list.words().collect::<Vec<_>>(), ["attack", "retreat"]);
    assert_eq!(list.word(&[1]), Some("retreat"));
}

#[test]
fn a_reading_that_does_not_fit_is_no_word() {
    let words = readings(vec![2, 3]);
    assert_eq!(words.word(&[1, 2]), Some(vec![1, 2]));
    assert_eq!(words.word(&[1, 3]), None);
    assert_eq!(words.word(&[1]), None);
    assert_eq!(words.word(&[1, 2, 0]), None);
}

#[test]
fn silence_is_marked_and_not_added() {
    let words = readings(vec![2]);
    assert!(!words.silence_is_a_word());
    let marked = words.with_silence();
    assert!(marked.silence_is_a_word());
    assert_eq!(marked.size(), Some(2));
}

#[test]
fn a_vocabulary_too_large_to_count_says_so() {
    assert_eq!(readings(vec![1 << 16; 4]).size(), None);
    assert_eq!(readings(vec![1 << 16; 3]).size(), Some(1 << 48));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_words_are_different_in_order_and_as_many_as_announced(
        digits in prop::collection::vec(1u32..4, 0..6),
    ) {
        let vocabulary = readings(digits);
        let words: Vec<Vec<u32>> = vocabulary.words().collect();
        prop_assert_eq!(Some(words.len() as u64), vocabulary.size());
        prop_assert!(words.windows(2).all(|pair| pair[0] < pair[1]));
        for reading in &words {
            prop_assert_eq!(vocabulary.word(reading), Some(reading.clone()));
        }
    }
}
