//! The search on an object that is not one of the built-in models: a bag that hands out anything.

use quorate_history::{Limits, Outcome, Span, Specification, search};

/// A bag of up to 32 items. `Ok` puts an item in, `Err` takes any item and says only whether it is
/// an even one. So a step has several outcomes.
struct Bag(Vec<Result<u32, bool>>);

impl Specification for Bag {
    fn start(&self) -> u32 {
        0
    }

    fn step(&mut self, state: u32, operation: u32, next: &mut Vec<u32>) {
        match self.0[operation as usize] {
            Ok(item) => next.push(state | 1 << item),
            Err(even) => {
                let fits = |item: &u32| state & 1 << item != 0 && item.is_multiple_of(2) == even;
                next.extend((0..32).filter(fits).map(|item| state & !(1 << item)));
            }
        }
    }

    fn observes(&self, _: u32) -> bool {
        false
    }

    fn class(&self, operation: u32) -> u64 {
        match self.0[operation as usize] {
            Ok(item) => u64::from(item),
            Err(even) => 100 + u64::from(even),
        }
    }

    fn matters_until(&self, _: u32) -> u32 {
        u32::MAX
    }
}

/// Operations one after the other.
fn spans(count: u32) -> Vec<Span> {
    (0..count).map(|at| Span { invoked: 2 * at, returned: Some(2 * at + 1) }).collect()
}

fn run(operations: &[Result<u32, bool>], spans: &[Span]) -> Outcome {
    search(&mut Bag(operations.to_vec()), spans, Limits::NONE, &mut 0)
}

#[test]
fn an_object_may_choose() {
    let all = [Ok(2), Ok(4), Ok(3), Err(true), Err(false), Err(true)];
    assert_eq!(run(&all, &spans(6)), Outcome::Linearizable((0..6).collect()));
    let more = [&all[..], &[Err(true)]].concat();
    assert_eq!(run(&more, &spans(7)), Outcome::Not);
    // A put that was never answered may come between.
    let asked = [&[Ok(6)], &more[..]].concat();
    let mut spans = spans(8);
    spans[0].returned = None;
    assert!(matches!(run(&asked, &spans), Outcome::Linearizable(_)));
}
