//! Transactions.

use crate::error::Error;
use crate::request::{Done, Operation, Range, Txn, TxnDone};
use crate::store::{Step, Store};

/// Which side a transaction takes, and each of its inner ones on that side.
struct Path {
    succeeds: bool,
    inner: Vec<Path>,
}

impl Store {
    /// Compares, and does what is to be done then.
    ///
    /// To put what is there on a key that the same transaction removed, by a range without an end,
    /// is refused: etcd 3.4.23 takes it and stops for ever.
    ///
    /// # Errors
    /// If it changes a key twice, has too many operations, or one of them is refused.
    pub fn txn(&mut self, txn: &Txn) -> Result<TxnDone, Error> {
        txn.check()?;
        let path = self.path(txn);
        let put = |operation: &Operation| match operation {
            // The other way round than for a put by itself.
            Operation::Put(put) => self.check_kept(put).and_then(|()| self.check_lease(put)),
            _ => Ok(()),
        };
        txn.each(&path, &put)?;
        self.check_ranges(txn, &path)?;
        let mut step = self.step();
        match step.txn(txn, &path) {
            Ok(mut done) => {
                done.revision = step.revision();
                step.end();
                Ok(done)
            }
            Err(error) => {
                step.undo();
                Err(error)
            }
        }
    }

    /// The same for one that only reads; `None` if it may change something.
    ///
    /// # Errors
    /// As [`Store::txn`].
    pub fn read_txn(&self, txn: &Txn) -> Option<Result<TxnDone, Error>> {
        txn.only_reads().then(|| {
            txn.check()?;
            let path = self.path(txn);
            self.check_ranges(txn, &path)?;
            let done = self.reads(txn, &path)?;
            Ok(TxnDone { revision: self.revision, ..done })
        })
    }

    fn check_ranges(&self, txn: &Txn, path: &Path) -> Result<(), Error> {
        txn.each(path, &|operation| match operation {
            Operation::Range(range) => self.check_range(range),
            _ => Ok(()),
        })
    }

    fn reads(&self, txn: &Txn, path: &Path) -> Result<TxnDone, Error> {
        let mut inner = path.inner.iter();
        let mut all = Vec::new();
        for operation in txn.side(path.succeeds) {
            if let Operation::Range(range) = operation {
                all.push(Done::Range(self.read(range, self.revision)?));
            }
            if let (Operation::Txn(txn), Some(path)) = (operation, inner_of(operation, &mut inner))
            {
                all.push(Done::Txn(self.reads(txn, path)?));
            }
        }
        Ok(TxnDone { revision: 0, succeeded: path.succeeds, done: all })
    }

    /// Everything is compared with what is there before anything is done.
    fn path(&self, txn: &Txn) -> Path {
        let succeeds = txn.compare.iter().all(|compare| self.holds(compare));
        let inner = txn.side(succeeds).iter().filter_map(|operation| match operation {
            Operation::Txn(inner) => Some(self.path(inner)),
            _ => None,
        });
        Path { succeeds, inner: inner.collect() }
    }
}

impl Txn {
    fn side(&self, succeeds: bool) -> &[Operation] {
        if succeeds { &self.success } else { &self.failure }
    }

    /// Whether there is nothing in it that changes anything, whichever side it takes.
    pub fn only_reads(&self) -> bool {
        self.success.iter().chain(&self.failure).all(|operation| match operation {
            Operation::Range(_) => true,
            Operation::Put(_) | Operation::Delete(_) => false,
            Operation::Txn(inner) => inner.only_reads(),
        })
    }

    /// Checks every operation that will be done.
    fn each(
        &self,
        path: &Path,
        check: &dyn Fn(&Operation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut inner = path.inner.iter();
        for operation in self.side(path.succeeds) {
            check(operation)?;
            if let (Operation::Txn(txn), Some(path)) = (operation, inner_of(operation, &mut inner))
            {
                txn.each(path, check)?;
            }
        }
        Ok(())
    }
}

/// The path of an operation, if it is a transaction.
fn inner_of<'p>(
    operation: &Operation,
    paths: &mut impl Iterator<Item = &'p Path>,
) -> Option<&'p Path> {
    matches!(operation, Operation::Txn(_)).then(|| paths.next()).flatten()
}

impl Step<'_> {
    fn read(&self, range: &Range) -> Result<Done, Error> {
        Ok(Done::Range(self.store.read(range, self.revision())?))
    }

    fn txn(&mut self, txn: &Txn, path: &Path) -> Result<TxnDone, Error> {
        let mut inner = path.inner.iter();
        let mut all = Vec::new();
        for operation in txn.side(path.succeeds) {
            all.push(match operation {
                Operation::Range(range) => self.read(range)?,
                Operation::Put(put) => Done::Put(self.put(put)?),
                Operation::Delete(delete) => Done::Delete(self.delete(delete)),
                Operation::Txn(txn) => match inner.next() {
                    Some(path) => Done::Txn(self.txn(txn, path)?),
                    None => continue,
                },
            });
        }
        Ok(TxnDone { revision: 0, succeeded: path.succeeds, done: all })
    }
}
