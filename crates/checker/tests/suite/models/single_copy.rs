//! A register of which each server has a copy of its own: sound with one server, and not with two.

use quorate_kernel::{Process, inspect};

use super::register::{Desk, Server, Words, Written};

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct SingleCopy {
    copy: Written,
}

inspect!(SingleCopy { copy });

impl Server for SingleCopy {
    type Among = ();

    fn start(_: Process) -> Self {
        Self::default()
    }

    fn take(&mut self, client: Process, words: Words<()>, desk: &mut Desk<'_, Self>) {
        match words {
            Words::Write => {
                self.copy = Some(client);
                desk.send(client, Words::Written);
            }
            Words::Read => desk.send(client, Words::Reads(self.copy)),
            _ => {}
        }
    }
}
