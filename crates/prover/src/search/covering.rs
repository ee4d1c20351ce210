//! Three executions at once, by running everybody twice in a ring (Fischer, Lynch and Merritt,
//! Distributed Computing 1986).
//!
//! The processes form three groups A, B and C of at most f each. Each process is there twice, with
//! input 0 and with input 1, and hears: A and B the other's copy with the same input, B and C too,
//! but C and A the copy with the other input. Wherever two neighbouring groups of the ring look,
//! they see an execution of n processes in which the third group lies: it says what its copies in
//! the ring say. So B and C with input 0 must decide 0, A and B with input 1 must decide 1, and C
//! with input 0 and A with input 1, which sit side by side, must agree.

use super::limits::Stopped;
use crate::certificate::{Execution, Link, Model, Question};

/// The longest description of what a process has seen, in characters.
const TEXT_MAX: usize = 1 << 20;

/// Who is in which group, if the groups can be small enough.
fn groups(question: &Question) -> Option<Vec<usize>> {
    let (n, f) = (usize::from(question.n), usize::from(question.f));
    match question.model {
        Model::Byzantine if n <= 3 * f && n >= 3 => Some((0..n).map(|p| p * 3 / n).collect()),
        // With two groups and nobody between them nobody has to forge anything.
        Model::Byzantine | Model::Signed if n <= 2 * f => {
            Some((0..n).map(|p| p * 2 / n * 2).collect())
        }
        _ => None,
    }
}

/// The chain, if there are few enough correct processes.
pub(crate) fn covering(question: &Question) -> Result<Option<Vec<Link>>, Stopped> {
    if let Some(chain) = apart(question)? {
        return Ok(Some(chain));
    }
    let Some(group) = groups(question) else { return Ok(None) };
    let ring = Ring::new(&group, question)?;
    let chain = [(0, [2, 0, 0]), (1, [1, 2, 0]), (2, [1, 1, 2])];
    // Of each scenario: the group that lies, and the copy of each other group that is there.
    let links = chain.map(|(lies, copies)| {
        let copies = group.iter().map(|g| if *g == lies { 0 } else { copies[*g] });
        ring.scenario(lies, &copies.collect::<Vec<usize>>())
    });
    let first = |g: usize| group.iter().position(|other| *other == g).map(|p| p as u16);
    let witness = [first(2), first(0), None];
    let links = links.into_iter().zip(witness);
    Ok(Some(links.map(|(execution, same)| Link { execution, same, round: None }).collect()))
}

/// The chain of two groups that do not hear of each other, if messages may be late: with 0 in all
/// of A and B, with 0 in A and 1 in C, and with 1 in all of B and C. If there is a group B between
/// them, it is faulty in the second execution, and A hears from it what it says in the first, and C
/// what it says in the last. In those, the third group is faulty and says nothing.
fn apart(question: &Question) -> Result<Option<Vec<Link>>, Stopped> {
    let (n, f) = (usize::from(question.n), usize::from(question.f));
    let group: Vec<usize> = match question.model {
        Model::Late if n <= 2 * f && question.k == 1 => (0..n).map(|p| p * 2 / n * 2).collect(),
        Model::LateSigned if n <= 2 * f => (0..n).map(|p| p * 2 / n * 2).collect(),
        Model::LateSigned if n <= 3 * f => (0..n).map(|p| p * 3 / n).collect(),
        _ => return Ok(None),
    };
    let mut apart = Apart { group: &group, seen: Vec::new(), faults: Default::default() };
    for round in 1..=question.rounds {
        apart.go_on(round, question.model == Model::LateSigned)?;
    }
    let first = |g: usize| group.iter().position(|other| *other == g).map(|p| p as u16);
    let witness = [first(0), first(2), None];
    let [low, mixed, high] = apart.faults;
    let of = |g: usize| (0..n as u16).filter(|p| group[usize::from(*p)] == g).collect::<Vec<u16>>();
    let signed = |g: usize| if question.model == Model::LateSigned { of(g) } else { Vec::new() };
    let inputs = |value: fn(usize) -> u8| group.iter().map(|g| value(*g)).collect::<Vec<u8>>();
    let executions = [
        Execution { inputs: inputs(|_| 0), faulty: signed(2), faults: low },
        Execution { inputs: inputs(|g| u8::from(g == 2)), faulty: signed(1), faults: mixed },
        Execution { inputs: inputs(|_| 1), faulty: signed(0), faults: high },
    ];
    let links = executions.into_iter().zip(witness);
    Ok(Some(links.map(|(execution, same)| Link { execution, same, round: None }).collect()))
}

