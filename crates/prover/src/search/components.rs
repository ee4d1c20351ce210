//! The components of a graph, and what may be decided in each.

use super::adversary::ANYTHING;
use super::graph::Graph;

/// The components of a graph.
pub(crate) struct Components {
    parents: Vec<u32>,
    /// What may be decided, for the root of each component.
    allowed: Vec<u8>,
}

impl Components {
    pub(crate) fn new(graph: &Graph) -> Self {
        let count = graph.count();
        let mut components =
            Self { parents: (0..count as u32).collect(), allowed: vec![ANYTHING; count] };
        for at in 0..graph.len() {
            let set = graph.set(at);
            let Some(first) = set.first() else { continue };
            for other in &set[1..] {
                components.unite(*first, *other);
            }
        }
        for at in 0..graph.len() {
            if let Some(first) = graph.set(at).first() {
                let root = components.root(*first);
                components.allowed[root as usize] &= graph.allowed[at];
            }
        }
        components
    }

    /// The view that stands for the component of another.
    fn root(&mut self, mut view: u32) -> u32 {
        while self.parents[view as usize] != view {
            let above = self.parents[self.parents[view as usize] as usize];
            self.parents[view as usize] = above;
            view = above;
        }
        view
    }

    fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // The older one stands for both, so that chains of parents lead to what was there first.
        let (old, new) = (a.min(b), a.max(b));
        self.parents[new as usize] = old;
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.parents.iter().enumerate().filter(|(at, parent)| *at as u32 == **parent).count()
    }

    /// Whether nothing may be decided in some component.
    pub(crate) fn is_impossible(&self) -> bool {
        self.allowed.contains(&0)
    }

    /// What to decide at each view: the least that may be.
    pub(crate) fn decisions(&mut self) -> Vec<u8> {
        let views = 0..self.parents.len() as u32;
        let roots: Vec<u32> = views.map(|view| self.root(view)).collect();
        roots.into_iter().map(|root| self.allowed[root as usize].trailing_zeros() as u8).collect()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.parents.capacity() * 4 + self.allowed.capacity()
    }
}
