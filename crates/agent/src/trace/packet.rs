//! The packet that is rehearsed: the first of a connection.

use std::net::Ipv4Addr;

use model::plan::PortPlan;
use tables::GATEWAY_MAC;

use super::Protocol;

/// The port that the connection comes from; a ping's identifier.
pub(super) const SOURCE_PORT: u16 = 49152;

/// An Ethernet frame from the port's primary address.
pub(super) fn first(port: &PortPlan, to: Ipv4Addr, to_port: u16, protocol: Protocol) -> Vec<u8> {
    let (number, body) = body(to_port, protocol);
    let length = 20 + body.len() as u16;
    let mut ip = vec![0x45, 0];
    ip.extend(length.to_be_bytes());
    ip.extend([0, 0, 0, 0, 64, number, 0, 0]);
    ip.extend(port.address.octets());
    ip.extend(to.octets());
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&sum);
    let mut frame = Vec::from(GATEWAY_MAC);
    frame.extend(port.mac.0);
    frame.extend([8, 0]);
    frame.extend(ip);
    frame.extend(body);
    frame
}

/// The number of the protocol, and what follows the IP header. Nobody receives it, so nobody misses its checksum.
fn body(to_port: u16, protocol: Protocol) -> (u8, Vec<u8>) {
    let mut body: Vec<u8> = [SOURCE_PORT, to_port].into_iter().flat_map(u16::to_be_bytes).collect();
    match protocol {
        Protocol::Tcp => {
            body.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0]);
            (6, body)
        }
        Protocol::Udp => {
            body.extend([0, 8, 0, 0]);
            (17, body)
        }
        Protocol::Icmp => {
            let [high, low] = SOURCE_PORT.to_be_bytes();
            (1, vec![8, 0, 0, 0, high, low, 0, 1])
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
