//! A protocol run against itself: everybody twice, in a ring (Fischer, Lynch, Merritt 1986).

use std::time::Instant;

use quorate_diagram::TextOptions;
use quorate_kernel::{
    Group, Inbox, Margin, Outgoing, Problem, Process, ProcessSet, Rounds, Value, engine, named,
};
use quorate_protocols::{Catalogued, Visitor};
use quorate_prover::{Copies, ring};
use quorate_trace::Trace;
use quorate_world::{Fault, Script};
use serde_json::{Value as Json, json};

use super::args::{AnswerWord, ProofArgs, TraitorsArgs};
use super::pictures::save;
use crate::args::Format;
use crate::catalog::wrapped;
use crate::experiment::{Experiment, Words};
use crate::failure::{Failure, exit};
use crate::files::check_output;
use crate::report::{Verdict, painted};
use crate::stage::Stage;
use crate::{colour, print};

/// The groups A, B and C by number, and the copies of the two that are correct, side by side.
struct Pair {
    lies: usize,
    copies: [usize; 3],
    /// The place of the first of them in the ring.
    place: usize,
}

const A0_B0: Pair = Pair { lies: 2, copies: [0, 0, 0], place: 0 };
const B0_C0: Pair = Pair { lies: 0, copies: [0, 0, 0], place: 1 };
const C0_A1: Pair = Pair { lies: 1, copies: [1, 0, 0], place: 2 };
const A1_B1: Pair = Pair { lies: 2, copies: [1, 1, 0], place: 3 };

/// A run of the protocol that the ring contains.
struct Scenario {
    place: usize,
    liars: Vec<Process>,
    /// Each with the number of its copy, and whether that is what it was given.
    correct: Vec<(Process, usize, bool)>,
    /// The requirements that break, and how.
    broken: Vec<(&'static str, String)>,
    trace: Option<Trace>,
}

/// What came of a protocol in the ring.
struct Covered {
    group: Group,
    rounds: u16,
    name: &'static str,
    /// What both copies of each process decide.
    decisions: Vec<[String; 2]>,
    scenarios: Vec<Scenario>,
    /// Whether only one process is given anything.
    one_input: bool,
    seconds: f64,
    line: String,
}

/// Runs a protocol in the ring, and says where it breaks.
pub(super) fn covering(args: &TraitorsArgs, protocol: &str) -> Result<u8, Failure> {
    let (n, f) = (args.size.n, args.size.f);
    if n < 3 || n > f.saturating_mul(3) {
        return Err(Failure::usage(format!(
            "the ring needs groups of at most f processes at three places: n = {n} and f = {f} do \
             not have 3 <= n <= 3f"
        )));
    }
    let other = args.output.certificate.as_ref().or(args.output.graph.as_ref());
    if let Some(path) = other {
        return Err(Failure::usage(format!(
            "{} is for what holds of every protocol: leave out --protocol, or the file",
            path.display()
        )));
    }
    if let Some(path) = &args.output.svg {
        check_output(path, &[])?;
    }
    let words = Words {
        protocol: Some(protocol.into()),
        n: Some(n.into()),
        f: Some(f.into()),
        rounds: args.rounds,
        faults: Some("byzantine".into()),
        ..Words::default()
    };
    let mut experiment = Experiment::read(words, None)?;
    if experiment.timed.is_some() {
        return Err(Failure::usage(format!("{protocol} is not a protocol of synchronous rounds")));
    }
    experiment.require = required(experiment.card.problem, protocol)?;
    let covered = visit_ring(&experiment)?;
    if covered.broken().is_none() {
        return Err(Failure::internal(format!("{protocol} breaks nowhere in the ring")));
    }
    if let Some(path) = &args.output.svg {
        save(path, &covered.svg())?;
    }
    print(&match args.output.format {
        Format::Json => format!("{}\n", covered.json()),
        Format::Text => covered.text(&args.output, colour()),
    })?;
    Ok(match args.output.expect {
        Some(AnswerWord::Solvable) => exit::NOT_AS_EXPECTED,
        _ => exit::AS_EXPECTED,
    })
}

/// What cannot all hold in the ring.
fn required(problem: &str, protocol: &str) -> Result<Vec<String>, Failure> {
    let names: &[&str] = match problem {
        "consensus" => &["termination", "agreement", "integrity"],
        "byzantine-generals" | "generals" => &["termination", "ic1", "ic2"],
        "interactive-consistency" => &["termination", "vector-agreement", "vector-integrity"],
        _ => {
            return Err(Failure::usage(format!(
                "{protocol} solves {problem}: the ring is for consensus, generals and interactive \
                 consistency"
            )));
        }
    };
    Ok(names.iter().map(ToString::to_string).collect())
}

fn visit_ring(experiment: &Experiment) -> Result<Covered, Failure> {
    let name = experiment.card.name;
    crate::tabled::visit(name, InRing(experiment)).ok_or_else(|| {
        Failure::internal(format!("the catalogue lists {name} and does not have it"))
    })?
}

struct InRing<'e>(&'e Experiment);

