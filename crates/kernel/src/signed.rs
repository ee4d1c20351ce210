//! Signatures that cannot be forged, by construction.
//!
//! A [`Signed`] value comes into being in two ways only: a [`Pen`] signs a body, or a pen
//! countersigns what is already signed. A protocol reaches just its own pen, through its view; a
//! traitor gets the pens of the traitors. So whoever holds a chain with p3's name in it got it,
//! directly or not, from p3.

use alloc::vec::Vec;

use crate::{Bits, Coded, Data, Domain, Garbled, Process, Reader, Renamed, Renaming, Writer};

/// The right to sign as one process. Only engines hand it out.
#[derive(Debug)]
pub struct Pen {
    who: Process,
}

impl Pen {
    pub(crate) fn of(who: Process) -> Self {
        Self { who }
    }

    /// Whose pen this is.
    pub fn owner(&self) -> Process {
        self.who
    }

    /// A body with one signature.
    pub fn sign<T: Data>(&self, body: T) -> Signed<T> {
        Signed { body, signers: [self.who].into() }
    }

    /// The same body with one more signature, over it and all signatures before.
    pub fn countersign<T: Data>(&self, signed: &Signed<T>) -> Signed<T> {
        let mut signers = signed.signers.clone();
        signers.push(self.who);
        Signed { body: signed.body.clone(), signers }
    }
}

/// A body and a chain of signatures, each over the body and all signatures before it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Signed<T> {
    body: T,
    signers: Vec<Process>,
}

impl<T: Data> Signed<T> {
    /// What was signed.
    pub fn body(&self) -> &T {
        &self.body
    }

    /// Who signed, first signer first; never empty.
    pub fn signers(&self) -> &[Process] {
        &self.signers
    }

    /// Whether all signatures are by different processes.
    pub fn distinct(&self) -> bool {
        self.signers.iter().enumerate().all(|(at, p)| !self.signers[..at].contains(p))
    }

    /// The chain with its first `length` signatures only: who holds the whole holds this too.
    ///
    /// `None` if the chain is shorter, or `length` is 0.
    pub fn first(&self, length: usize) -> Option<Self> {
        let signers = self.signers.get(..length).filter(|kept| !kept.is_empty())?;
        Some(Self { body: self.body.clone(), signers: signers.to_vec() })
    }
}

/// A flipped bit breaks a signature, whichever bit it is: the receiver must see garbage. A
/// protocol therefore gives its message a case for that; here only the body's bits are counted.
impl<T: Data + Bits> Signed<T> {
    /// How many bits the body takes; signatures are counted apart.
    pub fn body_bits(&self, domain: Domain) -> u32 {
        self.body.bits(domain)
    }
}

impl<T: Renamed> Renamed for Signed<T> {
    fn rename(&mut self, by: &Renaming) {
        self.body.rename(by);
        self.signers.rename(by);
    }
}

impl<T: Coded> Coded for Signed<T> {
    fn encode(&self, to: &mut Writer<'_>) {
        let since = to.bytes.len();
        self.body.encode(to);
        let until = to.bytes.len();
        to.all(self.signers.iter());
        to.signatures(since..until, &self.signers);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        let before = from.bytes;
        let body = T::decode(from)?;
        let statement = &before[..before.len() - from.bytes.len()];
        let signers: Vec<Process> = from.all()?;
        if signers.is_empty() {
            return Err(Garbled);
        }
        from.signatures(statement, &signers)?;
        Ok(Self { body, signers })
    }
}
