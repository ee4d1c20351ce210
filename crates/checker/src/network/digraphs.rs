//! Whether orbits have one print each, and no two the same: counted where the numbers are known.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use quorate_kernel::{Process, Value};

use super::orbits::Orbits;
use super::search::Root;
use super::state::State;
use super::symmetry::{Swap, Symmetry};
use super::tables::{Case, EventInfo, Image, Landing, SeatInfo, Source, Tables, Thing};

/// Four processes that do nothing, and every message from one to another in two colours, which
/// are values.
struct Graphs {
    symmetry: Symmetry,
    images: Vec<Image>,
}

const N: u16 = 4;

/// The number of a message, and the message of a number.
fn number((from, to, colour): (u16, u16, u16)) -> u32 {
    u32::from((from * N + to) * 2 + colour)
}

fn edges() -> impl Iterator<Item = (u16, u16, u16)> {
    let pairs = (0..N).flat_map(|from| (0..N).map(move |to| (from, to)));
    pairs.flat_map(|(from, to)| (0..2).map(move |colour| (from, to, colour)))
}

fn swapped(swap: Swap, (from, to, colour): (u16, u16, u16)) -> (u16, u16, u16) {
    let exchange = |a: u16, b: u16, x: u16| match x {
        x if x == a => b,
        x if x == b => a,
        x => x,
    };
    match swap {
        Swap::Processes(a, b) => (exchange(a, b, from), exchange(a, b, to), colour),
        Swap::Values(a, b) => (from, to, exchange(a, b, colour)),
    }
}

impl Graphs {
    fn new(values: bool) -> Self {
        let processes = vec![(0..N).map(Process).collect()];
        let values = if values { vec![vec![Value(0), Value(1)]] } else { Vec::new() };
        let symmetry = Symmetry { processes, values };
        let swaps = symmetry.swaps();
        let mut images = Vec::new();
        let image = |thing, number, images, places| Image { thing, number, images, places };
        for p in 0..N {
            let at = |swap: &Swap| u32::from(swapped(*swap, (p, p, 0)).0);
            let places = (0..N).map(|q| u32::from(p == q)).collect();
            images.push(image(Thing::Seat, p.into(), swaps.iter().map(at).collect(), places));
        }
        for edge @ (from, to, colour) in edges() {
            let at = |swap: &Swap| number(swapped(*swap, edge));
            let place = |p| u32::from(p == from) + 2 * u32::from(p == to) + 4 * u32::from(colour);
            let places = (0..N).map(place).collect();
            images.push(image(Thing::Event, number(edge), swaps.iter().map(at).collect(), places));
        }
        let still = swaps.iter().map(|_| 0).collect();
        images.push(image(Thing::Ledger, 0, still, vec![0; N.into()].into()));
        Self { symmetry, images }
    }

    /// How many different prints the states have that `wanted` admits; each of them must have the
    /// print of all its images.
    fn orbits(self, fifo: bool, states: impl Iterator<Item = Vec<u32>>) -> usize {
        let symmetry = self.symmetry.clone();
        let source: Mutex<Self> = Mutex::new(self);
        let mut tables = Tables::new(&source);
        let mut orbits = Orbits::new(&symmetry, N.into());
        let mut prints = HashSet::new();
        let mut by_state = BTreeMap::new();
        for messages in states {
            let mut words: Vec<u32> = (0..u32::from(N)).chain([0, 0, 0, 0]).collect();
            words.extend(&messages);
            let state = State { words: &words, n: N.into() };
            let own = state.print(fifo, &mut tables);
            let print = orbits.print(state, own, fifo, &mut tables);
            assert_eq!(orbits.met(own), Some(print), "it is remembered");
            prints.insert(print);
            by_state.insert(messages, print);
        }
        let all: Vec<(u16, u16, u16)> = edges().collect();
        for (messages, print) in &by_state {
            for swap in symmetry.swaps() {
                let image = |event: &u32| number(swapped(swap, all[*event as usize]));
                let mut image: Vec<u32> = messages.iter().map(image).collect();
                match fifo {
                    true => image.sort_by_key(|event| event / 2),
                    false => image.sort_unstable(),
                }
                assert_eq!(by_state.get(&image), Some(print), "{messages:?} and {image:?}");
            }
        }
        prints.len()
    }
}

impl Source for Graphs {
    fn drops(&self) -> bool {
        false
    }

    fn is_past(&mut self, _: u32, _: u32) -> bool {
        false
    }

    fn seats(&self, _: usize) -> &[Arc<SeatInfo>] {
        &[]
    }

    fn events(&self, from: usize) -> &[EventInfo] {
        const INFOS: [EventInfo; 32] = {
            let mut all = [EventInfo { from: 0, to: 0 }; 32];
            let mut at = 0;
            while at < 32 {
                all[at] = EventInfo { from: at as u16 / 8, to: at as u16 / 2 % 4 };
                at += 1;
            }
            all
        };
        &INFOS[from.min(32)..]
    }

    fn roots(&mut self) -> Vec<Root> {
        Vec::new()
    }

    fn land(&mut self, _: u32, _: u32) -> Vec<Landing> {
        Vec::new()
    }

    fn cut(&mut self, event: u32, _: bool) -> u32 {
        event
    }

    fn signed_words(&mut self, _: &[u32]) -> Box<[u32]> {
        Box::default()
    }

    fn garbled(&mut self, event: u32) -> u32 {
        event
    }

    fn enter(&mut self, ledger: u32, _: u16, _: u32) -> u32 {
        ledger
    }

