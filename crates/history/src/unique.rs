//! Histories in which every written value is different, in n log n: registers by the zones of
//! Gibbons and Korach ("Testing shared memories", SIAM Journal on Computing 1997, section 3), logs
//! by the order that the longest read gives.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::object::{Act, Subject};

/// What the fast way came to.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Fast {
    /// It cannot tell: values are not unique, or there are other operations.
    Unfit,
    Holds,
    /// These operations cannot be explained: a few, and not always the least.
    Violated(Vec<u32>),
}

/// Judges a subject if its values are unique.
pub(crate) fn fast(subject: &Subject) -> Fast {
    let all = |fits: fn(&Act) -> bool| subject.acts.iter().all(fits);
    if all(|act| matches!(act, Act::Read(_) | Act::Push(_))) {
        log(subject)
    } else if all(|act| matches!(act, Act::Read(_) | Act::Set(_))) {
        register(subject)
    } else {
        Fast::Unfit
    }
}

const NEVER: u32 = u32::MAX;

/// The operations on one value: its write and the reads that saw it.
#[derive(Clone, Copy)]
struct Cluster {
    write: Option<u32>,
    /// The earliest answer, and whose.
    ended: (u32, u32),
    /// The latest invocation, and whose.
    began: (u32, u32),
    /// Whether anybody saw the value.
    read: bool,
}

impl Cluster {
    /// The operations that say when the value was there.
    fn pins(&self) -> impl Iterator<Item = u32> {
        let ends = [self.ended.1, self.began.1].into_iter().filter(|at| *at != NEVER);
        self.write.into_iter().chain(ends)
    }
}

/// The value that was there at first was written before all.
const FIRST: Cluster = Cluster { write: None, ended: (0, NEVER), began: (0, NEVER), read: false };

fn register(subject: &Subject) -> Fast {
    let mut clusters: HashMap<u32, Cluster, FxBuildHasher> = HashMap::default();
    let &[first] = subject.start() else { return Fast::Unfit };
    clusters.insert(first, FIRST);
    for (at, (act, span)) in subject.acts.iter().zip(&subject.spans).enumerate() {
        let Act::Set(part) = act else { continue };
        let &[token] = subject.tokens(part) else { return Fast::Unfit };
        let at = at as u32;
        // Places count from 1 here: what was there at first came before.
        let ended = (span.returned.map_or(NEVER, |place| place + 1), at);
        let cluster =
            Cluster { write: Some(at), ended, began: (span.invoked + 1, at), read: false };
        if clusters.insert(token, cluster).is_some() {
            return Fast::Unfit;
        }
    }
    let mut broken = None;
    for (at, (act, span)) in subject.acts.iter().zip(&subject.spans).enumerate() {
        let (Act::Read(part), Some(returned)) = (act, span.returned) else { continue };
        let &[token] = subject.tokens(part) else { return Fast::Unfit };
        let at = at as u32;
        let Some(cluster) = clusters.get_mut(&token) else { return Fast::Violated(vec![at]) };
        let write = cluster.write.map(|write| (write, subject.spans[write as usize].invoked));
        if let Some((write, invoked)) = write
            && returned < invoked
        {
            broken.get_or_insert_with(|| vec![write, at]);
        }
        cluster.read = true;
        cluster.ended = cluster.ended.min((returned + 1, at));
        cluster.began = cluster.began.max((span.invoked + 1, at));
    }
    broken.map_or_else(|| zones(clusters.into_values()), Fast::Violated)
}

/// No two values may have to be there at once.
fn zones(clusters: impl Iterator<Item = Cluster>) -> Fast {
    // A write that nobody saw and that was not answered did not happen.
    let told = |one: &Cluster| one.read || (one.write.is_some() && one.ended.0 != NEVER);
    let (mut forward, backward): (Vec<Cluster>, Vec<Cluster>) =
        clusters.filter(told).partition(|one| one.ended.0 < one.began.0);
    forward.sort_unstable_by_key(|one| one.ended.0);
    let both = |a: &Cluster, b: &Cluster| {
        let mut pins: Vec<u32> = a.pins().chain(b.pins()).collect();
        pins.sort_unstable();
        pins.dedup();
        Fast::Violated(pins)
    };
    if let Some(two) = forward.windows(2).find(|two| two[1].ended.0 < two[0].began.0) {
        return both(&two[0], &two[1]);
    }
    for one in &backward {
        let after = forward.partition_point(|zone| zone.ended.0 < one.began.0);
        let around = after.checked_sub(1).map(|at| &forward[at]);
        if let Some(zone) = around.filter(|zone| one.ended.0 < zone.began.0) {
            return both(one, zone);
        }
    }
    Fast::Holds
}

