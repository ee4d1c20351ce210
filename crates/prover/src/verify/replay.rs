//! An execution, replayed: what everybody has seen in the end if all tell all they know.

use std::collections::{BTreeSet, HashMap};

use crate::certificate::{Execution, Model, Question};

/// What can be seen, each thing with a number of its own, and the values that are heard of in it.
#[derive(Default)]
pub(crate) struct Seen(HashMap<Sight, u32>, Vec<(Sight, u32)>);

/// What a process can have seen.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Sight {
    /// Its own input only.
    Input(u16, u8),
    /// After a round, what each process told it; it remembers what it saw itself.
    Told(u16, Vec<Option<u32>>),
}

impl Seen {
    /// What was told, of something seen after a round.
    pub(crate) fn told(&self, number: u32) -> Option<&[Option<u32>]> {
        match &self.1[number as usize].0 {
            Sight::Told(_, parts) => Some(parts),
            Sight::Input(..) => None,
        }
    }

    /// What was seen, as certificates write it.
    pub(crate) fn text(&self, number: u32) -> String {
        match &self.1[number as usize].0 {
            Sight::Input(_, value) => value.to_string(),
            Sight::Told(_, parts) => {
                let part = |seen: &Option<u32>| seen.map_or("-".into(), |seen| self.text(seen));
                let parts: Vec<String> = parts.iter().map(part).collect();
                format!("({})", parts.join(","))
            }
        }
    }

    fn number(&mut self, sight: Sight) -> u32 {
        if let Some(known) = self.0.get(&sight) {
            return *known;
        }
        let fresh = self.1.len() as u32;
        let values = match &sight {
            Sight::Input(_, value) => 1 << value,
            Sight::Told(_, parts) => {
                parts.iter().flatten().fold(0, |all, part| all | self.values(*part))
            }
        };
        self.0.insert(sight.clone(), fresh);
        self.1.push((sight, values));
        fresh
    }

    /// The values that are heard of in something seen, one bit each.
    pub(crate) fn values(&self, number: u32) -> u32 {
        self.1[number as usize].1
    }

    /// Reads what p claims to have seen after so many rounds: `(0,1,-)` after one.
    fn claim(&mut self, p: u16, rounds: u16, n: u16, text: &str) -> Option<u32> {
        if rounds == 0 {
            let input = number(text).and_then(|value| u8::try_from(value).ok());
            return input
                .filter(|value| *value < 2)
                .map(|value| self.number(Sight::Input(p, value)));
        }
        let inner = text.strip_prefix('(')?.strip_suffix(')')?;
        let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
        for (at, mark) in inner.char_indices() {
            match mark {
                '(' => depth += 1,
                ')' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(&inner[start..at]);
                    start = at + 1;
                }
                _ => {}
            }
        }
        parts.push(&inner[start..]);
        if parts.len() != usize::from(n) {
            return None;
        }
        let mut seen = Vec::new();
        for (q, part) in (0..n).zip(parts) {
            seen.push(match part {
                "-" => None,
                part => Some(self.claim(q, rounds - 1, n, part)?),
            });
        }
        Some(self.number(Sight::Told(p, seen)))
    }
}

/// One thing that goes wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    /// At whom it goes wrong: who crashes, does not send or does not receive; or whose is lost.
    pub(crate) who: u16,
    pub(crate) round: u16,
    /// Whom a crash still reaches, or the other end of a message.
    pub(crate) others: BTreeSet<u16>,
    /// What is claimed in place of what was seen.
    pub(crate) claim: Option<u32>,
}

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Crash,
    Omit,
    Miss,
    Lose,
    Lie,
}

/// An execution and what was seen in it.
pub(crate) struct Replayed {
    pub(crate) inputs: Vec<u8>,
    pub(crate) faulty: BTreeSet<u16>,
    pub(crate) faults: Vec<Fault>,
    /// Round, receiver and sender of each message that does not arrive.
    pub(crate) unheard: BTreeSet<(u16, u16, u16)>,
    /// What each process has seen before the first round and after each; nothing if it does not
    /// get there.
    pub(crate) seen: Vec<Vec<Option<u32>>>,
}

impl Replayed {
    /// What a process has seen in the end.
    pub(crate) fn last(&self, p: u16) -> Option<u32> {
        self.seen[self.seen.len() - 1][usize::from(p)]
    }
}

