//! Commands: batches of them, which are done, and which wait.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::{Drain, Vec};

use quorate_kernel::{Process, Value, inspect};
use quorate_problems::{Applied, Payload};

/// How many commands go into one message.
pub(crate) const BATCH: usize = 1_024;

/// Commands of one process that follow each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Batch<C: Payload = Value> {
    /// Who proposed them.
    pub client: Process,
    /// Which of its commands the first is, from 1.
    pub first: u32,
    /// In which session of it; 0 where there are none. A batch of no commands asks for a new
    /// session after this one.
    pub session: u64,
    /// What they say.
    pub payloads: Arc<[C]>,
}

inspect!(Batch<C: Payload> { client, first, session, payloads });

impl<C: Payload> Batch<C> {
    /// How many commands it counts as in a message.
    pub(crate) fn weight(&self) -> usize {
        self.payloads.len().max(1)
    }
}

/// What stands in a slot: commands, or nothing.
pub type Entry<C = Value> = Option<Batch<C>>;

/// How many commands a slot counts as in a message.
pub(crate) fn weight<C: Payload>(entry: &Entry<C>) -> usize {
    entry.as_ref().map_or(1, Batch::weight)
}

/// Commands, for people.
pub(crate) fn show<C: Payload>(payloads: &[C], name: &dyn Fn(Value) -> String) -> String {
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
    pub(crate) fn enter<'a, C: Payload>(&mut self, batch: &'a Batch<C>) -> &'a [C] {
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

/// What a batch does to a state of so many commands, and to the record of which are done: the
/// commands that come next, if any do; all of them once more if `again`. What does nothing counts
/// as one.
pub(crate) fn hand_out<'a, C: Payload>(
    batch: Option<&'a Batch<C>>,
    length: &mut u64,
    done: &mut Done,
    again: bool,
) -> impl Iterator<Item = Applied<C>> + use<'a, C> {
    let client = batch.map_or(Process(0), |batch| batch.client);
    let mut first = done.of(client).saturating_add(1);
    let mut next = batch.map_or(&[][..], |batch| done.enter(batch));
    if let Some(batch) = batch.filter(|_| again) {
        (first, next) = (batch.first, &batch.payloads[..]);
    }
    let slot = *length + 1;
    *length += (next.len() as u64).max(1);
    let nothing = next.is_empty().then_some(Applied::Noop { slot });
    let commands = next.iter().enumerate().map(move |(at, payload)| Applied::Command {
        slot: slot + at as u64,
        client,
        number: first + at as u32,
        payload: payload.clone(),
    });
    commands.chain(nothing)
}

/// Of a process's own commands, the last of which has number `last`, those from a number on, and
/// the number of the first of them.
pub(crate) fn own_from<C>(own: &[C], last: u32, number: u32) -> (u32, &[C]) {
    let count = (u64::from(last) + 1).saturating_sub(number.into());
    let own = &own[own.len().saturating_sub(count as usize)..];
    (last.saturating_sub(own.len() as u32).saturating_add(1), own)
}

/// Commands that wait at a leader, besides its own ones, which are taken from its disk.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Queue<C: Payload = Value> {
    batches: Vec<Batch<C>>,
    /// Which commands will be done once the whole log and the queue are.
    numbers: Done,
}

inspect!(Queue<C: Payload> { batches, numbers });

impl<C: Payload> Queue<C> {
    /// An empty queue, with a log that is not applied yet.
    pub(crate) fn after<'a>(done: &Done, log: impl Iterator<Item = &'a Batch<C>>) -> Self {
        let mut numbers = done.clone();
        log.for_each(|batch| _ = numbers.enter(batch));
        Self { batches: Vec::new(), numbers }
    }

    /// Takes commands to propose, as far as they are their process's next ones.
    pub(crate) fn enqueue(&mut self, mut batch: Batch<C>) {
        let next = self.numbers.enter(&batch);
        match next.len() {
            0 => return,
            new if new == batch.payloads.len() => {}
            _ => {
                let payloads = Arc::from(next);
                batch.first = self.numbers.of(batch.client) + 1 - next.len() as u32;
                batch.payloads = payloads;
            }
        }
        self.batches.push(batch);
    }

    /// Takes commands to propose, whatever was proposed before.
    pub(crate) fn push(&mut self, batch: Batch<C>) {
        self.batches.push(batch);
    }

    /// How many commands wait, if the last own one has this number.
    pub(crate) fn waiting(&self, me: Process, last: u32) -> usize {
        let others: usize = self.batches.iter().map(Batch::weight).sum();
        others + last.saturating_sub(self.numbers.of(me)) as usize
    }

    /// Forgets what was taken of a process's commands beyond those that are done.
    pub(crate) fn restart(&mut self, client: Process, done: &Done) {
        self.batches.retain(|batch| batch.client != client);
        if let Some(number) = self.numbers.through.get_mut(client.index()) {
            *number = done.of(client);
        }
    }

    /// Knows that a process's commands are done as far as they are.
    pub(crate) fn reach(&mut self, client: Process, done: &Done) {
        let (at, done) = (client.index(), done.of(client));
        if self.numbers.of(client) < done {
            self.numbers.through.resize(self.numbers.through.len().max(at + 1), 0);
            self.numbers.through[at] = done;
        }
    }

    /// Takes as many of them as go into one message; the own ones in a session, if there is one.
    pub(crate) fn take(
        &mut self,
        (me, session): (Process, Option<u64>),
        own: &[C],
        last: u32,
    ) -> Drain<'_, Batch<C>> {
        let (first, own) = own_from(own, last, self.numbers.of(me).saturating_add(1));
        if let Some(session) = session.filter(|_| !own.is_empty()) {
            let payloads = own[..own.len().min(BATCH)].into();
            self.enqueue(Batch { client: me, first, session, payloads });
        }
        let mut room = BATCH;
        let fits = |batch: &&Batch<C>| {
            let fits = room > 0;
            room = room.saturating_sub(batch.weight());
            fits
        };
        let count = self.batches.iter().take_while(fits).count();
        self.batches.drain(..count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn batch(client: u16, first: u32, count: u16) -> Batch {
        let payloads = (0..count).map(Value).collect();
        Batch { client: Process(client), first, session: 0, payloads }
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
