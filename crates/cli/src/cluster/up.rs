//! `up`: a group of real processes on this machine.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use quorate_server::{Config, Member, STORES};
use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use super::agree::agree;
use super::status::{Line, ask_all};
use super::stores::is_whole;
use super::{failed, sockets};
use crate::args::OutputArgs;
use crate::failure::{Failure, exit};

/// How long a group may take until it has a leader.
const READY: Duration = Duration::from_secs(30);
/// How long a process may take to end.
const GRACE: Duration = Duration::from_secs(5);
/// How often a process is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// What `up` takes.
#[derive(Args, Debug)]
pub(crate) struct UpArgs {
    /// The protocol
    pub(super) protocol: String,
    /// How many processes
    #[arg(short = 'n', long, value_name = "N", default_value_t = 3)]
    pub(super) nodes: u16,
    /// How many of them may fail; as many as leave a majority, if not given
    #[arg(short, value_name = "F")]
    pub(super) f: Option<u16>,
    /// Keep everything in this folder, and go on with what is there
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// A parameter of the protocol
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// What each process proposes, for a protocol without a store: 0,1,1,0
    #[arg(long, value_name = "V,V,...", allow_hyphen_values = true)]
    pub(super) inputs: Option<String>,
    /// A traitor among the processes: p3=silent|random|equivocate|flip
    #[arg(long, value_name = "P[=MANNER]")]
    pub(super) traitor: Vec<String>,
    /// Who commands, or reigns or leads first, if not p0
    #[arg(long, value_name = "P")]
    pub(super) commander: Option<String>,
    /// How long a message may take, for a protocol without a store: a timed round lasts as long
    #[arg(long, value_name = "TIME", default_value = "50ms")]
    pub(super) delay: String,
    /// What comes of a protocol without a store; with one, --trace t.jsonl has each process write
    /// its part of the trace, t.p0.jsonl and so on, for quorate judge
    #[command(flatten)]
    pub(super) output: OutputArgs,
    /// End once the group is ready: to see that it starts
    #[arg(long, hide = true)]
    once: bool,
}

/// A process of the group, as long as it lives.
pub(super) struct Running {
    pub(super) name: String,
    config: PathBuf,
    child: Option<Child>,
}

/// Starts a group, and ends it when it is told to.
pub(crate) fn up(args: &UpArgs) -> Result<u8, Failure> {
    let stores = STORES.contains(&args.protocol.as_str());
    if !stores {
        crate::reading::find(&args.protocol, false)?;
    } else if args.inputs.is_some() || !args.traitor.is_empty() || args.commander.is_some() {
        return Err(Failure::usage(format!(
            "{} keeps a store here, which clients give commands: --inputs, --traitor and \
             --commander are for protocols that agree once, as in quorate up phase-king --nodes 5",
            args.protocol
        )));
    }
    if args.nodes == 0 || args.nodes > 64 {
        return Err(Failure::usage("a group has between 1 and 64 processes: --nodes 3"));
    }
    let temporary = match &args.keep {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("quorate-").tempdir().map_err(system)?),
    };
    let folder = match (&args.keep, &temporary) {
        (Some(folder), _) => folder.clone(),
        (None, Some(folder)) => folder.path().into(),
        (None, None) => return Err(Failure::internal("there is no folder")),
    };
    if !stores {
        let code = agree(args, &folder)?;
        if let Some(kept) = temporary.filter(|_| code != exit::AS_EXPECTED) {
            let _ = kept.keep();
        }
        return Ok(code);
    }
    let configs = configs(args, &folder)?;
    let mut group = Group { processes: Vec::new() };
    for (config, at) in &configs {
        let mut running = Running::new(config.process.clone(), at.clone());
        running.start(&folder)?;
        group.processes.push(running);
    }
    let ended = sockets()?.block_on(group.attend(args, &configs[0].0, &folder));
    group.end();
    ended
}

/// What goes wrong with folders and processes.
pub(super) fn system(error: std::io::Error) -> Failure {
    Failure { code: exit::NOT_AS_EXPECTED, text: error.to_string() }
}

