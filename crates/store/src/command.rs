//! What changes the store, as bytes for a log.

use crate::error::Error;
use crate::request::{
    Bytes, Compare, Delete, Done, Operation, Order, Put, Range, Relation, Target, Txn, Wanted,
};
use crate::store::Store;
use crate::wire::{Damaged, Reader, put_bytes, put_flags, put_number, put_signed};

/// The first byte of a command.
const VERSION: u8 = 1;

/// How deep transactions are in transactions at most, in a command that can be read back.
pub const DEPTH_MAX: usize = 64;

const ORDERS: [Order; 3] = [Order::None, Order::Ascending, Order::Descending];
const TARGETS: [Target; 5] =
    [Target::Key, Target::Version, Target::Created, Target::Modified, Target::Value];
const RELATIONS: [Relation; 4] =
    [Relation::Equal, Relation::Greater, Relation::Less, Relation::NotEqual];

/// A request that changes the store.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Command {
    /// Writes a key.
    Put(Put),
    /// Removes keys.
    Delete(Delete),
    /// All or nothing.
    Txn(Txn),
    /// Forgets what was before a revision.
    Compact(i64),
}

impl Command {
    /// As bytes. A transaction that has others in it more than [`DEPTH_MAX`] deep can be written,
    /// and is refused when it is read.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        match self {
            Self::Put(put) => with_kind(&mut out, 0, put),
            Self::Delete(delete) => with_kind(&mut out, 1, delete),
            Self::Txn(txn) => with_kind(&mut out, 2, txn),
            Self::Compact(revision) => {
                out.push(3);
                put_signed(&mut out, *revision);
            }
        }
        out
    }

    /// From bytes. What is allocated is bounded by their length times a constant.
    ///
    /// # Errors
    /// If no command is written so.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damaged> {
        Self::read(Reader::new(bytes))
    }

    /// The same, from a row on from a place, which holds it to its end. A value that is most of the
    /// row is not copied.
    ///
    /// # Errors
    /// If no command is written so.
    pub fn decode_within(whole: &Bytes, from: usize) -> Result<Self, Damaged> {
        if from > whole.len() {
            Err(Damaged::Short)
        } else {
            Self::read(Reader::within(whole, from))
        }
    }

    fn read(mut from: Reader<'_>) -> Result<Self, Damaged> {
        if from.byte()? != VERSION {
            return Err(Damaged::Version);
        }
        let command = match from.byte()? {
            0 => Self::Put(Put::read(&mut from, 0)?),
            1 => Self::Delete(Delete::read(&mut from, 0)?),
            2 => Self::Txn(Txn::read(&mut from, 0)?),
            3 => Self::Compact(from.signed()?),
            _ => return from.wrong(),
        };
        from.end()?;
        Ok(command)
    }
}

impl Store {
    /// Does what a command says.
    ///
    /// # Errors
    /// If it is refused. Nothing has changed then.
    pub fn apply(&mut self, command: &Command) -> Result<Done, Error> {
        Ok(match command {
            Command::Put(put) => Done::Put(self.put(put)?),
            Command::Delete(delete) => Done::Delete(self.delete(delete)?),
            Command::Txn(txn) => Done::Txn(self.txn(txn)?),
            Command::Compact(revision) => {
                self.compact(*revision)?;
                Done::Compact(self.revision())
            }
        })
    }
}

/// What is written in a row, and read back.
trait Written: Sized {
    fn write(&self, out: &mut Vec<u8>);

    /// `depth` is in how many transactions it is.
    fn read(from: &mut Reader<'_>, depth: usize) -> Result<Self, Damaged>;
}

fn with_kind(out: &mut Vec<u8>, kind: u8, what: &impl Written) {
    out.push(kind);
    what.write(out);
}

impl<T: Written> Written for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        put_number(out, self.len() as u64);
        self.iter().for_each(|one| one.write(out));
    }

    fn read(from: &mut Reader<'_>, depth: usize) -> Result<Self, Damaged> {
        let mut all = Self::new();
        for _ in 0..from.many()? {
            all.push(T::read(from, depth)?);
        }
        Ok(all)
    }
}

impl Written for Wanted {
    fn write(&self, out: &mut Vec<u8>) {
        put_bytes(out, &self.key);
        put_bytes(out, &self.end);
    }

    fn read(from: &mut Reader<'_>, _: usize) -> Result<Self, Damaged> {
        Ok(Self { key: from.bytes()?.into(), end: from.bytes()?.into() })
    }
}

