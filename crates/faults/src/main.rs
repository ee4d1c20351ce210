//! Faults on the real processes of a group, each in a network namespace of its own, under the load
//! of several clients; and whether what the clients saw, and what is left, is as it has to be.
//!
//! ```text
//! cargo run -p quorate-faults -- --quick
//! cargo run -p quorate-faults -- --seconds 120 kill-leader partition-s3
//! ```
//!
//! It needs Linux, root, and the programs `ip` and `nft`; and Quorate's program, built before.
#![allow(clippy::print_stderr, clippy::print_stdout)]

mod ask;
mod disks;
mod group;
mod load;
mod net;
mod play;
mod record;
mod report;
mod scenarios;
mod stage;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use group::{Made, Peer};
use play::{Play, play};
use report::Report;
use scenarios::{ALL, Scenario};

/// Does things to groups of real processes under load, and judges what clients saw
#[derive(Parser, Debug)]
#[command(name = "quorate-faults", version)]
struct Words {
    /// What to do to them, as --list has it; everything, if nothing is named
    scenarios: Vec<String>,
    /// A short form: a few seconds each
    #[arg(long, conflicts_with = "seconds")]
    quick: bool,
    /// How long each goes on with faults
    #[arg(long, value_name = "S", default_value_t = 60)]
    seconds: u64,
    /// Say what there is
    #[arg(long)]
    list: bool,
    /// What draws: who is killed, which bit, what clients ask for
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many nodes, in place of the scenario's own number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(3..=9))]
    nodes: Option<u16>,
    /// Whose processes
    #[arg(long, value_enum, default_value_t = Peer::Quorate)]
    peer: Peer,
    /// The protocol of Quorate's processes
    #[arg(long, default_value = "raft")]
    protocol: String,
    /// Quorate's program; beside this one, if not given
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Leave here what processes said, where something is wrong
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// How to print what came of it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// End well where namespaces cannot be made
    #[arg(long)]
    skip_if_impossible: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// A line for each
    Text,
    /// One object
    Json,
}

/// Nothing was tried.
const UNUSABLE: u8 = 2;

fn chosen(words: &Words) -> Result<Vec<Scenario>, String> {
    let all = named(words)?;
    let larger = |one: &&Scenario| one.kind.bar().is_some() && words.nodes.is_some_and(|n| n < 5);
    match all.iter().find(larger) {
        Some(one) => Err(format!("{} needs five nodes at least: --nodes 5", one.name)),
        None => Ok(all),
    }
}

/// The scenarios that are named, or all that fit.
fn named(words: &Words) -> Result<Vec<Scenario>, String> {
    if words.scenarios.is_empty() {
        let own = words.peer == Peer::Quorate;
        return Ok(ALL.iter().filter(|one| own || !one.kind.is_own()).copied().collect());
    }
    let find = |name: &String| {
        let found = ALL.iter().find(|one| one.name == name);
        let found = found.ok_or_else(|| format!("there is no scenario {name}: --list has all"))?;
        if found.kind.is_own() && words.peer != Peer::Quorate {
            return Err(format!("{name} can be done to Quorate's processes only"));
        }
        Ok(*found)
    };
    words.scenarios.iter().map(find).collect()
}

/// Quorate's program.
fn program(words: &Words) -> Result<PathBuf, String> {
    let beside = || Some(std::env::current_exe().ok()?.with_file_name("quorate"));
    let program = words.program.clone().or_else(beside).ok_or("name a --program")?;
    if words.peer == Peer::Quorate && !program.is_file() {
        let shown = program.display();
        return Err(format!("{shown} is not there: cargo build -p quorate, or name a --program"));
    }
    std::path::absolute(program).map_err(|error| error.to_string())
}

async fn run(words: &Words, scenarios: &[Scenario], program: PathBuf) -> bool {
    let text = words.format == Format::Text;
    if text {
        print!("{}", Report::heading());
    }
    let mut reports = Vec::new();
    for (number, scenario) in (0..).zip(scenarios) {
        let made = Made {
            n: words.nodes.unwrap_or(scenario.nodes),
            peer: words.peer,
            program: program.clone(),
            protocol: words.protocol.clone(),
            snapshot: scenario.kind.snapshot(),
            own_disks: scenario.kind == scenarios::Kind::DiskFull,
        };
        let seconds = if words.quick { scenario.quick_seconds } else { words.seconds };
        let one = Play { made, seconds, seed: words.seed, number, keep: words.keep.clone() };
        let report = play(*scenario, &one).await;
        if text {
            print!("{}", report.line());
        }
        reports.push(report);
    }
    if !text {
        let all: Vec<_> = reports.iter().map(Report::json).collect();
        println!("{:#}", json!({ "schema": "quorate/faults", "version": 1, "scenarios": all }));
    }
    reports.iter().all(Report::holds)
}

/// Runs all, unless it is told to end: then everything is removed all the same.
fn attend(words: &Words) -> Result<ExitCode, String> {
    let scenarios = chosen(words)?;
    if let Some(why) = net::missing() {
        if words.skip_if_impossible {
            println!("faults on real processes skipped: {why}");
            return Ok(ExitCode::SUCCESS);
        }
        return Err(why);
    }
    let program = program(words)?;
    let made = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = made.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let told = |kind| signal(kind).map_err(|error| error.to_string());
        let (mut int, mut term) = (told(SignalKind::interrupt())?, told(SignalKind::terminate())?);
        tokio::select! {
            good = run(words, &scenarios, program) => {
                Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
            _ = int.recv() => Err("interrupted".into()),
            _ = term.recv() => Err("ended".into()),
        }
    })
}

fn main() -> ExitCode {
    let words = Words::parse();
    if words.list {
        for one in ALL {
            println!("{:17} {} nodes: {}", one.name, one.nodes, one.about);
        }
        return ExitCode::SUCCESS;
    }
    match attend(&words) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(UNUSABLE)
        }
    }
}
