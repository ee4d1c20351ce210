//! The judge: is a history linearizable (Herlihy and Wing, TOPLAS 1990)? Each key is judged on its
//! own, which is enough (their theorem 1).

use std::collections::HashMap;
use std::time::Instant;

use rustc_hash::FxBuildHasher;

use crate::edn::Form;
use crate::history::{History, Operation};
use crate::object::Subject;
use crate::search::{Limits, Outcome, Spent, search};
use crate::unique::{Fast, fast};

/// What a judge says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Some order of the operations explains every answer.
    Holds,
    /// None does, and these operations show it.
    Violated(Witness),
    /// The search was given up before it was known.
    Inconclusive(Spent),
}

/// Operations that no order explains, whatever the others did: even if each of those took effect at
/// any time, or never.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// The key that they are about.
    pub key: Option<Form>,
    /// Their places in the history, in the order of their invocations.
    pub operations: Vec<usize>,
    /// Whether the others would be enough to explain all, if any one of these was left out too. It
    /// is false only if the limits were reached on the way.
    pub minimal: bool,
}

/// A verdict, and what it took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judgement {
    /// What was found.
    pub verdict: Verdict,
    /// How many keys there are.
    pub keys: usize,
    /// How many keys were judged by the search; the others have unique values.
    pub searched: usize,
    /// How many configurations were looked at.
    pub configurations: u64,
}

/// Judges a history within limits. They bind the search of each key, and the way to a smaller
/// witness; a key may take half of the time that is left, so that each is looked at.
#[must_use]
pub fn judge(history: &History, limits: Limits) -> Judgement {
    let keys = by_key(&history.operations);
    let mut judgement =
        Judgement { verdict: Verdict::Holds, keys: keys.len(), searched: 0, configurations: 0 };
    let last = keys.len().saturating_sub(1);
    for (number, (key, operations)) in keys.into_iter().enumerate() {
        let subject = Subject::new(history.model, &operations);
        let mut one = One { subject: &subject, limits, configurations: 0, searched: false };
        let share = if number == last { limits } else { half(limits) };
        let came = one.verdict(share);
        judgement.searched += usize::from(one.searched);
        let verdict = match came {
            Came::Holds => None,
            Came::Stopped(spent) => Some(Verdict::Inconclusive(spent)),
            Came::Violated(among) => {
                let (operations, minimal) = one.least(among);
                let key = key.cloned();
                Some(Verdict::Violated(Witness { key, operations, minimal }))
            }
        };
        judgement.configurations += one.configurations;
        if let Some(verdict) = verdict {
            judgement.verdict = verdict;
        }
        if matches!(judgement.verdict, Verdict::Violated(_)) {
            break;
        }
    }
    judgement
}

fn half(limits: Limits) -> Limits {
    let now = Instant::now();
    let halved = |deadline: Instant| now + deadline.saturating_duration_since(now) / 2;
    Limits { deadline: limits.deadline.map(halved), ..limits }
}

type Keyed<'h> = (Option<&'h Form>, Vec<(usize, &'h Operation)>);

fn by_key(operations: &[Operation]) -> Vec<Keyed<'_>> {
    let mut places: HashMap<Option<&Form>, usize, FxBuildHasher> = HashMap::default();
    let mut keys: Vec<Keyed<'_>> = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        let key = operation.key.as_ref();
        let place = *places.entry(key).or_insert(keys.len());
        if place == keys.len() {
            keys.push((key, Vec::new()));
        }
        keys[place].1.push((at, operation));
    }
    keys
}

enum Came {
    Holds,
    /// Among these operations.
    Violated(Vec<u32>),
    Stopped(Spent),
}

/// One key.
struct One<'s> {
    subject: &'s Subject,
    limits: Limits,
    configurations: u64,
    searched: bool,
}

impl One<'_> {
    fn verdict(&mut self, limits: Limits) -> Came {
        match fast(self.subject) {
            Fast::Holds => return Came::Holds,
            Fast::Violated(among) => return Came::Violated(among),
            Fast::Unfit => {}
        }
        self.searched = true;
        let all: Vec<u32> = (0..self.subject.acts.len() as u32).collect();
        match self.search(&all, limits) {
            Outcome::Linearizable(_) => Came::Holds,
            Outcome::Not => Came::Violated(all),
            Outcome::Stopped(spent) => Came::Stopped(spent),
        }
    }

    fn search(&mut self, kept: &[u32], limits: Limits) -> Outcome {
        let mut object = self.subject.object(kept);
        search(&mut object, &self.subject.spans(kept), limits, &mut self.configurations)
    }

    /// The least set among operations that cannot be explained, and whether it is the least. Fewer
    /// operations never explain less, so what QuickXplain finds (Junker, AAAI 2004) is least.
    fn least(&mut self, mut among: Vec<u32>) -> (Vec<usize>, bool) {
        let mut sure = true;
        if among.len() < self.subject.acts.len() && !self.breaks(&among, &mut sure) {
            among = (0..self.subject.acts.len() as u32).collect();
        }
        if among.len() <= 1 {
            return (self.places(among), sure);
        }
        // What comes last is left out first.
        let least = self.explain(&mut Vec::new(), false, &among, &mut sure);
        (self.places(least), sure)
    }

    fn places(&self, mut of: Vec<u32>) -> Vec<usize> {
        of.sort_unstable();
        of.iter().map(|at| self.subject.origin[*at as usize]).collect()
    }

    /// Whether these alone are known not to be explained.
    fn breaks(&mut self, kept: &[u32], sure: &mut bool) -> bool {
        let mut kept = kept.to_vec();
        kept.sort_unstable();
        match self.search(&kept, self.limits) {
            Outcome::Not => true,
            Outcome::Linearizable(_) => false,
            Outcome::Stopped(_) => {
                *sure = false;
                false
            }
        }
    }

    /// The least part of `among` that breaks together with `fixed`, if all of it does.
    fn explain(
        &mut self,
        fixed: &mut Vec<u32>,
        fresh: bool,
        among: &[u32],
        sure: &mut bool,
    ) -> Vec<u32> {
        if fresh && self.breaks(fixed, sure) {
            return Vec::new();
        }
        if among.len() == 1 {
            return among.to_vec();
        }
        let (early, late) = among.split_at(among.len() / 2);
        let base = fixed.len();
        fixed.extend(early);
        let of_late = self.explain(fixed, true, late, sure);
        fixed.truncate(base);
        fixed.extend(&of_late);
        let mut found = self.explain(fixed, !of_late.is_empty(), early, sure);
        fixed.truncate(base);
        found.extend(of_late);
        found
    }
}
