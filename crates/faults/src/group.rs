//! The processes of a group, each in its own network namespace.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use quorate_server::{Config, Member, make_certificates};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::net::{Net, run};

/// The number of the group, by which its processes know each other.
const CLUSTER: u64 = 0xfa17;
/// The least time of an election.
pub(crate) const ELECTION_MS: u64 = 1_000;
/// How large a disk of its own is.
const DISK: &str = "size=80m";
/// A file that takes the room on it.
const BALLAST: &str = "ballast";

/// Whose processes they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Peer {
    /// Quorate's
    Quorate,
    /// etcd's, as it is installed here
    Etcd,
}

/// What a group is made of.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) n: u16,
    pub(crate) peer: Peer,
    /// Quorate's program.
    pub(crate) program: PathBuf,
    /// Quorate's protocol.
    pub(crate) protocol: String,
    /// After how many entries the state takes the place of the log.
    pub(crate) snapshot: Option<u32>,
    /// Whether each node has a small disk of its own.
    pub(crate) own_disks: bool,
}

struct Node {
    child: Option<Child>,
    mounted: bool,
}

/// The group. All of it is ended and removed when this is dropped.
pub(crate) struct Group {
    pub(crate) made: Made,
    nodes: Vec<Node>,
    net: Net,
    folder: TempDir,
}

fn system(error: std::io::Error) -> String {
    error.to_string()
}

impl Group {
    /// Makes namespaces and folders; no process is started.
    pub(crate) fn make(made: Made, number: u32) -> Result<Self, String> {
        let net = Net::make(made.n, number)?;
        let folder = tempfile::Builder::new().prefix("quorate-faults-").tempdir();
        let nodes = (0..made.n).map(|_| Node { child: None, mounted: false }).collect();
        let mut group = Self { made, nodes, net, folder: folder.map_err(system)? };
        for node in 0..group.made.n {
            fs::create_dir_all(group.disk(node)).map_err(system)?;
            if group.made.own_disks {
                let words = ["-t", "tmpfs", "-o", DISK, "tmpfs"];
                run(Command::new("mount").args(words).arg(group.disk(node)), "")?;
                group.nodes[usize::from(node)].mounted = true;
            }
        }
        if group.made.peer == Peer::Quorate {
            group.configure()?;
        }
        Ok(group)
    }

    fn configure(&self) -> Result<(), String> {
        let folder = self.folder.path();
        make_certificates(&folder.join("certificates"), CLUSTER, self.made.n)
            .map_err(|error| error.to_string())?;
        let at = |node, port: u16| format!("{}:{port}", self.net.address(node));
        let member = |node| Member { peers: at(node, 2380), clients: at(node, 2379) };
        let members: Vec<Member> = (0..self.made.n).map(member).collect();
        let snapshot = self.made.snapshot.map(|many| ("snapshot".into(), many.to_string()));
        for node in 0..self.made.n {
            let config = Config {
                protocol: self.made.protocol.clone(),
                process: format!("p{node}"),
                f: None,
                cluster: format!("{CLUSTER:x}"),
                data: format!("p{node}").into(),
                beat: "100ms".into(),
                election: format!("{ELECTION_MS}ms"),
                certificates: Some("certificates".into()),
                trace: None,
                fail_sync: Some(self.sync_fails(node)),
                set: snapshot.clone().into_iter().collect(),
                members: members.clone(),
            };
            fs::write(self.file(node, "toml"), config.text()).map_err(system)?;
        }
        Ok(())
    }

    fn file(&self, node: u16, end: &str) -> PathBuf {
        self.folder.path().join(format!("p{node}.{end}"))
    }

    /// Where a node keeps what it has.
    fn disk(&self, node: u16) -> PathBuf {
        self.folder.path().join(format!("p{node}"))
    }

    /// The folder of a node's log.
    pub(crate) fn log_folder(&self, node: u16) -> PathBuf {
        self.disk(node).join("log")
    }

    /// As long as this file is there, no sync of the node succeeds.
    pub(crate) fn sync_fails(&self, node: u16) -> PathBuf {
        self.file(node, "sync-fails")
    }

    /// Where the nodes answer clients.
    pub(crate) fn endpoints(&self) -> Vec<String> {
        (0..self.made.n).map(|node| format!("http://{}:2379", self.net.address(node))).collect()
    }

    /// The net that they are in.
    pub(crate) fn net(&self) -> &Net {
        &self.net
    }

