//! Nodes in virtual time, and on threads and sockets.

mod bytes;
