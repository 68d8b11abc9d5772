//! Listeners and servers.

use crate::Mac;

/// What `LISTENERS` is asked.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenerAt {
    /// Dense id of the NLB's zonal address: with cross-zone off each zone has slots of its own.
    pub vip: u32,
    pub protocol: u8,
    /// 1 = for clients of IPv6: they may have servers of their own.
    pub ipv6: u8,
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

/// Value of `LISTENERS`. Slots `first_slot .. first_slot + slots` of `SLOTS` say which servers get new connections, as the
/// listener's [`Choice`] needs it.
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
    /// A [`Choice`].
    pub choice: u8,
    /// 1 = `RATES` is asked before a new connection.
    pub rated: u8,
    /// Longest TCP segment that either end may announce, bytes; 0 = any.
    pub mss: u16,
    /// 1 = a header of the PROXY protocol tells servers who the client is: `HEADERS` is asked.
    pub header: u8,
    pub pad: [u8; 3],
}

/// How a listener chooses a server for a new connection.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// By a hash of the whole tuple. Pairs of slots name each server and its weight, as with every hash.
    Tuple = 0,
    /// By a hash of the client alone: its network and address.
    Source = 1,
    /// By the connection id of QUIC, which outlives a change of the client's address; datagrams without one by the tuple.
    ConnectionId = 2,
    /// The server with the fewest connections for its weight. The slots name each server once.
    LeastConnections = 3,
    /// In turn. Each slot is the turn of a server, which has as many as its weight says.
    Turn = 4,
}

/// Key of `TURNS`, whose value counts turns: zones, listeners and clients' families take turns by themselves, so that none starves another's server.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TurnKey {
    /// Dense id of the NLB's zonal address.
    pub vip: u32,
    /// Dense id of the listener.
    pub listener: u32,
    /// 1 = for clients of IPv6.
    pub ipv6: u32,
}

/// Key of `LOCALS`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocalsKey {
    /// Dense id of the NLB's zonal address.
    pub vip: u32,
    /// 1 = towards servers of IPv6.
    pub ipv6: u32,
}

/// Value of `LOCALS`: the addresses from which a zone of an NLB speaks to servers that do not see their clients'. A zone that is
/// not there speaks from its zonal address.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locals {
    /// How many there are, 1 to [`Locals::MOST`].
    pub count: u32,
    pub addresses: [u32; Locals::MOST as usize],
}

impl Locals {
    /// Most that a zone can have of a family.
    pub const MOST: u32 = 8;

    /// One of them, whatever the number.
    #[inline(always)]
    pub fn at(&self, number: u32) -> u32 {
        self.addresses[(number % self.count.max(1) % Self::MOST) as usize]
    }

    /// Whether an address is among them.
    #[inline(always)]
    pub fn has(&self, address: u32) -> bool {
        (0..Self::MOST).any(|number| number < self.count && self.addresses[number as usize] == address)
    }
}

/// Key of `HEADERS`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeaderKey {
    /// Dense id of the listener.
    pub listener: u32,
    /// Dense id of the endpoint that the connection came through, 0 = none.
    pub endpoint: u32,
}

/// Value of `HEADERS`: what the PROXY protocol's header (version 2) says after the addresses.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// How many bytes of `values` count, at most [`Header::MOST`].
    pub length: u16,
    /// Ones'-complement sum of their half-words as they stand in memory, folded.
    pub sum: u16,
    /// What is left of it is 0.
    pub values: [u8; Header::MOST as usize],
}

impl Header {
    /// Most that its values take, bytes: ids of a VPC, an endpoint and a service, each with four bytes before it.
    pub const MOST: u32 = 100;
    /// What stands before the values: signature, version, length, addresses and ports of IPv4 or IPv6.
    pub const FRONT: [u32; 2] = [28, 52];
}

/// Key of `RATES`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateKey {
    /// Dense id of the NLB's zonal address.
    pub vip: u32,
    /// Dense id of the listener; 0 = all listeners of the address.
    pub listener: u32,
}

/// Value of `RATES`: how many new connections a zonal address takes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq)]
pub struct Rate {
    /// Time from one connection to the next at the full rate, nanoseconds.
    pub interval: u64,
    /// When all connections that were let through would have come at the full rate (`CLOCK_MONOTONIC`, ns): the kernel
    /// program's business.
    pub until: u64,
}

/// Equal when they limit alike, however far they are used.
impl PartialEq for Rate {
    fn eq(&self, other: &Rate) -> bool {
        self.interval == other.interval
    }
}

impl Rate {
    /// How many may come at once after a pause: those of so many nanoseconds.
    pub const BURST: u64 = 100_000_000;

    /// So many new connections a second, none yet; 0 counts as 1.
    pub fn of(a_second: u32) -> Rate {
        Rate { interval: 1_000_000_000 / u64::from(a_second.max(1)), until: 0 }
    }
}

/// Value of `LOADS`, keyed by dense server id: servers of listeners that choose by [`Choice::LeastConnections`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq)]
pub struct Load {
    /// The server's share, relative to the others'; not 0.
    pub weight: u32,
    /// Connections that have not ended: counted by the kernel program, and set right by each sweep of the agent. May be
    /// below 0 for the time between.
    pub connections: i32,
}

/// Equal when they weigh alike, however many connections they have.
impl PartialEq for Load {
    fn eq(&self, other: &Load) -> bool {
        self.weight == other.weight
    }
}

impl Load {
    /// Its connections if it got one more.
    #[inline(always)]
    pub fn with_one_more(&self) -> u64 {
        self.connections.max(0) as u64 + 1
    }
}

/// Key of `QUIC_IDS`, whose value is a dense server id: the ids that servers have given to their connections.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuicId {
    /// Dense id of the listener.
    pub listener: u32,
    /// The first bytes of the connection id. Shorter ids are not known: a packet with a short header does not say how
    /// long its id is.
    pub id: [u16; 4],
}

/// Value of `SERVERS`, keyed by dense server id. One that has left its group stays until its connections have ended.
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
    /// Behind a Reverse endpoint: the address in whose name it is spoken to, and the network of both; 0 = it is in the load
    /// balancer's own.
    pub source: u32,
    pub network: u32,
    pub pad: u32,
    /// 0 = it serves. Otherwise it has left or fails its health check: only established TCP connections stay with it, until
    /// then (`CLOCK_MONOTONIC`, ns).
    pub until: u64,
}

const _: () = assert!(size_of::<ListenerAt>() == 8 && size_of::<ListenerPrefix>() == 12);
const _: () = assert!(size_of::<Listener>() == 28 && size_of::<Server>() == 48);
const _: () = assert!(size_of::<RateKey>() == 8 && size_of::<Rate>() == 16);
const _: () = assert!(size_of::<HeaderKey>() == 8 && size_of::<Header>() == 104);
const _: () = assert!(Header::FRONT[1] + Header::MOST <= u8::MAX as u32);
const _: () = assert!(size_of::<LocalsKey>() == 8 && size_of::<Locals>() == 36);
const _: () = assert!(size_of::<Load>() == 8 && size_of::<QuicId>() == 12);
