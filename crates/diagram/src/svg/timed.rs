//! The picture of a run in time: a scale of time from left to right, slanted arrows from where a
//! message is sent to where it arrives.

mod cuts;
mod marks;
mod messages;
mod paint;
mod plan;
mod scale;

pub(super) use paint::diagram;
pub(super) use plan::Plan;
