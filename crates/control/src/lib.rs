//! The control plane: the API, the durable state, and what goes to and comes from hosts.

pub mod accounts;
pub mod actions;
pub mod admin;
pub mod certificates;
pub mod commit;
mod console;
mod control;
pub mod hosts;
pub mod http;
pub mod key_pairs;
pub mod random;
pub mod rpc;
pub mod sessions;
pub mod store;
pub mod summary;
pub mod tally;
mod tasks;
#[cfg(test)]
mod testing;

pub use control::{Control, ControlConfig, DEFAULT_REGION, DEFAULT_ZONES, Inspector, StartError};
