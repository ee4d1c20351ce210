//! A protocol set up for a group, as something that makes runs and is judged by requirements.

use std::collections::BTreeMap;

use quorate_kernel::{
    Breach, Deceit, End, Flaw, Group, InputOf, Process, Protocol, Requirement, Value,
};

use crate::arena::Arena;
use crate::plan::{Asked, Letter, Plan, Twin};
use crate::record::Recorder;
use crate::run::{Judged, Ran, Runner, fates, fingerprinted, offered, run};
use crate::simulation::{EVENTS_MAX, Offered};
use crate::swarm::Swarm;
use crate::weather::{Fate, Weather};

/// Says what the processes are given, and what is asked of them because of it.
pub trait Director<P: Protocol>: Sync {
    /// The values of a drawn run.
    fn inputs(&self, seed: u64) -> Vec<Option<Value>>;

    /// What is asked, when and of whom, if the processes are given these values.
    fn requests(
        &self,
        config: &P::Config,
        inputs: &[Option<Value>],
    ) -> Vec<(u64, Process, InputOf<P>)>;
}

/// A protocol set up for a group, with everything that its runs need.
pub struct Troupe<P: Protocol, D> {
    /// The group.
    pub group: Group,
    /// The configuration.
    pub config: P::Config,
    /// What must hold.
    pub requirements: Vec<&'static Requirement<P::Problem>>,
    /// How long after whatever calls for it every answer comes, if the protocol says so.
    pub deadline_ticks: Option<u64>,
    /// What goes wrong in drawn runs.
    pub swarm: Swarm,
    /// What is asked of whom.
    pub director: D,
    /// What is wrong with the protocol on purpose.
    pub flaw: Flaw,
}

impl<P: Deceit, D: Director<P>> Troupe<P, D> {
    /// A plan in which every message takes half the bound and nothing goes wrong.
    pub fn calm(&self, inputs: &[Option<Value>]) -> Plan {
        let conditions = self.swarm.conditions.clone();
        let delay_ticks = conditions.delay_ticks;
        let mut plan = Plan::calm(1, conditions, self.swarm.calm_ticks);
        plan.weather = Weather::steady(delay_ticks / 2);
        plan.inputs = inputs.to_vec();
        plan.requests = self.requests(inputs, &[]);
        plan.sort();
        plan
    }

    /// What is asked, when and of whom, if the processes and further copies of some of them are
    /// given these values. A copy is asked what its process would be, were that value its own.
    pub fn asks(
        &self,
        inputs: &[Option<Value>],
        twins: &[Twin],
    ) -> Vec<(u64, Process, InputOf<P>)> {
        let mut all = self.director.requests(&self.config, inputs);
        for (twin, number) in twins.iter().zip(self.group.n..) {
            let mut its = inputs.to_vec();
            if let Some(own) = its.get_mut(twin.of.index()) {
                *own = twin.input;
            }
            let made = self.director.requests(&self.config, &its).into_iter();
            let own = made.filter(|(_, who, _)| *who == twin.of);
            all.extend(own.map(|(at, _, input)| (at, Process(number), input)));
        }
        all
    }

    /// The same, without what is asked.
    pub fn requests(&self, inputs: &[Option<Value>], twins: &[Twin]) -> Vec<Asked> {
        let made = self.asks(inputs, twins).into_iter().zip(0..);
        made.map(|((at, process, _), number)| Asked { number, at, process }).collect()
    }

    /// One run with its record.
    pub fn recorded(&self, plan: &Plan, recorder: Recorder) -> Ran<P> {
        self.with_arena(plan, |arena| run(arena, plan, Some(recorder)))
    }

    /// A run with what it broke.
    pub fn judged(&self, ran: &Ran<P>) -> Judged {
        let breaches = self.breaches(ran, &ran.outcome.end);
        let mut open = Vec::new();
        if !ran.outcome.end.settled {
            open = self.breaches(ran, &End { settled: true, ..ran.outcome.end.clone() });
            open.retain(|(place, _)| breaches.iter().all(|(broken, _)| broken != place));
        }
        Judged { outcome: ran.outcome.clone(), breaches, open }
    }

    fn breaches(&self, ran: &Ran<P>, end: &End) -> Vec<(usize, Breach)> {
        let breach = |one: &&Requirement<P::Problem>| (one.judge)(&ran.ledger, end).err();
        let all = self.requirements.iter().map(breach).enumerate();
        all.filter_map(|(place, breach)| Some((place, breach?))).collect()
    }

    /// What the sender of a message can say in its place; `None` if that message is never sent.
    pub fn offered(&self, plan: &Plan, letter: Letter) -> Option<Offered<P::Message>> {
        self.with_arena(plan, |arena| offered(arena, plan, letter))
    }

    fn with_arena<T>(&self, plan: &Plan, run: impl FnOnce(Arena<'_, P>) -> T) -> T {
        let made = self.asks(&plan.inputs, &plan.twins);
        let inputs: Vec<InputOf<P>> = made.into_iter().map(|(_, _, input)| input).collect();
        run(Arena {
            group: self.group,
            config: &self.config,
            inputs: &inputs,
            calm_ticks: self.swarm.calm_ticks,
            deadline_ticks: self.deadline_ticks,
            events_max: EVENTS_MAX,
            flaw: self.flaw,
        })
    }
}

impl<P: Deceit, D: Director<P>> Runner for Troupe<P, D> {
    fn plan(&self, seed: u64) -> Plan {
        let inputs = self.director.inputs(seed);
        let mut plan = self.swarm.plan(seed, self.requests(&inputs, &[]));
        plan.inputs = inputs;
        plan
    }

    fn run(&self, plan: &Plan, events_max: u64) -> Judged {
        let ran = self.with_arena(plan, |arena| run(Arena { events_max, ..arena }, plan, None));
        self.judged(&ran)
    }

    fn fingerprinted(&self, plan: &Plan) -> Judged {
        self.judged(&self.with_arena(plan, |arena| fingerprinted(arena, plan)))
    }

    fn fates(&self, plan: &Plan) -> BTreeMap<Letter, Fate> {
        self.with_arena(plan, |arena| fates(arena, plan))
    }
}
