//! Resets as they go to an end of a connection, pure.

use tables::{Flow, GATEWAY_MAC, Ipv6, checksum, is_ipv6};

/// A frame and the interface that it leaves through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    /// Interface index of the host side of the receiver's port.
    pub interface: u32,
    /// The receiver's MAC address.
    pub receiver: [u8; 6],
    /// The frame: Ethernet, IP and TCP headers without options.
    pub frame: Vec<u8>,
}

/// Both ends of a connection as one of them, which a frame is for, knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// As they stand in a packet: from, to.
    Ipv4(u32, u32),
    /// The same.
    Ipv6(Ipv6, Ipv6),
}

impl Ends {
    /// What stands in packets that `flow` sends; `known` says the IPv6 address that something stands for. `None` = it is gone.
    pub fn of(flow: &Flow, mut known: impl FnMut(u32) -> Option<Ipv6>) -> Option<Self> {
        if !is_ipv6(flow.dst) {
            return Some(Self::Ipv4(flow.src, flow.dst));
        }
        let mut ipv6 = |address| if is_ipv6(address) { known(address) } else { Some(Ipv6::of_ipv4(address)) };
        Some(Self::Ipv6(ipv6(flow.src)?, ipv6(flow.dst)?))
    }

    /// The type of the frame, the IP header without a checksum, and the pseudo-header of what follows.
    fn headers(self) -> ([u8; 2], Vec<u8>, Vec<u8>) {
        let length = TCP_HEADER.to_be_bytes();
        match self {
            Self::Ipv4(from, to) => {
                let addresses = [from.to_ne_bytes(), to.to_ne_bytes()].concat();
                // Version and length; total length; "don't fragment"; TTL 64, TCP.
                let fixed = [0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, TCP, 0, 0];
                let pseudo = [&addresses[..], &[0, TCP], &length].concat();
                ([0x08, 0x00], [&fixed[..], &addresses].concat(), pseudo)
            }
            Self::Ipv6(from, to) => {
                let octets = |it: Ipv6| it.0.map(u16::to_ne_bytes).concat();
                let addresses = [octets(from), octets(to)].concat();
                // Version; length; TCP, hop limit 64.
                let fixed = [0x60, 0, 0, 0, length[0], length[1], TCP, 64];
                let pseudo = [&addresses[..], &[0, TCP], &length].concat();
                ([0x86, 0xdd], [&fixed[..], &addresses].concat(), pseudo)
            }
        }
    }
}

const TCP: u8 = 6;
/// Bytes of a TCP header without options.
const TCP_HEADER: u16 = 20;

impl Reset {
    /// To where `flow` leads, in the name of the other end as the receiver knows it. `pair` is the other entry: what the
    /// receiver has sent. The sequence number is the one that it expects next, which is the only one that it takes
    /// (RFC 5961, section 3.2).
    pub fn along(flow: &Flow, pair: &Flow, ends: Ends) -> Self {
        let receiver = bytes(flow.dst_mac);
        let (kind, mut ip, pseudo) = ends.headers();
        let mut tcp = [0; TCP_HEADER as usize];
        tcp[..2].copy_from_slice(&flow.sport.to_ne_bytes());
        tcp[2..4].copy_from_slice(&flow.dport.to_ne_bytes());
        tcp[4..8].copy_from_slice(&pair.ack.to_ne_bytes());
        // Five words of header; RST.
        tcp[12..14].copy_from_slice(&[0x50, 0x04]);
        let over = sum(&[&pseudo[..], &tcp[..]].concat());
        tcp[16..18].copy_from_slice(&over.to_ne_bytes());
        if let Ends::Ipv4(..) = ends {
            let check = sum(&ip);
            ip[10..12].copy_from_slice(&check.to_ne_bytes());
        }
        let frame = [&receiver[..], &GATEWAY_MAC, &kind, &ip, &tcp].concat();
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

    use tables::{FlowMark, FlowState, Tick, mac};

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
            marks: FlowMark::Hop as u8 | FlowMark::Reply as u8,
            state: FlowState::Established as u8,
            lease: 0,
            header: 0,
            mss: 0,
            ack: ack.to_be(),
            last_seen: Tick(0),
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
        let ends = Ends::of(&to_client, |_| None).unwrap();
        let reset = Reset::along(&to_client, &of_client, ends);
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

    #[test]
    fn a_reset_in_ipv6_is_one_too() {
        let server: std::net::Ipv6Addr = "fd00::7".parse().unwrap();
        let known = |address| (address == tables::ipv6(7)).then(|| Ipv6(server.segments().map(u16::to_be)));
        let to_server = flow([10, 0, 0, 100], 80, [240, 0, 0, 7], 5000, 1);
        let of_server = flow([240, 0, 0, 7], 5000, [10, 0, 0, 100], 80, 0x1234_5678);
        let reset = Reset::along(&to_server, &of_server, Ends::of(&to_server, known).unwrap());
        let frame = reset.frame;
        assert_eq!((frame.len(), &frame[12..15]), (74, &[0x86, 0xdd, 0x60][..]));
        assert_eq!(frame[22..38], "64:ff9b::a00:64".parse::<std::net::Ipv6Addr>().unwrap().octets());
        assert_eq!(frame[38..54], server.octets());
        assert_eq!((&frame[58..62], frame[67]), (&[0x12, 0x34, 0x56, 0x78][..], 4));
        assert!(holds(&[&frame[22..54], &[0, 6, 0, 20], &frame[54..]].concat()), "checksum of TCP");
        assert_eq!(Ends::of(&to_server, |_| None), None, "an address that is gone");
    }
}
