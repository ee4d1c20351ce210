//! One exchange in one simulator, and what a message of it cost: `peers-simulators SYSTEM SHAPE N`.

use std::process::ExitCode;

use cpu_time::ProcessTime;

#[path = "../../../crates/simulator/benches/bare/mod.rs"]
mod bare;
#[path = "../../shapes.rs"]
mod shapes;
mod turmoil_exchange;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [system, shape, n] = words[..] else {
        eprintln!("peers-simulators quorate|bare|turmoil relay|rounds N");
        return ExitCode::from(2);
    };
    let Some((ticks, n)) = shapes::ticks(shape, n) else {
        eprintln!("the shape is relay or rounds, and N a number from 2 on");
        return ExitCode::from(2);
    };
    let kind = if shape == "relay" { bare::Shape::Relay } else { bare::Shape::Rounds };
    let start = ProcessTime::now();
    let sent = match system {
        "quorate" => bare::simulated(kind, n, ticks),
        "bare" => bare::bare(kind, n, ticks),
        // It takes long: a third shows as much.
        _ => turmoil_exchange::run(shape == "relay", n, ticks / 3),
    };
    shapes::report(system, (shape, n), sent, start.elapsed());
    ExitCode::SUCCESS
}
