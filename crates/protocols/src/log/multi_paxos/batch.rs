//! What a slot holds, and which commands are done.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{Process, Value, inspect};
use quorate_problems::Payload;

/// Commands of one process that follow each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Batch<C: Payload = Value> {
    /// Who proposed them.
    pub client: Process,
    /// Which of its commands the first is, from 1.
    pub first: u32,
    /// What they say.
    pub payloads: Arc<[C]>,
}

inspect!(Batch<C: Payload> { client, first, payloads });

/// What stands in a slot: commands, or nothing.
pub type Entry<C = Value> = Option<Batch<C>>;

/// How many commands a slot counts as in a message.
pub(super) fn weight<C: Payload>(entry: &Entry<C>) -> usize {
    entry.as_ref().map_or(1, |batch| batch.payloads.len())
}

/// Commands, for people.
pub(super) fn show<C: Payload>(payloads: &[C], name: &dyn Fn(Value) -> String) -> String {
    let names: Vec<String> = payloads.iter().map(|payload| payload.show(name)).collect();
    names.join(", ")
}

/// Up to which number the commands of each process are done.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Done {
    through: Vec<u32>,
}

inspect!(Done { through });

impl Done {
    /// Up to which number those of this process are.
    pub fn of(&self, client: Process) -> u32 {
        self.through.get(client.index()).copied().unwrap_or(0)
    }

    /// Every process of which some are, and up to which number.
    pub fn iter(&self) -> impl Iterator<Item = (Process, u32)> + '_ {
        let all = self.through.iter().enumerate();
        all.map(|(at, number)| (Process(at as u16), *number)).filter(|(_, number)| *number > 0)
    }

    /// Enters the commands of a batch that come next, and returns them.
    pub(super) fn enter<'a, C: Payload>(&mut self, batch: &'a Batch<C>) -> &'a [C] {
        let done = self.of(batch.client);
        let again = (u64::from(done) + 1).checked_sub(batch.first.into());
        let next = again.and_then(|again| batch.payloads.get(again as usize..)).unwrap_or_default();
        let next = &next[..next.len().min((u32::MAX - done) as usize)];
        if !next.is_empty() {
            let at = batch.client.index();
            if self.through.len() <= at {
                self.through.resize(at + 1, 0);
            }
            self.through[at] = done + next.len() as u32;
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn batch(client: u16, first: u32, count: u16) -> Batch {
        let payloads = (0..count).map(Value).collect();
        Batch { client: Process(client), first, payloads }
    }

    /// Whether a batch begins early, in time or late: each command is done once, after its
    /// predecessor.
    #[test]
    fn only_the_commands_that_come_next_are_entered() {
        let mut done = Done::default();
        for (first, count, entered) in
            [(2, 3, 0), (1, 2, 2), (1, 2, 0), (4, 1, 0), (1, 4, 2), (5, 0, 0), (4, 2, 1), (0, 7, 1)]
        {
            let before = done.of(Process(1));
            let batch = batch(1, first, count);
            let next = done.enter(&batch);
            assert_eq!(next.len(), entered, "{count} from {first} after {before}");
            assert_eq!(next, &batch.payloads[usize::from(count) - entered..]);
            assert_eq!(done.of(Process(1)), before + entered as u32);
        }
        done.enter(&batch(4, 1, 1));
        assert_eq!(done.iter().collect::<Vec<_>>(), vec![(Process(1), 6), (Process(4), 1)]);
    }

    #[test]
    fn numbers_end() {
        let mut done = Done { through: vec![u32::MAX - 1] };
        for (first, entered) in [(0, 0), (1, 0), (u32::MAX, 1), (u32::MAX, 0), (u32::MAX - 1, 0)] {
            assert_eq!(done.enter(&batch(0, first, 3)).len(), entered, "from {first}");
        }
        assert_eq!(done, Done { through: vec![u32::MAX] });
    }
}
