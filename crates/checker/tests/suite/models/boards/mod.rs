//! Models whose actions read what other processes remember, as one process that plays all of them:
//! what can happen next is a timer that runs. All are specifications in TLA+ of
//! `tlaplus/Examples`, for which it says how many states TLC finds and how many it generates.

mod counted;
mod received;
mod shared;

use std::collections::HashSet;

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Process, ProcessSet, Protocol, Renamed, Value, inspect,
};
use quorate_problems::Consensus;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Game {
    Commit,
    Backup,
    Guarded,
    OneStep,
    Echoes,
    Diffusion,
    Byzantine,
    Voting,
}

/// A model by its name there, with the states, those generated and the depth that are published,
/// and how many of the steps that we take change anything; 0 where our search ran out of memory.
pub(crate) type Published = (&'static str, Game, (u64, u64, u32), u64);

/// All of them; the last three take minutes.
pub(crate) const PUBLISHED: &[Published] = &[
    ("TCommit", Game::Commit, (34, 94, 7), 94),
    ("2PCwithBTM", Game::Backup, (1_245, 5_841, 15), 4_123),
    ("nbacg_guer01", Game::Guarded, (24_922, 159_538, 16), 80_329),
    ("nbacc_ray97", Game::Voting, (3_016, 49_592, 7), 42_264),
    ("bcastByz", Game::Byzantine, (14_424, 227_344, 7), 88_576),
    ("bcastFolklore", Game::Diffusion, (501_552, 9_718_336, 9), 7_850_400),
    ("cf1s_folklore", Game::OneStep, (2_057_174, 22_438_432, 25), 12_608_956),
    ("aba_asyn_byz", Game::Echoes, (5_843_977, 85_612_896, 45), 0),
];

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Board {
    cells: Vec<u8>,
}

inspect!(Board { cells });

/// An action, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Action(u16);

impl Renamed for Action {}

/// An action of a process, by its number among that process's.
fn of(process: usize, number: u16) -> Action {
    Action(process as u16 * 256 + number)
}

/// All rows of so many cells, each below the same number.
fn all_of(cells: usize, below: u8) -> impl Iterator<Item = Vec<u8>> {
    let many = u32::from(below);
    let cell = move |number: u32, at: usize| (number / many.pow(at as u32) % many) as u8;
    (0..many.pow(cells as u32)).map(move |number| (0..cells).map(|at| cell(number, at)).collect())
}

/// All that can happen: each action with what comes of it, and in how many ways TLC goes through
/// it. It may change nothing.
struct Moves {
    before: Vec<u8>,
    all: Vec<(Action, u32, Vec<u8>)>,
}

impl Moves {
    fn new(before: &[u8]) -> Self {
        Self { before: before.to_vec(), all: Vec::new() }
    }

    fn may(&mut self, action: Action, ways: u32, changes: &[(usize, u8)]) {
        if ways > 0 {
            let mut next = self.before.clone();
            for (at, value) in changes {
                next[*at] = *value;
            }
            self.all.push((action, ways, next));
        }
    }

    /// Those that change anything.
    fn changes(&self) -> impl Iterator<Item = (Action, &Vec<u8>)> {
        let changed = self.all.iter().filter(|(_, _, next)| *next != self.before);
        changed.map(|(action, _, next)| (*action, next))
    }
}

impl Game {
    fn beginnings(self) -> Vec<Vec<u8>> {
        match self {
            Self::Commit => vec![vec![shared::WORKING; shared::MANY]],
            Self::Backup => vec![vec![0; shared::CELLS]],
            Self::Guarded => counted::guarded_beginnings(),
            Self::OneStep | Self::Echoes => counted::proposals(),
            Self::Diffusion => received::asked(false),
            Self::Byzantine => received::asked(true),
            Self::Voting => received::voters(),
        }
    }

    fn moves(self, cells: &[u8]) -> Moves {
        match self {
            Self::Commit => shared::commit(cells),
            Self::Backup => shared::backup(cells),
            Self::Guarded => counted::guarded(cells),
            Self::OneStep => counted::one_step(cells),
            Self::Echoes => counted::echoes(cells),
            Self::Diffusion => received::diffusion(cells),
            Self::Byzantine => received::byzantine(cells),
            Self::Voting => received::voting(cells),
        }
    }

    /// Where things stand on the way to what is decided, if this model says so to the judges.
    fn decided(self, cells: &[u8]) -> [bool; 2] {
        let has = |value: u8| cells[..shared::MANY].contains(&value);
        let judged = matches!(self, Self::Commit | Self::Backup);
        [judged && has(shared::ABORTED), judged && has(shared::COMMITTED)]
    }
}

/// What TLC counts as states found and generated, without any of the checker: the beginnings, and
/// every way to go on from every state.
pub(crate) fn generated(game: Game) -> (u64, u64) {
    let mut known: HashSet<Vec<u8>> = game.beginnings().into_iter().collect();
    let mut to_see: Vec<Vec<u8>> = known.iter().cloned().collect();
    let mut ways = known.len() as u64;
    while let Some(cells) = to_see.pop() {
        for (_, times, next) in game.moves(&cells).all {
            ways += u64::from(times);
            if !known.contains(&next) {
                known.insert(next.clone());
                to_see.push(next);
            }
        }
    }
    (known.len() as u64, ways)
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
        let mut all = cx.config.beginnings();
        let chosen = cx.choose(all.len() as u32) as usize;
        let new = Self { cells: all.swap_remove(chosen) };
        new.may(None, cx);
        new
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, _: Process, _: Value, _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, action: Action, cx: &mut Context<'_, Self>) {
        let before = cx.config.moves(&self.cells);
        let mut taken = before.changes().filter(|(known, _)| *known == action);
        let Some((_, next)) = taken.next() else { return };
        let (had, has) = (cx.config.decided(&self.cells), cx.config.decided(next));
        for value in [1, 0] {
            if has[value] && !had[value] {
                cx.output(Value(value as u16));
            }
        }
        self.cells.clone_from(next);
        self.may(Some(&before), cx);
    }
}

impl Board {
    /// Lets happen what can happen now.
    fn may(&self, before: Option<&Moves>, cx: &mut Context<'_, Self>) {
        for (over, _) in before.iter().flat_map(|moves| moves.changes()) {
            cx.cancel_timer(over);
        }
        for (open, _) in cx.config.moves(&self.cells).changes() {
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
