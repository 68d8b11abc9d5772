//! Resets as they go to an end of a connection, pure.

use tables::{Flow, GATEWAY_MAC, checksum};

/// Bytes of the frame: Ethernet, IPv4 and TCP headers without options.
pub const LENGTH: usize = 14 + 20 + 20;

/// A frame and the interface that it leaves through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// Interface index of the host side of the receiver's port.
    pub interface: u32,
    /// The receiver's MAC address.
    pub receiver: [u8; 6],
    /// The frame.
    pub frame: [u8; LENGTH],
}

impl Reset {
    /// To where `flow` leads, in the name of the other end as the receiver knows it. `pair` is the other entry: what the
    /// receiver has sent. The sequence number is the one that it expects next, which is the only one that it takes
    /// (RFC 5961, section 3.2).
    pub fn along(flow: &Flow, pair: &Flow) -> Self {
        let receiver = bytes(flow.dst_mac);
        let mut frame = [0; LENGTH];
        let (ethernet, packet) = frame.split_at_mut(14);
        ethernet[..6].copy_from_slice(&receiver);
        ethernet[6..12].copy_from_slice(&GATEWAY_MAC);
        ethernet[12..].copy_from_slice(&[0x08, 0x00]);
        let (ip, tcp) = packet.split_at_mut(20);
        // Version and length; total length; "don't fragment"; TTL 64, TCP.
        ip[..10].copy_from_slice(&[0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6]);
        ip[12..16].copy_from_slice(&flow.src.to_ne_bytes());
        ip[16..].copy_from_slice(&flow.dst.to_ne_bytes());
        tcp[..2].copy_from_slice(&flow.sport.to_ne_bytes());
        tcp[2..4].copy_from_slice(&flow.dport.to_ne_bytes());
        tcp[4..8].copy_from_slice(&pair.ack.to_ne_bytes());
        // Five words of header; RST.
        tcp[12..14].copy_from_slice(&[0x50, 0x04]);
        let check = sum(&ip[..]);
        // The pseudo-header: addresses, protocol, length.
        let pseudo = [&ip[12..], &[0, 6, 0, 20]].concat();
        let over = sum(&[&pseudo, &tcp[..]].concat());
        ip[10..12].copy_from_slice(&check.to_ne_bytes());
        tcp[16..18].copy_from_slice(&over.to_ne_bytes());
        Self { interface: flow.egress, receiver, frame }
    }
}

/// The checksum of an even number of bytes, as it stands in memory.
fn sum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks_exact(2).map(|word| u64::from(u16::from_ne_bytes([word[0], word[1]])));
    checksum::apply(!0, checksum::delta(words.sum()))
}

fn bytes(mac: tables::Mac) -> [u8; 6] {
    let [[a, b], [c, d], [e, f]] = mac.map(u16::to_ne_bytes);
    [a, b, c, d, e, f]
}

#[cfg(test)]
pub(crate) mod tests {
    use std::net::Ipv4Addr;

    use tables::{FlowState, mac};

    use super::*;

    fn word(address: [u8; 4]) -> u32 {
        u32::from_ne_bytes(address)
    }

    pub(crate) fn flow(src: [u8; 4], sport: u16, dst: [u8; 4], dport: u16, ack: u32) -> Flow {
        Flow {
            src: word(src),
            dst: word(dst),
            sport: sport.to_be(),
            dport: dport.to_be(),
            egress: 7,
            dst_mac: mac([2, 0, 0, 0, 0, 1]),
            src_mac: mac([2, 0, 0, 0, 0, 2]),
            epoch: 1,
            address_delta: 0,
            port_delta: 0,
            listener: 1,
            server: 1,
            endpoint: 0,
            timeout: 900,
            ttl_step: 1,
            state: FlowState::Established as u8,
            reverse: 1,
            limited: 0,
            lease: 0,
            choice: 0,
            mss: 0,
            pad: 0,
            ack: ack.to_be(),
            last_seen: 0,
            packets: 0,
            bytes: 0,
        }
    }

    /// As a receiver adds up: everything with the checksum gives all ones.
    fn holds(bytes: &[u8]) -> bool {
        let mut sum: u32 =
            bytes.chunks(2).map(|word| u32::from(u16::from_be_bytes([word[0], word[1]]))).sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum == 0xffff
    }

    #[test]
    fn a_reset_is_one_that_its_receiver_takes() {
        let to_client = flow([10, 0, 0, 100], 80, [10, 0, 0, 10], 5000, 1);
        let of_client = flow([10, 0, 0, 10], 5000, [10, 0, 0, 30], 8080, 0x1234_5678);
        let reset = Reset::along(&to_client, &of_client);
        assert_eq!((reset.interface, reset.receiver), (7, [2, 0, 0, 0, 0, 1]));
        let frame = reset.frame;
        assert_eq!(frame[..14], [2, 0, 0, 0, 0, 1, 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 8, 0]);
        assert_eq!(Ipv4Addr::from(*frame[26..].first_chunk::<4>().unwrap()), Ipv4Addr::new(10, 0, 0, 100));
        assert_eq!(frame[30..34], [10, 0, 0, 10]);
        assert_eq!(frame[34..38], [0, 80, 0x13, 0x88]);
        assert_eq!(frame[38..42], [0x12, 0x34, 0x56, 0x78], "what the client has acknowledged");
        assert_eq!(frame[47], 4, "RST and nothing else");
        assert!(holds(&frame[14..34]), "checksum of IP");
        assert!(holds(&[&frame[26..34], &[0, 6, 0, 20], &frame[34..]].concat()), "checksum of TCP");
    }
}
