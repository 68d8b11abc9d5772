//! The product's meaning, pure: no I/O, no clock, no randomness, no panics. What a request does to the state, what a
//! host must make true, what a status means.

pub mod account;
mod alloc;
mod apply;
pub mod assistant;
pub mod certificate;
pub mod check;
pub mod command;
mod draft;
pub mod endpoint;
pub mod entropy;
pub mod health;
pub mod id;
pub mod instance;
pub mod key_pair;
pub mod meta;
pub mod names;
pub mod net;
pub mod nlb;
pub mod plan;
pub mod planner;
pub mod private_zone;
pub mod quota;
pub mod records;
pub mod refusal;
pub mod relations;
pub mod report;
pub mod resource_group;
pub mod route;
pub mod security;
pub mod service;
pub mod state;
pub mod status;
pub mod tables;
pub mod tls;
pub mod vpc;
pub mod words;
