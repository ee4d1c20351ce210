//! The protocols against their own cards: costs, claims from both sides of the bound, and the
//! cases that the literature and the course work out by hand.
#![allow(missing_docs)]

mod cases;
mod claims;
mod driver;
mod judged;
