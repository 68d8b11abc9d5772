//! Servers that leave: out of their group, or by failing their health check. Until when their connections live is kept in
//! the kernel's map, so that no restart gives them more time.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use model::id::{PortIndex, ServerGroupIndex, ServerIndex};
use model::plan::ServerGroupPlan;

use crate::reverse::Behind;

/// A server as the last pass has left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Former {
    /// Its group.
    pub server_group: ServerGroupIndex,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its transport port; 0 = the one that the client asked for.
    pub port: u16,
    /// Its interface.
    pub port_index: PortIndex,
    /// The address of a Reverse endpoint that it is behind.
    pub behind: Option<Behind>,
    /// Until when its connections live, 0 = it serves: see [`tables::Server::until`].
    pub until: u64,
}

/// What was before a pass. Times are those of `CLOCK_MONOTONIC`, ns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Servers that the kernel knows.
    pub servers: BTreeMap<ServerIndex, Former>,
    /// When the last sweep began that has ended since; 0 = none has. What was due by then has been reset.
    pub swept: u64,
    /// Now; not 0.
    pub now: u64,
}

impl Past {
    /// Until when connections of a server live that serves no more: as was said when it left, or from now on as its group says.
    pub fn until(&self, server: ServerIndex, group: &ServerGroupPlan) -> u64 {
        match self.servers.get(&server).map_or(0, |former| former.until) {
            0 => self.now + nanoseconds(Duration::from_secs(group.drain_seconds.unwrap_or(0).into())),
            until => until,
        }
    }

    /// Whether nothing is left of the connections that lived until then.
    pub fn is_over(&self, until: u64) -> bool {
        until < self.swept
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
