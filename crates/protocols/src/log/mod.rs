//! Protocols that replicate a log: all apply the same commands in the same order.

use alloc::vec::Vec;

use quorate_kernel::Value;
use quorate_problems::Call;

use crate::card::{Request, Setup};

mod batch;
pub mod multi_paxos;
mod pace;
pub mod raft;

/// Each process's input as a command, so many times, a delay apart.
fn writes(times: u32, setup: &Setup<'_>, inputs: &[Option<Value>]) -> Vec<Request<Call>> {
    let times = (0..u64::from(times)).map(|time| time * setup.delay_ticks);
    times
        .flat_map(|at_ticks| {
            let all = Request::at_once(inputs.iter().map(|input| input.map(Call::Write)));
            all.into_iter().map(move |request| Request { at_ticks, ..request })
        })
        .collect()
}
