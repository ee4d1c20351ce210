//! The program as its users meet it: words in, text and exit codes out.

mod bad_files;
mod bad_input;
mod fuzz;
mod histories;
mod json;
mod judges;
mod museum;
mod network_checks;
mod outputs;
mod program;
mod replays;
mod scenarios;
mod sweeps;
mod verdicts;
