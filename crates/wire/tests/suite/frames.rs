//! Frames and messages, without any connection.

use quorate_wire::frame::{self, Decoder, FRAME_MAX, Frame, HEAD_BYTES, Kind, Malformed};
use quorate_wire::message::{Assembler, put_piece};

use crate::trial::{self, Tally};

const SEEDS: u64 = 1_500;

#[test]
fn a_stream_is_read_as_it_was_written_whatever_pieces_it_comes_in() {
    let mut tally = Tally::default();
    for seed in 0..SEEDS {
        trial::pieces(seed, &mut tally);
    }
    assert!(tally.messages > 4 * SEEDS && tally.frames > tally.messages, "{tally:?}");
    assert!(tally.in_pieces > SEEDS / 500, "{tally:?}");
}

#[test]
fn no_frame_comes_of_a_stream_that_was_not_written_to_it() {
    let mut tally = Tally::default();
    for seed in 0..SEEDS {
        trial::mutated(seed, &mut tally);
    }
    assert!(tally.refused > SEEDS / 2 && tally.refused < SEEDS, "{tally:?}");
}

#[test]
fn hellos_are_read_as_they_were_written_or_refused() {
    let mut tally = Tally::default();
    for seed in 0..10 * SEEDS {
        trial::hellos(seed, &mut tally);
    }
    assert!(tally.hellos > SEEDS && tally.hellos < 10 * SEEDS, "{tally:?}");
}

fn decode(bytes: &[u8], most: usize) -> Result<usize, Malformed> {
    let mut decoder = Decoder::new(most);
    decoder.room().extend(bytes);
    let mut frames = 0;
    while decoder.frame()?.is_some() {
        frames += 1;
    }
    Ok(frames)
}

#[test]
fn every_flipped_bit_is_found_at_once() {
    let mut bytes = Vec::new();
    frame::put(&mut bytes, Kind::Alive, &[]);
    frame::put(&mut bytes, Kind::Through, &[&7_u64.to_le_bytes()]);
    put_piece(&mut bytes, 3, &[0; 200]);
    put_piece(&mut bytes, 4, b"a message");
    assert_eq!(decode(&bytes, FRAME_MAX), Ok(4));
    for bit in 0..8 * bytes.len() {
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&bytes, FRAME_MAX).is_err(), "bit {bit} is not missed");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn another_version_is_told_from_noise() {
    let mut bytes = Vec::new();
    frame::put(&mut bytes, Kind::Alive, &[]);
    bytes[2] = 9;
    let error = decode(&bytes[..3], FRAME_MAX).expect_err("it is another version");
    assert_eq!(error, Malformed::Version { theirs: 9 });
    assert!(error.to_string().contains("version 9"), "{error}");
    assert_eq!(decode(b"GET / HTTP/1.1", FRAME_MAX), Err(Malformed::Magic));
}

#[test]
fn what_is_too_long_is_refused_before_it_has_come() {
    let mut bytes = Vec::new();
    frame::put(&mut bytes, Kind::Hello, &[&[0; 65]]);
    let error = decode(&bytes[..HEAD_BYTES], 64).expect_err("it is too long");
    assert_eq!(error, Malformed::Long { bytes: 65, most: 64 });
    assert_eq!(decode(&bytes, 65), Ok(1));
    let mut assembler = Assembler::new(10);
    let mut take = |kind, sequence: u64, bytes: usize| {
        let payload = [&sequence.to_le_bytes()[..], &vec![1; bytes]].concat();
        let taken = assembler.take(Frame { kind, payload: &payload });
        taken.map(|message| message.map(|(sequence, bytes)| (sequence, bytes.len())))
    };
    assert_eq!(take(Kind::Last, 1, 10), Ok(Some((1, 10))));
    assert_eq!(take(Kind::Last, 2, 11), Err(Malformed::Message { most: 10 }));
    assert_eq!(take(Kind::Part, 2, 6), Ok(None));
    assert_eq!(take(Kind::Last, 3, 1), Err(Malformed::Sequence { due: 2, came: 3 }));
    assert_eq!(take(Kind::Part, 2, 5), Err(Malformed::Message { most: 10 }));
    assert_eq!(take(Kind::Last, 2, 4), Ok(Some((2, 10))));
    assert_eq!(take(Kind::Part, 3, 0), Err(Malformed::Nonsense { kind: Kind::Part }));
    assert_eq!(take(Kind::Alive, 3, 0), Err(Malformed::Turn { kind: Kind::Alive }));
}
