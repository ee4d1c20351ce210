//! One exchange of messages over and over, for a profiler that counts instructions.
//!
//! ```text
//! exchange PROTOCOL N F [TIMES] [bare]
//! ```
//!
//! prints how many messages went between different processes. With `bare` the same exchange is
//! made by a loop over flat arrays: `phase-king`, `flood-set` and `om` have one.
#![allow(clippy::print_stdout)]

#[path = "../benches/bare/mod.rs"]
mod bare;

use std::time::Instant;

use bare::engine::{floor, plain};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let usage = "exchange PROTOCOL N F [TIMES] [bare]";
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u16>().ok());
    let (Some(protocol), Some(n), Some(f)) = (words.first(), number(1), number(2)) else {
        return println!("{usage}");
    };
    let times = number(3).unwrap_or(1);
    let is_bare = words.iter().any(|word| word == "bare");
    let start = Instant::now();
    let one =
        || if is_bare { floor(protocol, n, f).messages } else { plain(protocol, n, f).messages };
    let messages: u64 = (0..times).map(|_| one()).sum();
    let seconds = start.elapsed().as_secs_f64();
    println!("{messages} messages, {:.0} a second", messages as f64 / seconds);
}
