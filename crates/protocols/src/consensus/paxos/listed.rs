//! What the catalogue says of it.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Faults, Group, Links, Mutant, Rule, Timing, Value};

use super::{Config, MUTANTS, Paxos, RULES};
use crate::card::{Bound, Claim, Cost, Hosted, Listed, Parameter, Request, Setup, Weaker};

const START: Parameter = Parameter {
    key: "start",
    words: &["leader", "all"],
    text: "who proposes at once: the leader, the others after their patience; or all, who duel",
};

const LEARN: Parameter = Parameter {
    key: "learn",
    words: &["proposer", "all"],
    text: "whom acceptors tell what they accepted: the proposer, which tells all; or all",
};

impl Listed for Paxos {
    const NAME: &'static str = "paxos";
    const ALIASES: &'static [&'static str] = &["synod", "single-decree-paxos"];
    const TITLE: &'static str = "a majority promises, a majority accepts: one value is chosen";
    const SOURCE: &'static str = "Lamport 1998; Lamport 2001, 2.2 to 2.5";
    const NOTES: &'static str = "Two proposers can each be refused for ever by turns, so that \
        nothing is decided (set start=all and choose the schedule); what is chosen stays chosen \
        whatever happens, as long as disks remember. The notes' \"up to n/2 failures\" must read: \
        fewer than n/2. \"No coordinator\" means no fixed one: a leader only helps to end. \
        Accepting raises the promise: the literal reading of the 2001 text, where it does not, \
        loses agreement with three ballots. --set patience=TICKS sets how long a proposer waits.";
    const TIMING: Timing = Timing::Partial;
    const LINKS: Links = Links::Lossy;
    const RESTARTS: bool = true;
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::HALF;
    const ROUNDS: &'static str = "5 delays";
    const MESSAGES: &'static str = "5(n-1); (n-1)(n+3) if all learn";
    const SPECIAL: Option<&'static str> = Some("leader");
    const PARAMETERS: &'static [Parameter] = &[START, LEARN];

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        let safe = |requirement| {
            Claim::new(requirement, Faults::Crash, Bound::ANY)
                .timed(Timing::Asynchronous)
                .over(Links::Lossy)
                .with_restarts()
        };
        let chosen = safe("uniform-agreement").breaks_under(&[(Weaker::Forgetful, (3, 1))]);
        let decided = Claim::new("termination", Faults::Crash, Bound::HALF)
            .timed(Timing::Partial)
            .over(Links::Lossy)
            .with_restarts()
            .breaks(&[(2, 1), (4, 2)]);
        [safe("agreement"), chosen, safe("irrevocability"), safe("validity-proposed"), decided]
            .into()
    }
}

impl Hosted for Paxos {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(Self::PARAMETERS, &["patience"])?;
        let five_delays = 6 * setup.delay_ticks;
        Ok(Config {
            domain: setup.domain,
            leader: setup.special,
            all_at_once: setup.word(&START)? == "all",
            all_learn: setup.word(&LEARN)? == "all",
            patience_ticks: setup.number("patience", five_delays, 1, 1 << 40)?,
        })
    }

    fn requests(_: &Setup<'_>, _: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        Request::at_once(inputs.iter().copied())
    }

    /// Each try is left alone with a chance of more than a half: after sixty, somebody was.
    fn calm_ticks(group: Group, config: &Config) -> u64 {
        60 * config.patience_ticks * (1 + 2 * u64::from(group.n))
    }

    fn cost(group: Group, config: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        let leads = inputs.get(config.leader.index()).is_some_and(Option::is_some);
        if config.all_at_once || !leads {
            return None;
        }
        let n = u64::from(group.n);
        Some(match config.all_learn {
            _ if n == 1 => Cost { rounds: 0, messages: 0 },
            true => Cost { rounds: 4, messages: (n - 1) * (n + 3) },
            false => Cost { rounds: 5, messages: 5 * (n - 1) },
        })
    }
}