    fn command(&self, node: u16) -> Command {
        if self.made.peer == Peer::Quorate {
            let mut command = self.net.command(node, &self.made.program);
            command.arg("serve").arg("--config").arg(self.file(node, "toml"));
            return command;
        }
        let at = |node, port: u16| format!("http://{}:{port}", self.net.address(node));
        let all = (0..self.made.n).map(|node| format!("p{node}={}", at(node, 2380)));
        let all = all.collect::<Vec<_>>().join(",");
        let mut command = self.net.command(node, Path::new("etcd"));
        command.arg("--data-dir").arg(self.disk(node).join("etcd"));
        let (peers, clients) = (at(node, 2380), at(node, 2379));
        command.args(["--name", &format!("p{node}"), "--initial-cluster", &all]);
        command.args(["--listen-peer-urls", &peers, "--initial-advertise-peer-urls", &peers]);
        command.args(["--listen-client-urls", &clients, "--advertise-client-urls", &clients]);
        command.args(["--heartbeat-interval", "100"]);
        command.args(["--election-timeout", &ELECTION_MS.to_string()]);
        if let Some(many) = self.made.snapshot {
            command.args(["--snapshot-count", &many.to_string()]);
        }
        command
    }

    /// Starts the process of a node, if it does not run.
    pub(crate) fn start(&mut self, node: u16) -> Result<(), String> {
        if self.nodes[usize::from(node)].child.is_some() {
            return Ok(());
        }
        let log = File::options().create(true).append(true).open(self.file(node, "log"));
        let log = log.map_err(system)?;
        let mut command = self.command(node);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(system)?).stderr(log);
        let child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        self.nodes[usize::from(node)].child = Some(child);
        Ok(())
    }

    /// Starts whoever does not run.
    pub(crate) fn start_all(&mut self) -> Result<(), String> {
        (0..self.made.n).try_for_each(|node| self.start(node))
    }

    /// Sends a signal to the process of a node.
    pub(crate) fn signal(&self, node: u16, signal: Signal) {
        let child = self.nodes[usize::from(node)].child.as_ref();
        let pid = child.and_then(|child| Pid::from_raw(i32::try_from(child.id()).ok()?));
        if let Some(pid) = pid {
            let _ = kill_process(pid, signal);
        }
    }

    /// Kills the process of a node, as `kill -9` does.
    pub(crate) fn kill(&mut self, node: u16) {
        self.signal(node, Signal::KILL);
        if let Some(mut child) = self.nodes[usize::from(node)].child.take() {
            let _ = child.wait();
        }
    }

    /// How the process of a node has ended, if it has by itself.
    pub(crate) fn ended(&mut self, node: u16) -> Option<ExitStatus> {
        let own = &mut self.nodes[usize::from(node)];
        let status = own.child.as_mut()?.try_wait().ok().flatten()?;
        own.child = None;
        Some(status)
    }

    /// Which nodes have ended by themselves.
    pub(crate) fn all_ended(&mut self) -> Vec<(u16, ExitStatus)> {
        (0..self.made.n).filter_map(|node| Some((node, self.ended(node)?))).collect()
    }

    /// What a node has said so far.
    pub(crate) fn said(&self, node: u16) -> String {
        fs::read_to_string(self.file(node, "log")).unwrap_or_default()
    }

    /// Leaves no room on the disk of a node.
    pub(crate) fn fill(&self, node: u16) -> Result<(), String> {
        let mut file = File::create(self.disk(node).join(BALLAST)).map_err(system)?;
        let full = std::io::copy(&mut std::io::repeat(0), &mut file);
        match full {
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Ok(()),
            Err(error) => Err(system(error)),
            Ok(_) => Err("a disk without end".into()),
        }
    }

    /// Makes room again.
    pub(crate) fn free(&self, node: u16) -> Result<(), String> {
        fs::remove_file(self.disk(node).join(BALLAST)).map_err(system)
    }

    /// Copies what the processes said to a folder, to be looked at.
    pub(crate) fn keep_logs(&self, to: &Path) -> Result<(), String> {
        fs::create_dir_all(to).map_err(system)?;
        for node in 0..self.made.n {
            fs::write(to.join(format!("p{node}.log")), self.said(node)).map_err(system)?;
        }
        Ok(())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for node in 0..self.made.n {
            self.kill(node);
            if self.nodes[usize::from(node)].mounted {
                let _ = run(Command::new("umount").arg(self.disk(node)), "");
            }
        }
    }
}
