//! Transaction commit, whose processes read each other's memory.
//!
//! - `TCommit` (Gray, Lamport, Consensus on Transaction Commit, 2006, section 2): resource managers
//!   prepare, commit if all others are prepared or have committed, and abort if nobody has.
//! - `2PCwithBTM` (Demirbas, after Lamport): two-phase commit over shared memory, where a manager
//!   may fail and a backup takes over from a transaction manager that hides.

use super::{Moves, of};

/// How many resource managers there are.
pub(super) const MANY: usize = 3;

// What a resource manager is.
pub(super) const WORKING: u8 = 0;
const PREPARED: u8 = 1;
pub(super) const COMMITTED: u8 = 2;
pub(super) const ABORTED: u8 = 3;
const FAILED: u8 = 4;

pub(super) fn commit(cells: &[u8]) -> Moves {
    let can_commit = cells.iter().all(|one| matches!(*one, PREPARED | COMMITTED));
    let can_abort = !cells.contains(&COMMITTED);
    let mut moves = Moves::new(cells);
    for (at, one) in cells.iter().enumerate() {
        for (kind, may, value) in [
            (0, *one == WORKING, PREPARED),
            (1, *one == PREPARED && can_commit, COMMITTED),
            (2, matches!(*one, WORKING | PREPARED) && can_abort, ABORTED),
        ] {
            moves.may(of(at, kind), u32::from(may), &[(at, value)]);
        }
    }
    moves
}

// Where the manager, its places in the program, and those of the others stand after the resources.
const MANAGER: usize = MANY;
const OVER: usize = MANAGER + 1;
const PLACE: usize = OVER + MANY;
const BACKUP: usize = PLACE + 1;
pub(super) const CELLS: usize = BACKUP + 1;

// What the transaction manager says.
const COMMIT: u8 = 1;
const ABORT: u8 = 2;
const HIDDEN: u8 = 3;

/// A guard with a disjunction or a quantifier is gone through once for each witness. "Can commit"
/// says of each manager that it is prepared or that some manager has committed.
pub(super) fn backup(cells: &[u8]) -> Moves {
    let resources = &cells[..MANY];
    let count = |state: u8| resources.iter().filter(|one| **one == state).count() as u32;
    let committed = count(COMMITTED);
    let witnesses = |one: &u8| u32::from(*one == PREPARED) + committed;
    let can_commit: u32 = resources.iter().map(witnesses).product();
    let can_abort = if committed == 0 { count(ABORTED) + count(FAILED) } else { 0 };
    let says = cells[MANAGER];
    let mut moves = Moves::new(cells);
    for (at, one) in resources.iter().enumerate() {
        let open = matches!(*one, WORKING | PREPARED);
        let works = u32::from(*one == WORKING);
        let told = u32::from(open && says == ABORT);
        moves.may(of(at, 0), works, &[(at, PREPARED)]);
        moves.may(of(at, 1), u32::from(open && says == COMMIT), &[(at, COMMITTED)]);
        moves.may(of(at, 2), works + told, &[(at, ABORTED)]);
        let fails = if count(FAILED) == 0 { FAILED } else { *one };
        moves.may(of(at, 3), u32::from(open), &[(at, fails)]);
        moves.may(of(at, 4), u32::from(!open && cells[OVER + at] == 0), &[(OVER + at, 1)]);
    }
    // The manager and its backup make up their minds (1, 2), say so (3, 4), and it hides (5).
    let (place, second) = (cells[PLACE], cells[BACKUP]);
    let when = |may: bool, witnesses: u32| if may { witnesses } else { 0 };
    moves.may(of(MANY, 0), when(place == 0, can_commit), &[(PLACE, 1)]);
    moves.may(of(MANY, 1), when(place == 0, can_abort), &[(PLACE, 2)]);
    let says_so = [(PLACE, place + 2), (MANAGER, place)];
    moves.may(of(MANY, 2), when(matches!(place, 1 | 2), 1), &says_so);
    moves.may(of(MANY, 3), when(matches!(place, 3 | 4), 1), &[(PLACE, 5), (MANAGER, HIDDEN)]);
    let takes_over = second == 0 && says == HIDDEN;
    moves.may(of(MANY, 4), when(takes_over, can_commit), &[(BACKUP, 1)]);
    moves.may(of(MANY, 5), when(takes_over, can_abort), &[(BACKUP, 2)]);
    let says_so = [(BACKUP, 3), (MANAGER, second)];
    moves.may(of(MANY, 6), when(matches!(second, 1 | 2), 1), &says_so);
    let all_over = cells[OVER..OVER + MANY].iter().all(|over| *over == 1);
    moves.may(of(MANY, 7), when(all_over && place == 5 && second == 3, 1), &[]);
    moves
}
