//! What is done to groups.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::time::sleep;

use crate::disks;
use crate::net::Reach;
use crate::stage::{LOOK, Stage, elections};

/// Within how many election timeouts somebody has to lead again.
const BAR: f64 = 4.0;
/// How long links stay cut if nobody comes to lead.
const CUT: Duration = Duration::from_secs(40);
/// How long before the leader is cut off one node hears nothing from it: less than anybody waits
/// for a leader, so that the node's log is behind and nobody minds yet.
const BEHIND: Duration = Duration::from_millis(800);

/// A way to do things to a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    KillAny,
    KillLeader,
    StopLeader,
    Halves,
    LeaderInMinority,
    Star,
    Bridge,
    Constrained,
    Partial,
    DiskFull,
    SyncFails,
    BitInLog,
    BitInState,
}

/// A scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) nodes: u16,
    /// How long the short form goes on with faults.
    pub(crate) quick_seconds: u64,
    pub(crate) about: &'static str,
}

const fn scenario(
    name: &'static str,
    kind: Kind,
    nodes: u16,
    quick_seconds: u64,
    about: &'static str,
) -> Scenario {
    Scenario { name, kind, nodes, quick_seconds, about }
}

/// All of them.
pub(crate) const ALL: &[Scenario] = &[
    scenario("kill-any", Kind::KillAny, 3, 6, "kill -9 of any node, now and then of all"),
    scenario("kill-leader", Kind::KillLeader, 3, 6, "kill -9 of the leader, again and again"),
    scenario("stop-leader", Kind::StopLeader, 3, 8, "SIGSTOP of the leader, and SIGCONT"),
    scenario("partition-halves", Kind::Halves, 5, 6, "two parts that do not reach each other"),
    scenario("partition-leader", Kind::LeaderInMinority, 5, 6, "the leader with a minority"),
    scenario("partition-s1", Kind::Star, 5, 1, "a star: everybody reaches one follower only"),
    scenario("partition-s2", Kind::Bridge, 5, 1, "the leader reaches one follower only"),
    scenario(
        "partition-s3",
        Kind::Constrained,
        5,
        1,
        "the leader is alone, and the others reach only one whose log is behind",
    ),
    scenario("partition-s4", Kind::Partial, 5, 1, "the leader does not reach two of four"),
    scenario("disk-full", Kind::DiskFull, 3, 6, "no room on the disk of one node, then room again"),
    scenario("sync-fails", Kind::SyncFails, 3, 6, "a sync fails; the process is started again"),
    scenario("bit-log", Kind::BitInLog, 3, 4, "one bit of a stopped node's log is flipped"),
    scenario("bit-state", Kind::BitInState, 3, 4, "one bit of the state that stands for the log"),
];

impl Kind {
    /// Whether only Quorate's processes can be treated so.
    pub(crate) fn is_own(self) -> bool {
        matches!(self, Self::SyncFails | Self::BitInLog | Self::BitInState | Self::DiskFull)
    }

    /// After how many entries the state takes the place of the log, if not after many.
    pub(crate) fn snapshot(self) -> Option<u32> {
        matches!(self, Self::DiskFull | Self::BitInState | Self::KillAny).then_some(200)
    }

    /// How soon after a cut somebody has to lead, in election timeouts.
    pub(crate) fn bar(self) -> Option<f64> {
        let cut = matches!(self, Self::Star | Self::Bridge | Self::Constrained | Self::Partial);
        cut.then_some(BAR)
    }

    /// Does it to a group, until the time is over.
    pub(crate) async fn play(self, stage: &mut Stage) -> Result<(), String> {
        loop {
            match self {
                Self::KillAny => kill_any(stage).await?,
                Self::KillLeader => kill_leader(stage).await?,
                Self::StopLeader => stop_leader(stage).await?,
                Self::Halves => halves(stage).await?,
                Self::LeaderInMinority => leader_in_minority(stage).await?,
                Self::Star | Self::Bridge | Self::Constrained | Self::Partial => {
                    cut(self, stage).await?;
                }
                Self::DiskFull => disks::full(stage).await?,
                Self::SyncFails => disks::sync_fails(stage).await?,
                Self::BitInLog => disks::flip(stage, false).await?,
                Self::BitInState => disks::flip(stage, true).await?,
            }
            if !stage.goes_on() {
                return Ok(());
            }
            stage.pass(500, 2_000).await;
        }
    }
}

async fn kill_any(stage: &mut Stage) -> Result<(), String> {
    let (n, all) = (stage.n(), stage.lot(5) == 0);
    let first = stage.lot(n);
    let many = if all { n } else { 1 + stage.lot((n - 1) / 2) };
    for step in 0..many {
        stage.group.kill((first + step) % n);
    }
    stage.faults += 1;
    stage.pass(200, 2_500).await;
    stage.group.start_all()
}

