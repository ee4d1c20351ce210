//! The order in which states are searched changes no count where a search ends.

use std::time::{Duration, Instant};

use quorate_checker::network::{Findings, Inquiry, Order, explore_in};
use quorate_checker::{Progress, Stop};
use quorate_kernel::Deceit;

use crate::models::paxos_register::Paxos;
use crate::models::single_copy::SingleCopy;
use crate::models::{atomic_commit, register, two_phase};

fn search<P: Deceit>(inquiry: &Inquiry<'_, P>, order: Order, threads: usize) -> Findings {
    explore_in(inquiry, order, threads, &Progress::default())
}

fn same_counts<P: Deceit>(inquiry: &Inquiry<'_, P>) {
    let counts = |found: &Findings| {
        assert_eq!((found.stopped, found.broken.len()), (None, 0));
        let explored = found.explored;
        (explored.states, explored.transitions, explored.ends, found.cited, found.cut_off)
    };
    let layers = counts(&search(inquiry, Order::Breadth, 1));
    for order in [Order::Depth, Order::Directed] {
        for threads in [1, 2] {
            let found = search(inquiry, order, threads);
            assert_eq!(counts(&found), layers, "{order:?} on {threads} threads");
        }
    }
}

#[test]
fn depth_first_and_directed_searches_come_to_the_same_states() {
    same_counts(&two_phase::inquiry(5));
    same_counts(&register::inquiry::<Paxos>(&3, 2, false));
    for symmetry in [false, true] {
        let mut inquiry = atomic_commit::inquiry(3);
        inquiry.scope.symmetry = symmetry;
        same_counts(&inquiry);
    }
}

#[test]
fn depth_first_few_states_wait() {
    let inquiry = two_phase::inquiry(6);
    let most = |order| search(&inquiry, order, 1).explored.frontier_max;
    let (layers, depth) = (most(Order::Breadth), most(Order::Depth));
    assert!(depth * 20 < layers, "{depth} and {layers} wait");
}

#[test]
fn every_order_finds_what_is_broken() {
    let mut inquiry = register::inquiry::<SingleCopy>(&2, 2, false);
    inquiry.budget.deadline = Some(Instant::now() + Duration::from_secs(60));
    let shortest = search(&inquiry, Order::Breadth, 1).broken[0].run.moves.len();
    for order in [Order::Depth, Order::Directed, Order::Swarm(7)] {
        for threads in [1, 2] {
            let found = search(&inquiry, order, threads);
            assert_eq!((found.stopped, found.broken.len()), (None, 1), "{order:?}");
            assert!(found.broken[0].run.moves.len() >= shortest, "{order:?}");
        }
    }
}

#[test]
fn a_seed_gives_the_same_walks_on_one_thread() {
    let inquiry = register::inquiry::<SingleCopy>(&2, 2, false);
    let walked = |seed| {
        let found = search(&inquiry, Order::Swarm(seed), 1);
        (found.explored, format!("{:?}", found.broken))
    };
    assert_eq!(walked(3), walked(3));
}

#[test]
fn random_walks_prove_nothing_and_come_to_no_other_states() {
    let mut inquiry = two_phase::inquiry(3);
    inquiry.budget.deadline = Some(Instant::now() + Duration::from_millis(500));
    let found = search(&inquiry, Order::Swarm(1), 2);
    assert_eq!((found.stopped, found.broken.len()), (Some(Stop::Time), 0));
    assert!(found.explored.walks > 0);
    assert!((100..=288).contains(&found.explored.states), "{:?}", found.explored);
}
