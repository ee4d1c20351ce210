//! A saved run, made again from the faults found in its trace, and compared event by event.

use quorate_kernel::{Group, Process};
use quorate_simulator::Asked;
use quorate_trace::{Time, Trace, What};

use crate::args::ReplayArgs;
use crate::experiment::{Experiment, Values, Word, Words, Written};
use crate::failure::Failure;
use crate::files::read_trace;
use crate::hosted::Stage;
use crate::reading::read_process;
use crate::report::Report;
use crate::scripted::Reading;
use crate::single::Again;

/// Replays a trace; the report is that of the run as it was made again.
pub(crate) fn replay(args: &ReplayArgs) -> Result<Report, Failure> {
    let shown = args.file.display().to_string();
    let trace = read_trace(&args.file)?;
    let misfit = |failure: Failure| Failure::file(format!("{shown}: {}", failure.text));
    if let Some(time) = &trace.header.time {
        let experiment = in_time(&trace, time).map_err(misfit)?;
        let report = again(&experiment, &trace, time).map_err(misfit)?;
        return compared(&trace, report, &shown);
    }
    let experiment = described(&trace).map_err(misfit)?;
    let readings = readings(&trace);
    let visitor = Again { experiment: &experiment, readings };
    let name = trace.header.protocol.clone();
    let report = crate::tabled::visit(&name, visitor)
        .ok_or_else(|| Failure::file(format!("{shown}: there is no protocol {name:?}")))?
        .map_err(misfit)?;
    compared(&trace, report, &shown)
}

/// The report of a run made again, if it is the run that was saved.
fn compared(trace: &Trace, report: Report, shown: &str) -> Result<Report, Failure> {
    let Some(made) = &report.trace else {
        return Err(Failure::file(format!("{shown}: the run is too long to be replayed")));
    };
    compare(trace, made).map_err(|what| {
        let builds = format!("written by version {}", trace.header.build);
        Failure::file(format!("{shown} does not fit this program ({builds}): {what}"))
    })?;
    let mut notes = vec!["replayed: every event is as it was".to_string()];
    notes.extend(report.notes.iter().cloned());
    Ok(Report { notes, ..report })
}

/// Makes a run in time again, from the plan that its trace carries.
fn again(experiment: &Experiment, trace: &Trace, time: &Time) -> Result<Report, Failure> {
    let stage = Stage::new(experiment)?;
    let mut plan = stage.plan()?;
    (plan.seed, plan.calm_from) = (trace.header.seed, time.calm_from);
    plan.conditions.restarts = time.restarts;
    plan.adopt(&time.plan, trace.header.n).map_err(Failure::usage)?;
    let all = stage.place.requests(&plan.inputs, &plan.twins);
    plan.requests.clear();
    for (number, at, process) in &time.plan.requests {
        let one = all.iter().find(|one| one.number == *number && one.process.0 == *process);
        let one = one.ok_or_else(|| {
            Failure::usage(format!("its plan has a request {number} that there is not"))
        })?;
        plan.requests.push(Asked { at: *at, ..*one });
    }
    Ok(stage.report(&plan, "run", &trace.header.reproduce))
}

/// The experiment in time that a trace is a run of.
pub(crate) fn in_time(trace: &Trace, time: &Time) -> Result<Experiment, Failure> {
    let header = &trace.header;
    let kind = header.model.faults.split('+').next().unwrap_or_default();
    let kind = match kind {
        "crash-recovery" => "crash",
        "flip" => "none",
        kind => kind,
    };
    let plain = |input: &Option<String>| Word::Text(input.clone().unwrap_or_else(|| "-".into()));
    let one_input = crate::reading::find(&header.protocol, false)?.one_input;
    let inputs: Vec<Word> = match one_input {
        true => time.plan.inputs.iter().flatten().map(|text| Word::Text(text.clone())).collect(),
        false => time.plan.inputs.iter().map(plain).collect(),
    };
    let settings =
        header.settings.iter().map(|(key, value)| (key.clone(), Word::Text(value.clone())));
    let names = trace.closing.requirements.iter().map(|judged| judged.name.clone());
    let words = Words {
        protocol: Some(header.protocol.clone()),
        n: Some(header.n.into()),
        f: Some(header.f.into()),
        inputs: (!inputs.is_empty()).then_some(inputs),
        values: Some(Values::Names(header.values.clone())),
        faults: Some(kind.into()),
        timing: Some(header.model.timing.clone()),
        links: Some(time.links.clone()),
        delay: Some(format!("{}us", time.delay_ticks)),
        fifo: time.fifo,
        forgetful: time.forgetful,
        ask: time.plan.asks.clone(),
        seed: Some(header.seed),
        rounds: (header.rounds > 0).then_some(header.rounds),
        commander: header.special.as_ref().map(|special| format!("p{}", special.process)),
        mutant: header.mutant.clone(),
        set: settings.collect(),
        require: names.collect(),
        ..Words::default()
    };
    Experiment::read_as(words, None, true)
}

