//! The proxy: a process of its own that ends connections whose bytes must change, and opens others to servers. It goes
//! on while the agent is away, with the settings that it was given last.

mod callers;
mod header;
mod keep;
mod message;
mod origin;
mod relay;
mod serve;
mod settings;
mod splice;
mod tls;

pub(crate) use callers::caller;
pub(crate) use origin::Origin;

pub use keep::{Keeper, KeeperError, kill_all};
pub use serve::{ProxyError, run};
pub use settings::Settings;