impl Written for Put {
    fn write(&self, out: &mut Vec<u8>) {
        put_bytes(out, &self.key);
        put_bytes(out, &self.value);
        put_signed(out, self.lease);
        put_flags(out, [self.previous, self.ignore_value, self.ignore_lease]);
    }

    fn read(from: &mut Reader<'_>, _: usize) -> Result<Self, Damaged> {
        let (key, value, lease) = (from.bytes()?.into(), from.value()?, from.signed()?);
        let [previous, ignore_value, ignore_lease] = from.flags()?;
        Ok(Self { key, value, lease, previous, ignore_value, ignore_lease })
    }
}

impl Written for Delete {
    fn write(&self, out: &mut Vec<u8>) {
        self.wanted.write(out);
        put_flags(out, [self.previous]);
    }

    fn read(from: &mut Reader<'_>, depth: usize) -> Result<Self, Damaged> {
        let wanted = Wanted::read(from, depth)?;
        let [previous] = from.flags()?;
        Ok(Self { wanted, previous })
    }
}

impl Written for Range {
    fn write(&self, out: &mut Vec<u8>) {
        self.wanted.write(out);
        put_signed(out, self.limit);
        put_signed(out, self.revision);
        out.extend([self.order as u8, self.target as u8]);
        put_flags(out, [self.keys_only, self.count_only]);
        for bound in [self.modified_min, self.modified_max, self.created_min, self.created_max] {
            put_signed(out, bound);
        }
    }

    fn read(from: &mut Reader<'_>, depth: usize) -> Result<Self, Damaged> {
        let wanted = Wanted::read(from, depth)?;
        let (limit, revision) = (from.signed()?, from.signed()?);
        let (order, target) = (from.one_of(&ORDERS)?, from.one_of(&TARGETS)?);
        let [keys_only, count_only] = from.flags()?;
        Ok(Self {
            wanted,
            limit,
            revision,
            order,
            target,
            keys_only,
            count_only,
            modified_min: from.signed()?,
            modified_max: from.signed()?,
            created_min: from.signed()?,
            created_max: from.signed()?,
        })
    }
}

impl Written for Compare {
    fn write(&self, out: &mut Vec<u8>) {
        let (kind, relation) = match self {
            Self::Version(_, relation, _) => (0, relation),
            Self::Created(_, relation, _) => (1, relation),
            Self::Modified(_, relation, _) => (2, relation),
            Self::Value(_, relation, _) => (3, relation),
            Self::Lease(_, relation, _) => (4, relation),
        };
        out.extend([kind, *relation as u8]);
        self.wanted().write(out);
        match self {
            Self::Version(.., said)
            | Self::Created(.., said)
            | Self::Modified(.., said)
            | Self::Lease(.., said) => put_signed(out, *said),
            Self::Value(.., said) => put_bytes(out, said),
        }
    }

    fn read(from: &mut Reader<'_>, depth: usize) -> Result<Self, Damaged> {
        let kind = from.one_of(&[0, 1, 2, 3, 4])?;
        let relation = from.one_of(&RELATIONS)?;
        let wanted = Wanted::read(from, depth)?;
        Ok(match kind {
            0 => Self::Version(wanted, relation, from.signed()?),
            1 => Self::Created(wanted, relation, from.signed()?),
            2 => Self::Modified(wanted, relation, from.signed()?),
            3 => Self::Value(wanted, relation, from.bytes()?.into()),
            _ => Self::Lease(wanted, relation, from.signed()?),
        })
    }
}

impl Written for Operation {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Put(put) => with_kind(out, 0, put),
            Self::Delete(delete) => with_kind(out, 1, delete),
            Self::Txn(txn) => with_kind(out, 2, txn),
            Self::Range(range) => with_kind(out, 3, range),
        }
    }

    fn read(from: &mut Reader<'_>, depth: usize) -> Result<Self, Damaged> {
        Ok(match from.byte()? {
            0 => Self::Put(Put::read(from, depth)?),
            1 => Self::Delete(Delete::read(from, depth)?),
            2 if depth < DEPTH_MAX => Self::Txn(Txn::read(from, depth + 1)?),
            3 => Self::Range(Range::read(from, depth)?),
            _ => return from.wrong(),
        })
    }
}

impl Written for Txn {
    fn write(&self, out: &mut Vec<u8>) {
        self.compare.write(out);
        self.success.write(out);
        self.failure.write(out);
    }

    fn read(from: &mut Reader<'_>, depth: usize) -> Result<Self, Damaged> {
        let compare = Vec::read(from, depth)?;
        Ok(Self { compare, success: Vec::read(from, depth)?, failure: Vec::read(from, depth)? })
    }
}
