//! Random requests about the last revisions, of few keys, so that much of them meets. The tests of
//! the store draw them, its examples, and whatever puts the store beside etcd.

use quorate_store::{
    Command, Compare, Delete, Operation, Order, Put, Range, Relation, Target, Txn, Wanted,
};

const KEYS: [&str; 8] = ["a", "b", "c", "d", "aa", "ab", "b1", "zz"];
const ENDS: [&str; 9] = ["a", "b", "c", "d", "aa", "ab", "b1", "zz", "zzz"];
const RELATIONS: [Relation; 4] =
    [Relation::Equal, Relation::Greater, Relation::Less, Relation::NotEqual];
const ORDERS: [Order; 3] = [Order::None, Order::Ascending, Order::Descending];
const TARGETS: [Target; 5] =
    [Target::Key, Target::Version, Target::Created, Target::Modified, Target::Value];

/// What was drawn.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Read(Range),
    Change(Command),
}

/// Draws requests. Whoever sends them says what became of them, so that the next ones are about
/// revisions that there are.
pub(crate) struct Draw {
    state: u64,
    pub(crate) revision: i64,
    pub(crate) compacted: i64,
    values: i64,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed, revision: 1, compacted: 0, values: 0 }
    }

    /// The generator is SplitMix64 (Steele, Lea and Flood 2014).
    pub(crate) fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 on, below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.number() % bound as u64) as usize
    }

    fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below((most - least + 1) as usize) as i64
    }

    pub(crate) fn odds(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn key(&mut self) -> Vec<u8> {
        if self.odds(1) { Vec::new() } else { self.one_of(&KEYS).into() }
    }

    fn wanted(&mut self) -> Wanted {
        let key = if self.odds(20) { vec![0] } else { self.key() };
        let end = match self.odds(50) {
            true if self.odds(20) => vec![0],
            true => self.one_of(&ENDS).into(),
            false => Vec::new(),
        };
        Wanted { key, end }
    }

    fn range(&mut self) -> Range {
        let mut range = Range { wanted: self.wanted(), ..Range::default() };
        if self.odds(30) {
            range.limit = self.between(0, 4);
        }
        if self.odds(30) {
            range.revision = self.between((self.compacted - 3).max(-2), self.revision + 1);
        }
        if self.odds(20) {
            range.order = self.one_of(&ORDERS);
        }
        if self.odds(20) {
            range.target = self.one_of(&TARGETS);
        }
        range.keys_only = self.odds(10);
        range.count_only = self.odds(10);
        let bounds = [
            &mut range.modified_min,
            &mut range.modified_max,
            &mut range.created_min,
            &mut range.created_max,
        ];
        for bound in bounds {
            if self.odds(7) {
                *bound = self.between(1, self.revision + 1);
            }
        }
        range
    }

    fn put(&mut self) -> Put {
        self.values += 1;
        let value = format!("v{}", self.values).into_bytes();
        let mut put = Put { key: self.key(), ..Put::default() };
        put.previous = self.odds(30);
        put.ignore_value = self.odds(10);
        put.ignore_lease = self.odds(5);
        if self.odds(if put.ignore_value { 10 } else { 90 }) {
            put.value = value.into();
        }
        if self.odds(2) {
            put.lease = self.between(1, 5);
        }
        put
    }

    fn delete(&mut self) -> Delete {
        let mut wanted = self.wanted();
        if self.odds(60) {
            wanted.end.clear();
        }
        Delete { wanted, previous: self.odds(40) }
    }

    fn compare(&mut self) -> Compare {
        let mut wanted = Wanted { key: self.key(), end: Vec::new() };
        if self.odds(20) {
            wanted.end = if self.odds(12) { vec![0] } else { self.one_of(&KEYS).into() };
        }
        let relation = self.one_of(&RELATIONS);
        let now = self.revision;
        let near = self.one_of(&[0, 1, 2, now, now - 1, now - 3]);
        match self.below(5) {
            0 => Compare::Version(wanted, relation, self.between(0, 3)),
            1 => Compare::Created(wanted, relation, near),
            2 => Compare::Modified(wanted, relation, near),
            3 => {
                let value = self.between((self.values - 8).max(0), self.values + 1);
                Compare::Value(wanted, relation, format!("v{value}").into_bytes())
            }
            _ => Compare::Lease(wanted, relation, near),
        }
    }

    fn operation(&mut self, depth: usize) -> Operation {
        match self.below(100) {
            0..30 => Operation::Range(self.range()),
            30..65 => Operation::Put(self.put()),
            85.. if depth < 2 => Operation::Txn(self.txn(depth + 1)),
            _ => Operation::Delete(self.delete()),
        }
    }

    fn operations(&mut self, most: usize, depth: usize) -> Vec<Operation> {
        let many = self.below(most + 1);
        (0..many).map(|_| self.operation(depth)).collect()
    }

    pub(crate) fn txn(&mut self, depth: usize) -> Txn {
        let many = self.one_of(&[0, 1, 1, 2]);
        Txn {
            compare: (0..many).map(|_| self.compare()).collect(),
            success: self.operations(3, depth),
            failure: self.operations(2, depth),
        }
    }

    /// The next request, and none that ends a process of etcd (decision 0020).
    pub(crate) fn next(&mut self) -> Request {
        match self.below(100) {
            0..25 => Request::Read(self.range()),
            25..50 => Request::Change(Command::Put(self.put())),
            50..62 => Request::Change(Command::Delete(self.delete())),
            62..97 => loop {
                let txn = self.txn(0);
                if !(removes_without_end(&txn) && keeps(&txn)) {
                    break Request::Change(Command::Txn(txn));
                }
            },
            _ => {
                let least = (self.revision - 12).max(0);
                Request::Change(Command::Compact(self.between(least, self.revision + 1)))
            }
        }
    }

    /// The next command.
    pub(crate) fn command(&mut self) -> Command {
        loop {
            if let Request::Change(command) = self.next() {
                break command;
            }
        }
    }
}

fn any(txn: &Txn, is: &dyn Fn(&Operation) -> bool) -> bool {
    txn.success.iter().chain(&txn.failure).any(|operation| match operation {
        Operation::Txn(inner) => any(inner, is),
        other => is(other),
    })
}

fn removes_without_end(txn: &Txn) -> bool {
    any(txn, &|one| matches!(one, Operation::Delete(delete) if delete.wanted.end == [0]))
}

fn keeps(txn: &Txn) -> bool {
    any(txn, &|one| matches!(one, Operation::Put(put) if put.ignore_value || put.ignore_lease))
}
