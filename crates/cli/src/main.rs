//! `quorate`: name an agreement protocol and what may fail, and see it hold or break.

mod advise;
mod args;
mod calls;
mod catalog;
mod check;
mod clients;
mod cluster;
mod coverage;
mod deepen;
mod demands;
mod experiment;
mod explore;
mod failure;
mod files;
mod glossary;
mod histories;
mod hosted;
mod judge;
mod kept;
mod ladder;
mod letters;
mod liars;
mod lines;
mod museum;
mod odds;
mod order;
mod place;
mod progress;
mod prove;
mod reading;
mod replay;
mod report;
mod reproduce;
mod scenario;
mod scripted;
mod single;
mod stage;
mod summary;
mod sweep;
mod tabled;
mod timed;
mod tour;
mod waver;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{
    CheckArgs, Cli, Command, ExperimentArgs, Format, JudgeArgs, OutputArgs, SearchWord, SweepArgs,
};
use check::Check;
use experiment::{Experiment, Words};
use failure::{Failure, exit};
use reading::read_bytes;
use report::Report;
use single::Run;
use sweep::Orders;

fn main() -> ExitCode {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = writeln!(std::io::stderr(), "quorate has a defect; please report this:");
        hook(panic);
    }));
    let cli = Cli::parse();
    let done = std::panic::catch_unwind(|| command(cli));
    match done {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(failure)) => {
            let _ = writeln!(std::io::stderr(), "quorate: {failure}");
            ExitCode::from(failure.code)
        }
        Err(_) => ExitCode::from(exit::INTERNAL),
    }
}

fn command(cli: Cli) -> Result<u8, Failure> {
    match cli.command {
        None => tour::tour(),
        Some(Command::List { museum, format }) => {
            print(&match (format, museum) {
                (Format::Text, false) => catalog::list_text(),
                (Format::Text, true) => museum::list_text(),
                (Format::Json, false) => format!("{:#}\n", catalog::list_json()),
                (Format::Json, true) => format!("{:#}\n", museum::list_json()),
            })?;
            Ok(exit::AS_EXPECTED)
        }
        Some(Command::Explain { word }) => {
            print(&catalog::explain(&word)?)?;
            Ok(exit::AS_EXPECTED)
        }
        Some(Command::Run(args)) => {
            files::check_outputs(&args.output, &[Path::new(&args.experiment.subject)])?;
            let experiment = read(&args.experiment, None)?;
            let report = match experiment.timed {
                Some(_) => hosted::run(&experiment),
                None => visit(&experiment, Run(&experiment)),
            };
            let report = report.map_err(|failure| blamed(&args.experiment, failure))?;
            finish(&report, &args.output, &experiment)
        }
        Some(Command::Check(args)) => check(&args),
        Some(Command::Sweep(args)) => sweep(&args),
        Some(Command::Prove(args)) => prove::prove(&args),
        Some(Command::Advise(args)) => {
            print(&advise::advise(&args)?)?;
            Ok(exit::AS_EXPECTED)
        }
        Some(Command::Replay(args)) => {
            files::check_outputs(&args.output, &[&args.file])?;
            let report = replay::replay(&args)?;
            present(&report, &args.output)?;
            Ok(exit::AS_EXPECTED)
        }
        Some(Command::Judge(args)) => judge_files(&args),
        Some(Command::Up(args)) => cluster::up(&args),
        Some(Command::Serve(args)) => cluster::serve(&args),
        Some(Command::Status(args)) => cluster::status(&args),
        Some(Command::Certs(args)) => cluster::certs(&args),
        Some(Command::Completions { shell }) => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "quorate", &mut out);
            print(&String::from_utf8_lossy(&out))?;
            Ok(exit::AS_EXPECTED)
        }
        Some(Command::Man { folder }) => man(&folder),
    }
}

