//! `up` with a protocol that has no store: real processes that agree, and a verdict on their traces.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::up::{Running, UpArgs, fresh, members, split, system};
use crate::args::JudgeArgs;
use crate::experiment::Experiment;
use crate::failure::{Failure, exit};

/// How often the processes are looked at.
const LOOK: Duration = Duration::from_millis(20);

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
    let ended = wait(&mut running, folder);
    for one in &mut running {
        one.stop();
    }
    ended?;
    let files: Vec<PathBuf> =
        running.iter().map(|one| folder.join(format!("{}.jsonl", one.name))).collect();
    let code = crate::judge_files(&JudgeArgs {
        files,
        model: None,
        budget: "60s".into(),
        memory: "2G".into(),
        svg: args.svg.clone(),
        format: args.format,
        quiet: false,
    })?;
    Ok(code)
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

/// Waits until all processes have ended as they should.
fn wait(running: &mut [Running], folder: &Path) -> Result<(), Failure> {
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
        std::thread::sleep(LOOK);
    }
}
