//! Which connections have lost their server or listener, as the kernel's maps say.

use std::collections::HashMap;

use tables::{DropReason, Flow, FlowKey, Server};

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

    /// Why the connection of this forward entry is to end, if it is: its listener is gone, or its server does not serve it any
    /// more. Only TCP: the program refuses other flows that have lost their listener, and gives the datagrams of those that
    /// have lost their server to another one. What a proxy has taken has no server here, and ends with that of the proxy.
    pub(super) fn over(&self, key: &FlowKey, flow: &Flow) -> Option<DropReason> {
        if key.protocol != TCP || flow.listener == 0 {
            return None;
        }
        let Some(group) = self.groups.get(&flow.listener) else { return Some(DropReason::NoListener) };
        let serves = |server: &Server| {
            server.server_group == *group
                && (server.address, server.ifindex) == (flow.dst, flow.egress)
                && (server.until == 0 || server.until > self.now)
        };
        let has_left = flow.server != 0 && !self.servers.get(&flow.server).is_some_and(serves);
        has_left.then_some(DropReason::ServerGone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resets::tests::flow;

    #[test]
    fn a_connection_is_over_when_its_listener_is_gone_or_its_server_has_left() {
        let flow = flow([10, 0, 0, 10], 5000, [10, 0, 0, 30], 8080, 0);
        let (address, ifindex) = (flow.dst, flow.egress);
        let standing = |groups: &[(u32, u32)], until| {
            let server = Server {
                address,
                ifindex,
                server_group: 7,
                ingress_policy: 0,
                port_index: 3,
                mac: [0; 3],
                port: 0,
                pad: 0,
                until,
            };
            Standing { servers: [(1, server)].into(), groups: groups.iter().copied().collect(), now: 100 }
        };
        let key = FlowKey {
            ingress: 1,
            src: flow.src,
            dst: 0,
            sport: 0,
            dport: 0,
            protocol: TCP,
            icmp_type: 0,
            pad: [0; 2],
        };
        let proxied = Flow { server: 0, ..flow };
        let direct = Flow { listener: 0, ..proxied };
        let gone = (Some(DropReason::NoListener), Some(DropReason::NoListener));
        let left = (Some(DropReason::ServerGone), None);
        for (groups, until, expected) in [
            (&[(1, 7)][..], 0, (None, None)),
            (&[(1, 7)], 101, (None, None)),
            (&[(1, 7)], 99, left),
            (&[(1, 8)], 0, left),
            (&[(2, 7)], 0, gone),
        ] {
            let standing = standing(groups, until);
            assert_eq!((standing.over(&key, &flow), standing.over(&key, &proxied)), expected, "{groups:?}");
            assert_eq!(standing.over(&key, &direct), None);
            assert_eq!(standing.over(&FlowKey { protocol: 17, ..key }, &flow), None);
        }
    }
}