impl Visitor for InRing<'_> {
    type Out = Result<Covered, Failure>;

    fn visit<R: Catalogued>(self) -> Self::Out {
        let experiment = self.0;
        let started = Instant::now();
        let stage = Stage::<R>::new(experiment)?;
        if R::SIGNED {
            return Err(Failure::usage(
                "in the ring a group says what it never heard, and signatures do not allow that: \
                 take a protocol without them",
            ));
        }
        let ring = Ring::run(&stage);
        let pairs = match experiment.card.one_input {
            true => [A0_B0, B0_C0, C0_A1],
            false => [B0_C0, C0_A1, A1_B1],
        };
        let scenarios = pairs.iter().map(|pair| ring.scenario(&stage, pair));
        let name = |value: Value| experiment.names.of(value);
        let shown = |decided: &Option<_>| match decided {
            Some(output) => format!("decides {}", <R::Problem as Problem>::show(output, &name)),
            None => "does not decide".into(),
        };
        let group = experiment.group;
        let (n, f, rounds) = (group.n, group.f, stage.last);
        Ok(Covered {
            group,
            rounds,
            name: R::NAME,
            decisions: ring.decided.iter().map(|both| both.each_ref().map(shown)).collect(),
            scenarios: scenarios.collect::<Result<Vec<_>, Failure>>()?,
            one_input: experiment.card.one_input,
            seconds: started.elapsed().as_secs_f64(),
            line: format!(
                "quorate prove traitors -n {n} -f {f} --rounds {rounds} --protocol {}",
                R::NAME
            ),
        })
    }
}

type Output<R> = quorate_kernel::RoundOutput<R>;

/// Both copies of everybody, after the last round.
struct Ring<R: Catalogued> {
    groups: Vec<usize>,
    /// What both copies of everybody sent, round by round.
    sent: Vec<Vec<[Outgoing<R::Message>; 2]>>,
    decided: Vec<[Option<Output<R>>; 2]>,
}

/// Which copy of q a copy of p hears: A and C hear each other's other one.
fn heard(groups: &[usize], p: usize, copy: usize, q: usize) -> usize {
    let apart = groups[p] != groups[q] && groups[p] + groups[q] == 2;
    if apart { 1 - copy } else { copy }
}

