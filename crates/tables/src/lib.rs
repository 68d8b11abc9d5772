//! The contract between the kernel program and the agent: keys and values of every kernel map, and the numbered
//! reasons of drops. `no_std`, `repr(C)`, no padding that is not named; the layout is asserted at compile time.
//!
//! Addresses and ports in keys and values are in network byte order, exactly as they stand in a packet
//! (`u32::from_ne_bytes(octets)`); everything else is in the machine's own order.
#![no_std]
#![allow(missing_docs, reason = "some names say everything that there is to say")]

mod address;
mod carried;
pub mod checksum;
pub mod clock;
mod counters;
mod distance;
mod event;
mod flow;
mod fragment;
mod ipv6;
mod limit;
#[cfg(all(feature = "user", not(target_arch = "bpf")))]
mod pod;
mod policy;
mod port;
mod reason;
mod route;
mod service;
pub mod summed;

pub use address::{Address, AddressKey, AddressKind};
pub use carried::{Carried, CarriedBy, CarriedKey};
pub use clock::{Clock, Tick};
pub use counters::{Counter, DropKey, Purpose};
pub use distance::distance;
pub use event::{Event, EventKind};
pub use flow::{
    FIRST_PORT, Flow, FlowKey, FlowMark, FlowState, INGRESS_BITS, SOURCE_PORTS, Talk, hash, idle,
};
pub use fragment::{Fragment, FragmentKey};
pub use ipv6::{Ipv6, ipv6, is_ipv6};
pub use limit::{Bucket, Limit};
pub use policy::{Asked, IPV6_RANGE, MemberKey, Policy, Ports, Rule, RuleAction, RuleFamily, Side};
pub use port::{Mac, Port, PortKind, mac};
pub use reason::DropReason;
pub use route::{RouteAt, RoutePrefix, SOURCES_OF_PORT};
pub use service::{
    Choice, Header, HeaderKey, Listener, ListenerAt, ListenerPrefix, Load, Locals, LocalsKey, QuicId, Rate,
    RateKey, Server, TurnKey,
};

/// The MAC address of every gateway: the one that instances send all their traffic to.
pub const GATEWAY_MAC: [u8; 6] = [0xee, 0xff, 0xff, 0xff, 0xff, 0xff];

/// Where the proxy takes connections, host byte order: no server's choice, so any free port would do.
pub const PROXY_PORT: u16 = 4578;

/// The network of the host's own services (resolver, metadata, probes): no VPC has this id.
pub const SERVICES_NETWORK: u32 = 0;

/// Raised when a key, a value or the size of a map changes: pinned maps of another layout are not taken over.
pub const LAYOUT: u32 = 17;