async fn kill_leader(stage: &mut Stage) -> Result<(), String> {
    let (leader, _) = stage.leader().await?;
    stage.group.kill(leader);
    stage.faults += 1;
    stage.pass(200, 4_000).await;
    stage.group.start(leader)
}

/// Half of the stops are shorter than the others wait for a leader.
async fn stop_leader(stage: &mut Stage) -> Result<(), String> {
    let (leader, _) = stage.leader().await?;
    stage.group.signal(leader, Signal::STOP);
    stage.faults += 1;
    match stage.lot(2) {
        0 => stage.pass(100, 1_000).await,
        _ => stage.pass(1_500, 5_000).await,
    }
    stage.group.signal(leader, Signal::CONT);
    Ok(())
}

async fn halves(stage: &mut Stage) -> Result<(), String> {
    let n = stage.n();
    let sides: Vec<bool> = (0..n).map(|_| stage.lot(2) == 0).collect();
    let side = |node: u16| sides[usize::from(node)];
    stage.shape(&Reach::only(n, |a, b| side(a) == side(b)))?;
    stage.pass(1_000, 5_000).await;
    stage.heal(None)
}

async fn leader_in_minority(stage: &mut Stage) -> Result<(), String> {
    let (leader, _) = stage.leader().await?;
    let n = stage.n();
    let first = stage.lot(n);
    let others = (0..n).map(|step| (first + step) % n).filter(|node| *node != leader);
    let mut minority: Vec<u16> = others.take(usize::from((n - 1) / 2 - 1)).collect();
    minority.push(leader);
    stage.shape(&Reach::only(n, |a, b| minority.contains(&a) == minority.contains(&b)))?;
    stage.pass(2_000, 5_000).await;
    stage.heal(None)
}

/// Cuts links as one of the four topologies has it, measures how soon a write is acknowledged, and
/// lets the load go on for a while before links are whole again.
async fn cut(kind: Kind, stage: &mut Stage) -> Result<(), String> {
    let ((leader, term), n) = (stage.leader().await?, stage.n());
    // The one that can win, and another.
    let hub = (leader + 1 + stage.lot(n - 1)) % n;
    let other = (0..n).find(|node| *node != leader && *node != hub).unwrap_or(hub);
    let (reach, asked) = match kind {
        Kind::Star => (Reach::only(n, |a, _| a == hub), hub),
        Kind::Bridge => {
            let reaches = |a, b| (a != leader && b != leader) || a == hub;
            (Reach::only(n, reaches), hub)
        }
        Kind::Constrained => {
            stage.shape(&Reach::only(n, |a, b| {
                (a, b) != (leader, hub) && (b, a) != (leader, hub)
            }))?;
            sleep(BEHIND).await;
            (Reach::only(n, |a, b| a == hub && b != leader), hub)
        }
        _ => {
            let far = |node| node == hub || node == other;
            let reaches = |a, b| !(a == leader && far(b) || b == leader && far(a));
            (Reach::only(n, reaches), leader)
        }
    };
    let is_ready = kind != Kind::Constrained || is_behind(stage, hub, leader).await;
    if stage.leader().await? != (leader, term) || !is_ready {
        // The leader has changed, or has had nothing to say: there is nothing to measure.
        stage.skipped += 1;
        return stage.heal(None);
    }
    let began = stage.shape(&reach)?;
    let took = stage.recovers(asked, began, began + CUT).await;
    sleep(Duration::from_secs(2)).await;
    if kind == Kind::Partial {
        let terms: Vec<u64> = stage.said().await.iter().flatten().map(|said| said.term).collect();
        let risen = terms.iter().max().is_some_and(|now| *now > term);
        stage.notes.extend(risen.then(|| format!("the term rose from {term}: {terms:?}")));
    }
    if took.is_none_or(|took| elections(took) > BAR) {
        let terms: Vec<Option<u64>> =
            stage.said().await.iter().map(|said| said.map(|said| said.term)).collect();
        stage.notes.push(format!("term {term} before the cut of p{leader}, then {terms:?}"));
    }
    stage.heal(None)?;
    settled(stage).await
}

/// Whether a node knows less of the log to be committed than all others but the leader.
async fn is_behind(stage: &Stage, node: u16, leader: u16) -> bool {
    let said = stage.said().await;
    let committed = |at: u16| said[usize::from(at)].map(|said| said.committed);
    let mut others = (0..stage.n()).filter(|at| *at != node && *at != leader);
    committed(node).is_some_and(|own| others.all(|at| committed(at).is_some_and(|at| own < at)))
}

/// Waits until everybody knows a leader.
async fn settled(stage: &mut Stage) -> Result<(), String> {
    let until = Instant::now() + CUT;
    while Instant::now() < until {
        if stage.said().await.iter().all(|said| said.is_some_and(|said| said.knows_leader)) {
            sleep(Duration::from_secs(1)).await;
            return Ok(());
        }
        sleep(LOOK).await;
    }
    Err(format!("somebody knows no leader {} s after links are whole", CUT.as_secs()))
}
