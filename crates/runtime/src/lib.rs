//! Hosts any protocol, as it was checked, on threads, sockets and disks.
//!
//! A [`Node`] is one process: the protocol's state and what survives a crash, its timers, and an
//! [`Application`] that asks and is answered. It does nothing by itself: events go in, and what
//! they come to is held until [`Node::commit`] has put the records on the disk. [`run`] is the
//! loop of its only owner, a thread: many steps, one sync, and only then what they say.

mod application;
mod fate;
mod left;
mod node;
mod owner;
mod recording;
mod storage;

pub use application::{Application, Note, Plain};
pub use fate::Fate;
pub use left::{Left, Unfit};
pub use node::{Node, Place};
pub use owner::{Clock, Event, Links, Stopped, run};
pub use recording::Recording;
pub use storage::{Damage, Found, Storage};
