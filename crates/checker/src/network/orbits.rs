//! The print of an orbit: the same for all states that permutations of names map to each other, and
//! for no others.
//!
//! Processes are coloured by the places that they have in the parts of a state, a sum that does not
//! ask for names. Sorting them by colour gives one arrangement of the state, whose print is taken.
//! Where colours tie, processes whose exchange leaves the state as it is may stand in any order;
//! where it does not, colours are refined by those of whom a process stands together with, and if
//! that is not enough each of the processes that tie is set apart in turn, and the least print is
//! taken (the individualisation and refinement of McKay 1981). Permutations of values are few, and
//! all are tried.

use rustc_hash::FxHashMap;

use super::mirrors::UNKNOWN;
use super::print::{Part, Print, mix, scramble};
use super::state::State;
use super::symmetry::{Symmetry, sorted_by_swaps};
use super::tables::{Tables, Thing, WEAK};

/// The most processes, as an array holds them.
const N: usize = super::symmetry::PROCESSES_MAX as usize;
/// How many images and prints are remembered; more recent ones take the place of others.
const IMAGES: usize = 1 << 15;
const PRINTS: usize = 1 << 14;
/// How often colours are refined at most.
const ROUNDS: usize = 4;

type Colours = [u64; N];

/// A part of a state.
#[derive(Clone, Copy)]
struct Item {
    thing: Thing,
    number: u32,
    /// Whether it is a message that need not arrive.
    weak: u32,
    /// The place in the queue of its link, where links keep order.
    place: Option<u32>,
}

impl Item {
    /// Its share in the print of a state, under another number.
    fn print(self, number: u32) -> Print {
        match (self.thing, self.place) {
            (Thing::Seat, _) => mix(Part::Seat, u64::from(number)),
            (Thing::Ledger, _) => mix(Part::Ledger, u64::from(number)),
            (Thing::Event, None) => mix(Part::Message, u64::from(number | self.weak)),
            (Thing::Event, Some(place)) => {
                mix(Part::Place, u64::from(number | self.weak) | u64::from(place) << 32)
            }
        }
    }

