//! The program as its users meet it: words in, text and exit codes out.

mod bad_files;
mod bad_input;
mod coverage;
mod early_coins;
mod fuzz;
mod groups;
mod histories;
mod json;
mod judges;
mod kept;
mod museum;
mod network_checks;
mod odds;
mod outputs;
mod partitions;
mod program;
mod proofs;
mod replays;
mod scenarios;
mod sweeps;
mod traced;
mod verdicts;

/// Says something in the output of the tests.
#[allow(clippy::print_stdout)]
fn say(text: &str) {
    println!("{text}");
}