/// Groups A and C that do not hear of each other, and B in between.
struct Apart<'g> {
    group: &'g [usize],
    /// What each process has seen when A and B have 0, and when B and C have 1; last round.
    seen: Vec<[String; 2]>,
    /// What goes wrong in the three executions.
    faults: [Vec<String>; 3],
}

impl Apart<'_> {
    /// Whether p hears q in the world of A and B or in that of B and C.
    fn hears(&self, world: usize, q: usize) -> bool {
        self.group[q] != 2 - 2 * world
    }

    fn go_on(&mut self, round: u16, silent: bool) -> Result<(), Stopped> {
        let n = self.group.len();
        let pairs = (0..n).flat_map(|p| (0..n).map(move |q| (p, q)));
        for (p, q) in pairs.filter(|(p, q)| p != q) {
            for (world, at) in [(0, 0), (1, 2)] {
                // Whether the third group is silent or late, the others do not hear it.
                let cut = self.hears(world, p) && !self.hears(world, q);
                let word = match silent {
                    true => format!("omit p{q}@{round}:p{p}"),
                    false => format!("miss p{p}@{round}:p{q}"),
                };
                self.faults[at].extend(Some(word).filter(|_| cut));
                let back = !silent && !self.hears(world, p) && self.hears(world, q);
                self.faults[at].extend(Some(format!("miss p{p}@{round}:p{q}")).filter(|_| back));
            }
            if self.group[p].abs_diff(self.group[q]) == 2 {
                self.faults[1].push(format!("miss p{p}@{round}:p{q}"));
            } else if self.group[q] == 1 && self.group[p] != 1 {
                let world = self.group[p] / 2;
                let said = match self.seen.get(q) {
                    Some(seen) => seen[world].clone(),
                    None => world.to_string(),
                };
                self.faults[1].push(format!("lie p{q}@{round}:p{p}={said}"));
            }
        }
        let before = |q: usize, world: usize| match self.seen.get(q) {
            _ if !self.hears(world, q) => "-".to_string(),
            Some(seen) => seen[world].clone(),
            None => world.to_string(),
        };
        let seen = (0..n).map(|_| {
            [0, 1].map(|world| {
                let parts: Vec<String> = (0..n).map(|q| before(q, world)).collect();
                format!("({})", parts.join(","))
            })
        });
        let seen: Vec<[String; 2]> = seen.collect();
        if seen.iter().any(|seen| seen[0].len() > TEXT_MAX) {
            return Err(Stopped::Size);
        }
        self.seen = seen;
        Ok(())
    }
}

/// What the two copies of everybody see, round by round.
struct Ring<'g> {
    group: &'g [usize],
    /// By round, then by process, then by copy.
    seen: Vec<Vec<[String; 2]>>,
}

impl<'g> Ring<'g> {
    fn new(group: &'g [usize], question: &Question) -> Result<Self, Stopped> {
        let first = vec![["0".to_string(), "1".to_string()]; group.len()];
        let mut ring = Self { group, seen: vec![first] };
        for _ in 1..question.rounds {
            let before = &ring.seen[ring.seen.len() - 1];
            if before.iter().any(|seen| seen[0].len() * group.len() > TEXT_MAX) {
                return Err(Stopped::Size);
            }
            let hears = |p: usize, copy: usize| {
                let parts: Vec<&str> =
                    (0..group.len()).map(|q| before[q][ring.copy(p, copy, q)].as_str()).collect();
                format!("({})", parts.join(","))
            };
            let now = (0..group.len()).map(|p| [hears(p, 0), hears(p, 1)]).collect();
            ring.seen.push(now);
        }
        Ok(ring)
    }

    /// Which copy of q a copy of p hears.
    fn copy(&self, p: usize, copy: usize, q: usize) -> usize {
        let apart = self.group[p] + self.group[q] == 2 && self.group[p] != self.group[q];
        if apart { 1 - copy } else { copy }
    }

    /// The execution in which one group lies to these copies of the others.
    fn scenario(&self, lies: usize, copies: &[usize]) -> Execution {
        let n = self.group.len();
        let faulty: Vec<usize> = (0..n).filter(|p| self.group[*p] == lies).collect();
        let correct: Vec<usize> = (0..n).filter(|p| self.group[*p] != lies).collect();
        let mut faults = Vec::new();
        for (round, seen) in (1..).zip(&self.seen) {
            for from in &faulty {
                for to in &correct {
                    let word = &seen[*from][self.copy(*to, copies[*to], *from)];
                    faults.push(format!("lie p{from}@{round}:p{to}={word}"));
                }
            }
        }
        let inputs = copies.iter().map(|copy| *copy as u8).collect();
        let faulty = faulty.into_iter().map(|p| p as u16).collect();
        Execution { inputs, faulty, faults }
    }
}