fn judge_files(args: &JudgeArgs) -> Result<u8, Failure> {
    let named: Vec<&Path> = args.files.iter().map(PathBuf::as_path).collect();
    if let Some(path) = &args.svg {
        files::check_output(path, &named)?;
    }
    let (text, json, picture, code) = if histories::are(args)? {
        let judged = histories::judge(args)?;
        let text = judged.text(args.quiet, colour());
        (text, judged.json(), judged.svg(), judged.exit_code())
    } else {
        let judged = judge::judge(args)?;
        let text = judged.text(args.quiet, colour());
        (text, judged.json(), judged.svg(), judged.report.exit_code(None))
    };
    print(&match args.format {
        Format::Json => format!("{json}\n"),
        Format::Text => text,
    })?;
    match (&args.svg, picture) {
        (Some(path), Some(picture)) => files::write(path, picture.as_bytes())?,
        (Some(path), None) if args.format == Format::Text => print(&format!(
            "there are no operations to draw that show a violation: {} was not written\n",
            path.display()
        ))?,
        _ => {}
    }
    Ok(code)
}

fn check(args: &CheckArgs) -> Result<u8, Failure> {
    let subject = Path::new(&args.experiment.subject);
    let files: Vec<&Path> = args.kept.files().chain([subject]).collect();
    files::check_outputs(&args.output, &files)?;
    if let Some(path) = &args.kept.checkpoint {
        files::check_output(path, &[subject])?;
    }
    if args.threads == Some(0) {
        return Err(Failure::usage("a search needs at least one thread: take --threads 1 or more"));
    }
    let experiment = read(&args.experiment, args.flips)?;
    if experiment.timed.is_some() {
        let given = explore::Given {
            bounds: &args.bounds,
            threads: stage::threads(args.threads),
            memory_bytes: read_bytes(&args.memory)?,
            kept: &args.kept,
            until: None,
            is_narrow: false,
        };
        let again = |words: &args::ExperimentArgs| read(words, args.flips);
        let rungs = ladder::rungs(args, experiment.clone(), &again)?;
        let report = ladder::climb(&rungs, &given);
        let report = report.map_err(|failure| blamed(&args.experiment, failure))?;
        return finish(&report, &args.output, &experiment);
    }
    liars::refuse_in_rounds(&args.bounds)?;
    kept::refuse_in_rounds(&args.kept)?;
    if args.bounds.odds.is_some() {
        return Err(Failure::usage(
            "in synchronous rounds nothing is left to a scheduler: leave out --odds, or ask about \
             runs on a network with --timing asynchronous",
        ));
    }
    if args.bounds.search != SearchWord::Breadth {
        return Err(Failure::usage(
            "a search of runs in rounds has one order only: leave out --search, or ask about runs \
             on a network with --timing asynchronous",
        ));
    }
    let visitor = Check {
        experiment: &experiment,
        symmetry: !args.bounds.no_symmetry,
        threads: stage::threads(args.threads),
        memory_bytes: read_bytes(&args.memory)?,
    };
    let report = visit(&experiment, visitor);
    let report = report.map_err(|failure| blamed(&args.experiment, failure))?;
    finish(&report, &args.output, &experiment)
}

fn sweep(args: &SweepArgs) -> Result<u8, Failure> {
    files::check_outputs(&args.output, &[Path::new(&args.experiment.subject)])?;
    let orders = Orders {
        runs: args.runs,
        threads: stage::threads(args.threads),
        keep_going: args.keep_going,
        audited: args.audit,
        shard: args.shard.as_deref().map_or(Ok((1, 1)), reading::read_shard)?,
        results: args.results.clone(),
        merge: args.merge.clone(),
        minimise: !args.as_drawn,
    };
    if args.threads == Some(0) || args.runs == Some(0) {
        return Err(Failure::usage("a sweep needs at least one run and one thread"));
    }
    let experiment = read_as(&args.experiment, args.flips, true)?;
    let report = sweep::sweep(&experiment, &orders);
    let mut report = report.map_err(|failure| blamed(&args.experiment, failure))?;
    let mut output = args.output.clone();
    if let (Some(line), Some(_)) = (report.primary, &report.trace) {
        let name = report.requirements[line].name;
        let group = experiment.group;
        let file = format!("{}-n{}-f{}-{name}.jsonl", experiment.card.name, group.n, group.f);
        let file = output.trace.get_or_insert_with(|| file.into());
        report.this_run = Some(format!("quorate replay {}", file.display()));
    }
    if report.trace.is_none() {
        // There is no one run to draw or to keep.
        let wanted = [&mut output.trace, &mut output.svg, &mut output.html];
        let left: Vec<String> = wanted
            .into_iter()
            .filter_map(|path| path.take().map(|path| path.display().to_string()))
            .collect();
        if !left.is_empty() {
            let why = if report.primary.is_some() { "it is too long" } else { "no run failed" };
            report.notes.push(format!("{why}: not written is {}", left.join(", ")));
        }
    }
    if let (Some(path), Some(swept)) = (&args.plot, &report.swept) {
        let picture = quorate_diagram::plot::histogram_svg(&swept.distributions());
        std::fs::write(path, picture).map_err(|error| {
            Failure::file(format!("{} cannot be written: {error}", path.display()))
        })?;
    }
    finish(&report, &output, &experiment)
}

