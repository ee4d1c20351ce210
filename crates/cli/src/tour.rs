//! The tour: what a stranger sees first, in less than ten seconds.

use crate::args::OutputArgs;
use crate::check::Check;
use crate::experiment::{Experiment, Words};
use crate::failure::{Failure, exit};
use crate::stage::threads;
use crate::sweep::Orders;
use crate::{colour, print, visit};

/// One stop: what is asked, and what to look for in the answer.
struct Stop {
    says: &'static str,
    command: &'static str,
    protocol: &'static str,
    n: i64,
    f: i64,
    rounds: Option<u16>,
    picture: bool,
}

const STOPS: &[Stop] = &[
    Stop {
        says: "Three generals, one of them a traitor. Can they agree? Every lie is tried:",
        command: "quorate check om -n 3 -f 1",
        protocol: "om",
        n: 3,
        f: 1,
        rounds: None,
        picture: true,
    },
    Stop {
        says: "Four generals, still one traitor:",
        command: "quorate check om -n 4 -f 1",
        protocol: "om",
        n: 4,
        f: 1,
        rounds: None,
        picture: false,
    },
    Stop {
        says: "No liars, but two of four processes may crash. Two rounds of telling everybody everything:",
        command: "quorate check flood-set -n 4 -f 2 --rounds 2",
        protocol: "flood-set",
        n: 4,
        f: 2,
        rounds: Some(2),
        picture: true,
    },
    Stop {
        says: "Three rounds, one more than may crash:",
        command: "quorate check flood-set -n 4 -f 2",
        protocol: "flood-set",
        n: 4,
        f: 2,
        rounds: None,
        picture: false,
    },
];

const NEXT: &str = "
Now try
  quorate check sm -n 3 -f 1               signatures: three generals are enough
  quorate run om -n 4 -f 1 --traitor p0    the worst that a traitor can do, as a picture
  quorate check om -n 3 -f 1 --html om.html    step through the lie in a browser
  quorate sweep paxos -n 3 --forgetful --require agreement     disks that forget lose a value
  quorate run scenarios/paxos-duel.toml    two proposers refuse each other for ever
  quorate sweep mmr --inputs 1,1,1,1       how many rounds chance takes, against theory
  quorate up raft --nodes 3                the code that was checked, as a store that etcdctl uses
  quorate explain integrity                where the textbooks differ
  quorate list                             every protocol
";

/// Takes the tour.
pub(crate) fn tour() -> Result<u8, Failure> {
    for stop in STOPS {
        let words = Words {
            protocol: Some(stop.protocol.into()),
            n: Some(stop.n),
            f: Some(stop.f),
            rounds: stop.rounds,
            ..Words::default()
        };
        let experiment = Experiment::read(words, None)?;
        let visitor = Check {
            experiment: &experiment,
            symmetry: true,
            threads: threads(None),
            memory_bytes: 1 << 30,
        };
        let report = visit(&experiment, visitor)?;
        print(&format!("{}\n$ {}\n", stop.says, stop.command))?;
        let output = OutputArgs { quiet: !stop.picture, ..OutputArgs::default() };
        print(&format!("{}\n", report.text(&output, colour())))?;
    }
    crash_and_restart()?;
    print(NEXT.trim_start_matches('\n'))?;
    Ok(exit::AS_EXPECTED)
}

/// The stop in time: Paxos with a crash, and two thousand more runs of it.
fn crash_and_restart() -> Result<(), Failure> {
    let words = Words {
        protocol: Some("paxos".into()),
        n: Some(3),
        f: Some(1),
        delay: Some("5ms".into()),
        crash: vec!["p0@16ms".into()],
        restart: vec!["p0@30ms".into()],
        lots: vec!["plain".into()],
        ..Words::default()
    };
    let experiment = Experiment::read(words, None)?;
    let report = crate::hosted::run(&experiment)?;
    print(
        "No rounds now, only messages that take a while. The leader of Paxos crashes after its \
         value was accepted; its disk remembers, and so does the majority:\n\
         $ quorate run paxos -n 3 --delay 5ms --lots plain --crash p0@16ms --restart p0@30ms\n",
    )?;
    print(&format!("{}\n", report.text(&OutputArgs::default(), colour())))?;
    let words = Words { protocol: Some("paxos".into()), n: Some(3), ..Words::default() };
    let experiment = Experiment::read_as(words, None, true)?;
    let orders = Orders { runs: Some(20_000), ..Orders::default() };
    let report = crate::sweep::sweep(&experiment, &orders)?;
    print(
        "Twenty thousand runs with crashes, restarts, losses and partitions at any moment:\n$ quorate sweep paxos -n 3 --runs 20000\n",
    )?;
    let output = OutputArgs { quiet: true, ..OutputArgs::default() };
    print(&format!("{}\n", report.text(&output, colour())))
}