    fn judge(&mut self, _: u32, _: Case) -> u64 {
        0
    }

    fn images(&mut self, from: usize) -> Vec<Image> {
        self.images[from.min(self.images.len())..].to_vec()
    }

    fn lowest(&mut self, _: Thing, _: u32) -> Option<u32> {
        None
    }

    fn lowered(&mut self, _: Thing, number: u32, _: i64) -> u32 {
        number
    }

    fn bytes(&self) -> u64 {
        0
    }
}

/// Every choice of some of these, in order.
fn subsets(of: Vec<u32>) -> impl Iterator<Item = Vec<u32>> {
    (0..1u32 << of.len()).map(move |set| {
        let chosen = of.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
        chosen.map(|(_, event)| *event).collect()
    })
}

/// There are 218 directed graphs with four nodes, and 3,044 with loops (OEIS A000273, A000595).
#[test]
fn directed_graphs_are_counted_as_they_are_known() {
    let plain = |loops: bool| {
        let wanted = edges().filter(|(a, b, colour)| *colour == 0 && (loops || a != b));
        subsets(wanted.map(number).collect())
    };
    assert_eq!(Graphs::new(false).orbits(false, plain(false)), 218);
    assert_eq!(Graphs::new(false).orbits(false, plain(true)), 3_044);
}

/// Of each pair at most one message, in either colour. There are 42 oriented graphs with four nodes
/// (OEIS A001174); the colours are counted with Burnside's lemma over the 24 permutations.
#[test]
fn colours_that_may_be_exchanged_count_once() {
    let pairs: Vec<(u16, u16)> = (0..N).flat_map(|a| (a + 1..N).map(move |b| (a, b))).collect();
    let all = |colours: u16| {
        let options = usize::from(colours) * 2 + 1;
        let pairs = pairs.clone();
        (0..options.pow(6)).map(move |mut code| {
            let mut messages = Vec::new();
            for (a, b) in &pairs {
                let way = (code % options) as u16;
                code /= options;
                if way > 0 {
                    let (from, to) = if way & 1 == 0 { (*a, *b) } else { (*b, *a) };
                    messages.push(number((from, to, (way - 1) / 2)));
                }
            }
            messages.sort_unstable();
            messages
        })
    };
    assert_eq!(Graphs::new(false).orbits(false, all(1)), 42);
    let fixed = |moved: &dyn Fn(u32) -> u32| {
        let same = |messages: &Vec<u32>| {
            let mut image: Vec<u32> = messages.iter().map(|event| moved(*event)).collect();
            image.sort_unstable();
            image == *messages
        };
        all(2).filter(same).count()
    };
    let of = |number: u32| edges().nth(number as usize).unwrap_or_default();
    let (mut plain, mut exchanged) = (0, 0);
    for order in orders() {
        let permuted = |flip: u16| {
            let order = order.clone();
            move |event: u32| {
                let (from, to, colour) = of(event);
                number((order[usize::from(from)], order[usize::from(to)], colour ^ flip))
            }
        };
        plain += fixed(&permuted(0));
        exchanged += fixed(&permuted(1));
    }
    assert_eq!(Graphs::new(false).orbits(false, all(2)), plain / 24);
    assert_eq!(Graphs::new(true).orbits(false, all(2)), (plain + exchanged) / 48);
}

/// Two messages of two colours on each of some links: in a queue their order counts.
#[test]
fn queues_are_renamed_in_their_order() {
    let wanted = |a: u16, b: u16| [number((a, b, 0)), number((a, b, 1))];
    let links: [(u16, u16); 4] = [(0, 1), (1, 0), (2, 3), (3, 1)];
    let every = |links: Vec<(u16, u16)>| {
        let mut all: Vec<Vec<u32>> = vec![Vec::new()];
        for (a, b) in links {
            let [one, other] = wanted(a, b);
            let queues = [vec![], vec![one], vec![other], vec![one, other], vec![other, one]];
            let longer = |begun: &Vec<u32>| {
                let begun = begun.clone();
                queues.clone().map(|queue| [begun.clone(), queue].concat())
            };
            all = all.iter().flat_map(longer).collect();
        }
        all
    };
    let closed: HashSet<Vec<u32>> = orders()
        .flat_map(|order| {
            let mut links: Vec<(u16, u16)> = links
                .iter()
                .map(|(a, b)| (order[usize::from(*a)], order[usize::from(*b)]))
                .collect();
            links.sort_unstable();
            every(links)
        })
        .collect();
    let found = Graphs::new(false).orbits(true, closed.clone().into_iter());
    let of = |event: &u32| edges().nth(*event as usize).unwrap_or_default();
    let least = |messages: &Vec<u32>| {
        let image = |order: Vec<u16>| {
            let moved = messages.iter().map(|event| {
                let (from, to, colour) = of(event);
                number((order[usize::from(from)], order[usize::from(to)], colour))
            });
            let mut image: Vec<u32> = moved.collect();
            image.sort_by_key(|event| event / 2);
            image
        };
        orders().map(image).min()
    };
    let orbits: HashSet<_> = closed.iter().map(least).collect();
    assert_eq!(found, orbits.len());
}

fn orders() -> impl Iterator<Item = Vec<u16>> {
    let all = (0..N.pow(4)).map(|code| (0..4).map(|at| code / N.pow(at) % N).collect::<Vec<u16>>());
    all.filter(|order| (0..N).all(|p| order.contains(&p)))
}
