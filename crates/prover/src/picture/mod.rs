//! Pictures in SVG: a chain as a strip of space-time diagrams, the ring, and the graph of views.

mod pen;
mod ring;
mod strip;
mod web;

pub use ring::{Copies, ring};
pub use strip::strip;
pub use web::web;
