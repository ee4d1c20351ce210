//! Sessions of clients: what tells a command from its repetition is kept as long as the client's
//! session lasts, and no longer (thesis, 6.3).

use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{Process, inspect};
use quorate_problems::Payload;

use super::{ASKS, Batch, Cx, Form, REGISTER, Raft, Role, UNKNOWN, Words};

/// The session of one process as a client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Session {
    /// Its name: the index of the entry that began it; 0 before the first.
    id: u64,
    /// The index of the last entry that used it.
    used: u64,
}

inspect!(Session { id, used });

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
            self.sessions.set(client, Session { id, used: index });
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
}
