//! A store as it is kept and sent, and the digest of its commands.

use quorate_store::Store;

/// What stands before a store that is kept: the index through which the log was dropped, how many
/// commands that was, and the digest of all of them.
const PREFACE_BYTES: usize = 24;

/// A state that was kept: the index that it is named by, how many commands are in it, their digest
/// and the store.
pub(crate) fn read(state: &[u8]) -> Option<(u64, u64, (u64, Store))> {
    let (preface, rest) = state.split_at_checked(PREFACE_BYTES)?;
    let (index, applied) = pair(preface)?;
    let (_, digest) = pair(&preface[8..])?;
    Some((index, applied, (digest, Store::load(rest).ok()?)))
}

/// Two numbers.
pub(crate) fn pair(bytes: &[u8]) -> Option<(u64, u64)> {
    let (one, rest) = bytes.split_first_chunk::<8>()?;
    let (other, _) = rest.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*one), u64::from_le_bytes(*other)))
}

/// A digest with one more command. It tells states apart that went different ways, not ones that
/// somebody made to look alike.
pub(crate) fn mixed(digest: u64, slot: u64, bytes: &[u8]) -> u64 {
    let fold =
        |sum: u64, word: u64| (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let (words, rest) = bytes.as_chunks::<8>();
    let start = fold(fold(digest, slot), bytes.len() as u64);
    let sum = words.iter().fold(start, |sum, word| fold(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, byte| fold(sum, (*byte).into()))
}
