//! Questions in synchronous rounds.

use quorate_checker::{Budget, Finding, Progress, Question, search};
use quorate_kernel::{Domain, Group, Problem, Process, Rounds};
use quorate_protocols::{Catalogued, Setup, Visitor};
use quorate_world::{Arena, Model, Names, Recorder, run};

use super::told::{lines, names_of};
use super::{MEMORY, Query, Reply, Shortest, named, settings};

pub(super) struct Ask<'a>(pub(super) Query<'a>);

impl Visitor for Ask<'_> {
    type Out = Result<Reply, String>;

    fn visit<R: Catalogued>(self) -> Self::Out {
        let Query { room, requirements, flaw, told, .. } = self.0;
        let (group, settings) = (Group { n: room.group.0, f: room.group.1 }, settings(room));
        let domain = Domain { size: room.values };
        let config = R::configure(&Setup { settings: &settings, ..Setup::of(group, domain) })?;
        let last = room.rounds.unwrap_or_else(|| R::rounds(group, &config));
        let arena: Arena<'_, R> = Arena { group, config: &config, last, flaw };
        let proposes = |p: Process| !R::ONE_INPUT || p == Process(0);
        let every = |p: Process| match proposes(p) {
            true => domain.values().map(Some).collect(),
            false => vec![None],
        };
        let inputs = match room.inputs() {
            Some(given) => given.into_iter().map(|input| vec![input]).collect(),
            None => group.processes().map(every).collect(),
        };
        let model = Model::of(group, room.faults);
        let question = Question {
            arena,
            model: model.clone(),
            inputs,
            faulty: None,
            requirements: named::<R::Problem>(requirements)?,
            symmetry: true,
            budget: Budget { memory_bytes: MEMORY, ..Budget::default() },
        };
        let answer = search(&question, 1, &Progress::default());
        let mut reply = Reply {
            broken: vec![None; requirements.len()],
            holds: answer.findings.is_empty() && answer.stopped.is_none(),
            states: answer.work.states,
            ..Reply::default()
        };
        for finding in &answer.findings {
            let run = if told { tell(arena, &model, finding)? } else { String::new() };
            let shortest = Shortest { length: finding.faults.into(), run };
            reply.broken[finding.requirement] = Some(shortest);
        }
        Ok(reply)
    }
}

/// Makes the run of a finding again, and tells it.
fn tell<R: Catalogued>(
    arena: Arena<'_, R>,
    model: &Model,
    finding: &Finding<R>,
) -> Result<String, String> {
    let names = Names(names_of(R::domain(arena.config).size, <R as Rounds>::Problem::NAME));
    let recorder = Recorder::new(arena.group.n, names, &R::rules());
    let (inputs, faulty) = (&finding.run.inputs, finding.run.faulty.clone());
    let mut script = finding.run.script.clone();
    let finished = run(arena, model, inputs, faulty, &mut script, Some(recorder))?;
    Ok(lines(&finished.events))
}
