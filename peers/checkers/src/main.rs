//! The exhaustive search of a network, on one thread: `peers-checkers SYSTEM MODEL-SIZE`.
//!
//! Prints the model, the system, nanoseconds of CPU time a state, how many states, and bytes of the
//! process at its peak a state. That the numbers of states and transitions agree is asserted.

use std::process::ExitCode;

use cpu_time::ProcessTime;

/// The models whose counts our checker reproduces in its tests.
#[expect(dead_code, reason = "not every model is compared")]
#[path = "../../../crates/checker/tests/suite/models/mod.rs"]
mod models;
mod ours;
mod paxos;
mod two_phase;

/// What a search has found: states, transitions, depth.
type Counts = (u64, u64, u64);

/// How Stateright searches: depth first, or breadth first as we do.
#[derive(Clone, Copy)]
enum Order {
    Depth,
    Breadth,
}

/// Searches all of a model with Stateright.
fn stateright<M>(model: M, order: Order) -> Counts
where
    M: stateright::Model + Send + Sync + 'static,
    M::State: Clone + PartialEq + std::hash::Hash + Send + Sync + 'static,
    M::Action: Clone + PartialEq,
{
    use stateright::Checker;
    let builder = model.checker().threads(1);
    match order {
        Order::Depth => found(&builder.spawn_dfs().join()),
        Order::Breadth => found(&builder.spawn_bfs().join()),
    }
}

fn found<M>(checker: &impl stateright::Checker<M>) -> Counts
where
    M: stateright::Model,
    M::State: Clone + PartialEq + std::hash::Hash,
    M::Action: Clone + PartialEq,
{
    assert!(checker.discoveries().is_empty(), "every property holds");
    let states = [checker.unique_state_count(), checker.state_count(), checker.max_depth()];
    let [states, transitions, depth] = states.map(|count| count as u64);
    (states, transitions, depth)
}

fn search(system: &str, model: &str, size: u16) -> Option<Counts> {
    let order = match system {
        "quorate" => return ours::search(model, size),
        "stateright-dfs" => Order::Depth,
        "stateright-bfs" => Order::Breadth,
        _ => return None,
    };
    match model {
        "two-phase" => Some(stateright(two_phase::Commit { managers: size.into() }, order)),
        "paxos-register" => Some(stateright(paxos::model(size.into()), order)),
        _ => None,
    }
}

/// What must be found: the counts on which all checkers agree.
fn known(model: &str, size: u16) -> Option<(u64, u64)> {
    match (model, size) {
        ("two-phase", 7) => Some((296_448, 2_744_706)),
        ("two-phase", 8) => Some((1_745_408, 18_507_778)),
        ("paxos-register", 2) => Some((16_668, 32_971)),
        ("paxos-register", 3) => Some((1_194_428, 2_420_477)),
        _ => None,
    }
}

/// The most memory that this process has taken; nothing where the system does not say.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [system, name] = &words[..] else { return usage() };
    let Some((model, Ok(size))) = name.rsplit_once('-').map(|(m, size)| (m, size.parse())) else {
        return usage();
    };
    let Some(known) = known(model, size) else { return usage() };
    let start = ProcessTime::now();
    let Some((states, transitions, _)) = search(system, model, size) else { return usage() };
    let each = start.elapsed().as_nanos() as f64 / states as f64;
    assert_eq!((states, transitions), known, "{system} counts something else in {name}");
    let bytes = peak_bytes().map_or("-".into(), |all| format!("{:.1}", all as f64 / states as f64));
    println!("{name} {system} {each:.1} {states} {bytes}");
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!(
        "peers-checkers quorate|stateright-dfs|stateright-bfs two-phase-7|8 or paxos-register-2|3"
    );
    ExitCode::from(2)
}