/// A read of a log, and the list that it gave.
struct Seen<'s> {
    at: u32,
    list: &'s [u32],
}

fn log(subject: &Subject) -> Fast {
    let mut appended: HashMap<u32, u32, FxBuildHasher> = HashMap::default();
    for (at, act) in subject.acts.iter().enumerate() {
        if let Act::Push(part) = act {
            let &[token] = subject.tokens(part) else { return Fast::Unfit };
            if appended.insert(token, at as u32).is_some() {
                return Fast::Unfit;
            }
        }
    }
    if !subject.start().is_empty() {
        return Fast::Unfit;
    }
    let reads = subject.acts.iter().enumerate().filter_map(|(at, act)| match act {
        Act::Read(part) => Some(Seen { at: at as u32, list: subject.tokens(part) }),
        _ => None,
    });
    let reads: Vec<Seen<'_>> = reads.collect();
    let Some(longest) = reads.iter().max_by_key(|read| read.list.len()) else {
        return Fast::Holds;
    };
    let mut places: HashMap<u32, usize, FxBuildHasher> = HashMap::default();
    for (place, token) in longest.list.iter().enumerate() {
        let Some(append) = appended.get(token) else { return Fast::Violated(vec![longest.at]) };
        if places.insert(*token, place).is_some() {
            return Fast::Violated(vec![*append, longest.at]);
        }
    }
    for read in &reads {
        let Some(differs) = (0..read.list.len()).find(|at| read.list[*at] != longest.list[*at])
        else {
            continue;
        };
        let two = [read.list[differs], longest.list[differs]];
        let Some(append) = appended.get(&two[0]) else { return Fast::Violated(vec![read.at]) };
        if read.list[..differs].contains(&two[0]) {
            return Fast::Violated(vec![*append, read.at]);
        }
        return Fast::Violated(vec![*append, appended[&two[1]], read.at, longest.at]);
    }
    in_order(subject, longest, &appended, &places)
}

/// The longest read puts all in one order; nothing may come before what was over when it began.
fn in_order(
    subject: &Subject,
    longest: &Seen<'_>,
    appended: &HashMap<u32, u32, FxBuildHasher>,
    places: &HashMap<u32, usize, FxBuildHasher>,
) -> Fast {
    // Reads of k come after the append of place k - 1 and before that of place k.
    let mut ranked: Vec<(usize, u32, u32)> = Vec::with_capacity(subject.acts.len());
    for (at, act) in subject.acts.iter().enumerate() {
        let span = subject.spans[at];
        let rank = match act {
            Act::Push(part) => match places.get(&subject.tokens(part)[0]) {
                Some(place) => 2 * place + 1,
                None if span.returned.is_some() => 2 * longest.list.len() + 1,
                None => continue,
            },
            Act::Read(part) => 2 * subject.tokens(part).len(),
            Act::Set(_) | Act::Cas(..) => return Fast::Unfit,
        };
        ranked.push((rank, span.invoked, at as u32));
    }
    ranked.sort_unstable();
    // The latest invocation of all with a lower rank, and of those with the same.
    let mut before: Option<(u32, u32)> = None;
    let mut same = None;
    let mut rank_now = 0;
    for (rank, invoked, at) in ranked {
        if rank != rank_now {
            (before, same, rank_now) = (before.max(same), None, rank);
        }
        if let (Some((began, earlier)), Some(over)) = (before, subject.spans[at as usize].returned)
            && over < began
        {
            let mut pins = vec![earlier, at, longest.at];
            if let Act::Read(part) = &subject.acts[earlier as usize]
                && let Some(next) = longest.list.get(subject.tokens(part).len())
            {
                pins.push(appended[next]);
            }
            pins.sort_unstable();
            pins.dedup();
            return Fast::Violated(pins);
        }
        same = same.max(Some((invoked, at)));
    }
    Fast::Holds
}
