//! Models in which messages are counted and not told apart.
//!
//! - `nbacg_guer01` (Guerraoui 2001, proposition 3.1): non-blocking atomic commitment with votes
//!   that are counted and a detector that suspects somebody or nobody from the start.
//! - `cf1s_folklore` (Dobre, Suri 2006, algorithm 2): consensus in one step, or the value to go on
//!   with. What a faulty process did not say yet can be received once it is faulty; as published,
//!   one that would say 1 does not become faulty before it has said it.
//! - `aba_asyn_byz` (Bracha, Toueg 1985, figure 3): one that is faulty may have said anything.

use super::{Moves, of};

/// How many processes `nbacg_guer01` has.
const THREE: usize = 3;

// How many votes each way were sent, and how many by those who crashed before they voted; then of
// each process how many it got, its suspicion, and where it is.
const SENT: usize = 0;
const LEFT: usize = 2;
const GOT: usize = 4;
const SUSPECTS: usize = GOT + 2 * THREE;
const STANDS: usize = SUSPECTS + THREE;

// Where a process is: it will vote no or yes, voted, decided, or crashed.
const NO: u8 = 0;
const YES: u8 = 1;
const VOTED: u8 = 2;
const ABORTS: u8 = 3;
const COMMITS: u8 = 4;
const CRASHED: u8 = 5;

/// What each suspects and would vote, in every way.
pub(super) fn guarded_beginnings() -> Vec<Vec<u8>> {
    super::all_of(2 * THREE, 2).map(|choice| [vec![0; SUSPECTS], choice].concat()).collect()
}

pub(super) fn guarded(cells: &[u8]) -> Moves {
    let mut moves = Moves::new(cells);
    for at in 0..THREE {
        let (stands, suspects) = (cells[STANDS + at], cells[SUSPECTS + at] == 1);
        let got = |vote: usize| cells[GOT + 2 * at + vote];
        let mut may = |kind: u16, may: bool, changes: &[(usize, u8)]| {
            moves.may(of(at, kind), u32::from(may), changes);
        };
        let (votes, vote) = (matches!(stands, NO | YES), usize::from(stands));
        let one_more = |of: usize| (of + vote, cells.get(of + vote).map_or(0, |count| count + 1));
        let crash = (STANDS + at, CRASHED);
        may(0, votes, &[crash, one_more(LEFT)]);
        may(1, !votes && stands != CRASHED, &[crash]);
        for vote in [0, 1] {
            let under_way = got(vote) < cells[SENT + vote] + cells[LEFT + vote];
            let more = (GOT + 2 * at + vote, got(vote) + 1);
            may(2 + vote as u16, stands == VOTED && under_way, &[more]);
        }
        may(4, votes && !suspects, &[(STANDS + at, VOTED), one_more(SENT)]);
        may(5, votes && suspects, &[(STANDS + at, ABORTS)]);
        may(6, stands == VOTED && got(0) > 0, &[(STANDS + at, ABORTS)]);
        let all_yes = got(0) == 0 && usize::from(got(1)) >= THREE;
        may(7, stands == VOTED && all_yes, &[(STANDS + at, COMMITS)]);
        let all = (0..2).all(|vote| got(vote) == cells[SENT + vote]);
        may(8, stands == VOTED && all, &[]);
        may(9, true, &[]);
    }
    moves
}

/// How many processes the two others have, and how many of them may be faulty.
const FOUR: usize = 4;
const FAULTY: u8 = 1;

/// Enough of four to know that nobody else can have enough of another value.
const ENOUGH: u8 = 3;

// What was sent by those who are not faulty, and said by those who are; then of each process how
// many it got of the one and of the other, and where it is.
const SAID: usize = 0;
const FORGED: usize = 2;
const HAS: usize = 4;
const PLACE: usize = HAS + 2 * FOUR;

// Where a process is: it has a value, said it, decided it, or goes on with it, or is faulty.
const SAYS: u8 = 2;
const DECIDES: u8 = 4;
const GOES_ON: u8 = 6;
const LIES: u8 = 8;

/// What each proposes, in every way.
pub(super) fn proposals() -> Vec<Vec<u8>> {
    super::all_of(FOUR, 2).map(|choice| [vec![0; PLACE], choice].concat()).collect()
}

pub(super) fn one_step(cells: &[u8]) -> Moves {
    let mut moves = Moves::new(cells);
    for at in 0..FOUR {
        let place = cells[PLACE + at];
        let got = |value: usize| cells[HAS + 2 * at + value];
        let mut may = |kind: u16, may: bool, changes: &[(usize, u8)]| {
            moves.may(of(at, kind), u32::from(may), changes);
        };
        for value in [0, 1] {
            let more = (HAS + 2 * at + value, got(value) + 1);
            let kind = value as u16;
            may(kind, got(value) < cells[SAID + value] + cells[FORGED + value], &[more]);
            let said = [(PLACE + at, SAYS + value as u8), (SAID + value, cells[SAID + value] + 1)];
            may(2 + kind, usize::from(place) == value, &said);
            let decided = (PLACE + at, DECIDES + value as u8);
            may(4 + kind, matches!(place, 2 | 3) && got(value) >= ENOUGH, &[decided]);
        }
        may(6, (0..2).all(|value| got(value) == cells[SAID + value]), &[]);
        let neither = got(0) < ENOUGH && got(1) < ENOUGH && got(0) + got(1) >= ENOUGH;
        may(7, matches!(place, 2 | 3) && neither, &[(PLACE + at, GOES_ON + place % 2)]);
        let nobody_yet = !cells[PLACE..].contains(&LIES);
        let lies = (PLACE + at, LIES);
        may(8, nobody_yet && place == 0, &[lies, (FORGED, cells[FORGED] + 1)]);
        may(9, nobody_yet && place > 1, &[lies]);
        may(10, true, &[]);
    }
    moves
}

// Where a process of `aba_asyn_byz` is, besides that it has a value: what it sent last, or that it
// accepted.
const ECHOED: u8 = 2;
const READY: u8 = 3;
const ACCEPTED: u8 = 4;

pub(super) fn echoes(cells: &[u8]) -> Moves {
    let mut moves = Moves::new(cells);
    let faulty = cells[PLACE..].iter().filter(|place| **place == LIES).count() as u8;
    for at in 0..FOUR {
        let place = cells[PLACE + at];
        let got = |kind: usize| cells[HAS + 2 * at + kind];
        let heard = u32::from(got(0) >= ENOUGH) + u32::from(got(1) > FAULTY);
        let mut may = |kind: u16, witnesses: u32, changes: &[(usize, u8)]| {
            moves.may(of(at, kind), witnesses, changes);
        };
        for kind in [0, 1] {
            let more = (HAS + 2 * at + kind, got(kind) + 1);
            may(kind as u16, u32::from(got(kind) < cells[SAID + kind] + faulty), &[more]);
        }
        may(2, u32::from(faulty < FAULTY && place < ECHOED), &[(PLACE + at, LIES)]);
        let says =
            |place: u8, kind: usize| [(PLACE + at, place), (SAID + kind, cells[SAID + kind] + 1)];
        let echoes = match place {
            0 => heard,
            1 => 1,
            _ => 0,
        };
        may(3, echoes, &says(ECHOED, 0));
        may(4, if place == ECHOED { heard } else { 0 }, &says(READY, 1));
        may(5, u32::from(place == READY && got(1) > 2 * FAULTY), &[(PLACE + at, ACCEPTED)]);
        // Nothing is received, or nothing is done.
        may(6, 2, &[]);
    }
    moves
}