impl<R: Catalogued> Ring<R> {
    fn run(stage: &Stage<'_, R>) -> Self {
        let arena = stage.arena();
        let n = arena.group.size();
        let groups: Vec<usize> = (0..n).map(|p| p * 3 / n).collect();
        let margin = Margin::new(false).flawed(arena.flaw);
        let pens: Vec<_> = arena.group.processes().map(engine::pen).collect();
        let experiment = stage.experiment;
        let input = |p: usize, copy: usize| {
            let proposes = !experiment.card.one_input || p == experiment.special.index();
            proposes.then_some(Value(copy as u16))
        };
        let start = |p: usize, copy: usize| {
            engine::start::<R>(input(p, copy), &arena.view(&pens[p], &margin))
        };
        let mut states: Vec<[R; 2]> = (0..n).map(|p| [start(p, 0), start(p, 1)]).collect();
        let mut decided: Vec<[Option<Output<R>>; 2]> = (0..n).map(|_| [None, None]).collect();
        let mut sent = Vec::new();
        for round in 1..=arena.last {
            let sends = |(p, both): (usize, &[R; 2])| {
                let view = arena.view(&pens[p], &margin);
                both.each_ref().map(|state| engine::send(state, round, &view))
            };
            let now: Vec<[Outgoing<R::Message>; 2]> =
                states.iter().enumerate().map(sends).collect();
            for p in 0..n {
                for copy in 0..2 {
                    let to = Process(p as u16);
                    let said = |q: usize| now[q][heard(&groups, p, copy, q)].to(to).cloned();
                    let inbox: Vec<Option<R::Message>> = (0..n).map(said).collect();
                    let view = arena.view(&pens[p], &margin);
                    let inbox = Inbox::new(&inbox, &[]);
                    let output = engine::receive(&mut states[p][copy], round, &inbox, &view);
                    decided[p][copy] = decided[p][copy].take().or(output);
                }
            }
            sent.push(now);
        }
        Self { groups, sent, decided }
    }

    /// The run in which one group lies, saying to each of the others what its copies said.
    fn scenario(&self, stage: &Stage<'_, R>, pair: &Pair) -> Result<Scenario, Failure> {
        let n = self.groups.len();
        let of = |lies: bool| (0..n).filter(move |p| (self.groups[*p] == pair.lies) == lies);
        let copy = |p: usize| pair.copies[self.groups[p]];
        let mut script = Script::<R::Message>::default();
        for (round, now) in (1..).zip(&self.sent) {
            for from in of(true) {
                for to in of(false) {
                    let (sender, receiver) = (Process(from as u16), Process(to as u16));
                    let said = now[from][heard(&self.groups, to, copy(to), from)].to(receiver);
                    let said = said.cloned();
                    let lie = Fault::Lie { from: sender, to: receiver, said, word: None };
                    script.faults.push((round, lie));
                }
            }
        }
        let experiment = stage.experiment;
        let inputs: Vec<Option<Value>> = (0..n)
            .map(|p| {
                let proposes = !experiment.card.one_input || p == experiment.special.index();
                proposes.then_some(Value(copy(p) as u16))
            })
            .collect();
        let liars: Vec<Process> = of(true).map(|p| Process(p as u16)).collect();
        let faulty: ProcessSet = liars.iter().copied().collect();
        let told = stage.told(&inputs, faulty, &mut script, "")?;
        for p in of(false) {
            let decided = ledger_decision::<R>(&told.finished.ledger, Process(p as u16));
            if decided.as_ref() != self.decided[p][copy(p)].as_ref() {
                return Err(Failure::internal(format!(
                    "p{p} decides otherwise in the ring than in the run that it is a part of"
                )));
            }
        }
        let broken = told.judged.iter().filter_map(|judgement| {
            let breach = judgement.breach.as_ref()?;
            let because = named(&breach.text, &|value| experiment.names.of(value));
            Some((judgement.requirement.name, because))
        });
        Ok(Scenario {
            place: pair.place,
            liars,
            correct: of(false).map(|p| (Process(p as u16), copy(p), inputs[p].is_some())).collect(),
            broken: broken.collect(),
            trace: told.trace,
        })
    }
}

fn ledger_decision<R: Rounds>(
    ledger: &<R::Problem as Problem>::Ledger,
    p: Process,
) -> Option<Output<R>> {
    quorate_kernel::Ledger::decision(ledger, p).map(|(output, _)| output.clone())
}

