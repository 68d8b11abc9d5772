//! Isthmus as a program: its commands, the client that they share, and the walkthrough that shows it all.

pub mod api;
pub mod cli;
pub mod client;
pub mod place;
pub mod walkthrough;
