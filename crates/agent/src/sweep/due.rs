//! Which connections have lost their server, as the kernel's maps say.

use std::collections::HashMap;

use tables::{Flow, FlowKey, Server};

use crate::kernel::maps::Maps;
use crate::kernel::table::TableError;

const TCP: u8 = 6;

/// Who serves which listener.
pub(super) struct Standing {
    servers: HashMap<u32, Server>,
    /// Server group of each listener.
    groups: HashMap<u32, u32>,
    now: u64,
}

impl Standing {
    pub(super) fn read(maps: &Maps, now: u64) -> Result<Self, TableError> {
        let listeners = maps.listeners.entries()?;
        Ok(Self {
            servers: maps.servers.entries()?.into_iter().collect(),
            groups: listeners.iter().map(|(_, it)| (it.index, it.server_group)).collect(),
            now,
        })
    }

    /// Whether the connection of this forward entry is to end because its server does not serve it any more. Only TCP: the
    /// program gives the datagrams of other flows to another server. What has lost its listener the program refuses.
    pub(super) fn has_left(&self, key: &FlowKey, flow: &Flow) -> bool {
        if key.protocol != TCP || flow.server == 0 {
            return false;
        }
        let Some(group) = self.groups.get(&flow.listener) else { return false };
        !self.servers.get(&flow.server).is_some_and(|server| {
            server.server_group == *group
                && (server.address, server.ifindex) == (flow.dst, flow.egress)
                && (server.until == 0 || server.until > self.now)
        })
    }
}
