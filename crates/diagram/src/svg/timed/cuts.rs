//! When which links are cut.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_trace::What;

use crate::steps::Step;
use crate::words;

/// The pairs of processes up to which it is known which links are cut.
const PAIRS_MAX: usize = 4096;

/// A stretch of time in which the same links are cut.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) from: u64,
    /// Until when, if links carry again before the end.
    pub(super) until: Option<u64>,
    pub(super) words: String,
    /// The event that began it.
    pub(super) at: usize,
}

/// The stretches of a run in which links are cut.
pub(super) fn cuts(steps: &[Step<'_>]) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let mut down: BTreeMap<u16, BTreeSet<u16>> = BTreeMap::new();
    for step in steps {
        let mut changed = false;
        for (_, event) in &step.events {
            match &event.what {
                What::Cut { from, to } if from.len().saturating_mul(to.len()) <= PAIRS_MAX => {
                    for &process in from {
                        down.entry(process).or_default().extend(to);
                    }
                    changed = true;
                }
                What::Heal { from, to } => {
                    for process in from {
                        if let Some(others) = down.get_mut(process) {
                            others.retain(|other| !to.contains(other));
                        }
                    }
                    changed = true;
                }
                _ => {}
            }
        }
        if !changed {
            continue;
        }
        down.retain(|_, others| !others.is_empty());
        if let Some(last) = cuts.last_mut().filter(|last| last.until.is_none()) {
            last.until = Some(step.time);
        }
        if !down.is_empty() {
            let words = format!("cut {}", words::sides(&down));
            cuts.push(Cut { from: step.time, until: None, words, at: step.events[0].0 });
        }
    }
    cuts
}
