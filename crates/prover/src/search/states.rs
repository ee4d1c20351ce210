//! Every state that n processes can be in after a round: what each has seen, and the situation.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use super::adversary::{Adversary, Block, Hearing, Path, Situation, Speech, members};
use super::claims::Claims;
use super::early::Early;
use super::limits::{Limits, Stopped};
use super::views::{NONE, Names, Rows};
use crate::certificate::Question;

/// How often the limits are looked at, in ways from a state to the next.
const LOOK_EVERY: u64 = 4_096;

/// The states after one round, each once, with the first way to it that was found.
pub(crate) struct Layer {
    /// A view for each process, and the number of the situation. If decisions last, then for each
    /// process that has crashed with which number it had decided.
    rows: Rows,
    /// The state before; after no round the number of the proposals.
    parents: Vec<u32>,
    /// Which block, and which way of it.
    ways: Vec<(u16, u32)>,
}

impl Layer {
    fn new(width: usize) -> Self {
        Self { rows: Rows::new(width), parents: Vec::new(), ways: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    fn add(&mut self, row: &[u32], parent: u32, way: (u16, u32)) -> Result<(), Stopped> {
        let (_, new) = self.rows.intern(row)?;
        if new {
            self.parents.push(parent);
            self.ways.push(way);
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.rows.bytes() + self.parents.capacity() * 4 + self.ways.capacity() * 8
    }
}

/// Everything up to a round.
pub(crate) struct States<'a> {
    pub(crate) adversary: &'a dyn Adversary,
    pub(crate) question: Question,
    pub(crate) names: Names,
    inputs: Vec<Vec<u8>>,
    situations: Vec<Situation>,
    numbers: HashMap<Situation, u32, FxBuildHasher>,
    blocks: HashMap<(u32, u16), Rc<Vec<Block>>, FxBuildHasher>,
    pub(crate) layers: Vec<Layer>,
    /// The views after round 1, 2, ...
    pub(crate) views: Vec<Rows>,
    limits: Limits,
    /// Who decides before the last round.
    pub(crate) early: Early,
    /// What a liar can claim.
    pub(super) claims: Claims,
}

impl<'a> States<'a> {
    /// Before the first round.
    pub(crate) fn new(
        adversary: &'a dyn Adversary,
        question: Question,
        names: Names,
        limits: Limits,
    ) -> Result<Self, Stopped> {
        let mut states = Self {
            adversary,
            question,
            names,
            inputs: adversary.inputs(),
            situations: Vec::new(),
            numbers: HashMap::default(),
            blocks: HashMap::default(),
            layers: Vec::new(),
            views: Vec::new(),
            limits,
            early: Early::default(),
            claims: Claims::default(),
        };
        let mut layer = Layer::new(states.width());
        for (number, inputs) in states.inputs.clone().iter().enumerate() {
            for start in adversary.starts() {
                let start = Situation { said: adversary.said(inputs, start), ..start };
                let views =
                    inputs.iter().enumerate().map(|(p, input)| match start.alive & (1 << p) {
                        0 => NONE,
                        _ => names.first(p, *input, adversary.values()),
                    });
                let mut row = states.row(views.collect(), start);
                row.resize(states.width(), NONE);
                layer.add(&row, number as u32, (0, 0))?;
            }
        }
        states.layers.push(layer);
        Ok(states)
    }

    /// Whether what a process has decided matters after it has crashed.
    fn lasts(&self) -> bool {
        self.question.uniform && !self.question.early.is_empty()
    }

    fn width(&self) -> usize {
        let n = self.adversary.n();
        if self.lasts() { 2 * n + 1 } else { n + 1 }
    }

    /// A state as a row. Without names, who has which view does not matter.
    fn row(&mut self, mut views: Vec<u32>, mut situation: Situation) -> Vec<u32> {
        if self.names == Names::Dropped {
            let mut order: Vec<usize> = (0..views.len()).collect();
            let faulty = |p: usize| situation.faulty & (1 << p) != 0;
            order.sort_by_key(|p| (views[*p] == NONE, faulty(*p), views[*p]));
            situation = situation.renamed(&order);
            views = order.iter().map(|p| views[*p]).collect();
        }
        let known = self.situations.len() as u32;
        let number = *self.numbers.entry(situation).or_insert(known);
        if number == known {
            self.situations.push(situation);
        }
        views.push(number);
        views
    }

    /// What can happen in a round from a situation.
    pub(crate) fn blocks(&mut self, situation: u32, round: u16) -> Rc<Vec<Block>> {
        let adversary = self.adversary;
        let situations = &self.situations;
        let make = || Rc::new(adversary.round(situations[situation as usize], round));
        Rc::clone(self.blocks.entry((situation, round)).or_insert_with(make))
    }

    /// The views and the situation of a state after a round.
    pub(crate) fn state(&self, round: usize, at: u32) -> (&[u32], u32) {
        let (n, row) = (self.adversary.n(), self.layers[round].rows.get(at));
        (&row[..n], row[n])
    }

    /// With which number a process has decided by a state after a round, if it has crashed by then
    /// or crashes in the next.
    pub(crate) fn lasting(&self, round: usize, at: u32, p: usize) -> u32 {
        let (n, row) = (self.adversary.n(), self.layers[round].rows.get(at));
        match row[p] {
            NONE => row.get(n + 1 + p).copied().unwrap_or(NONE),
            view => self.early.of(round, view),
        }
    }

    /// Goes on by one round.
    pub(crate) fn extend(&mut self) -> Result<(), Stopped> {
        let n = self.adversary.n();
        let done = self.layers.len() - 1;
        let (mut layer, mut rows) = (Layer::new(self.width()), Rows::new(self.names.width(n)));
        let mut options: Vec<Vec<u32>> = vec![Vec::new(); n];
        let mut looked = 0_u64;
        self.limits.look(self.bytes())?;
        for at in 0..self.layers[done].len() as u32 {
            let (before, situation) = self.state(done, at);
            let before = before.to_vec();
            let blocks = self.blocks(situation, done as u16 + 1);
            for (number, block) in blocks.iter().enumerate() {
                let block = self.spoken(block, done, &before)?;
                self.seen(&block, &before, &mut rows, &mut options)?;
                for way in 0..block.ways() {
                    looked += 1;
                    if looked.is_multiple_of(LOOK_EVERY) {
                        self.limits.look(self.bytes() + layer.bytes() + rows.bytes())?;
                    }
                    let mut rest = way;
                    let chosen = options.iter().map(|views| {
                        let count = views.len().max(1) as u64;
                        let place = (rest % count) as usize;
                        rest /= count;
                        views.get(place).copied().unwrap_or(NONE)
                    });
                    let chosen = chosen.collect();
                    let mut next = block.next;
                    next.said = self.situations[situation as usize].said;
                    let mut row = self.row(chosen, next);
                    for p in n + 1..self.width() {
                        let gone = row[p - n - 1] == NONE;
                        row.push(if gone { self.lasting(done, at, p - n - 1) } else { NONE });
                    }
                    let way = u32::try_from(way).map_err(|_| Stopped::Size)?;
                    layer.add(&row, at, (number as u16, way))?;
                }
            }
        }
        if !self.question.early.is_empty() {
            let states = (0..layer.len() as u32).map(|at| {
                let row = layer.rows.get(at);
                (&row[..n], self.adversary.correct(self.situations[row[n] as usize]))
            });
            self.early.add(&self.question, &rows, states);
        }
        self.layers.push(layer);
        self.views.push(rows);
        Ok(())
    }

    /// A block with all that the liar of a state can say in it.
    pub(crate) fn spoken<'b>(
        &mut self,
        block: &'b Block,
        done: usize,
        before: &[u32],
    ) -> Result<Cow<'b, Block>, Stopped> {
        let speech = self.adversary.speech();
        if speech == Speech::Honest {
            return Ok(Cow::Borrowed(block));
        }
        let claims = self.claims(speech, done, before)?;
        let mut block = block.clone();
        for options in &mut block.heard {
            let said = options
                .iter()
                .flat_map(|heard| claims.iter().map(|claim| Hearing { claim: *claim, ..*heard }));
            *options = said.collect();
        }
        Ok(Cow::Owned(block))
    }

