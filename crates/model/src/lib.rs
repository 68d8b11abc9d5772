//! The product's meaning, pure: no I/O, no clock, no randomness, no panics. What a request does to the state, what a
//! host must make true, what a status means.

pub mod entropy;
pub mod id;
pub mod net;
pub mod nlb;
pub mod plan;
pub mod report;
pub mod security;