/// The files of the group: those that are there, or new ones.
fn configs(args: &UpArgs, folder: &Path) -> Result<Vec<(Config, PathBuf)>, Failure> {
    fs::create_dir_all(folder).map_err(system)?;
    let at = |number: u16| folder.join(format!("p{number}.toml"));
    if at(0).exists() {
        return there_already(args, folder);
    }
    let set = split(&args.set)?;
    let members = members(args.nodes)?;
    let cluster = fresh()?;
    let made = (0..args.nodes).map(|number| {
        let config = Config {
            protocol: args.protocol.clone(),
            process: format!("p{number}"),
            f: args.f,
            cluster: format!("{cluster:x}"),
            data: format!("p{number}").into(),
            beat: "100ms".into(),
            election: "1s".into(),
            certificates: None,
            fail_sync: None,
            trace: args.output.trace.as_ref().map(|at| part(at, number)).transpose()?,
            set: set.clone(),
            members: members.clone(),
        };
        config.settings(folder).map_err(|broken| failed(&broken))?;
        fs::write(at(number), config.text()).map_err(system)?;
        Ok((config, at(number)))
    });
    made.collect()
}

/// Where a process writes its part of a trace: t.p0.jsonl, if all of it is to be in t.jsonl.
fn part(trace: &Path, number: u16) -> Result<PathBuf, Failure> {
    let whole = std::path::absolute(trace).map_err(system)?;
    Ok(whole.with_extension(format!("p{number}.jsonl")))
}

/// Parameters as they are written: KEY=VALUE.
pub(super) fn split(set: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |one: &String| {
        let (key, value) = one.split_once('=').ok_or_else(|| {
            Failure::usage(format!("--set {one:?} is not KEY=VALUE, as in --set snapshot=1000"))
        })?;
        Ok((key.to_string(), value.to_string()))
    };
    set.iter().map(pair).collect()
}

/// A group that was kept.
fn there_already(args: &UpArgs, folder: &Path) -> Result<Vec<(Config, PathBuf)>, Failure> {
    let read = |number: usize| {
        let at = folder.join(format!("p{number}.toml"));
        Config::read(&at).map(|config| (config, at)).map_err(|broken| failed(&broken))
    };
    let first = read(0)?;
    let n = first.0.members.len();
    if first.0.protocol != args.protocol || n != usize::from(args.nodes) {
        return Err(Failure::usage(format!(
            "{} has a group of {n} processes of {}: quorate up {} --nodes {n} --keep {}",
            folder.display(),
            first.0.protocol,
            first.0.protocol,
            folder.display()
        )));
    }
    let all = std::iter::once(Ok(first)).chain((1..n).map(read)).collect::<Result<Vec<_>, _>>()?;
    let Some(trace) = &args.output.trace else { return Ok(all) };
    for (number, (config, _)) in (0..).zip(&all) {
        let at = part(trace, number)?;
        if config.trace.as_ref() != Some(&at) {
            return Err(Failure::usage(format!(
                "{} has a group that has run before, and a trace begins with its group: leave out \
                 --trace, or name an empty folder with --keep",
                folder.display()
            )));
        }
        let settings = config.settings(folder).map_err(|broken| failed(&broken))?;
        is_whole(&settings, &at)?;
    }
    Ok(all)
}

/// Free ports. They are held until all are found, so that no two are the same.
pub(super) fn members(n: u16) -> Result<Vec<Member>, Failure> {
    let free = || TcpListener::bind("127.0.0.1:0").map_err(system);
    let held = (0..n).map(|_| Ok((free()?, free()?))).collect::<Result<Vec<_>, Failure>>()?;
    let text = |one: &TcpListener| one.local_addr().map(|at| at.to_string()).map_err(system);
    held.iter()
        .map(|(peers, clients)| Ok(Member { peers: text(peers)?, clients: text(clients)? }))
        .collect()
}

/// A number for a new group.
pub(super) fn fresh() -> Result<u64, Failure> {
    getrandom::u64().map_err(|error| Failure::internal(error.to_string()))
}

impl Running {
    pub(super) fn new(name: String, config: PathBuf) -> Self {
        Self { name, config, child: None }
    }

    pub(super) fn start(&mut self, folder: &Path) -> Result<(), Failure> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join(format!("{}.log", self.name)))
            .map_err(system)?;
        let program = std::env::current_exe().map_err(system)?;
        let mut command = Command::new(program);
        command.arg("serve").arg("--config").arg(&self.config);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(system)?).stderr(log);
        self.child = Some(command.spawn().map_err(system)?);
        Ok(())
    }

    /// Whether it has ended since it was looked at last.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.as_mut()?.try_wait().ok().flatten()?;
        self.child = None;
        Some(status)
    }

    pub(super) fn lives(&self) -> bool {
        self.child.is_some()
    }

    /// What it said last.
    pub(super) fn last(&self, folder: &Path) -> String {
        let log = folder.join(format!("{}.log", self.name));
        let text = fs::read_to_string(log).unwrap_or_default();
        text.lines().last().unwrap_or("it said nothing").into()
    }

    /// Tells it to end.
    pub(super) fn tell_to_end(&self) {
        if let Some(pid) = i32::try_from(self.pid()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    /// Ends it, if it has not ended.
    pub(super) fn stop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill().and_then(|()| child.wait());
            self.child = None;
        }
    }

    fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }
}

