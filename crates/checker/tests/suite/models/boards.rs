//! Models whose actions read what other processes remember, as one process that plays all of them:
//! what can happen next is a timer that runs.
//!
//! - `TCommit` (Gray, Lamport, Consensus on Transaction Commit, 2006, section 2): resource managers
//!   prepare, commit if all others are prepared or have committed, and abort if nobody has.
//! - `2PCwithBTM` (Demirbas, after Lamport): two-phase commit over shared memory, where a manager
//!   may fail and a backup takes over from a transaction manager that hides.
//! - `nbacg_guer01` (Guerraoui 2001, proposition 3.1): non-blocking atomic commitment with votes
//!   that are counted and a detector that suspects somebody or nobody from the start.

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Process, ProcessSet, Protocol, Renamed, Value, inspect,
};
use quorate_problems::Consensus;

/// Of how many processes each model is.
const MANY: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Game {
    Commit,
    Backup,
    Guarded,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Board {
    cells: Vec<u8>,
}

inspect!(Board { cells });

/// An action, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Action(u8);

impl Renamed for Action {}

// What a resource manager is.
const WORKING: u8 = 0;
const PREPARED: u8 = 1;
const COMMITTED: u8 = 2;
const ABORTED: u8 = 3;
const FAILED: u8 = 4;

/// All that can happen and changes anything, each action with what comes of it.
type Moves = Vec<(Action, Vec<u8>)>;

fn with(cells: &[u8], changes: &[(usize, u8)]) -> Vec<u8> {
    let mut next = cells.to_vec();
    for (at, value) in changes {
        next[*at] = *value;
    }
    next
}

fn commit(cells: &[u8]) -> Moves {
    let can_commit = cells.iter().all(|one| matches!(*one, PREPARED | COMMITTED));
    let can_abort = !cells.contains(&COMMITTED);
    let mut all = Vec::new();
    for (at, one) in cells.iter().enumerate() {
        for (kind, may, value) in [
            (0, *one == WORKING, PREPARED),
            (1, *one == PREPARED && can_commit, COMMITTED),
            (2, matches!(*one, WORKING | PREPARED) && can_abort, ABORTED),
        ] {
            if may {
                all.push((Action(at as u8 * 8 + kind), with(cells, &[(at, value)])));
            }
        }
    }
    all
}

// Where the manager, its places in the program, and those of the others stand after the resources.
const MANAGER: usize = MANY;
const OVER: usize = MANAGER + 1;
const PLACE: usize = OVER + MANY;
const BACKUP: usize = PLACE + 1;

// What the transaction manager says.
const COMMIT: u8 = 1;
const ABORT: u8 = 2;
const HIDDEN: u8 = 3;

fn backup(cells: &[u8]) -> Moves {
    let resources = &cells[..MANY];
    let committed = resources.contains(&COMMITTED);
    let can_commit = committed || resources.iter().all(|one| *one == PREPARED);
    let can_abort = !committed && resources.iter().any(|one| matches!(*one, ABORTED | FAILED));
    let says = cells[MANAGER];
    let mut all = Vec::new();
    let mut may = |number: u8, may: bool, changes: &[(usize, u8)]| {
        if may {
            all.push((Action(number), with(cells, changes)));
        }
    };
    for (at, one) in resources.iter().enumerate() {
        let number = at as u8 * 8;
        let open = matches!(*one, WORKING | PREPARED);
        may(number, *one == WORKING, &[(at, PREPARED)]);
        may(number + 1, open && says == COMMIT, &[(at, COMMITTED)]);
        may(number + 2, open && (*one == WORKING || says == ABORT), &[(at, ABORTED)]);
        may(number + 3, open && !resources.contains(&FAILED), &[(at, FAILED)]);
        may(number + 4, !open && cells[OVER + at] == 0, &[(OVER + at, 1)]);
    }
    // The manager and its backup make up their minds (1, 2), say so (3, 4), and it hides (5).
    let (place, second) = (cells[PLACE], cells[BACKUP]);
    may(100, place == 0 && can_commit, &[(PLACE, 1)]);
    may(101, place == 0 && can_abort, &[(PLACE, 2)]);
    may(102, matches!(place, 1 | 2), &[(PLACE, place + 2), (MANAGER, place)]);
    may(103, matches!(place, 3 | 4), &[(PLACE, 5), (MANAGER, HIDDEN)]);
    may(110, second == 0 && can_commit && says == HIDDEN, &[(BACKUP, 1)]);
    may(111, second == 0 && can_abort && says == HIDDEN, &[(BACKUP, 2)]);
    may(112, matches!(second, 1 | 2), &[(BACKUP, 3), (MANAGER, second)]);
    all
}

// How many votes each way were sent, and how many by those who crashed before they voted; then of
// each process how many it got, its suspicion, and where it is.
const SENT: usize = 0;
const LEFT: usize = 2;
const GOT: usize = 4;
const SUSPECTS: usize = GOT + 2 * MANY;
const STANDS: usize = SUSPECTS + MANY;

// Where a process is: it will vote no or yes, voted, decided, or crashed.
const NO: u8 = 0;
const YES: u8 = 1;
const VOTED: u8 = 2;
const ABORTS: u8 = 3;
const COMMITS: u8 = 4;
const CRASHED: u8 = 5;

fn guarded(cells: &[u8]) -> Moves {
    let mut all = Vec::new();
    for at in 0..MANY {
        let (stands, suspects) = (cells[STANDS + at], cells[SUSPECTS + at] == 1);
        let got = |vote: usize| cells[GOT + 2 * at + vote];
        let mut may = |kind: u8, may: bool, changes: &[(usize, u8)]| {
            if may {
                all.push((Action(at as u8 * 16 + kind), with(cells, changes)));
            }
        };
        let (votes, vote) = (matches!(stands, NO | YES), usize::from(stands));
        let one_more = |of: usize| (of + vote, cells.get(of + vote).map_or(0, |count| count + 1));
        let crash = (STANDS + at, CRASHED);
        may(0, votes, &[crash, one_more(LEFT)]);
        may(1, !votes && stands != CRASHED, &[crash]);
        for vote in [0, 1] {
            let under_way = got(vote) < cells[SENT + vote] + cells[LEFT + vote];
            let more = (GOT + 2 * at + vote, got(vote) + 1);
            may(2 + vote as u8, stands == VOTED && under_way, &[more]);
        }
        may(4, votes && !suspects, &[(STANDS + at, VOTED), one_more(SENT)]);
        may(5, votes && suspects, &[(STANDS + at, ABORTS)]);
        may(6, stands == VOTED && got(0) > 0, &[(STANDS + at, ABORTS)]);
        let all_yes = got(0) == 0 && usize::from(got(1)) >= MANY;
        may(7, stands == VOTED && all_yes, &[(STANDS + at, COMMITS)]);
    }
    all
}

impl Game {
    fn begin(self, cx: &mut Context<'_, Board>) -> Vec<u8> {
        match self {
            Self::Commit => vec![WORKING; MANY],
            Self::Backup => vec![0; BACKUP + 1],
            Self::Guarded => {
                let mut cells = vec![0; STANDS + MANY];
                for cell in &mut cells[SUSPECTS..] {
                    *cell = cx.choose(2) as u8;
                }
                cells
            }
        }
    }

    fn moves(self, cells: &[u8]) -> Moves {
        match self {
            Self::Commit => commit(cells),
            Self::Backup => backup(cells),
            Self::Guarded => guarded(cells),
        }
    }
}

impl Protocol for Board {
    type Problem = Consensus;
    type Config = Game;
    type Message = Value;
    type Timer = Action;
    type Stable = ();

    fn domain(_: &Game) -> Domain {
        Domain::BINARY
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        let new = Self { cells: cx.config.begin(cx) };
        new.may(&[], cx);
        new
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, _: Process, _: Value, _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, action: Action, cx: &mut Context<'_, Self>) {
        let before = cx.config.moves(&self.cells);
        let taken = before.iter().find(|(known, _)| *known == action);
        let Some((_, next)) = taken.cloned() else { return };
        if *cx.config != Game::Guarded {
            self.tell(&next, cx);
        }
        self.cells = next;
        self.may(&before, cx);
    }
}

impl Board {
    /// Hands out what is decided first.
    fn tell(&self, next: &[u8], cx: &mut Context<'_, Self>) {
        for (decided, value) in [(COMMITTED, 1), (ABORTED, 0)] {
            let has = |cells: &[u8]| cells[..MANY].contains(&decided);
            if has(next) && !has(&self.cells) {
                cx.output(Value(value));
            }
        }
    }

    /// Lets happen what can happen now.
    fn may(&self, before: &[(Action, Vec<u8>)], cx: &mut Context<'_, Self>) {
        for (over, _) in before {
            cx.cancel_timer(*over);
        }
        for (open, _) in cx.config.moves(&self.cells) {
            cx.set_timer(open, 1);
        }
    }
}

impl Deceit for Board {}

/// The inquiry for a model.
pub(crate) fn inquiry(game: &Game) -> Inquiry<'_, Board> {
    Inquiry {
        group: Group { n: 1, f: 0 },
        config: game,
        scope: Scope { timers: None, ..Scope::of(Links::Reliable) },
        beginnings: vec![Beginning {
            traitors: ProcessSet::new(),
            doomed: ProcessSet::new(),
            requests: vec![(0, Vec::new())],
        }],
        requirements: super::named(&["irrevocability"]),
        budget: Default::default(),
        wide: false,
    }
}
