//! A register over Paxos (Lamport 2001, section 2) as actors of Stateright, with its own clients
//! and its own test of linearizability.

use std::borrow::Cow;

use stateright::Expectation;
use stateright::actor::register::RegisterActor;
use stateright::actor::register::RegisterMsg::{self, Get, GetOk, Internal, Put, PutOk};
use stateright::actor::{Actor, ActorModel, Id, Network, Out, majority, model_peers};
use stateright::semantics::LinearizabilityTester;
use stateright::semantics::register::Register;
use stateright::util::{HashableHashMap, HashableHashSet};

const SERVERS: usize = 3;

type Ballot = (u32, Id);
/// The request, who made it, and what it writes.
type Proposal = (u64, Id, char);
type Vote = Option<(Ballot, Proposal)>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Words {
    Prepare(Ballot),
    Prepared(Ballot, Vote),
    Accept(Ballot, Proposal),
    Accepted(Ballot),
    Decided(Ballot, Proposal),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct State {
    ballot: Ballot,
    proposal: Option<Proposal>,
    prepared: HashableHashMap<Id, Vote>,
    accepted_by: HashableHashSet<Id>,
    vote: Vote,
    decided: bool,
}

#[derive(Clone)]
pub(crate) struct Server {
    others: Vec<Id>,
}

impl Actor for Server {
    type Msg = RegisterMsg<u64, char, Words>;
    type State = State;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, _: Id, _: &Option<()>, _: &mut Out<Self>) -> State {
        State {
            ballot: (0, Id::from(0)),
            proposal: None,
            prepared: HashableHashMap::default(),
            accepted_by: HashableHashSet::default(),
            vote: None,
            decided: false,
        }
    }

    fn on_msg(
        &self,
        me: Id,
        state: &mut Cow<'_, State>,
        from: Id,
        message: Self::Msg,
        out: &mut Out<Self>,
    ) {
        match message {
            Get(request) if state.decided => {
                if let Some((_, (_, _, value))) = state.vote {
                    out.send(from, GetOk(request, value));
                }
            }
            _ if state.decided => {}
            Put(request, value) if state.proposal.is_none() => {
                let state = state.to_mut();
                state.proposal = Some((request, from, value));
                state.ballot = (state.ballot.0 + 1, me);
                state.prepared = HashableHashMap::default();
                state.prepared.insert(me, state.vote);
                state.accepted_by = HashableHashSet::default();
                out.broadcast(&self.others, &Internal(Words::Prepare(state.ballot)));
            }
            Internal(words) => self.hear(me, state, from, words, out),
            _ => {}
        }
    }
}

impl Server {
    fn hear(
        &self,
        me: Id,
        state: &mut Cow<'_, State>,
        from: Id,
        words: Words,
        out: &mut Out<Self>,
    ) {
        match words {
            Words::Prepare(ballot) if ballot > state.ballot => {
                state.to_mut().ballot = ballot;
                out.send(from, Internal(Words::Prepared(ballot, state.vote)));
            }
            Words::Prepared(ballot, vote) if ballot == state.ballot => {
                let state = state.to_mut();
                state.prepared.insert(from, vote);
                if state.prepared.len() == majority(SERVERS) {
                    self.propose(me, state, out);
                }
            }
            Words::Accept(ballot, proposal) if ballot >= state.ballot => {
                let state = state.to_mut();
                state.ballot = ballot;
                state.vote = Some((ballot, proposal));
                out.send(from, Internal(Words::Accepted(ballot)));
            }
            Words::Accepted(ballot) if ballot == state.ballot => {
                let state = state.to_mut();
                state.accepted_by.insert(from);
                if let Some(proposal) = state.proposal
                    && state.accepted_by.len() == majority(SERVERS)
                {
                    state.decided = true;
                    out.broadcast(&self.others, &Internal(Words::Decided(ballot, proposal)));
                    out.send(proposal.1, PutOk(proposal.0));
                }
            }
            Words::Decided(ballot, proposal) => {
                let state = state.to_mut();
                state.ballot = ballot;
                state.vote = Some((ballot, proposal));
                state.decided = true;
            }
            _ => {}
        }
    }

    fn propose(&self, me: Id, state: &mut State, out: &mut Out<Self>) {
        let last = state.prepared.values().max().copied().flatten();
        let Some(proposal) = last.map(|(_, proposal)| proposal).or(state.proposal) else { return };
        state.proposal = Some(proposal);
        state.vote = Some((state.ballot, proposal));
        state.accepted_by.insert(me);
        out.broadcast(&self.others, &Internal(Words::Accept(state.ballot, proposal)));
    }
}

type History = LinearizabilityTester<Id, Register<char>>;

/// Three servers and so many clients, each of which writes and then reads.
pub(crate) fn model(clients: usize) -> ActorModel<RegisterActor<Server>, (), History> {
    let server = |at| RegisterActor::Server(Server { others: model_peers(at, SERVERS) });
    let client = |_| RegisterActor::Client { put_count: 1, server_count: SERVERS };
    ActorModel::new((), LinearizabilityTester::new(Register(char::default())))
        .actors((0..SERVERS).map(server))
        .actors((0..clients).map(client))
        .init_network(Network::new_unordered_nonduplicating([]))
        .property(Expectation::Always, "linearizable", |_, state| {
            state.history.serialized_history().is_some()
        })
        .record_msg_in(RegisterMsg::record_returns)
        .record_msg_out(RegisterMsg::record_invocations)
}
