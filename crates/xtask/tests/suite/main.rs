//! What holds of the project as a whole.

mod docs;
mod edges;
