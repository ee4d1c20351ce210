//! One scenario, from an empty group to what came of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand_core::SeedableRng;
use rand_pcg::Pcg32;
use tokio::time::sleep;

use crate::ask::Node;
use crate::group::{Group, Made};
use crate::load::{Load, read_all};
use crate::record::{Done, Record, longest_silence};
use crate::report::Report;
use crate::scenarios::Scenario;
use crate::stage::{Stage, elections};
use crate::verdict::{PATIENCE, Verdict, acknowledged};

/// How long the load goes on before the first fault, and after the last.
const BEFORE: Duration = Duration::from_secs(1);
const AFTER: Duration = Duration::from_secs(1);
/// The number of the client that reads all in the end.
const READER: u32 = 100;

/// How a scenario is played.
#[derive(Clone, Debug)]
pub(crate) struct Play {
    pub(crate) made: Made,
    pub(crate) seconds: u64,
    pub(crate) seed: u64,
    pub(crate) number: u32,
    /// Where to leave what processes said if something is wrong.
    pub(crate) keep: Option<std::path::PathBuf>,
}

/// Plays a scenario.
pub(crate) async fn play(scenario: Scenario, play: &Play) -> Report {
    let began = Instant::now();
    let mut report = Report::new(scenario, play);
    if let Err(why) = on_stage(scenario, play, &mut report).await {
        report.verdict.wrong.push(why);
    }
    report.seconds = began.elapsed().as_secs_f64();
    report
}

async fn on_stage(scenario: Scenario, play: &Play, report: &mut Report) -> Result<(), String> {
    let mut group = Group::make(play.made.clone(), play.number)?;
    group.start_all()?;
    let all: Vec<u16> = (0..play.made.n).collect();
    let mut stage = Stage {
        group,
        record: Arc::default(),
        chance: Pcg32::seed_from_u64(play.seed),
        until: Instant::now(),
        faults: 0,
        recoveries: Vec::new(),
        skipped: 0,
        notes: Vec::new(),
        probes: 0,
    };
    stage.all_answer(&all).await?;
    let load = Load::start(&stage.group.endpoints(), play.seed);
    stage.record = load.record.clone();
    let from = Instant::now();
    sleep(BEFORE).await;
    stage.until = Instant::now() + Duration::from_secs(play.seconds);
    let played = scenario.kind.play(&mut stage).await;
    let ended = finish(&mut stage, load, &all, played.is_ok()).await;
    let done = stage.record.all();
    report.enter(&stage, &done, longest_silence(&done, from, Instant::now() - AFTER));
    report.verdict.of_clients(&done);
    if ended.is_ok() {
        look_at_nodes(&stage, &done, &mut report.verdict).await;
    }
    if let (false, Some(folder)) = (played.is_ok() && report.holds(), &play.keep) {
        stage.group.keep_logs(&folder.join(scenario.name))?;
    }
    played.and(ended)
}

/// No more faults: the load goes on for a while, all have to answer, and everything is read once
/// more everywhere.
async fn finish(stage: &mut Stage, load: Load, all: &[u16], played: bool) -> Result<(), String> {
    let healed = if played { stage.heal(None) } else { Ok(()) };
    let answered = match &healed {
        Ok(()) if played => stage.all_answer(all).await,
        _ => Ok(()),
    };
    sleep(AFTER).await;
    let record: Arc<Record> = load.end().await;
    healed.and(answered)?;
    if !played {
        return Err("nothing was looked at after that".into());
    }
    for (node, endpoint) in (0..).zip(stage.group.endpoints()) {
        let known = Node::connect(&endpoint, PATIENCE).await?;
        let read = read_all(&known, READER + node, &record).await;
        read.map_err(|why| format!("p{node} does not answer in the end: {why:?}"))?;
    }
    Ok(())
}

async fn look_at_nodes(stage: &Stage, done: &[Done], verdict: &mut Verdict) {
    let mut nodes = Vec::new();
    for (number, endpoint) in (0..).zip(stage.group.endpoints()) {
        match Node::connect(&endpoint, PATIENCE).await {
            Ok(node) => nodes.push((number, node)),
            Err(why) => verdict.open.push(format!("p{number} {why}")),
        }
    }
    let revision = done.iter().map(|one| one.revision).max().unwrap_or(0);
    verdict.of_hashes(&nodes, revision).await;
    // What one has all have, since the hashes are the same.
    if let Some((_, node)) = nodes.first() {
        verdict.of_past(done, node).await;
    }
    if acknowledged(done).next().is_none() {
        verdict.open.push("no write was acknowledged: nothing was tried".into());
    }
}

/// The longest of the times after cuts, in election timeouts; infinite if one was never over.
pub(crate) fn worst(recoveries: &[Option<Duration>]) -> Option<f64> {
    let times = recoveries.iter().map(|one| one.map_or(f64::INFINITY, elections));
    times.max_by(f64::total_cmp)
}
