//! The traits at work: Paxos and a flooding protocol under a small asynchronous driver.

mod bits;
mod data;
mod driver;
mod flaws;
mod flood;
mod inbox;
mod lockstep;
mod paxos;
mod paxos_runs;
mod renamed;
mod signed;
mod store;
mod vocabulary;
