//! The tree of who said that who said what: paths of distinct processes, and a value for each.
//!
//! A path x·j stands for "j said that x". All values of the paths of one length form a level: a
//! flat array in the order of the paths, in which the children of one path are neighbours.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{
    Bits, Coded, Domain, Garbled, Group, Process, Reader, Renamed, Renaming, Value, Vocabulary,
    Writer, coded,
};

/// How many values all processes together may hold for one level.
const VALUES_MAX: u64 = 1 << 27;

/// All sequences of distinct processes of one length, in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Paths {
    n: u16,
    /// Where every path begins, if they all begin at one process.
    root: Option<Process>,
    /// Who is on none of them: a process needs nobody to tell it what it said itself.
    without: Option<Process>,
    length: u16,
}

impl Coded for Paths {
    fn encode(&self, to: &mut Writer<'_>) {
        (self.root, self.without, self.length).encode(to);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        let (root, without, length) = Coded::decode(from)?;
        let n = from.n();
        if length <= n { Ok(Self { n, root, without, length }) } else { Err(Garbled) }
    }
}

impl Paths {
    pub(crate) fn new(n: u16, root: Option<Process>, length: u16) -> Self {
        Self { n, root, without: None, length }
    }

    /// Those of the paths that avoid one process.
    pub(crate) fn without(self, absent: Process) -> Self {
        Self { without: Some(absent), ..self }
    }

    /// Into how many each path of length `length` splits.
    pub(crate) fn branching(self, length: u16) -> usize {
        self.split(length, u16::from(self.without.is_some()))
    }

    fn split(self, length: u16, absent: u16) -> usize {
        if length == 0 && self.root.is_some() {
            return usize::from(self.root != self.without);
        }
        usize::from(self.n.saturating_sub(absent).saturating_sub(length))
    }

    /// How many paths there are.
    pub(crate) fn count(self) -> u64 {
        self.product(u16::from(self.without.is_some()))
    }

    /// How many of the paths avoid `to` as well.
    pub(crate) fn count_avoiding(self, to: Process) -> u64 {
        match self.root {
            _ if self.without == Some(to) => self.count(),
            Some(root) if root == to && self.length > 0 => 0,
            _ => self.product(u16::from(self.without.is_some()) + 1),
        }
    }

    fn product(self, absent: u16) -> u64 {
        let lengths = 0..self.length;
        lengths.fold(1, |all, length| all.saturating_mul(self.split(length, absent) as u64))
    }

    /// The place of a path in the order of all.
    pub(crate) fn rank(self, path: &[Process]) -> usize {
        let mut rank = 0usize;
        for (at, process) in path.iter().enumerate() {
            let split = self.branching(at as u16);
            let smaller = |p: &&Process| *p < process;
            let digit = match at {
                0 if self.root.is_some() => 0,
                _ => {
                    let before = path[..at].iter().chain(&self.without).filter(smaller).count();
                    process.index().saturating_sub(before)
                }
            };
            rank = rank.saturating_mul(split).saturating_add(digit);
        }
        rank
    }

    /// Who can stand next on a path, in order.
    fn next(self, path: &[Process]) -> impl Iterator<Item = Process> + '_ {
        let fixed = self.root.filter(|_| path.is_empty());
        (0..self.n).map(Process).filter(move |p| {
            fixed.is_none_or(|root| root == *p) && self.without != Some(*p) && !path.contains(p)
        })
    }

    /// Calls `each` with every path, in order.
    pub(crate) fn each(self, each: &mut impl FnMut(&[Process])) {
        self.descend(&mut Vec::with_capacity(usize::from(self.length)), each);
    }

    fn descend(self, path: &mut Vec<Process>, each: &mut impl FnMut(&[Process])) {
        if path.len() == usize::from(self.length) {
            return each(path);
        }
        for at in 0..self.n {
            let next = Process(at);
            let fits = if path.is_empty() && self.root.is_some() {
                self.root == Some(next)
            } else {
                !path.contains(&next)
            };
            if fits && self.without != Some(next) {
                path.push(next);
                self.descend(path, each);
                path.pop();
            }
        }
    }

    /// The level below: for every path x, and every j that can stand next, `said(x, j)`.
    pub(crate) fn grow(self, said: impl Fn(&[Process], Process) -> Value) -> Arc<[Value]> {
        let mut level = Vec::new();
        self.each(&mut |path| level.extend(self.next(path).map(|j| said(path, j))));
        level.into()
    }
}