/// All processes of the group.
struct Group {
    processes: Vec<Running>,
}

impl Group {
    /// Waits until there is a leader, says how to use the group, and watches it.
    async fn attend(
        &mut self,
        args: &UpArgs,
        config: &Config,
        folder: &Path,
    ) -> Result<u8, Failure> {
        let told = |kind| signal(kind).map_err(system);
        let (mut int, mut term) = (told(SignalKind::interrupt())?, told(SignalKind::terminate())?);
        let endpoints: Vec<String> =
            config.members.iter().map(|member| member.clients.clone()).collect();
        let began = Instant::now();
        let lines = tokio::select! {
            lines = self.ready(&endpoints, folder) => lines?,
            _ = int.recv() => return Ok(exit::AS_EXPECTED),
            _ = term.recv() => return Ok(exit::AS_EXPECTED),
        };
        crate::print(&self.welcome(args, &lines, folder, began.elapsed()))?;
        if args.once {
            return Ok(exit::AS_EXPECTED);
        }
        loop {
            tokio::select! {
                _ = int.recv() => break,
                _ = term.recv() => break,
                () = sleep(LOOK) => {}
            }
            for running in &mut self.processes {
                let pid = running.pid();
                if let Some(status) = running.ended() {
                    let again = running.config.display();
                    crate::print(&format!(
                        "{} (process {pid}) has ended: {status}. To start it again:\n  quorate \
                         serve --config {again}\n",
                        running.name
                    ))?;
                }
            }
        }
        crate::print("ending\n")?;
        Ok(exit::AS_EXPECTED)
    }

    /// Waits until everybody knows a leader.
    async fn ready(&mut self, endpoints: &[String], folder: &Path) -> Result<Vec<Line>, Failure> {
        let until = Instant::now() + READY;
        loop {
            for running in &mut self.processes {
                if let Some(status) = running.ended() {
                    let last = running.last(folder);
                    return Err(Failure {
                        code: status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
                        text: format!("{} has not started: {last}", running.name),
                    });
                }
            }
            let lines = ask_all(endpoints).await;
            if lines.iter().all(|line| line.said.as_ref().is_ok_and(|said| said.leader != 0)) {
                return Ok(lines);
            }
            if Instant::now() > until {
                return Err(Failure {
                    code: exit::TERMINATION,
                    text: format!(
                        "no leader in {} s; what the processes said is in {}",
                        READY.as_secs(),
                        folder.display()
                    ),
                });
            }
            sleep(LOOK).await;
        }
    }

    /// What to do with the group.
    fn welcome(&self, args: &UpArgs, lines: &[Line], folder: &Path, took: Duration) -> String {
        let mut text = format!(
            "{} processes of {} are ready after {:.1} s, in {}\n\n",
            self.processes.len(),
            args.protocol,
            took.as_secs_f64(),
            folder.display()
        );
        let mut leader = 0;
        for (running, line) in self.processes.iter().zip(lines) {
            let leads = line.said.as_ref().is_ok_and(|said| said.leader == said.id);
            if leads {
                leader = running.pid();
            }
            let part = if leads { "leader" } else { "follower" };
            text += &format!(
                "  {:4} process {:<8} {part:9} clients at {}\n",
                running.name,
                running.pid(),
                line.endpoint
            );
        }
        let all: Vec<&str> = lines.iter().map(|line| line.endpoint.as_str()).collect();
        let all = all.join(",");
        text += &format!(
            "\nTo use it, in another terminal:\n\n  export ETCDCTL_API=3 \
             ETCDCTL_ENDPOINTS={all}\n  etcdctl put greeting hello\n  kill -9 {leader}\n  \
             etcdctl get greeting\n  quorate status {}\n\nCtrl-C ends all of it",
            folder.display()
        );
        text += match args.keep {
            Some(_) => "; what it has stored is kept.\n",
            None => ", and drops what it has stored (--keep DIR keeps it).\n",
        };
        text
    }

    /// Ends all processes: each is asked first.
    fn end(&mut self) {
        self.processes.iter().for_each(Running::tell_to_end);
        let until = Instant::now() + GRACE;
        for running in &mut self.processes {
            while running.child.is_some() && running.ended().is_none() {
                if let Some(child) = &mut running.child
                    && Instant::now() > until
                {
                    let _ = child.kill();
                }
                std::thread::sleep(LOOK);
            }
        }
    }
}
