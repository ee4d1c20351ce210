//! A protocol set up for a group, and the questions that the suite asks of it.

use quorate_checker::{Answer, Budget, Progress, Question, Shown, search};
use quorate_kernel::{Domain, Faults, Flaw, Group, Problem, Process, Requirement, Rounds, Value};
use quorate_protocols::{Catalogued, Setup};
use quorate_world::{Arena, Model, judge, run};

/// The groups at which the suite tries a protocol: all with n up to 4, and the smallest that the
/// protocol stands with one fault, if that is larger.
pub fn groups<R: Catalogued>() -> Vec<Group> {
    let admits = |group: &Group| group.f < group.n && (R::BOUND.admits)(*group);
    let mut groups: Vec<Group> =
        (1..=4).flat_map(|n| (0..n).map(move |f| Group { n, f })).filter(admits).collect();
    let first = (2..=8).map(|n| Group { n, f: 1 }).find(admits);
    groups.extend(first.filter(|group| group.n > 4));
    groups
}

/// A protocol set up for a group.
#[derive(Debug)]
pub struct Bench<R: Rounds> {
    /// The group.
    pub group: Group,
    /// The configuration.
    pub config: R::Config,
    /// The values that may be proposed.
    pub domain: Domain,
    /// The round after which runs end.
    pub last: u16,
    /// What is wrong with the protocol on purpose.
    pub flaw: Flaw,
}

/// What came of trying one requirement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tried {
    /// It holds in every run.
    Holds,
    /// Some run breaks it.
    Breaks,
    /// The search was not done.
    Unknown,
}

impl<R: Catalogued> Bench<R> {
    /// Sets a protocol up, with some of its parameters set.
    ///
    /// # Errors
    /// If the protocol refuses.
    pub fn new(
        group: Group,
        domain: Domain,
        settings: &[(String, String)],
    ) -> Result<Self, String> {
        let setup = Setup { settings, ..Setup::of(group, domain) };
        let config = R::configure(&setup)?;
        let last = R::rounds(group, &config);
        Ok(Self { group, config, domain, last, flaw: Flaw::None })
    }

    /// The arena of a run.
    pub fn arena(&self) -> Arena<'_, R> {
        Arena { group: self.group, config: &self.config, last: self.last, flaw: self.flaw }
    }

    /// Every value that each process may propose.
    pub fn inputs(&self) -> Vec<Vec<Option<Value>>> {
        let every: Vec<Option<Value>> = self.domain.values().map(Some).collect();
        let proposes = |p: Process| !R::ONE_INPUT || p == Process(0);
        let all = self.group.processes();
        all.map(|p| if proposes(p) { every.clone() } else { vec![None] }).collect()
    }

    /// The requirements of the problem.
    pub fn requirements() -> &'static [Requirement<R::Problem>] {
        <R::Problem as Problem>::requirements()
    }

    /// The requirements by name.
    pub fn named(names: &[&str]) -> Vec<&'static Requirement<R::Problem>> {
        Self::requirements().iter().filter(|r| names.contains(&r.name)).collect()
    }

    /// A search of every run, for some requirements.
    pub fn question(
        &self,
        model: Model,
        requirements: Vec<&'static Requirement<R::Problem>>,
        symmetry: bool,
    ) -> Question<'_, R> {
        Question {
            arena: self.arena(),
            model,
            inputs: self.inputs(),
            faulty: None,
            requirements,
            symmetry,
            budget: Budget::default(),
        }
    }

    /// Searches every run in which processes fail in this way.
    pub fn search(&self, faults: Faults, names: &[&str]) -> Answer<R> {
        let question = self.question(Model::of(self.group, faults), Self::named(names), true);
        search(&question, 2, &Progress::default())
    }

    /// Searches until a requirement is broken.
    pub fn search_for_a_break(&self, faults: Faults, names: &[&str]) -> Answer<R> {
        let model = Model::of(self.group, faults);
        let mut question = self.question(model, Self::named(names), true);
        question.budget.after_violation = Some(std::time::Duration::ZERO);
        search(&question, 2, &Progress::default())
    }

    /// What a search says of one of its requirements.
    pub fn tried(answer: &Answer<R>, requirement: usize) -> Tried {
        if answer.findings.iter().any(|finding| finding.requirement == requirement) {
            return Tried::Breaks;
        }
        if answer.stopped.is_some() { Tried::Unknown } else { Tried::Holds }
    }

    /// Makes the run of a finding and says whether it breaks the requirement.
    ///
    /// # Errors
    /// If the world does not grant the faults of the finding.
    pub fn breaks_again(
        &self,
        model: &Model,
        requirement: &'static Requirement<R::Problem>,
        shown: &Shown<R>,
    ) -> Result<bool, String> {
        let (mut script, faulty) = (shown.script.clone(), shown.faulty.clone());
        let done = run(self.arena(), model, &shown.inputs, faulty, &mut script, None)?;
        let judged = judge(&[requirement], &done.ledger, &done.end);
        Ok(judged[0].breach.is_some())
    }
}
