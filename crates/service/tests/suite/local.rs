//! A group of one that forgets everything when it ends: it applies at once what it is asked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use quorate_service::{Member, Outcome, Replica, Status, Unavailable, VERSION, serve};
use quorate_store::{Command, Store};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const CLUSTER: u64 = 17;
pub(crate) const MEMBER: u64 = 23;

/// What goes wrong.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Trouble {
    /// Nobody leads.
    pub(crate) leaderless: bool,
    /// It has no vote.
    pub(crate) learner: bool,
    /// It refuses what it is asked to replicate.
    pub(crate) refuses: Option<Unavailable>,
    /// It does not get to where a read would be up to date.
    pub(crate) stale: Option<Unavailable>,
}

pub(crate) struct Local {
    store: RwLock<Store>,
    applied: AtomicU64,
    /// How often it was to replicate something.
    asked: AtomicU64,
    url: String,
    trouble: Trouble,
}

impl Local {
    /// One that clients reach there.
    pub(crate) fn new(url: String, trouble: Trouble) -> Self {
        let (applied, asked) = (AtomicU64::default(), AtomicU64::default());
        Self { store: RwLock::default(), applied, asked, url, trouble }
    }
}

impl Replica for Local {
    fn read<T>(&self, read: impl FnOnce(&Store) -> T) -> T {
        read(&self.store.read().expect("nobody panics"))
    }

    async fn propose(&self, command: Vec<u8>) -> Result<Outcome, Unavailable> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if let Some(why) = self.trouble.refuses {
            return Err(why);
        }
        let command = Command::decode(&command).map_err(|_| Unavailable::Corrupt)?;
        self.applied.fetch_add(1, Ordering::Relaxed);
        let mut store = self.store.write().expect("nobody panics");
        let answer = store.apply(&command);
        Ok(Outcome { answer, revision: store.revision(), term: 2 })
    }

    async fn barrier(&self) -> Result<(), Unavailable> {
        self.trouble.stale.map_or(Ok(()), Err)
    }

    fn status(&self) -> Status {
        let applied = self.applied.load(Ordering::Relaxed);
        Status {
            cluster: CLUSTER,
            member: MEMBER,
            leader: if self.trouble.leaderless { 0 } else { MEMBER },
            term: 2,
            committed: applied,
            applied,
            size: 4096,
            size_used: 512,
            version: VERSION,
            learner: self.trouble.learner,
        }
    }

    fn members(&self) -> Vec<Member> {
        vec![Member {
            id: MEMBER,
            name: "local".into(),
            peer_urls: vec!["http://127.0.0.1:1".into()],
            client_urls: vec![self.url.clone()],
            learner: self.trouble.learner,
        }]
    }

    fn metrics(&self) -> String {
        format!("applied {}\n", self.applied.load(Ordering::Relaxed))
    }
}

/// A server with such a replica, on a free port of this machine.
pub(crate) struct Running {
    pub(crate) url: String,
    local: Arc<Local>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Running {
    pub(crate) async fn start(trouble: Trouble) -> Self {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_at(free, trouble).await.expect("a port is free")
    }

    pub(crate) async fn start_at(address: SocketAddr, trouble: Trouble) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let local = Arc::new(Local::new(url.clone(), trouble));
        let (stop, stopped) = oneshot::channel();
        let until = async move {
            let _ = stopped.await;
        };
        let server = tokio::spawn(serve(Arc::clone(&local), vec![listener], until));
        Ok(Self { url, local, stop, server })
    }

    /// How often it was to replicate something.
    pub(crate) fn asked(&self) -> u64 {
        self.local.asked.load(Ordering::Relaxed)
    }

    /// Ends it, and sees that it ends well.
    pub(crate) async fn stop(self) {
        self.stop.send(()).expect("it runs");
        self.server.await.expect("it does not panic").expect("it served");
    }
}
