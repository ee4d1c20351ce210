//! A protocol in an asynchronous network, kept undecided (Fischer, Lynch, Paterson 1985).

use super::args::AsynchronyArgs;
use crate::args::{BoundArgs, CheckArgs, ExperimentArgs, KeptArgs, OutputArgs};
use crate::failure::Failure;

/// For how many steps a run is kept undecided.
const STEPS: u32 = 30;

/// Does what `check PROTOCOL --timing asynchronous --undecided STEPS` does.
pub(super) fn bivalent(args: &AsynchronyArgs, protocol: &str) -> Result<u8, Failure> {
    let output = &args.output;
    let unfit = [
        ("--certificate", output.certificate.is_some()),
        ("--graph", output.graph.is_some()),
        ("--expect", output.expect.is_some()),
        ("--order", args.order),
    ];
    if let Some((word, _)) = unfit.iter().find(|(_, given)| *given) {
        return Err(Failure::usage(format!(
            "{word} is for a proof about all algorithms, and here is the run of one: leave out \
             {word} or {protocol}"
        )));
    }
    crate::check(&CheckArgs {
        experiment: ExperimentArgs {
            subject: protocol.into(),
            n: args.n.map(i64::from),
            f: args.f.map(i64::from),
            inputs: args.inputs.clone(),
            set: args.set.clone(),
            timing: Some("asynchronous".into()),
            budget: Some(output.budget.clone()),
            ..ExperimentArgs::default()
        },
        flips: None,
        bounds: BoundArgs {
            undecided: Some(args.undecided.unwrap_or(STEPS)),
            ..BoundArgs::default()
        },
        threads: None,
        memory: output.memory.clone(),
        kept: KeptArgs::default(),
        output: OutputArgs {
            format: output.format,
            svg: output.svg.clone(),
            html: None,
            trace: None,
            quiet: output.quiet,
            verbose: output.verbose,
        },
    })
}
