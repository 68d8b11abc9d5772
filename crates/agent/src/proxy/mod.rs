//! The proxy: a process of its own that ends connections in TLS, and opens others to servers; of UDP with the PROXY protocol it
//! takes each datagram. It goes on while the agent is away, with the settings that it was given last.

use std::time::Duration;

mod callers;
mod corked;
mod header;
mod keep;
mod message;
mod origin;
mod ready;
mod relay;
mod serve;
mod settings;
mod tls;

/// Numbers in the IP header.
const TCP: u8 = 6;
const UDP: u8 = 17;

/// Pause after a connection could not be taken: without file descriptors it would be asked for again at once.
const SHORTAGE: Duration = Duration::from_millis(10);

pub(crate) use callers::{Opened, caller};
pub(crate) use origin::Origin;

pub use keep::{Keeper, KeeperError, kill_all};
pub use serve::{ProxyError, run};
pub use settings::Settings;
