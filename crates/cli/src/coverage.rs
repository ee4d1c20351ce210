//! What runs came to: the rules that fired, the faults that met a process after which of them, and
//! the requirements for which anything was at stake.

use std::collections::BTreeMap;
use std::fmt::Write;

use quorate_checker::network::Findings;
use quorate_kernel::Rule;
use quorate_protocols::Listed;
use serde_json::{Value as Json, json};

use crate::stage::grouped;

/// The phase of a process whose rules have not fired yet.
const BEFORE: u8 = u8::MAX;
/// How many phases of one fault are shown.
const SHOWN: usize = 8;

/// By fault, how often it met a process, by the rule that had fired last there.
pub(crate) type Met = BTreeMap<String, BTreeMap<u8, u64>>;

/// What runs came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage {
    /// The rules, and whether each fired.
    pub(crate) rules: Vec<(&'static str, bool)>,
    searched: Option<Searched>,
}

/// What a search knows besides.
#[derive(Clone, Debug)]
struct Searched {
    met: Met,
    /// The requirements, and whether anything was at stake for them, if that is known.
    occasions: Vec<(&'static str, Option<bool>)>,
}

/// The rules that fired, by id, and those that did not.
pub(crate) fn coverage<R: Listed>(cited: u64) -> Coverage {
    coverage_of(&R::rules(), cited)
}

/// The same, of these rules.
pub(crate) fn coverage_of(rules: &[Rule], cited: u64) -> Coverage {
    let fired = rules.iter().enumerate().map(|(at, rule)| (rule.id, cited >> at & 1 == 1));
    Coverage { rules: fired.collect(), searched: None }
}

impl Coverage {
    /// The same of a search, with what it knows besides of these requirements.
    pub(crate) fn searched(
        rules: &[Rule],
        found: &Findings,
        requirements: impl Iterator<Item = &'static str>,
    ) -> Self {
        let had = |(at, name)| match found.occasions >> at & 1 == 1 {
            true => (name, Some(true)),
            false => (name, found.occasions_known.then_some(false)),
        };
        let occasions = requirements.enumerate().map(had).collect();
        let searched = Some(Searched { met: found.met.clone(), occasions });
        Self { searched, ..coverage_of(rules, found.cited) }
    }

    fn ids(&self) -> Vec<&'static str> {
        self.rules.iter().map(|(id, _)| *id).collect()
    }

    /// The lines of a report on what did not come, and on which faults met what.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        let idle = self.rules.iter().filter(|(_, fired)| !fired).map(|(id, _)| *id);
        let idle: Vec<&str> = idle.collect();
        if !idle.is_empty() {
            let rules = if idle.len() == 1 { "rule" } else { "rules" };
            let _ = writeln!(out, "{rules} {} fired in no run", idle.join(", "));
        }
        let Some(searched) = &self.searched else { return out };
        let none = searched.occasions.iter().filter(|(_, had)| *had == Some(false));
        for (name, _) in none {
            let _ = writeln!(
                out,
                "{name} had no occasion: nothing that was handed out in any run could have broken it"
            );
        }
        let title =
            "faults, by the rule that their process had fired last (in how many local states)";
        out.push_str(&lines_of_phases(&searched.met, &self.ids(), title));
        out
    }

    /// The rules as JSON.
    pub(crate) fn rules_json(&self) -> Json {
        let rule = |(id, fired): &(&str, bool)| json!({"id": id, "fired": fired});
        self.rules.iter().map(rule).collect()
    }

    /// What a search knows besides, as JSON.
    pub(crate) fn searched_json(&self) -> Option<Json> {
        let Searched { met, occasions } = self.searched.as_ref()?;
        let occasion = |(name, had): &(&str, Option<bool>)| json!({"name": name, "occasion": had});
        Some(json!({
            "met": phases_json(met, &self.ids()),
            "occasions": occasions.iter().map(occasion).collect::<Vec<Json>>(),
        }))
    }
}

fn phase(phase: u8, ids: &[&'static str]) -> &'static str {
    match phase {
        BEFORE => "(none)",
        phase => ids.get(usize::from(phase)).copied().unwrap_or("?"),
    }
}

/// Which fault met a process after which of its rules; nothing if none did.
pub(crate) fn lines_of_phases(met: &Met, ids: &[&'static str], title: &str) -> String {
    let mut out = String::new();
    if met.is_empty() {
        return out;
    }
    let _ = writeln!(out, "{title}:");
    for (fault, phases) in met {
        let cell = |(at, count): (&u8, &u64)| {
            (*count, format!("{} {}", phase(*at, ids), grouped((*count).into())))
        };
        let mut cells: Vec<(u64, String)> = phases.iter().map(cell).collect();
        cells.sort_by_key(|cell| std::cmp::Reverse(cell.0));
        let shown: Vec<String> = cells.iter().take(SHOWN).map(|(_, text)| text.clone()).collect();
        let shown = if shown.is_empty() { "met nothing".into() } else { shown.join(", ") };
        let more = cells.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(", {more} more") } else { String::new() };
        let _ = writeln!(out, "  {fault:<18} {shown}{more}");
    }
    out
}

/// The same as JSON.
pub(crate) fn phases_json(met: &Met, ids: &[&'static str]) -> Json {
    let of = |phases: &BTreeMap<u8, u64>| -> Json {
        let all = phases.iter().map(|(at, count)| (phase(*at, ids).to_string(), json!(count)));
        Json::Object(all.collect())
    };
    Json::Object(met.iter().map(|(fault, phases)| (fault.clone(), of(phases))).collect())
}
