//! IPv6 packets as bytes: built with right checksums, and read back with the checksums checked.

use std::net::Ipv6Addr;

use crate::{
    rig::{Peer, gateway},
    wire::{Packet, sum},
};

const IP: usize = 14;
const L4: usize = 54;
const ICMPV6: u8 = 58;

/// The address of an instance in IPv6.
pub(crate) fn six(peer: Peer) -> String {
    format!("fd00:{}::{:x}", peer.network, peer.index)
}

pub(crate) fn words(address: &str) -> [u16; 8] {
    address.parse::<Ipv6Addr>().expect("an address").segments().map(u16::to_be)
}

/// A TCP segment to the gateway.
pub(crate) fn tcp6(from: Peer, sport: u16, to: &str, dport: u16, flags: u8) -> Packet {
    let mut l4 = vec![0; 20];
    l4[..2].copy_from_slice(&sport.to_be_bytes());
    l4[2..4].copy_from_slice(&dport.to_be_bytes());
    l4[12] = 0x50;
    l4[13] = flags;
    l4.extend(b"payload!!!");
    packet(from, to, 6, l4)
}

pub(crate) fn udp6(from: Peer, sport: u16, to: &str, dport: u16) -> Packet {
    let mut l4 = vec![0; 8];
    l4[..2].copy_from_slice(&sport.to_be_bytes());
    l4[2..4].copy_from_slice(&dport.to_be_bytes());
    l4[4..6].copy_from_slice(&18u16.to_be_bytes());
    l4.extend(b"a datagram");
    packet(from, to, 17, l4)
}

/// An echo request (128) or reply (129), or another message.
pub(crate) fn icmpv6(from: Peer, to: &str, kind: u8, id: u16) -> Packet {
    let mut l4 = vec![kind, 0, 0, 0];
    l4.extend(id.to_be_bytes());
    l4.extend([0, 1]);
    l4.extend(b"ping data!");
    packet(from, to, ICMPV6, l4)
}

/// An error that quotes `about` as its sender received it.
pub(crate) fn icmpv6_error(from: Peer, to: &str, kind: u8, code: u8, about: &Packet) -> Packet {
    let mut l4 = vec![kind, code, 0, 0, 0, 0, 0, 0];
    l4.extend(&about.0[IP..]);
    packet(from, to, ICMPV6, l4)
}

fn packet(from: Peer, to: &str, next: u8, l4: Vec<u8>) -> Packet {
    let mut b = Vec::from(gateway());
    b.extend(from.mac);
    b.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
    b.extend((l4.len() as u16).to_be_bytes());
    b.extend([next, 64]);
    for address in [&six(from), to] {
        b.extend(address.parse::<Ipv6Addr>().expect("an address").octets());
    }
    b.extend(l4);
    sealed(b)
}

fn sealed(mut b: Vec<u8>) -> Packet {
    let at = check_at(&b);
    b[at..at + 2].fill(0);
    let check = !over(&b);
    b[at..at + 2].copy_from_slice(&check.to_be_bytes());
    Packet(b)
}

impl Packet {
    /// An error that says so, of a packet that is too big.
    pub(crate) fn with_mtu6(mut self, mtu: u16) -> Packet {
        self.0[L4 + 6..L4 + 8].copy_from_slice(&mtu.to_be_bytes());
        sealed(self.0)
    }
}

/// With bytes replaced, and checksums made anew.
pub(crate) fn with6(packet: Packet, at: usize, bytes: &[u8]) -> Packet {
    let mut b = packet.0;
    b[at..at + bytes.len()].copy_from_slice(bytes);
    sealed(b)
}

/// With another source.
pub(crate) fn from6(packet: Packet, address: &str) -> Packet {
    let mut b = packet.0;
    b[22..38].copy_from_slice(&address.parse::<Ipv6Addr>().expect("an address").octets());
    sealed(b)
}

/// Two fragments of a packet: the first `length` bytes after the IP header, and the rest.
pub(crate) fn fragments6(packet: &Packet, length: usize) -> [Packet; 2] {
    let part = |offset: usize, more: bool, bytes: &[u8]| {
        let mut b = packet.0[..L4].to_vec();
        let next = std::mem::replace(&mut b[20], 44);
        b[18..20].copy_from_slice(&(8 + bytes.len() as u16).to_be_bytes());
        b.extend([next, 0]);
        b.extend((offset as u16 | u16::from(more)).to_be_bytes());
        b.extend([0, 1, 2, 3]);
        b.extend(bytes);
        Packet(b)
    };
    [part(0, true, &packet.0[L4..L4 + length]), part(length, false, &packet.0[L4 + length..])]
}

fn check_at(b: &[u8]) -> usize {
    L4 + match b[20] {
        6 => 16,
        17 => 6,
        _ => 2,
    }
}

fn over(b: &[u8]) -> u16 {
    let pseudo = u32::from(b[20]) + (b.len() - L4) as u32;
    sum(&b[L4..], u32::from(sum(&b[22..54], pseudo)))
}

/// "[source]:port > [destination]:port", after every check.
pub(crate) fn tuple6(packet: &Packet) -> String {
    let b = &packet.0;
    assert_eq!((&b[12..14], b[14] >> 4), (&[0x86, 0xdd][..], 6), "an IPv6 packet: {packet:?}");
    assert_eq!(usize::from(u16::from_be_bytes([b[18], b[19]])), b.len() - L4, "payload length of {packet:?}");
    if b[20] != 44 {
        assert_eq!(over(b), 0xffff, "checksum of {packet:?}");
    }
    let address = |at: usize| {
        let octets: [u8; 16] = b[at..at + 16].try_into().expect("sixteen bytes");
        Ipv6Addr::from(octets)
    };
    let l4 = if b[20] == 44 { L4 + 8 } else { L4 };
    let word = |n: usize| u16::from_be_bytes([b[l4 + n], b[l4 + n + 1]]);
    let (sport, dport) = if b[20] == ICMPV6 { (word(4), word(4)) } else { (word(0), word(2)) };
    format!("[{}]:{sport} > [{}]:{dport}", address(22), address(38))
}

pub(crate) fn hop_limit(packet: &Packet) -> u8 {
    packet.0[21]
}

/// What an error quotes, as a packet.
pub(crate) fn quoted6(packet: &Packet) -> Packet {
    let mut b = packet.0[..IP].to_vec();
    b.extend(&packet.0[L4 + 8..]);
    Packet(b)
}