/// How long paths can be: no process stands on one twice, a level fits in memory.
pub(crate) fn deepest(n: u16, root: Option<Process>) -> u16 {
    let longest = n - u16::from(root.is_some() && n > 0);
    (0..longest).take_while(|length| fits(n, root, length + 1, 1)).count() as u16
}

fn fits(n: u16, root: Option<Process>, length: u16, trees: u64) -> bool {
    let one = Paths::new(n, root, length).count();
    one.saturating_mul(u64::from(n)).saturating_mul(trees) <= VALUES_MAX
}

/// Refuses a group whose trees, so many for each process, do not fit in memory.
pub(crate) fn affordable(group: Group, root: Option<Process>, trees: u64) -> Result<(), String> {
    let longest = group.n - u16::from(root.is_some() && group.n > 0);
    let rounds = group.f.saturating_add(1).min(longest);
    if fits(group.n, root, rounds, trees) {
        return Ok(());
    }
    Err(format!(
        "with n = {} and f = {} there is more hearsay than fits in memory; a smaller f, or \
         phase-king, which sends single values, would do",
        group.n, group.f
    ))
}

/// What one process says of all paths of one length that avoid it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Level {
    pub(crate) paths: Paths,
    pub(crate) values: Arc<[Value]>,
}

coded!(Level { paths, values });

impl Level {
    /// What it says of one path of `paths`; whatever is missing or garbage is the default.
    pub(crate) fn value(&self, paths: Paths, path: &[Process], domain: Domain) -> Value {
        let value = self.values.get(paths.rank(path)).copied();
        value.filter(|value| domain.contains(*value)).unwrap_or(Value::DEFAULT)
    }

    /// A single value as such, several with their paths: `p1:0 p2:1`.
    pub(crate) fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        if let [value] = &*self.values {
            return name(*value);
        }
        let mut items = Vec::new();
        self.paths.each(&mut |path| {
            let names: Vec<String> = path.iter().map(|p| format!("{p}")).collect();
            if let Some(value) = self.values.get(items.len()) {
                items.push(format!("{}:{}", names.join("."), name(*value)));
            }
        });
        items.join(" ")
    }
}

impl Renamed for Level {
    fn rename(&mut self, by: &Renaming) {
        self.values.rename(by);
    }
}

impl Bits for Level {
    fn bits(&self, domain: Domain) -> u32 {
        self.values.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        self.values.flip(bit, domain);
    }
}

/// All levels that differ at a path that `matters`; elsewhere they say the default.
pub(crate) fn levels<'a, M: Clone + 'a>(
    paths: Paths,
    domain: Domain,
    matters: impl Fn(&[Process]) -> bool,
    wrap: impl Fn(Level) -> M + 'a,
) -> Vocabulary<'a, M> {
    let (mut places, mut all) = (Vec::new(), 0usize);
    paths.each(&mut |path| {
        if matters(path) {
            places.push(all);
        }
        all += 1;
    });
    if places.is_empty() {
        return Vocabulary::none();
    }
    let digits = places.iter().map(|_| u32::from(domain.size)).collect();
    Vocabulary::odometer(digits, move |reading| {
        let mut values = alloc::vec![Value::DEFAULT; all];
        for (place, digit) in places.iter().zip(reading) {
            values[*place] = Value(*digit as u16);
        }
        wrap(Level { paths, values: values.into() })
    })
    .with_silence()
}
