//! `advise`: what can be agreed on in a model, by which protocol, at what cost; or why nothing can.

use std::fmt::Write;

use clap::Args;
use quorate_kernel::{Domain, Faults, Group, Links, Timing, Value};
use quorate_protocols::theorems::{CORES, Core, Proof, Theorem, impossible, rounds_needed};
use quorate_protocols::{
    Card, Cost, Hosted, HostedVisitor, Setup, Terms, cards, is_kept, visit_hosted,
};
use serde_json::{Value as Json, json};

use crate::args::Format;
use crate::catalog::{hanging, wrapped};
use crate::failure::{Failure, hint};
use crate::stage::grouped;

/// What `advise` takes.
#[derive(Args, Debug)]
pub(crate) struct AdviseArgs {
    /// How many processes
    #[arg(short = 'n', value_name = "N", value_parser = clap::value_parser!(u16).range(1..=60_000))]
    n: u16,
    /// How many of them may be faulty
    #[arg(short = 'f', value_name = "F")]
    f: u16,
    /// What may fail: crash, omission, general-omission, byzantine
    #[arg(long, value_name = "KIND", default_value = "crash")]
    faults: String,
    /// What is known of time: synchronous, partial or asynchronous
    #[arg(long, value_name = "KIND", default_value = "synchronous")]
    timing: String,
    /// Messages can be signed
    #[arg(long)]
    signed: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What can be done about one problem.
struct Advice {
    core: &'static Core,
    theorem: Option<Theorem>,
    protocols: Vec<(Card, Option<Cost>)>,
}

/// Says what can be agreed on.
pub(crate) fn advise(args: &AdviseArgs) -> Result<String, Failure> {
    let (n, f) = (args.n, args.f);
    if f >= n {
        return Err(Failure::usage(format!(
            "f = {f} of n = {n} processes leaves nobody to agree: take f < n"
        )));
    }
    let faults = word(&args.faults, "kind of fault", &Faults::ALL, Faults::word)?;
    let timing = word(&args.timing, "kind of timing", &Timing::ALL, Timing::word)?;
    // Where nothing fails, it does not matter how many could.
    let group = Group { n, f: if faults == Faults::None { 0 } else { f } };
    let links = if timing == Timing::Synchronous { Links::Strong } else { Links::Reliable };
    let terms = Terms { group, faults, timing, links, restarts: false };
    let advice: Vec<Advice> = CORES.iter().map(|core| advised(core, terms, args.signed)).collect();
    Ok(match args.format {
        Format::Json => format!("{}\n", json(args, terms, &advice)),
        Format::Text => text(args, terms, &advice),
    })
}

fn word<T: Copy>(
    given: &str,
    what: &str,
    all: &[T],
    of: impl Fn(T) -> &'static str,
) -> Result<T, Failure> {
    let known = all.iter().copied().find(|one| of(*one) == given);
    known.ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|one| of(*one)).collect();
        let near = hint(given, words.iter().copied());
        Failure::usage(format!("there is no {what} {given:?}; there is {}{near}", words.join(", ")))
    })
}

fn advised(core: &'static Core, terms: Terms, signed: bool) -> Advice {
    let fits = |card: &Card| (signed || !card.signed) && core.is_solved_by(card, terms);
    let with_cost = |card: Card| {
        let cost = visit_hosted(card.name, CostOf(terms.group, card.one_input)).flatten();
        (card, cost)
    };
    let mut protocols: Vec<(Card, Option<Cost>)> =
        cards().into_iter().filter(fits).map(with_cost).collect();
    protocols.sort_by_key(|(card, cost)| {
        let cost = cost.map(|cost| (cost.rounds, cost.messages));
        (cost.is_none(), cost, card.name)
    });
    Advice { core, theorem: impossible(core.problem, terms, signed), protocols }
}

/// What a run without failures costs, in which all propose different things.
struct CostOf(Group, bool);

impl HostedVisitor for CostOf {
    type Out = Option<Cost>;

    fn visit<P: Hosted>(self) -> Self::Out {
        let Self(group, one_input) = self;
        let setup = Setup::of(group, Domain::BINARY);
        let config = P::configure(&setup).ok()?;
        let input = |p: u16| (!one_input || p == 0).then_some(Value(p % 2));
        P::cost(group, &config, &(0..group.n).map(input).collect::<Vec<_>>())
    }
}

/// The largest group that `prove` takes.
const PROVED_MAX: u16 = 12;

/// The command that shows a theorem, at this size if `prove` takes it, and else at a smaller one of
/// the same kind.
fn proof(theorem: &Theorem, args: &AdviseArgs) -> String {
    let signed = if args.signed { " --signed" } else { "" };
    // As few of fewer processes, so that as large a part may be faulty.
    let (n, f) = match args.n {
        0..=PROVED_MAX => (args.n, args.f),
        n => {
            let f = u32::from(args.f) * u32::from(PROVED_MAX);
            (PROVED_MAX, f.div_ceil(n.into()).min(u32::from(PROVED_MAX) - 1) as u16)
        }
    };
    // It holds for any number of rounds, and with few of them it is seen at once.
    let rounds = if f > 1 { " --rounds 2" } else { "" };
    match theorem.proof {
        Proof::Traitors => format!("quorate prove traitors -n {n} -f {f}{rounds}{signed}"),
        Proof::LateTraitors => {
            format!("quorate prove traitors -n {n} -f {f}{rounds}{signed} --late")
        }
        Proof::Halves => format!("quorate prove asynchrony -n {n} -f {f}"),
        Proof::Asynchrony => "quorate prove asynchrony -n 3".into(),
        Proof::Order => "quorate prove asynchrony -n 3 --order".into(),
    }
}

