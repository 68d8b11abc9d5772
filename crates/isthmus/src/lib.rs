//! Isthmus as a program: its commands, and the client that they share.

pub mod api;
pub mod cli;
pub mod client;
