//! Models in which a process receives any set of what was sent and acts, in one step.
//!
//! - `bcastFolklore` (Chandra, Toueg 1996, figure 4): whoever has the message accepts it and passes
//!   it on.
//! - `bcastByz` (Srikanth, Toueg 1987, figure 7, one round): echoes from two are echoed, from three
//!   accepted; a faulty process may have said so to anybody.
//! - `nbacc_ray97` (Raynal 1997): each votes, and commits when all have voted yes and nobody is
//!   suspected; a crashed process still receives.

use super::{Moves, of};

/// How many processes the broadcasts have; the last cell says which of them have sent.
const FOUR: usize = 4;
const GOT: usize = FOUR;
const SENT: usize = 2 * FOUR;

// Where a process is: without the message and with it, accepted, crashed or faulty, echoed.
const ASKED: u8 = 1;
const ACCEPTED: u8 = 2;
const AWAY: u8 = 3;
const ECHOED: u8 = 4;

/// Who was asked, in every way, with one faulty process or none. What a faulty process was asked is
/// a part of the published state: it counts twice, and never again.
pub(super) fn asked(faulty: bool) -> Vec<Vec<u8>> {
    let places = super::all_of(FOUR, 2).map(|choice| [choice, vec![0; FOUR + 1]].concat());
    if !faulty {
        return places.collect();
    }
    let with = |cells: Vec<u8>| {
        (0..FOUR).map(move |at| {
            let mut cells = cells.clone();
            cells[at] = if cells[at] == ASKED { AWAY + 8 } else { AWAY };
            cells
        })
    };
    places.flat_map(with).collect()
}

/// The sets between two others, the smaller one first.
fn between(least: u8, most: u8) -> impl Iterator<Item = u8> {
    (0..16).filter(move |set| set & least == least && set & !most == 0)
}

pub(super) fn diffusion(cells: &[u8]) -> Moves {
    let mut moves = Moves::new(cells);
    let crashed = cells[..FOUR].contains(&AWAY);
    for at in (0..FOUR).filter(|at| cells[*at] != AWAY) {
        let (place, sent) = (cells[at], cells[SENT]);
        for got in between(cells[GOT + at], sent) {
            let mut may = |kind: u16, witnesses: u32, changes: &[(usize, u8)]| {
                let all = [changes, &[(GOT + at, got)]].concat();
                moves.may(of(at, kind * 16 + u16::from(got)), witnesses, &all);
            };
            let heard = u32::from(place < ACCEPTED && got != 0);
            let accepts = u32::from(place == ASKED) + heard;
            may(0, accepts, &[(at, ACCEPTED), (SENT, sent | 1 << at)]);
            may(1, u32::from(!crashed), &[(at, AWAY)]);
            may(2, 1, &[]);
        }
    }
    moves
}

pub(super) fn byzantine(cells: &[u8]) -> Moves {
    let mut moves = Moves::new(cells);
    let faulty = |at: &usize| cells[*at] & 7 == AWAY;
    let can_say = (0..FOUR).filter(faulty).fold(cells[SENT], |all, at| all | 1 << at);
    for at in (0..FOUR).filter(|at| !faulty(at)) {
        let (place, sent) = (cells[at], cells[SENT] | 1 << at);
        for got in between(cells[GOT + at], can_say) {
            // What arrives anew is any set that adds to what was there before.
            let ways = 1 << cells[GOT + at].count_ones();
            let mut may = |kind: u16, may: bool, changes: &[(usize, u8)]| {
                let all = [changes, &[(GOT + at, got)]].concat();
                moves.may(of(at, kind * 16 + u16::from(got)), if may { ways } else { 0 }, &all);
            };
            let (open, many) = (place <= ASKED, got.count_ones());
            may(0, place == ASKED, &[(at, ECHOED), (SENT, sent)]);
            may(1, open && many == 2, &[(at, ECHOED), (SENT, sent)]);
            may(2, open && many > 2, &[(at, ACCEPTED), (SENT, sent)]);
            may(3, place == ECHOED && many > 2, &[(at, ACCEPTED)]);
        }
    }
    moves.may(of(FOUR, 0), 1, &[]);
    moves
}

/// How many processes vote; of each where it is, what it got, and whether it suspects. A set has
/// two bits for each of them: that it voted yes, that it voted no.
const TWO: usize = 2;
const VOTES: usize = TWO;
const SUSPECTS: usize = 2 * TWO;
const CAST: usize = 3 * TWO;
const ALL_YES: u8 = 0b0101;
const ANY_NO: u8 = 0b1010;

// Where a voter is: it will vote yes or no, voted, decided, or crashed.
const YES: u8 = 0;
const NO: u8 = 1;
const VOTED: u8 = 2;
const ABORTS: u8 = 3;
const COMMITS: u8 = 4;
const CRASHED: u8 = 5;

/// What each would vote and whether it suspects, in every way.
pub(super) fn voters() -> Vec<Vec<u8>> {
    let cells = |choice: Vec<u8>| [&choice[..TWO], &[0; TWO], &choice[TWO..], &[0]].concat();
    super::all_of(2 * TWO, 2).map(cells).collect()
}

pub(super) fn voting(cells: &[u8]) -> Moves {
    let mut moves = Moves::new(cells);
    for at in 0..TWO {
        let (place, cast) = (cells[at], cells[CAST]);
        let refusals = (cells[VOTES + at] & ANY_NO).count_ones();
        for (got, suspects) in between(cells[VOTES + at], cast).flat_map(|got| [(got, 0), (got, 1)])
        {
            let mut may = |kind: u16, witnesses: u32, changes: &[(usize, u8)]| {
                let all = [changes, &[(VOTES + at, got), (SUSPECTS + at, suspects)]].concat();
                let number = kind * 32 + u16::from(got) * 2 + u16::from(suspects);
                moves.may(of(at, number), witnesses, &all);
            };
            let voted = |may: u32| if place == VOTED { may } else { 0 };
            let (mine, mine_no) = (1 << (2 * at), 2 << (2 * at));
            may(0, u32::from(place == YES), &[(at, VOTED), (CAST, cast | mine)]);
            may(1, u32::from(place == NO), &[(at, VOTED), (CAST, cast | mine_no)]);
            may(2, u32::from(place != CRASHED), &[(at, CRASHED)]);
            may(3, voted(u32::from(suspects) + refusals), &[(at, ABORTS)]);
            let commits = suspects == 0 && got & ALL_YES == ALL_YES;
            may(4, voted(u32::from(commits)), &[(at, COMMITS)]);
            may(5, 1, &[]);
        }
    }
    moves
}