/// The first difference between a trace and the run as it was made again.
fn compare(was: &Trace, is: &Trace) -> Result<(), String> {
    for (was, is) in was.events.iter().zip(&is.events) {
        if was != is {
            let i = was.i;
            return Err(format!("event {i} was {:?} and is now {:?}", was.what, is.what));
        }
    }
    if was.events.len() != is.events.len() {
        let (had, has) = (was.events.len(), is.events.len());
        return Err(format!("it has {had} events and the run now has {has}"));
    }
    if was.closing != is.closing {
        return Err("the verdict or the cost is not what it was".into());
    }
    Ok(())
}

/// The experiment that a trace is a run of.
fn described(trace: &Trace) -> Result<Experiment, Failure> {
    let header = &trace.header;
    let inputs = trace.events.iter().filter_map(|event| match &event.what {
        What::Input { value } => Some(Word::Text(value.clone())),
        _ => None,
    });
    let kind = header.model.faults.split('+').next().unwrap_or_default();
    let kind = if kind == "flip" { "none" } else { kind };
    let settings =
        header.settings.iter().map(|(key, value)| (key.clone(), Word::Text(value.clone())));
    let names = trace.closing.requirements.iter().map(|judged| judged.name.clone());
    let words = Words {
        protocol: Some(header.protocol.clone()),
        n: Some(header.n.into()),
        f: Some(header.f.into()),
        inputs: Some(inputs.collect()),
        values: Some(Values::Names(header.values.clone())),
        faults: Some(kind.into()),
        seed: Some(header.seed),
        rounds: Some(header.rounds),
        commander: header.special.as_ref().map(|special| format!("p{}", special.process)),
        mutant: header.mutant.clone(),
        set: settings.collect(),
        require: names.collect(),
        ..Words::default()
    };
    let mut experiment = Experiment::read(words, None)?;
    experiment.written = faults(trace, experiment.group)?;
    let flip = |(_, written): &&(u16, Written)| matches!(written, Written::Flip { .. });
    experiment.flips = experiment.written.iter().filter(flip).count() as u16;
    for faulty in
        header.faulty.iter().filter(|f| ["traitor", "omission"].contains(&f.kind.as_str()))
    {
        let process = read_process(&format!("p{}", faulty.process), experiment.group)?;
        experiment.named.push(process);
    }
    Ok(experiment)
}

/// The faults of a trace.
fn faults(trace: &Trace, group: Group) -> Result<Vec<(u16, Written)>, Failure> {
    let mut written = Vec::new();
    let known = |p: u16| read_process(&format!("p{p}"), group);
    for event in &trace.events {
        let me = known(event.process)?;
        let fault = match &event.what {
            What::Crash { reached, .. } => {
                let reached = reached.iter().map(|p| known(*p)).collect::<Result<_, _>>()?;
                Written::Crash { process: me, reached }
            }
            What::Send { to, message, should: Some(_), .. } => {
                Written::Lie { from: me, to: known(*to)?, word: message.clone() }
            }
            What::Send { to, flipped: Some(flipped), .. } => {
                Written::Flip { process: me, to: Some(known(*to)?), bit: Some(flipped.bit) }
            }
            What::Unsent { to, cause, .. } if cause == "silence" => {
                Written::Lie { from: me, to: known(*to)?, word: String::new() }
            }
            What::Unsent { to, cause, .. } if cause == "omission" => {
                Written::Omit { from: me, to: known(*to)? }
            }
            What::Missed { from, .. } => Written::Miss { to: me, from: known(*from)? },
            What::Flip { bit, .. } => Written::Flip { process: me, to: None, bit: Some(*bit) },
            _ => continue,
        };
        written.push((event.round, fault));
    }
    Ok(written)
}

/// The words of the lies, as readings of the vocabulary.
fn readings(trace: &Trace) -> Vec<Reading> {
    let lies = trace.events.iter().filter_map(|event| match &event.what {
        What::Send { to, word: Some(word), .. } => {
            Some((event.round, Process(event.process), Process(*to), word.clone()))
        }
        _ => None,
    });
    lies.collect()
}
