//! Addresses, ports and keys of flows as they stand in packets and maps.

use std::net::{Ipv4Addr, SocketAddrV4};

use tables::FlowKey;

/// As an address stands in a packet.
pub(crate) fn packed(address: Ipv4Addr) -> u32 {
    u32::from_ne_bytes(address.octets())
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
pub(crate) fn flow_key(ingress: u32, from: SocketAddrV4, to: SocketAddrV4, protocol: u8) -> FlowKey {
    FlowKey {
        ingress,
        src: packed(*from.ip()),
        dst: packed(*to.ip()),
        sport: from.port().to_be(),
        dport: to.port().to_be(),
        protocol,
        icmp_type: 0,
        pad: [0; 2],
    }
}
