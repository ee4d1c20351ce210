//! One exchange, simulated or bare, to count the instructions of.
//!
//! `valgrind --tool=callgrind target/release/examples/exchange simulated relay 5`

#[path = "../benches/bare/mod.rs"]
mod bare;

use bare::Shape;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let (shape, ticks) = match word(2) {
        "rounds" => (Shape::Rounds, 40_000_000),
        _ => (Shape::Relay, 110_000_000),
    };
    let n: u16 = word(3).parse().unwrap_or(5);
    let ticks = ticks * 5 / u64::from(n);
    let sent = match word(1) {
        "bare" => bare::bare(shape, n, ticks),
        _ => bare::simulated(shape, n, ticks),
    };
    assert!(sent > 0, "nothing was sent");
    #[allow(clippy::print_stdout)]
    {
        println!("{sent} messages");
    }
}
