//! The search: the graph of views, its components, and what shows the answer.

mod adversary;
mod chain;
mod claims;
mod components;
mod covering;
mod crash;
mod early;
mod graph;
mod layers;
mod liar;
mod limits;
mod omission;
mod parity;
mod paths;
mod prove;
mod states;
mod table;
mod values;
mod views;
mod web;

pub use limits::{Limits, Stopped};
pub use prove::{Counts, Means, Proof, prove, prove_by};
pub use web::{Web, WebView, draw_views};
