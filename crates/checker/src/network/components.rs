//! Strongly connected components (Tarjan 1972), without recursion.

use rustc_hash::FxHashMap;

/// What is known of a node on the way.
#[derive(Clone, Copy)]
struct Mark {
    index: u32,
    low: u32,
    open: bool,
}

/// The components of a graph: sets of nodes each of which can be reached from each other.
pub(super) fn components(nodes: &[u32], edges: &FxHashMap<u32, Vec<u32>>) -> Vec<Vec<u32>> {
    let mut marks: FxHashMap<u32, Mark> = FxHashMap::default();
    let mut stack = Vec::new();
    let mut found = Vec::new();
    for root in nodes {
        if marks.contains_key(root) {
            continue;
        }
        let mut way = vec![(*root, 0usize)];
        while let Some((node, next)) = way.pop() {
            if next == 0 {
                let index = marks.len() as u32;
                marks.insert(node, Mark { index, low: index, open: true });
                stack.push(node);
            }
            let targets = edges.get(&node).map_or(&[][..], Vec::as_slice);
            if next > 0 {
                let low = marks[&targets[next - 1]];
                lower(&mut marks, node, low.open.then_some(low.low));
            }
            if let Some(target) = targets.get(next) {
                way.push((node, next + 1));
                if !marks.contains_key(target) {
                    way.push((*target, 0));
                }
                continue;
            }
            let Mark { index, low, .. } = marks[&node];
            if index == low {
                found.push(close(&mut marks, &mut stack, node));
            }
        }
    }
    found
}

fn lower(marks: &mut FxHashMap<u32, Mark>, node: u32, low: Option<u32>) {
    if let (Some(mark), Some(low)) = (marks.get_mut(&node), low) {
        mark.low = mark.low.min(low);
    }
}

/// Takes a component off the stack, down to its first node.
fn close(marks: &mut FxHashMap<u32, Mark>, stack: &mut Vec<u32>, first: u32) -> Vec<u32> {
    let mut component = Vec::new();
    while let Some(node) = stack.pop() {
        if let Some(mark) = marks.get_mut(&node) {
            mark.open = false;
        }
        component.push(node);
        if node == first {
            break;
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(edges: &[(u32, u32)], nodes: u32) -> Vec<Vec<u32>> {
        let mut out: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (from, to) in edges {
            out.entry(*from).or_default().push(*to);
        }
        let nodes: Vec<u32> = (0..nodes).collect();
        let mut all = components(&nodes, &out);
        all.iter_mut().for_each(|one| one.sort_unstable());
        all.sort();
        all
    }

    #[test]
    fn whoever_reaches_each_other_is_together() {
        assert_eq!(of(&[(0, 1), (1, 2), (0, 2)], 3), [vec![0], vec![1], vec![2]], "a join");
        assert_eq!(of(&[(0, 1), (1, 0), (1, 2), (2, 3), (3, 2)], 4), [vec![0, 1], vec![2, 3]]);
        assert_eq!(of(&[(0, 1), (1, 2), (2, 0), (3, 3)], 4), [vec![0, 1, 2], vec![3]]);
        let chain: Vec<(u32, u32)> = (0..200_000).map(|at| (at, at + 1)).collect();
        assert_eq!(of(&chain, 200_001).len(), 200_001, "long ways need no stack");
    }
}
