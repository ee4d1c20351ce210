//! In which order states on a network are searched, and what a verdict is worth then.

use quorate_checker::network::{Findings, Order};

use crate::args::SearchWord;
use crate::stage::grouped;

impl SearchWord {
    /// The order, with the seed of what is drawn.
    pub(crate) fn order(self, seed: u64) -> Order {
        match self {
            Self::Breadth => Order::Breadth,
            Self::Depth => Order::Depth,
            Self::Directed => Order::Directed,
            Self::Swarm => Order::Swarm(seed),
        }
    }

    /// What a command line says of it.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Breadth => "",
            Self::Depth => " --search depth",
            Self::Directed => " --search directed",
            Self::Swarm => " --search swarm",
        }
    }
}

pub(crate) fn is_swarm(order: Order) -> bool {
    matches!(order, Order::Swarm(_))
}

/// How far random walks came.
pub(crate) fn walked(found: &Findings) -> String {
    format!(
        "{} random walks came to {} states, which proves nothing of the others",
        grouped(found.explored.walks.into()),
        grouped(found.explored.states.into())
    )
}

/// How long a run is that breaks something.
pub(crate) fn length(moves: usize, name: &str, order: Order) -> String {
    match order {
        Order::Breadth => {
            format!("no shorter run breaks {name}: {moves} steps after the beginning")
        }
        _ => format!(
            "{name} breaks {moves} steps after the beginning; a shorter run may too \
             (--search breadth finds a shortest)"
        ),
    }
}
