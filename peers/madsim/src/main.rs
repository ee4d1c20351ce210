//! One exchange over madsim's network: `peers-madsim SHAPE N`, built with `--cfg madsim`.

#[cfg(madsim)]
mod exchange;
#[cfg(madsim)]
#[path = "../../shapes.rs"]
mod shapes;

use std::process::ExitCode;

#[cfg(madsim)]
fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let parsed = match &words[..] {
        [shape, n] => shapes::ticks(shape, n).map(|(_, n)| (shape, n)),
        _ => None,
    };
    let Some((shape, n)) = parsed else {
        eprintln!("peers-madsim relay|rounds N");
        return ExitCode::from(2);
    };
    let start = cpu_time::ProcessTime::now();
    let sent = exchange::run(shape == "relay", n, 200_000);
    shapes::report("madsim", (shape, n), sent, start.elapsed());
    ExitCode::SUCCESS
}

#[cfg(not(madsim))]
fn main() -> ExitCode {
    eprintln!("build this with RUSTFLAGS=\"--cfg madsim\"");
    ExitCode::from(2)
}
