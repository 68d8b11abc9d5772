//! Listeners and servers.

use crate::Mac;

/// What `LISTENERS` is asked.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenerAt {
    /// Dense id of the NLB's zonal address: with cross-zone off each zone has slots of its own.
    pub vip: u32,
    pub protocol: u16,
    /// Network byte order.
    pub port: u16,
}

impl ListenerAt {
    /// All of it, in bits.
    pub const WHOLE: u32 = 64;
}

/// Key of `LISTENERS`, in the kernel's layout of prefixes: a range of ports is cut into few of them, and a listener on one
/// port is found before a range around it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenerPrefix {
    /// How many bits of `at` count: 48, then those of the port.
    pub bits: u32,
    pub at: ListenerAt,
}

/// Value of `LISTENERS`. Slots `first_slot .. first_slot + slots` of `SLOTS` hold dense server ids, filled by
/// Maglev hashing in proportion to the weights.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    pub first_slot: u32,
    /// 0 = no server.
    pub slots: u32,
    /// Dense id, for counters and for re-judging a flow.
    pub index: u32,
    /// Dense id of the server group: an established flow keeps its server while that is in this group.
    pub server_group: u32,
    /// Seconds without a packet after which a flow is forgotten.
    pub idle_timeout: u16,
    /// 1 = servers see the client's own address.
    pub preserve_client: u8,
    /// 1 = connections end at the proxy, which opens its own to a server.
    pub proxied: u8,
}

/// Value of `SERVERS`, keyed by dense server id.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    pub address: u32,
    /// Interface index of the host side of the server's port.
    pub ifindex: u32,
    pub server_group: u32,
    /// Policy of the server's ENI, judged on first packets.
    pub ingress_policy: u32,
    /// Dense id of the server's port, for counters.
    pub port_index: u32,
    pub mac: Mac,
    /// Network byte order; 0 = the one that the client asked for.
    pub port: u16,
}

const _: () = assert!(size_of::<ListenerAt>() == 8 && size_of::<ListenerPrefix>() == 12);
const _: () = assert!(size_of::<Listener>() == 20 && size_of::<Server>() == 28);