    /// The view of each process for each thing that it can hear in a block.
    fn seen(
        &self,
        block: &Block,
        before: &[u32],
        rows: &mut Rows,
        options: &mut [Vec<u32>],
    ) -> Result<(), Stopped> {
        let mut view = Vec::new();
        for (p, (heard, views)) in block.heard.iter().zip(options).enumerate() {
            views.clear();
            for heard in heard {
                self.names.view(p, *heard, before, &mut view);
                views.push(rows.intern(&view)?.0);
            }
        }
        Ok(())
    }

    pub(crate) fn bytes(&self) -> usize {
        let layers: usize = self.layers.iter().map(Layer::bytes).sum();
        layers + self.early.bytes() + self.views.iter().map(Rows::bytes).sum::<usize>()
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn situation(&self, number: u32) -> Situation {
        self.situations[number as usize]
    }

    /// The way to a state after a round.
    pub(crate) fn path(&mut self, round: usize, at: u32) -> Result<Path, Stopped> {
        let mut places = vec![at];
        for round in (1..=round).rev() {
            places.push(self.layers[round].parents[places[places.len() - 1] as usize]);
        }
        places.reverse();
        let number = self.layers[0].parents[places[0] as usize];
        let inputs = self.inputs[number as usize].clone();
        let (_, situation) = self.state(0, places[0]);
        let situations = vec![self.situation(situation)];
        let mut path = Path { inputs, situations, heard: Vec::new(), lies: Vec::new() };
        for (round, at) in (1..).zip(&places[1..]) {
            let (before, situation) = self.state(round - 1, places[round - 1]);
            let before = before.to_vec();
            let (block, way) = self.layers[round].ways[*at as usize];
            let blocks = self.blocks(situation, round as u16);
            let block = self.spoken(&blocks[usize::from(block)], round - 1, &before)?;
            self.walk(&mut path, &block.way(way.into()));
            let (_, situation) = self.state(round, *at);
            path.situations.push(self.situation(situation));
        }
        Ok(path)
    }

    /// Adds a round to a path.
    pub(crate) fn walk(&self, path: &mut Path, heard: &[Hearing]) {
        let round = path.heard.len();
        let faulty = path.situations[round].faulty;
        path.heard.push(heard.iter().map(|heard| heard.from).collect());
        if self.adversary.speech() == Speech::Honest {
            return;
        }
        for liar in members(faulty) {
            for (to, heard) in heard.iter().enumerate().filter(|(_, heard)| heard.from != 0) {
                path.lies.push(match heard.claim {
                    NONE => format!("omit p{liar}@{}:p{to}", round + 1),
                    claim => {
                        format!("lie p{liar}@{}:p{to}={}", round + 1, self.view_text(round, claim))
                    }
                });
            }
        }
    }

    /// What a process has seen after a round.
    pub(super) fn view_text(&self, round: usize, view: u32) -> String {
        match round.checked_sub(1) {
            _ if view == NONE => "-".into(),
            None => (view % u32::from(self.adversary.values())).to_string(),
            Some(before) => {
                let row = &self.views[before].get(view)[1..];
                let parts: Vec<String> = row.iter().map(|v| self.view_text(before, *v)).collect();
                format!("({})", parts.join(","))
            }
        }
    }
}
