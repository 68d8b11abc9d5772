//! The packet that is rehearsed: the first of a connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use model::net::Mac;
use tables::GATEWAY_MAC;

use super::Protocol;

/// The port that the connection comes from; a ping's identifier.
pub(super) const SOURCE_PORT: u16 = 49152;

/// Who sends, and to whom: of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Ipv4(Ipv4Addr, Ipv4Addr),
    Ipv6(Ipv6Addr, Ipv6Addr),
}

impl Ends {
    pub(super) fn from(self) -> IpAddr {
        match self {
            Self::Ipv4(from, _) => from.into(),
            Self::Ipv6(from, _) => from.into(),
        }
    }

    pub(super) fn to(self) -> IpAddr {
        match self {
            Self::Ipv4(_, to) => to.into(),
            Self::Ipv6(_, to) => to.into(),
        }
    }

    /// The Ethernet type, and the IP header before so many bytes.
    fn header(self, protocol: Protocol, length: u16) -> ([u8; 2], Vec<u8>) {
        match self {
            Self::Ipv4(from, to) => {
                let number = match protocol {
                    Protocol::Tcp => 6,
                    Protocol::Udp => 17,
                    Protocol::Icmp => 1,
                };
                let [high, low] = (20 + length).to_be_bytes();
                let mut ip = vec![0x45, 0, high, low, 0, 0, 0, 0, 64, number, 0, 0];
                ip.extend([from.octets(), to.octets()].concat());
                let sum = checksum(&ip);
                ip[10..12].copy_from_slice(&sum);
                ([0x08, 0x00], ip)
            }
            Self::Ipv6(from, to) => {
                let number = match protocol {
                    Protocol::Tcp => 6,
                    Protocol::Udp => 17,
                    Protocol::Icmp => 58,
                };
                let [high, low] = length.to_be_bytes();
                let fixed = [0x60, 0, 0, 0, high, low, number, 64];
                ([0x86, 0xdd], [&fixed[..], &from.octets(), &to.octets()].concat())
            }
        }
    }

    /// The type of an echo request.
    fn echo(self) -> u8 {
        match self {
            Self::Ipv4(..) => 8,
            Self::Ipv6(..) => 128,
        }
    }
}

/// An Ethernet frame from the port with this MAC address.
pub(super) fn first(mac: Mac, ends: Ends, to_port: u16, protocol: Protocol) -> Vec<u8> {
    let body = body(ends, to_port, protocol);
    let (kind, ip) = ends.header(protocol, body.len() as u16);
    [&GATEWAY_MAC[..], &mac.0, &kind, &ip, &body].concat()
}

/// What follows the IP header. Nobody receives it, so nobody misses its checksum.
fn body(ends: Ends, to_port: u16, protocol: Protocol) -> Vec<u8> {
    let ports = [SOURCE_PORT, to_port].map(u16::to_be_bytes).concat();
    match protocol {
        Protocol::Tcp => [&ports[..], &[0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0]].concat(),
        Protocol::Udp => [&ports[..], &[0, 8, 0, 0]].concat(),
        Protocol::Icmp => {
            let [high, low] = SOURCE_PORT.to_be_bytes();
            vec![ends.echo(), 0, 0, 0, high, low, 0, 1]
        }
    }
}

/// RFC 1071, over an even number of bytes.
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let words = bytes.chunks_exact(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!(sum as u16)).to_be_bytes()
}
