//! The control plane: the API, the durable state, and what goes to and comes from hosts.

pub mod http;
pub mod rpc;
pub mod store;
#[cfg(test)]
mod testing;
