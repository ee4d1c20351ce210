//! Pictures in SVG: a chain as a strip of space-time diagrams, the ring, the graph of views, and
//! simplices as a triangle.

mod complex;
mod pen;
mod ring;
mod strip;
mod web;

pub use complex::complex;
pub use ring::{Copies, ring};
pub use strip::strip;
pub use web::web;
