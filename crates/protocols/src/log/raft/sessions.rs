//! Sessions of clients: what tells a command from its repetition is kept as long as the client's
//! session lasts, and no longer (thesis, 6.3).

use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{Process, inspect};
use quorate_problems::{Applied, Payload};

use super::{ANEW_REPLY, ASKS, Batch, Cx, Form, REGISTER, REPLY, Raft, Role, UNKNOWN, Words};

/// What came of the commands of a client that were executed last: they follow each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Reply {
    /// The number of the first.
    first: u32,
    /// The number of the last; 0 if there was none.
    last: u32,
    /// Where the first stands.
    slot: u64,
}

inspect!(Reply { first, last, slot });

impl Reply {
    /// The number of the last command.
    pub(super) fn last(self) -> u32 {
        self.last
    }
}

/// The session of one process as a client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Session {
    /// Its name: the index of the entry that began it; 0 before the first.
    id: u64,
    /// The index of the last entry that used it.
    used: u64,
    /// What came of the last commands in it.
    reply: Reply,
}

inspect!(Session { id, used, reply });

impl Session {
    /// Whether it has not ended before this index: it does after so many entries of others. All
    /// processes count the same entries, so that it ends for all at the same one.
    fn lasts(self, index: u64, expire: u64) -> bool {
        self.id > 0 && index.saturating_sub(self.used) <= expire
    }
}

/// The sessions of all processes; of one whose session has ended, what it was called, so that an
/// old wish for a new one is known for what it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Sessions {
    all: Vec<Session>,
}

inspect!(Sessions { all });

impl Sessions {
    fn of(&self, client: Process) -> Session {
        self.all.get(client.index()).copied().unwrap_or_default()
    }

    fn set(&mut self, client: Process, session: Session) {
        if self.all.len() <= client.index() {
            self.all.resize(client.index() + 1, Session::default());
        }
        self.all[client.index()] = session;
    }
}

impl<C: Payload, F: Form> Raft<C, F> {
    /// The own session, for what is proposed now; nothing if there is none. Where sessions are not
    /// used it is 0.
    pub(super) fn session(&self, cx: &Cx<'_, C, F>) -> Option<u64> {
        match cx.config.sessions {
            false => Some(0),
            true => self.is_known(cx.me, cx).then(|| self.sessions.of(cx.me).id),
        }
    }

    /// Asks for a session, after the last one that it had.
    pub(super) fn ask_session(&mut self, cx: &mut Cx<'_, C, F>) {
        cx.cite(ASKS);
        let (client, session) = (cx.me, self.sessions.of(cx.me).id);
        if let Role::Leader(lead) = &mut self.role {
            let payloads = Arc::from([]);
            lead.queue.push(Batch { client, first: 0, session, payloads });
            self.flush(cx);
        } else if let Some(leader) = self.leader {
            let payloads = Arc::from([]);
            cx.send(leader, Words::Forward { first: 0, session, payloads });
        }
    }

    /// What was executed is not proposed again.
    pub(super) fn count_done(&mut self, index: u64, cx: &Cx<'_, C, F>) {
        let Role::Leader(lead) = &mut self.role else { return };
        if !cx.config.sessions {
            return;
        }
        let batch = cx.stable().entry(index).and_then(|entry| entry.batch.as_ref());
        if let Some(batch) = batch {
            lead.queue.reach(batch.client, &self.done);
        }
    }

    /// Whether a client has a session.
    pub(super) fn is_known(&self, client: Process, cx: &Cx<'_, C, F>) -> bool {
        self.sessions.of(client).lasts(self.commit.saturating_add(1), cx.config.expire)
    }

    /// Whether the commands of an entry are of a session that there is; one without commands asks
    /// for a session after another, and gets it if the client has had none since.
    pub(super) fn admits(&mut self, index: u64, cx: &mut Cx<'_, C, F>) -> bool {
        if !cx.config.sessions {
            return true;
        }
        let batch = cx.stable().entry(index).and_then(|entry| entry.batch.as_ref());
        let Some(batch) = batch else { return true };
        let (client, session, asks) = (batch.client, batch.session, batch.payloads.is_empty());
        let known = self.sessions.of(client);
        let lasts = known.lasts(index, cx.config.expire);
        let fits = known.id == session && lasts != asks;
        if fits {
            let id = if asks { index } else { session };
            let reply = if asks { Reply::default() } else { known.reply };
            self.sessions.set(client, Session { id, used: index, reply });
        }
        if asks {
            cx.cite(REGISTER);
        } else if !fits {
            cx.cite(UNKNOWN);
        }
        if asks == fits
            && let Role::Leader(lead) = &mut self.role
        {
            // What was proposed in an earlier session has to be once more.
            lead.queue.restart(client, &self.done);
        }
        fits
    }

    /// Keeps what came of a client's commands: those after one, the first of which stands in a
    /// slot.
    pub(super) fn keep_reply(&mut self, client: Process, before: u32, slot: u64) {
        let last = self.done.of(client);
        let session = self.sessions.of(client);
        if session.id > 0 && last > before {
            let reply = Reply { first: before.saturating_add(1), last, slot };
            self.sessions.set(client, Session { reply, ..session });
        }
    }

    /// Tells a client what came of commands that it sends once more, if all were executed; true
    /// if so.
    pub(super) fn reply(
        &mut self,
        client: Process,
        (last, session): (u32, u64),
        cx: &mut Cx<'_, C, F>,
    ) -> bool {
        let known = self.sessions.of(client);
        if known.id != session || known.reply.last < last {
            return false;
        }
        cx.cite(REPLY);
        let slot = if cx.is_flawed(ANEW_REPLY) { self.length + 1 } else { known.reply.slot };
        cx.send(client, Words::Reply(Reply { slot, ..known.reply }));
        true
    }

    /// What a reply says of the own commands that have no answer yet.
    pub(super) fn answers(&self, reply: Reply, cx: &Cx<'_, C, F>) -> Vec<Applied<C>> {
        let after = self.applied(cx).max(self.replied).saturating_add(1);
        let (first, own) = cx.stable().own_from(after.max(reply.first));
        let told = (first..=reply.last).zip(own).map(|(number, payload)| Applied::Told {
            slot: reply.slot.saturating_add(u64::from(number.saturating_sub(reply.first))),
            number,
            payload: payload.clone(),
        });
        told.collect()
    }

    /// The reply that stands in a state for this process.
    pub(super) fn own_reply(sessions: &Sessions, cx: &Cx<'_, C, F>) -> Reply {
        sessions.of(cx.me).reply
    }

    pub(super) fn on_reply(&mut self, reply: Reply, cx: &mut Cx<'_, C, F>) {
        let told = self.answers(reply, cx);
        self.hear_reply(reply, told, cx);
    }

    /// An answer is one, whether the own state has what it says or not.
    pub(super) fn hear_reply(
        &mut self,
        reply: Reply,
        told: Vec<Applied<C>>,
        cx: &mut Cx<'_, C, F>,
    ) {
        let pending = self.has_pending(cx);
        self.replied = self.replied.max(reply.last.min(cx.stable().number));
        told.into_iter().for_each(|what| cx.output(what));
        self.settle(pending, cx);
    }
}