impl Scenario {
    fn text(&self) -> String {
        let liars: Vec<String> = self.liars.iter().map(ToString::to_string).collect();
        let correct: Vec<String> = self
            .correct
            .iter()
            .map(|(p, copy, given)| match given {
                true => format!("{p} with {copy}"),
                false => format!("copy {copy} of {p}"),
            })
            .collect();
        let came = match self.broken.first() {
            None => "holds".to_string(),
            Some((name, because)) => format!("violated: {name}: {because}"),
        };
        let lie = if liars.len() == 1 { "lies" } else { "lie" };
        format!("{}; {} {lie}: {came}", correct.join(", "), liars.join(" and "))
    }
}

impl Covered {
    /// The first run that breaks anything.
    fn broken(&self) -> Option<(usize, &Scenario)> {
        self.scenarios.iter().enumerate().find(|(_, scenario)| !scenario.broken.is_empty())
    }

    fn text(&self, output: &ProofArgs, colour: bool) -> String {
        let Group { n, f } = self.group;
        let word = painted("impossible", Verdict::Violated, colour);
        let mut out = format!(
            "{word}: {}, n = {n}, f = {f}, {} rounds, everybody twice in a ring\n",
            self.name, self.rounds
        );
        if output.quiet {
            return out;
        }
        out.push_str("\n  process   with 0                with 1\n");
        for (p, [zero, one]) in self.decisions.iter().enumerate() {
            out.push_str(&format!("  p{p:<8} {zero:<23} {one}\n"));
        }
        out.push_str("\neach two neighbours of the ring are in a run of the protocol:\n");
        for (at, scenario) in self.scenarios.iter().enumerate() {
            let line = format!("{}  {}", at + 1, scenario.text());
            out.push_str(&format!("{}\n", wrapped(&line, "  ")));
        }
        if let Some((at, Scenario { trace: Some(trace), .. })) = self.broken() {
            let options = TextOptions { colour, framed: false, ..TextOptions::default() };
            let picture = quorate_diagram::text(trace, &options);
            out.push_str(&format!("\nrun {}:\n{}\n", at + 1, picture.trim_end()));
        }
        out.push_str(&format!("\n{:.2} s\nreproduce: {}\n", self.seconds, self.line));
        out
    }

    fn json(&self) -> Json {
        let names = |of: &[Process]| of.iter().map(ToString::to_string).collect::<Vec<String>>();
        let scenario = |scenario: &Scenario| {
            let correct: Vec<Json> = scenario
                .correct
                .iter()
                .map(|(p, copy, given)| {
                    let input = given.then_some(copy);
                    json!({"process": p.to_string(), "copy": copy, "input": input})
                })
                .collect();
            let broken: Vec<Json> = scenario
                .broken
                .iter()
                .map(|(name, because)| json!({"name": name, "because": because}))
                .collect();
            json!({"liars": names(&scenario.liars), "correct": correct, "violated": broken})
        };
        json!({
            "schema": "quorate/verdict",
            "version": 1,
            "command": "prove",
            "theorem": "traitors",
            "protocol": self.name,
            "n": self.group.n,
            "f": self.group.f,
            "rounds": self.rounds,
            "model": {"timing": "synchronous", "faults": "byzantine", "signed": false},
            "verdict": "impossible",
            "work": {
                "runs": self.scenarios.len(), "states": 0, "transitions": 0,
                "depth": self.rounds, "seconds": self.seconds,
            },
            "scenarios": self.scenarios.iter().map(scenario).collect::<Vec<Json>>(),
            "reproduce": self.line,
        })
    }

    fn svg(&self) -> String {
        let n = self.decisions.len();
        let group = |group: usize| {
            let processes: Vec<u16> =
                (0..n).filter(|p| p * 3 / n == group).map(|p| p as u16).collect();
            let last = processes.last().map(|p| self.decisions[usize::from(*p)].clone());
            Copies { processes, word: if self.one_input { "copy" } else { "has" }, decides: last }
        };
        let line = |at: usize| (self.scenarios[at].place, self.scenarios[at].text());
        ring(
            &[group(0), group(1), group(2)],
            &[line(0), line(1), line(2)],
            &format!("{}, everybody twice in a ring", self.name),
        )
    }
}
