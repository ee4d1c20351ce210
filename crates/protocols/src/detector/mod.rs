//! Failure detectors.

pub mod heartbeat;