/// Replays an execution.
pub(crate) fn replay(
    question: &Question,
    execution: &Execution,
    seen: &mut Seen,
) -> Result<Replayed, String> {
    let n = question.n;
    if execution.inputs.len() != usize::from(n) {
        return Err(format!("{n} processes propose, not {}", execution.inputs.len()));
    }
    if let Some(input) = execution.inputs.iter().find(|input| u16::from(**input) > question.k) {
        return Err(format!("0 to {} can be proposed, not {input}", question.k));
    }
    let faulty: BTreeSet<u16> = execution.faulty.iter().copied().collect();
    if faulty.len() != execution.faulty.len() || faulty.iter().any(|p| *p >= n) {
        return Err("the faulty processes are not a set of those that there are".into());
    }
    let faults = execution.faults.iter().map(|word| read(word, question, seen));
    let faults = faults.collect::<Result<Vec<Fault>, String>>()?;
    let unheard = unheard(question, &faults);
    let crashed: HashMap<u16, u16> = faults
        .iter()
        .filter(|fault| fault.kind == Kind::Crash)
        .map(|fault| (fault.who, fault.round))
        .collect();
    let inputs = execution.inputs.clone();
    let first = (0..n).zip(&inputs).map(|(p, input)| Some(seen.number(Sight::Input(p, *input))));
    let mut last: Vec<Option<u32>> = first.collect();
    let mut all = vec![last.clone()];
    let lies: HashMap<(u16, u16, u16), u32> = faults
        .iter()
        .filter_map(|lie| Some(((lie.round, *lie.others.first()?, lie.who), lie.claim?)))
        .collect();
    for round in 1..=question.rounds {
        let next = (0..n).map(|p| {
            if crashed.get(&p).is_some_and(|at| *at <= round) {
                return None;
            }
            let heard = |q: u16| match unheard.contains(&(round, p, q)) {
                true => None,
                false => lies.get(&(round, p, q)).copied().or(last[usize::from(q)]),
            };
            Some(seen.number(Sight::Told(p, (0..n).map(heard).collect())))
        });
        last = next.collect();
        all.push(last.clone());
    }
    Ok(Replayed { inputs, faulty, faults, unheard, seen: all })
}

/// Every message that does not arrive.
fn unheard(question: &Question, faults: &[Fault]) -> BTreeSet<(u16, u16, u16)> {
    let Question { model, n, rounds, .. } = *question;
    let mut unheard = BTreeSet::new();
    for fault in faults {
        for other in &fault.others {
            match fault.kind {
                Kind::Crash | Kind::Lie => {}
                Kind::Omit | Kind::Lose => {
                    unheard.insert((fault.round, *other, fault.who));
                }
                Kind::Miss => {
                    unheard.insert((fault.round, fault.who, *other));
                }
            }
        }
        if fault.kind == Kind::Crash {
            let cut = (0..n).filter(|to| !fault.others.contains(to));
            unheard.extend(cut.map(|to| (fault.round, to, fault.who)));
            let later = fault.round + 1..=rounds;
            unheard.extend(later.flat_map(|round| (0..n).map(move |to| (round, to, fault.who))));
        }
    }
    if model == Model::LossInTurn {
        // p0 sends in odd rounds and p1 in even ones.
        let silent = |round: u16| if round % 2 == 1 { (round, 0, 1) } else { (round, 1, 0) };
        unheard.extend((1..=rounds).map(silent));
    }
    unheard
}

/// Reads `crash p0@1:p1,p2` and its like.
fn read(word: &str, question: &Question, seen: &mut Seen) -> Result<Fault, String> {
    let unclear = || format!("{word:?} is not a fault such as \"crash p0@1:p1\"");
    let (kind, rest) = word.split_once(' ').ok_or_else(unclear)?;
    let kind = match kind {
        "crash" => Kind::Crash,
        "omit" => Kind::Omit,
        "miss" => Kind::Miss,
        "lose" => Kind::Lose,
        "lie" => Kind::Lie,
        _ => return Err(unclear()),
    };
    let (who, rest) = rest.split_once('@').ok_or_else(unclear)?;
    let (rest, claim) = match kind {
        Kind::Lie => rest.split_once('=').ok_or_else(unclear)?,
        _ => (rest, ""),
    };
    let (round, others) = rest.split_once(':').unwrap_or((rest, ""));
    let process = |name: &str| name.strip_prefix('p').and_then(number);
    let who = process(who).ok_or_else(unclear)?;
    let round = number(round).ok_or_else(unclear)?;
    let names = others.split(',').filter(|_| !others.is_empty());
    let others = names.map(process).collect::<Option<Vec<u16>>>().ok_or_else(unclear)?;
    let set: BTreeSet<u16> = others.iter().copied().collect();
    let strangers = set.iter().chain([&who]).any(|p| *p >= question.n);
    if strangers || set.contains(&who) || set.len() != others.len() {
        return Err(format!(
            "{word:?} does not name different processes of p0 to p{}",
            question.n - 1
        ));
    }
    if !(1..=question.rounds).contains(&round) {
        return Err(format!("{word:?} is not in rounds 1 to {}", question.rounds));
    }
    if kind != Kind::Crash && set.len() != 1 {
        return Err(unclear());
    }
    let claim = match kind {
        Kind::Lie => Some(seen.claim(who, round - 1, question.n, claim).ok_or_else(unclear)?),
        _ => None,
    };
    Ok(Fault { kind, who, round, others: set, claim })
}

fn number(digits: &str) -> Option<u16> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}