    /// By how much its colours count.
    fn weight(self) -> u64 {
        let place = u64::from(self.place.unwrap_or(0));
        (place * 4 + if self.weak == 0 { 1 } else { 3 }).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// What a worker knows of images, and what it needs to make use of it.
pub(crate) struct Orbits {
    n: usize,
    /// How many exchanges there are.
    width: usize,
    /// The sets of processes that may exchange their names, and the first exchange of each.
    sets: Vec<(Vec<u8>, usize)>,
    /// Every permutation of values, as exchanges; that which changes nothing first.
    values: Vec<Vec<usize>>,
    images: [Vec<u32>; 3],
    tints: [Vec<u64>; 3],
    /// How much of what the source knows was copied.
    known: usize,
    permutations: FxHashMap<[u8; N], u32>,
    /// By permutation, the exchanges that make it.
    exchanges: Vec<Box<[u8]>>,
    /// By two processes, the permutation that exchanges them, counted from 1; 0 if not known yet.
    pairs: Vec<u32>,
    recent: Vec<(u64, u32)>,
    prints: Vec<(Print, Print)>,
    items: Vec<Item>,
}

impl Orbits {
    pub(crate) fn new(symmetry: &Symmetry, n: usize) -> Self {
        let mut first = 0;
        let mut sets = Vec::new();
        for set in &symmetry.processes {
            sets.push((set.iter().map(|p| p.0 as u8).collect::<Vec<u8>>(), first));
            first += set.len() - 1;
        }
        let mut values = vec![Vec::new()];
        for set in &symmetry.values {
            let orders = orders(set.len());
            values = values
                .iter()
                .flat_map(|begun: &Vec<usize>| {
                    orders.iter().map(move |order| {
                        let mut all = begun.clone();
                        sorted_by_swaps(&mut order.clone(), |at| all.push(first + at));
                        all
                    })
                })
                .collect();
            first += set.len() - 1;
        }
        Self {
            n,
            width: first,
            sets,
            values,
            images: Default::default(),
            tints: Default::default(),
            known: 0,
            permutations: FxHashMap::default(),
            exchanges: Vec::new(),
            pairs: vec![0; N * N],
            recent: vec![(0, 0); IMAGES],
            prints: vec![(0, 0); PRINTS],
            items: Vec::new(),
        }
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> u64 {
        let images: usize = self.images.iter().map(Vec::capacity).sum();
        let tints: usize = self.tints.iter().map(Vec::capacity).sum();
        let recent = IMAGES * size_of::<(u64, u32)>() + PRINTS * size_of::<(Print, Print)>();
        (images * 4 + tints * 8 + self.exchanges.len() * 64 + recent) as u64
    }

    /// The print of the orbit of a state that was met a short while ago, by its own print.
    #[inline]
    pub(crate) fn met(&self, print: Print) -> Option<Print> {
        let (known, orbit) = self.prints[print as usize % PRINTS];
        (known == print && print != 0).then_some(orbit)
    }

    /// The print of the orbit of a state, whose own print is `print`.
    pub(crate) fn print(
        &mut self,
        state: State<'_>,
        print: Print,
        fifo: bool,
        tables: &mut Tables<'_>,
    ) -> Print {
        let mut items = std::mem::take(&mut self.items);
        self.list(state, fifo, tables, &mut items);
        let own =
            items.iter().fold(0, |sum: Print, item| sum.wrapping_add(item.print(item.number)));
        let rest = print.wrapping_sub(own);
        let mut best: Option<(u64, Print)> = None;
        let mut turned = Vec::new();
        for at in 0..self.values.len() {
            turned.clear();
            for item in &items {
                let number = self.exchanged(item.thing, item.number, at, tables);
                turned.push(Item { number, ..*item });
            }
            if at > 0 && turned.iter().zip(&items).all(|(one, other)| one.number == other.number) {
                continue;
            }
            let colours = self.colours(&turned);
            let sum = self.sum(&colours);
            if best.is_some_and(|(least, _)| least < sum) {
                continue;
            }
            let arranged = self.arranged(&turned, colours, false, tables);
            best = match best {
                Some((least, other)) if least == sum => Some((sum, other.min(arranged))),
                _ => Some((sum, arranged)),
            };
        }
        self.items = items;
        let orbit = rest.wrapping_add(best.map_or(own, |(_, arranged)| arranged));
        self.prints[print as usize % PRINTS] = (print, orbit);
        orbit
    }

    /// The parts of a state.
    fn list(
        &mut self,
        state: State<'_>,
        fifo: bool,
        tables: &mut Tables<'_>,
        items: &mut Vec<Item>,
    ) {
        items.clear();
        let plain = |thing, number| Item { thing, number, weak: 0, place: None };
        items.extend(state.seats().iter().map(|seat| plain(Thing::Seat, *seat)));
        items.push(plain(Thing::Ledger, state.ledger()));
        let mut link = None;
        let mut place = 0;
        for event in state.messages() {
            let mut item = plain(Thing::Event, event & !WEAK);
            item.weak = event & WEAK;
            if fifo {
                let on = tables.event(*event);
                place = if link == Some((on.from, on.to)) { place + 1 } else { 0 };
                link = Some((on.from, on.to));
                item.place = Some(place);
            }
            items.push(item);
        }
        let known = |item: &Item| {
            let tints = &self.tints[item.thing as usize];
            tints.get(item.number as usize * self.n).is_some_and(|tint| *tint != 0)
        };
        if !items.iter().all(known) {
            self.catch_up(tables);
        }
    }

    /// Copies what became known since.
    #[cold]
    fn catch_up(&mut self, tables: &Tables<'_>) {
        let new = tables.images(self.known);
        self.known += new.len();
        for image in new {
            let (thing, number) = (image.thing as usize, image.number as usize);
            let images = &mut self.images[thing];
            if images.len() < (number + 1) * self.width {
                images.resize((number + 1) * self.width, UNKNOWN);
            }
            images[number * self.width..][..self.width].copy_from_slice(&image.images);
            let tints = &mut self.tints[thing];
            if tints.len() < (number + 1) * self.n {
                tints.resize((number + 1) * self.n, 0);
            }
            let tint = |place: &u32| scramble(u64::from(*place) | (thing as u64 + 1) << 40);
            for (to, place) in tints[number * self.n..].iter_mut().zip(&image.places) {
                *to = tint(place);
            }
        }
    }

    /// What one exchange makes of a thing.
    #[inline]
    fn image(&mut self, thing: Thing, number: u32, swap: usize, tables: &Tables<'_>) -> u32 {
        let at = number as usize * self.width + swap;
        match self.images[thing as usize].get(at) {
            Some(image) if *image != UNKNOWN => *image,
            _ => {
                self.catch_up(tables);
                let image = self.images[thing as usize].get(at).copied();
                image.filter(|image| *image != UNKNOWN).unwrap_or(number)
            }
        }
    }

    /// What a permutation of values makes of a thing.
    fn exchanged(&mut self, thing: Thing, number: u32, order: usize, tables: &Tables<'_>) -> u32 {
        let mut number = number;
        for at in 0..self.values[order].len() {
            number = self.image(thing, number, self.values[order][at], tables);
        }
        number
    }

    /// What a permutation of processes makes of a thing.
    #[inline]
    fn permuted(&mut self, thing: Thing, number: u32, by: u32, tables: &Tables<'_>) -> u32 {
        if self.exchanges[by as usize].is_empty() {
            return number;
        }
        let key = (u64::from(by) << 2 | (thing as u64 + 1)) << 32 | u64::from(number);
        let place = (scramble(key) as usize) % IMAGES;
        let (known, image) = self.recent[place];
        if known == key {
            return image;
        }
        let mut image = number;
        for at in 0..self.exchanges[by as usize].len() {
            let swap = usize::from(self.exchanges[by as usize][at]);
            image = self.image(thing, image, swap, tables);
        }
        self.recent[place] = (key, image);
        image
    }

    /// The colour of each process.
    fn colours(&self, items: &[Item]) -> Colours {
        let mut colours: Colours = [0; N];
        for item in items {
            let from = item.number as usize * self.n;
            let Some(tints) = self.tints[item.thing as usize].get(from..from + self.n) else {
                continue;
            };
            let weight = item.weight();
            for (colour, tint) in colours.iter_mut().zip(tints) {
                *colour = colour.wrapping_add(tint.wrapping_mul(weight));
            }
        }
        colours
    }

    /// The colours after each has looked at the others that stand where it does.
    fn refined(&self, items: &[Item], colours: &Colours) -> Colours {
        let mut refined = colours.map(scramble);
        for item in items {
            let from = item.number as usize * self.n;
            let Some(tints) = self.tints[item.thing as usize].get(from..from + self.n) else {
                continue;
            };
            let seen = tints.iter().zip(colours).map(|(tint, colour)| scramble(tint ^ colour));
            let sum = seen.fold(item.weight(), u64::wrapping_add);
            for (colour, tint) in refined.iter_mut().zip(tints) {
                *colour = colour.wrapping_add(scramble(tint.wrapping_add(sum)));
            }
        }
        refined
    }

    /// A number that does not change if processes exchange their colours within their sets.
    fn sum(&self, colours: &Colours) -> u64 {
        let mut sum = 0u64;
        let mut fixed = (1u32 << self.n) - 1;
        for (at, (set, _)) in self.sets.iter().enumerate() {
            for p in set {
                sum = sum.wrapping_add(scramble(colours[usize::from(*p)] ^ (at as u64 + 1)));
                fixed &= !(1 << p);
            }
        }
        for at in (0..self.n).filter(|at| fixed >> at & 1 == 1) {
            sum = sum.wrapping_add(scramble(colours[at] ^ (at as u64) << 32));
        }
        sum
    }

    /// The least print of an arrangement that colours admit.
    fn arranged(
        &mut self,
        items: &[Item],
        colours: Colours,
        refined: bool,
        tables: &Tables<'_>,
    ) -> Print {
        let Some(open) = self.open(items, &colours, tables) else {
            let by = self.sorting(&colours);
            return self.print_under(items, by, tables);
        };
        if !refined {
            let mut better = colours;
            for _ in 0..ROUNDS {
                better = self.refined(items, &better);
            }
            return self.arranged(items, better, true, tables);
        }
        let mut least = Print::MAX;
        for p in open {
            let mut apart = colours;
            apart[usize::from(p)] = scramble(!apart[usize::from(p)]);
            for _ in 0..ROUNDS {
                apart = self.refined(items, &apart);
            }
            least = least.min(self.arranged(items, apart, true, tables));
        }
        least
    }

    /// The first processes of one colour that may not stand in any order: one of each kind.
    fn open(&mut self, items: &[Item], colours: &Colours, tables: &Tables<'_>) -> Option<Vec<u8>> {
        for set in 0..self.sets.len() {
            let mut order = [0; N];
            let order = &mut order[..self.sets[set].0.len()];
            order.copy_from_slice(&self.sets[set].0);
            order.sort_unstable_by_key(|p| (colours[usize::from(*p)], *p));
            let mut from = 0;
            for to in 1..=order.len() {
                let colour = |at: usize| colours[usize::from(order[at])];
                if to < order.len() && colour(to) == colour(from) {
                    continue;
                }
                let kinds = self.kinds(items, set, &order[from..to], tables);
                if kinds.is_some() {
                    return kinds;
                }
                from = to;
            }
        }
        None
    }

    /// One of each kind of processes that tie, if there are several: of one kind are those whose
    /// exchange leaves the state as it is.
    fn kinds(
        &mut self,
        items: &[Item],
        set: usize,
        tied: &[u8],
        tables: &Tables<'_>,
    ) -> Option<Vec<u8>> {
        let mut pairs = tied.windows(2);
        if pairs.all(|pair| self.alike(items, set, (pair[0], pair[1]), tables)) {
            return None;
        }
        let mut kinds: Vec<u8> = Vec::new();
        for p in tied {
            if !kinds.iter().any(|kind| self.alike(items, set, (*kind, *p), tables)) {
                kinds.push(*p);
            }
        }
        (kinds.len() > 1).then_some(kinds)
    }

    /// Whether the exchange of two processes leaves the state as it is.
    fn alike(&mut self, items: &[Item], set: usize, (p, q): (u8, u8), tables: &Tables<'_>) -> bool {
        let by = self.exchange(set, p, q);
        let mut change: Print = 0;
        for item in items {
            let image = self.permuted(item.thing, item.number, by, tables);
            if image != item.number {
                change = change.wrapping_add(item.print(image));
                change = change.wrapping_sub(item.print(item.number));
            }
        }
        change == 0
    }

    /// The permutation that exchanges two processes of a set.
    fn exchange(&mut self, set: usize, p: u8, q: u8) -> u32 {
        let place = usize::from(p) * N + usize::from(q);
        if self.pairs[place] == 0 {
            let mut colours: Colours = [0; N];
            for (at, other) in self.sets[set].0.iter().enumerate() {
                colours[usize::from(*other)] = at as u64;
            }
            colours.swap(p.into(), q.into());
            self.pairs[place] = self.sorting(&colours) + 1;
        }
        self.pairs[place] - 1
    }

    /// The permutation that brings the processes of each set into the order of their colours.
    fn sorting(&mut self, colours: &Colours) -> u32 {
        let mut ranks = [0u8; N];
        for (set, _) in &self.sets {
            for p in set {
                let mine = (colours[usize::from(*p)], *p);
                let before = |q: &&u8| (colours[usize::from(**q)], **q) < mine;
                ranks[usize::from(*p)] = set.iter().filter(before).count() as u8;
            }
        }
        if let Some(known) = self.permutations.get(&ranks) {
            return *known;
        }
        let mut exchanges = Vec::new();
        for (set, first) in &self.sets {
            let mut order: Vec<u8> = set.iter().map(|p| ranks[usize::from(*p)]).collect();
            sorted_by_swaps(&mut order, |at| exchanges.push((first + at) as u8));
        }
        let number = self.exchanges.len() as u32;
        self.exchanges.push(exchanges.into());
        self.permutations.insert(ranks, number);
        number
    }

    fn print_under(&mut self, items: &[Item], by: u32, tables: &Tables<'_>) -> Print {
        items.iter().fold(0, |sum: Print, item| {
            let image = self.permuted(item.thing, item.number, by, tables);
            sum.wrapping_add(item.print(image))
        })
    }
}

/// All orders of so many things.
fn orders(count: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    for new in 0..count as u8 {
        let place = |order: &Vec<u8>| {
            (0..=order.len())
                .map(|at| {
                    let mut longer = order.clone();
                    longer.insert(at, new);
                    longer
                })
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(place).collect();
    }
    all.sort_unstable();
    all
}
