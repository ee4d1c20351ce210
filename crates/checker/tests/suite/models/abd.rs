//! A register on a majority of servers (Attiya, Bar-Noy, Dolev 1995, section 3, with many writers):
//! whoever is asked learns the last writing from a majority, and tells a majority what is to last.

use std::collections::BTreeMap;

use quorate_kernel::{Process, ProcessSet, inspect};

use super::register::{Desk, Server, Words, Written, majority, others};

/// The number of a writing, and the server that made it.
type Stamp = (u32, Process);
/// A client, and whether it writes.
type Request = (Process, bool);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Among {
    Ask(Request),
    Answer(Request, Stamp, Written),
    Tell(Request, Stamp, Written),
    Told(Request),
}

inspect!(
    enum Among {
        Ask(request),
        Answer(request, stamp, written),
        Tell(request, stamp, written),
        Told(request),
    }
);

/// What a server is doing for a client.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
enum Phase {
    #[default]
    Idle,
    Asking(Request, BTreeMap<Process, (Stamp, Written)>),
    Telling(Request, Written, ProcessSet),
}

inspect!(
    enum Phase {
        Idle,
        Asking(request, answers),
        Telling(request, read, told),
    }
);

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Abd {
    stamp: Stamp,
    written: Written,
    phase: Phase,
}

inspect!(Abd { stamp, written, phase });

impl Server for Abd {
    type Among = Among;

    fn start(me: Process) -> Self {
        Self { stamp: (0, me), ..Self::default() }
    }

    fn take(&mut self, from: Process, words: Words<Among>, desk: &mut Desk<'_, Self>) {
        match words {
            Words::Write | Words::Read if self.phase == Phase::Idle => {
                let request = (from, words == Words::Write);
                tell(&Among::Ask(request), desk);
                let own = (desk.me, (self.stamp, self.written));
                self.phase = Phase::Asking(request, BTreeMap::from([own]));
            }
            Words::Among(Among::Ask(request)) => {
                let words = Among::Answer(request, self.stamp, self.written);
                desk.send(from, Words::Among(words));
            }
            Words::Among(Among::Answer(request, stamp, written)) => {
                self.answered(from, request, (stamp, written), desk);
            }
            Words::Among(Among::Tell(request, stamp, written)) => {
                desk.send(from, Words::Among(Among::Told(request)));
                self.write(stamp, written);
            }
            Words::Among(Among::Told(request)) => self.told(from, request, desk),
            _ => {}
        }
    }
}

impl Abd {
    fn write(&mut self, stamp: Stamp, written: Written) {
        if stamp > self.stamp {
            (self.stamp, self.written) = (stamp, written);
        }
    }

    fn answered(
        &mut self,
        from: Process,
        request: Request,
        answer: (Stamp, Written),
        desk: &mut Desk<'_, Self>,
    ) {
        let Phase::Asking(mine, answers) = &mut self.phase else { return };
        if *mine != request {
            return;
        }
        answers.insert(from, answer);
        if answers.len() < majority(desk) {
            return;
        }
        let Some((mut stamp, mut written)) = answers.values().max().copied() else { return };
        let (client, writes) = request;
        if writes {
            (stamp, written) = ((stamp.0 + 1, desk.me), Some(client));
        }
        tell(&Among::Tell(request, stamp, written), desk);
        self.write(stamp, written);
        let read = written.filter(|_| !writes);
        self.phase = Phase::Telling(request, read, ProcessSet::from_iter([desk.me]));
    }

    fn told(&mut self, from: Process, request: Request, desk: &mut Desk<'_, Self>) {
        let Phase::Telling(mine, read, told) = &mut self.phase else { return };
        if *mine != request || !told.insert(from) || told.len() < majority(desk) {
            return;
        }
        let (client, writes) = request;
        desk.send(client, if writes { Words::Written } else { Words::Reads(*read) });
        self.phase = Phase::Idle;
    }
}

fn tell(words: &Among, desk: &mut Desk<'_, Abd>) {
    for other in others(desk) {
        desk.send(other, Words::Among(words.clone()));
    }
}
