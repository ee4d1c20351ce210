//! `up` with a protocol that has no store: real processes that agree, and a verdict on what they
//! wrote down.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::up::{Running, UpArgs, fresh, members, split, system};
use crate::args::JudgeArgs;
use crate::experiment::Experiment;
use crate::failure::{Failure, exit};
use crate::timed::TICKS_PER_MS;

/// How often the processes are looked at.
const LOOK: Duration = Duration::from_millis(20);
/// For how long nothing has to happen, if nobody waits for anything, until nothing can: twice the
/// bound on a message, and this at least, in milliseconds.
const QUIET_MS: u64 = 200;

/// The file of one process, as `serve` reads it.
#[derive(Serialize)]
struct Alone<'a> {
    process: String,
    cluster: String,
    peers: &'a [String],
    data: String,
    trace: String,
    scenario: Scenario,
}

/// What is run, in the words of a scenario file.
#[derive(Clone, Serialize)]
struct Scenario {
    protocol: String,
    n: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    f: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commander: Option<String>,
    traitor: Vec<String>,
    delay: String,
    set: BTreeMap<String, String>,
}

/// Starts the processes, waits until they are done, and judges what they did.
pub(super) fn agree(args: &UpArgs, folder: &Path) -> Result<u8, Failure> {
    let scenario = Scenario {
        protocol: args.protocol.clone(),
        n: args.nodes,
        f: args.f,
        inputs: args.inputs.as_ref().map(|text| text.split(',').map(Into::into).collect()),
        commander: args.commander.clone(),
        traitor: args.traitor.clone(),
        delay: args.delay.clone(),
        set: split(&args.set)?,
    };
    // Whatever does not fit is said before anything is started.
    let text = toml::to_string(&scenario).map_err(|error| Failure::internal(error.to_string()))?;
    let words = toml::from_str(&text).map_err(|error| Failure::internal(error.to_string()))?;
    let experiment = Experiment::read_as(words, None, true)?;
    crate::hosted::Stage::new(&experiment)?;
    let mut running = start(&scenario, folder)?;
    let ended = wait(&mut running, &experiment, folder);
    for one in &mut running {
        one.stop();
    }
    ended?;
    judge(args, &running, &experiment, folder)
}

/// What the traces of all processes come to.
fn judge(
    args: &UpArgs,
    running: &[Running],
    experiment: &Experiment,
    folder: &Path,
) -> Result<u8, Failure> {
    let files = running.iter().map(|one| trace_of(one, folder)).collect();
    let judged = crate::judge::judge(&JudgeArgs {
        files,
        model: None,
        budget: "60s".into(),
        memory: "2G".into(),
        svg: None,
        format: args.output.format,
        quiet: args.output.quiet,
    })?;
    let crate::judge::Judged { mut report, trace, .. } = judged;
    report.command = "up";
    report.trace = Some(trace);
    if report.title.is_none() {
        report.title.clone_from(&experiment.title);
    }
    crate::present(&report, &args.output)?;
    Ok(report.exit_code(None))
}

fn trace_of(one: &Running, folder: &Path) -> PathBuf {
    folder.join(format!("{}.jsonl", one.name))
}

fn start(scenario: &Scenario, folder: &Path) -> Result<Vec<Running>, Failure> {
    fs::create_dir_all(folder).map_err(system)?;
    let peers: Vec<String> = members(scenario.n)?.into_iter().map(|one| one.peers).collect();
    let cluster = fresh()?;
    let mut all = Vec::new();
    for number in 0..scenario.n {
        let name = format!("p{number}");
        let config = folder.join(format!("{name}.toml"));
        if config.exists() {
            return Err(Failure::usage(format!(
                "{} has a run already: take another folder for --keep",
                folder.display()
            )));
        }
        let alone = Alone {
            process: name.clone(),
            cluster: format!("{cluster:x}"),
            peers: &peers,
            data: name.clone(),
            trace: format!("{name}.jsonl"),
            scenario: scenario.clone(),
        };
        let text = toml::to_string(&alone).map_err(|error| Failure::internal(error.to_string()))?;
        fs::write(&config, text).map_err(system)?;
        all.push(Running::new(name, config));
    }
    for one in &mut all {
        one.start(folder)?;
    }
    Ok(all)
}

/// Waits until all processes have ended as they should: by themselves, when everything that is owed
/// must have come; or when they are told to, since it has come.
fn wait(running: &mut [Running], experiment: &Experiment, folder: &Path) -> Result<(), Failure> {
    let bound = experiment.setup().delay_ticks / TICKS_PER_MS;
    let quiet = Duration::from_millis(QUIET_MS.max(2 * bound));
    let mut seen = (Vec::new(), Instant::now());
    let mut told = false;
    loop {
        let mut left = 0;
        for one in &mut *running {
            let Some(status) = one.ended() else {
                left += usize::from(one.lives());
                continue;
            };
            if !status.success() {
                return Err(Failure {
                    code: exit::NOT_AS_EXPECTED,
                    text: format!("{} has not run to its end: {}", one.name, one.last(folder)),
                });
            }
        }
        if left == 0 {
            return Ok(());
        }
        let sizes = sizes(running, folder);
        if sizes != seen.0 {
            seen = (sizes, Instant::now());
        }
        let still = seen.1.elapsed() > quiet && running.iter().all(|one| is_idle(one, folder));
        if !told && (still || have_decided(running, experiment, folder)) {
            told = true;
            running.iter().for_each(Running::tell_to_end);
        }
        std::thread::sleep(LOOK);
    }
}

fn sizes(running: &[Running], folder: &Path) -> Vec<u64> {
    let size = |one: &Running| fs::metadata(trace_of(one, folder)).map_or(0, |data| data.len());
    running.iter().map(size).collect()
}

/// Whether a process waits for nothing but messages.
fn is_idle(one: &Running, folder: &Path) -> bool {
    fs::read(folder.join(format!("{}.idle", one.name))).is_ok_and(|said| said == b"yes")
}

/// Whether every process that is no traitor has written down a decision.
fn have_decided(running: &[Running], experiment: &Experiment, folder: &Path) -> bool {
    let is_traitor = |at: usize| experiment.traitors.iter().any(|(who, _)| who.index() == at);
    let decided = |one: &Running| {
        let text = fs::read_to_string(trace_of(one, folder)).unwrap_or_default();
        text.contains("\"event\":\"decide\"")
    };
    running.iter().enumerate().all(|(at, one)| is_traitor(at) || decided(one))
}