/// Reads the experiment that a command is about.
fn read(args: &ExperimentArgs, flips: Option<u16>) -> Result<Experiment, Failure> {
    read_as(args, flips, false)
}

/// Reads the experiment that a command is about; one in time, if that is wanted.
fn read_as(
    args: &ExperimentArgs,
    flips: Option<u16>,
    in_time: bool,
) -> Result<Experiment, Failure> {
    let path = Path::new(&args.subject);
    let from_file = scenario::is_file(&args.subject);
    let base = if from_file {
        scenario::read(path)?
    } else {
        Words { protocol: Some(args.subject.clone()), ..Words::default() }
    };
    let alone = from_file.then(|| base.clone());
    let mut words = base.overlay(args)?;
    words.flips = flips.or(words.flips);
    Experiment::read_as(words, args.expect, in_time).map_err(|failure| {
        // The file is to blame for what is wrong without the options too.
        match alone.map(|words| Experiment::read_as(words, None, in_time)) {
            Some(Err(failure)) => scenario::within(path, failure),
            _ => failure,
        }
    })
}

/// A failure of an experiment that a file alone describes is one of the file.
fn blamed(args: &ExperimentArgs, failure: Failure) -> Failure {
    let by_file = scenario::is_file(&args.subject) && args.is_bare();
    if by_file && failure.code == exit::USAGE {
        scenario::within(Path::new(&args.subject), failure)
    } else {
        failure
    }
}

fn visit<V>(experiment: &Experiment, visitor: V) -> Result<Report, Failure>
where
    V: quorate_protocols::Visitor<Out = Result<Report, Failure>>,
{
    let name = experiment.card.name;
    tabled::visit(name, visitor).ok_or_else(|| {
        Failure::internal(format!("the catalogue lists {name} and does not have it"))
    })?
}

fn finish(report: &Report, output: &OutputArgs, experiment: &Experiment) -> Result<u8, Failure> {
    match &experiment.mutant {
        None => present(report, output)?,
        Some(piece) => {
            let mut flawed = report.clone();
            let (name, text) = (&piece.id, &piece.text);
            flawed
                .notes
                .insert(0, format!("this is not the protocol as it is meant: {name} {text}"));
            present(&flawed, output)?;
        }
    }
    Ok(report.exit_code(experiment.expect))
}

fn present(report: &Report, output: &OutputArgs) -> Result<(), Failure> {
    files::write_outputs(report, output)?;
    match output.format {
        Format::Json => print(&format!("{}\n", report.json())),
        Format::Text => print(&report.text(output, colour())),
    }
}

/// Whether to colour: only on a terminal, and never against the user's wish.
fn colour() -> bool {
    std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Prints to standard output; a closed pipe is no failure.
fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::file(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

fn man(folder: &Path) -> Result<u8, Failure> {
    clap_mangen::generate_to(Cli::command(), folder).map_err(|error| {
        Failure::file(format!("{} cannot be written: {error}", folder.display()))
    })?;
    Ok(exit::AS_EXPECTED)
}
