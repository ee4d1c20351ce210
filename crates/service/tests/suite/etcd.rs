//! A process of etcd, alone, on free ports of this machine and in a folder of its own.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use quorate_service::proto::etcdserverpb::RangeRequest;
use quorate_service::proto::etcdserverpb::kv_client::KvClient;
use tempfile::TempDir;

pub(crate) struct Etcd {
    process: Child,
    pub(crate) url: String,
    // Removed with everything in it, after the process.
    _folder: TempDir,
}

/// Two places where nobody listens; somebody else may be quicker.
fn free() -> [String; 2] {
    let bound = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("a port is free"));
    bound.map(|bound| format!("http://{}", bound.local_addr().expect("it is bound")))
}

impl Etcd {
    /// Starts one that answers; `None` if etcd is not installed here.
    pub(crate) async fn start() -> Option<Self> {
        for _ in 0..5 {
            let mut etcd = Self::begin()?;
            if etcd.comes().await {
                return Some(etcd);
            }
        }
        panic!("etcd ends, or does not answer");
    }

    fn begin() -> Option<Self> {
        let (folder, [url, peer]) = (tempfile::tempdir().expect("a folder"), free());
        let started = Command::new("etcd")
            .arg("--data-dir")
            .arg(folder.path())
            .args(["--unsafe-no-fsync", "--log-level", "error"])
            .args(["--listen-client-urls", &url, "--advertise-client-urls", &url])
            .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
            .args(["--initial-cluster", &format!("default={peer}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            started => {
                let process = started.expect("etcd can be started");
                Some(Self { process, url, _folder: folder })
            }
        }
    }

    /// Waits until it answers. It ends at once where somebody else listens, who may answer.
    async fn comes(&mut self) -> bool {
        for _ in 0..200 {
            let answers = self.answers().await;
            if self.process.try_wait().expect("it is a child").is_some() {
                return false;
            }
            if answers {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        false
    }

    async fn answers(&self) -> bool {
        let Ok(mut client) = KvClient::connect(self.url.clone()).await else { return false };
        let range = RangeRequest { key: b"x".into(), ..RangeRequest::default() };
        client.range(range).await.is_ok()
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        // Whoever has ended already cannot be ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
