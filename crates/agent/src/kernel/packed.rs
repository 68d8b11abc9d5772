//! Addresses, ports and keys of flows as they stand in packets and maps.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

use model::id::Ipv6Index;
use model::plan::AddressPlan;
use tables::{FlowKey, Ipv6, Talk};

/// As an address stands in a packet.
pub(crate) fn packed(address: Ipv4Addr) -> u32 {
    u32::from_ne_bytes(address.octets())
}

/// As an IPv6 address stands in a packet.
pub(crate) fn packed_ipv6(address: Ipv6Addr) -> Ipv6 {
    Ipv6(address.segments().map(u16::to_be))
}

/// The IPv6 address that stands so in a packet.
pub(crate) fn unpacked_ipv6(address: Ipv6) -> Ipv6Addr {
    address.0.map(u16::from_be).into()
}

/// What stands for an IPv6 address in maps.
pub(crate) fn stand_in(address: Ipv6Index) -> Ipv4Addr {
    unpacked(tables::ipv6(address.0))
}

/// What this stands for, if it is not an address itself.
pub(crate) fn index_of(address: Ipv4Addr) -> Option<Ipv6Index> {
    tables::is_ipv6(packed(address)).then(|| Ipv6Index(u32::from(address) & 0x0fff_ffff))
}

/// An address as maps know it.
pub(crate) fn of_plan(address: AddressPlan) -> Ipv4Addr {
    match address {
        AddressPlan::Ipv4(address) => address,
        AddressPlan::Ipv6(plan) => stand_in(plan.index),
    }
}

/// The address that stands so in a packet.
pub(crate) fn unpacked(address: u32) -> Ipv4Addr {
    address.to_ne_bytes().into()
}

/// An end of a connection by its address and port as they stand in a packet.
pub(crate) fn end(address: u32, port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(unpacked(address), u16::from_be(port))
}

/// The key of what comes in by an interface from one end to another; of what has no ports they are 0.
pub(crate) fn flow_key(ingress: u32, from: SocketAddrV4, to: SocketAddrV4, talk: Talk) -> FlowKey {
    FlowKey {
        way: FlowKey::way(ingress, talk),
        src: packed(*from.ip()),
        dst: packed(*to.ip()),
        sport: from.port().to_be(),
        dport: to.port().to_be(),
    }
}
