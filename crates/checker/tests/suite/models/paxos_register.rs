//! A register that is written once, by Paxos (Lamport 2001, section 2): the server that is asked to
//! write leads a ballot of its own. What is decided can be read; before that a server is silent.

use std::collections::BTreeMap;

use quorate_kernel::{Process, ProcessSet, inspect};

use super::register::{Desk, Server, Words, majority, others};

/// A ballot: a number, and who leads it.
type Ballot = (u32, Process);
/// A proposal: the client that wants to write.
type Proposal = Process;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Among {
    Prepare(Ballot),
    Prepared(Ballot, Option<(Ballot, Proposal)>),
    Accept(Ballot, Proposal),
    Accepted(Ballot),
    Decided(Ballot, Proposal),
}

inspect!(
    enum Among {
        Prepare(ballot),
        Prepared(ballot, accepted),
        Accept(ballot, proposal),
        Accepted(ballot),
        Decided(ballot, proposal),
    }
);

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Paxos {
    ballot: Ballot,
    // As a leader.
    proposal: Option<Proposal>,
    prepared: BTreeMap<Process, Option<(Ballot, Proposal)>>,
    accepted_by: ProcessSet,
    // As an acceptor.
    accepted: Option<(Ballot, Proposal)>,
    decided: bool,
}

inspect!(Paxos { ballot, proposal, prepared, accepted_by, accepted, decided });

impl Server for Paxos {
    type Among = Among;

    fn start(_: Process) -> Self {
        Self::default()
    }

    fn take(&mut self, from: Process, words: Words<Among>, desk: &mut Desk<'_, Self>) {
        match words {
            Words::Read if self.decided => {
                desk.send(from, Words::Reads(self.accepted.map(|(_, writer)| writer)));
            }
            _ if self.decided => {}
            Words::Write if self.proposal.is_none() => self.lead(from, desk),
            Words::Among(words) => self.hear(from, words, desk),
            _ => {}
        }
    }
}

impl Paxos {
    /// Phase 1a, and 1b of its own.
    fn lead(&mut self, client: Process, desk: &mut Desk<'_, Self>) {
        self.proposal = Some(client);
        self.ballot = (self.ballot.0 + 1, desk.me);
        self.prepared = BTreeMap::from([(desk.me, self.accepted)]);
        self.accepted_by = ProcessSet::new();
        tell(&Among::Prepare(self.ballot), desk);
    }

    fn hear(&mut self, from: Process, words: Among, desk: &mut Desk<'_, Self>) {
        match words {
            Among::Prepare(ballot) if ballot > self.ballot => {
                self.ballot = ballot;
                let words = Among::Prepared(ballot, self.accepted);
                desk.send(from, Words::Among(words));
            }
            Among::Prepared(ballot, accepted) if ballot == self.ballot => {
                self.prepared.insert(from, accepted);
                if self.prepared.len() == majority(desk) {
                    self.propose(desk);
                }
            }
            Among::Accept(ballot, proposal) if ballot >= self.ballot => {
                self.ballot = ballot;
                self.accepted = Some((ballot, proposal));
                desk.send(from, Words::Among(Among::Accepted(ballot)));
            }
            Among::Accepted(ballot) if ballot == self.ballot => {
                self.accepted_by.insert(from);
                if let Some(writer) = self.proposal
                    && self.accepted_by.len() == majority(desk)
                {
                    self.decided = true;
                    tell(&Among::Decided(ballot, writer), desk);
                    desk.send(writer, Words::Written);
                }
            }
            Among::Decided(ballot, proposal) => {
                self.ballot = ballot;
                self.accepted = Some((ballot, proposal));
                self.decided = true;
            }
            _ => {}
        }
    }

    /// Phase 2a with what was accepted last, and 2b of its own.
    fn propose(&mut self, desk: &mut Desk<'_, Self>) {
        let last = self.prepared.values().max().copied().flatten();
        let Some(proposal) = last.map(|(_, proposal)| proposal).or(self.proposal) else { return };
        self.proposal = Some(proposal);
        self.accepted = Some((self.ballot, proposal));
        self.accepted_by.insert(desk.me);
        tell(&Among::Accept(self.ballot, proposal), desk);
    }
}

fn tell(words: &Among, desk: &mut Desk<'_, Paxos>) {
    for other in others(desk) {
        desk.send(other, Words::Among(words.clone()));
    }
}
