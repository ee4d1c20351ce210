//! One successor is picked.

use super::expand::{Offer, Sink, Step};

/// Takes one successor by its number.
pub(super) struct Pick {
    pub(super) wanted: u32,
    pub(super) at: u32,
    pub(super) taken: Option<(Vec<Step>, Vec<u32>)>,
}

impl Sink for Pick {
    fn stay(&mut self, _: Step, _: u64) {
        self.at += 1;
    }

    fn offer(&mut self, offer: &Offer<'_>, write: &mut dyn FnMut(&mut Vec<u32>)) {
        if self.at == self.wanted {
            let mut words = Vec::new();
            write(&mut words);
            self.taken = Some((offer.steps.to_vec(), words));
        }
        self.at += 1;
    }
}
