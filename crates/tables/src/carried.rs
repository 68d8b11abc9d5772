//! What connections have carried, once they are over: flows count for themselves while they live, so that an established
//! packet pays nothing for it.

use crate::{Counter, Flow, FlowKey};

/// 100.64.0.0/10 and its mask: the proxy opens its connections from aliases of NLBs' zonal addresses and of Reverse endpoints.
const ALIASES: [[u8; 4]; 2] = [[100, 64, 0, 0], [255, 192, 0, 0]];
/// Where probes come from: an address of the same range.
const PROBE_SOURCE: [u8; 4] = [100, 64, 0, 1];

/// What a row of `CARRIED` counts for.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CarriedBy {
    /// A listener, on the address that clients asked for: a zone of the load balancer, or of an endpoint.
    Listener = 1,
    /// A server.
    Server = 2,
    /// A server of a proxied listener, as the proxy asks for it: by aliases and port.
    Proxied = 3,
}

/// Key of `CARRIED`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CarriedKey {
    /// Dense id of the listener or of the server; proxied: the alias of the load balancer, or of the Reverse endpoint.
    pub id: u32,
    /// Dense id of the endpoint that the listener was reached through, 0 = none.
    pub endpoint: u32,
    /// The address that the client asked for; proxied: the alias of the server's port. Server: 0.
    pub address: u32,
    /// Proxied: the port of the server.
    pub port: u16,
    /// A [`CarriedBy`].
    pub by: u8,
    /// 1 = written by the agent, which cannot add to what the program adds to. The sum counts.
    pub agent: u8,
}

/// Value of `CARRIED`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Connections.
    pub connections: u64,
    /// What their clients have sent.
    pub sent: Counter,
    /// What these have received.
    pub received: Counter,
}

impl CarriedKey {
    /// Calls `add` with every row that an entry of a connection counts for.
    #[inline(always)]
    pub fn each(key: &FlowKey, flow: &Flow, agent: u8, mut add: impl FnMut(&CarriedKey)) {
        let (client, address, port) =
            if flow.is_reply() { (flow.dst, flow.src, flow.sport) } else { (key.src, key.dst, key.dport) };
        let mut row =
            CarriedKey { id: flow.listener, endpoint: flow.endpoint, address, port: 0, by: 0, agent };
        if flow.listener != 0 {
            row.by = CarriedBy::Listener as u8;
            add(&row);
            if flow.server != 0 {
                row.by = CarriedBy::Server as u8;
                (row.id, row.endpoint, row.address) = (flow.server, 0, 0);
                add(&row);
            }
        } else if is_proxy(client) {
            row.by = CarriedBy::Proxied as u8;
            (row.id, row.port) = (client, port);
            add(&row);
        }
    }
}

impl Carried {
    /// What an entry of a connection has carried. The forward entry stands for the connection.
    #[inline(always)]
    pub fn of(flow: &Flow) -> Carried {
        let counter = Counter { packets: flow.packets, bytes: flow.bytes };
        match flow.is_reply() {
            true => Carried { received: counter, ..Carried::default() },
            false => Carried { connections: 1, sent: counter, ..Carried::default() },
        }
    }
}

impl core::ops::AddAssign for Carried {
    fn add_assign(&mut self, more: Carried) {
        self.connections += more.connections;
        self.sent.packets += more.sent.packets;
        self.sent.bytes += more.sent.bytes;
        self.received.packets += more.received.packets;
        self.received.bytes += more.received.bytes;
    }
}

#[inline(always)]
fn is_proxy(address: u32) -> bool {
    let [range, mask] = ALIASES.map(u32::from_ne_bytes);
    address & mask == range && address != u32::from_ne_bytes(PROBE_SOURCE)
}

const _: () = assert!(size_of::<CarriedKey>() == 16 && size_of::<Carried>() == 40);