/// How many rounds are needed, and the command that shows that fewer are not enough.
fn lower_bound(terms: Terms) -> Option<(u16, Option<String>)> {
    let Group { n, f } = terms.group;
    if terms.timing != Timing::Synchronous || f == 0 || terms.faults == Faults::None || n < 2 {
        return None;
    }
    let rounds = rounds_needed(terms.group);
    let fewer = rounds - 1;
    let line = format!("quorate prove rounds -n {n} -f {f} --rounds {fewer} --certificate FILE");
    Some((rounds, (fewer > 0 && n <= PROVED_MAX).then_some(line)))
}

fn text(args: &AdviseArgs, terms: Terms, advice: &[Advice]) -> String {
    let Group { n, f } = terms.group;
    let signed = if args.signed { ", signed messages" } else { "" };
    let (faults, timing) = (terms.faults.word(), terms.timing.word());
    let timing = if terms.timing == Timing::Partial { "partially synchronous" } else { timing };
    let mut out = format!("n = {n}, f = {f}, {faults} faults{signed}, {timing}\n");
    for Advice { core, theorem, protocols } in advice {
        let _ = writeln!(out, "\n{}", core.title);
        if let Some(theorem) = theorem {
            let only = if theorem.deterministic { "with chance only: " } else { "impossible: " };
            let said = format!("{only}{} ({})", theorem.text, theorem.source);
            let _ = writeln!(out, "{}", wrapped(&said, "  "));
            let _ = writeln!(out, "  see: {}", proof(theorem, args));
        }
        for (card, cost) in protocols {
            let _ = writeln!(out, "{}", protocol(card, *cost));
        }
        if protocols.is_empty() && theorem.is_none_or(|theorem| theorem.deterministic) {
            let _ = writeln!(out, "  nothing in the catalogue solves it here");
        }
    }
    let open = advice.iter().any(|advice| advice.theorem.is_none());
    if let Some((rounds, line)) = lower_bound(terms).filter(|_| open) {
        let said = format!(
            "every algorithm for consensus takes {rounds} rounds in some run: no fewer are enough \
             (Fischer, Lynch 1982; Dolev, Strong 1983)"
        );
        let _ = writeln!(out, "\n{}", wrapped(&said, ""));
        if let Some(line) = line {
            let _ = writeln!(out, "  see: {line}");
        }
    }
    out
}

fn protocol(card: &Card, cost: Option<Cost>) -> String {
    let exact = cost.map(|Cost { rounds, messages }| {
        format!("without failures {rounds} rounds and {} messages; ", grouped(messages.into()))
    });
    let exact = exact.filter(|_| card.in_rounds).unwrap_or_default();
    let said = format!(
        "{exact}rounds or delays: {}; messages: {}; {} ({})",
        card.rounds, card.messages, card.bound.text, card.source
    );
    hanging(&format!("  {:<24} ", card.name), &said)
}

fn json(args: &AdviseArgs, terms: Terms, advice: &[Advice]) -> Json {
    let problems: Vec<Json> = advice
        .iter()
        .map(|Advice { core, theorem, protocols }| {
            let protocols: Vec<Json> = protocols
                .iter()
                .map(|(card, cost)| {
                    let mut kept: Vec<&str> = card
                        .claims
                        .iter()
                        .filter(|claim| is_kept(claim, terms))
                        .map(|claim| claim.requirement)
                        .collect();
                    kept.sort_unstable();
                    kept.dedup();
                    json!({
                        "name": card.name,
                        "rounds": cost.map(|cost| cost.rounds),
                        "messages": cost.map(|cost| cost.messages),
                        "requirements": kept,
                    })
                })
                .collect();
            let theorem = theorem.as_ref().map(|theorem| {
                json!({
                    "text": theorem.text, "source": theorem.source,
                    "deterministic": theorem.deterministic, "proof": proof(theorem, args),
                })
            });
            json!({"problem": core.problem, "impossible": theorem, "protocols": protocols})
        })
        .collect();
    let rounds = lower_bound(terms);
    json!({
        "schema": "quorate/advice",
        "version": 1,
        "n": terms.group.n,
        "f": terms.group.f,
        "model": {
            "timing": terms.timing.word(), "faults": terms.faults.word(), "signed": args.signed,
        },
        "problems": problems,
        "rounds_needed": rounds.as_ref().map(|(rounds, _)| rounds),
        "proof": rounds.and_then(|(_, line)| line),
    })
}
