//! Connections in a ring, and the packet that goes round.

use std::net::{Ipv4Addr, Ipv6Addr};

use agent::kernel::trial::{INGRESS, Trial};
use anyhow::Result;
use tables::{
    Flow, FlowKey, FlowMark, FlowState, GATEWAY_MAC, Header, Ipv6, Limit, Talk, Tick, checksum, ipv6,
    is_ipv6, mac,
};

const TCP: u8 = 6;
const UDP: u8 = 17;
/// More than any run makes use of.
const BANDWIDTH_MBIT: u32 = 1_000_000;
const ENDPOINT: u32 = 1;
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);
const CLIENT_PORT: u16 = 40_000;
const PORT: u16 = 80;
/// The part of a ring that a step goes: so the steps of one round come near each other as late as they can.
const GOLDEN: f64 = 0.618_034;
/// What clients connect to; the others of a ring follow it.
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 64, 0, 0);

/// What an established packet goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feature {
    /// An endpoint and an NLB, which keeps the client's address.
    Endpoint,
    /// The same, in the NLB's name: source and destination, addresses and ports are rewritten.
    SourceNat,
    /// The same as the first, with a bandwidth.
    Bandwidth,
    /// The same as the first, with a longest segment and a short idle timeout.
    Segment,
    /// The same as the first, to the server with the fewest connections.
    Fewest,
    /// The same as the first, to a server that was told its client by the PROXY protocol: sequence numbers are rewritten.
    Header,
    /// The server's replies there: acknowledgements are rewritten.
    HeaderReply,
    /// UDP through an endpoint.
    Udp,
    /// The same with a server chosen by QUIC's connection id.
    Quic,
    /// The first between IPv6 addresses.
    Ipv6,
}

impl Feature {
    /// All of them but the first, which is what they are compared with.
    pub(super) const OTHERS: [Self; 9] = [
        Self::SourceNat,
        Self::Bandwidth,
        Self::Segment,
        Self::Fewest,
        Self::Header,
        Self::HeaderReply,
        Self::Udp,
        Self::Quic,
        Self::Ipv6,
    ];

    /// Name for a person.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint and NLB",
            Self::SourceNat => "without the client's address",
            Self::Bandwidth => "bandwidth limited",
            Self::Segment => "longest segment, idle timeout of 10 s",
            Self::Fewest => "server with the fewest connections",
            Self::Header => "PROXY protocol",
            Self::HeaderReply => "PROXY protocol, replies",
            Self::Udp => "UDP",
            Self::Quic => "UDP, server by QUIC connection id",
            Self::Ipv6 => "IPv6",
        }
    }

    fn protocol(self) -> u8 {
        match self {
            Self::Endpoint
            | Self::SourceNat
            | Self::Bandwidth
            | Self::Segment
            | Self::Fewest
            | Self::Header
            | Self::HeaderReply
            | Self::Ipv6 => TCP,
            Self::Udp | Self::Quic => UDP,
        }
    }

    /// What its entries are, besides their state. A packet that goes round for ever must not age.
    fn marks(self) -> u8 {
        match self {
            Self::Quic => FlowMark::Quic as u8,
            Self::Fewest => FlowMark::Counted as u8,
            Self::Bandwidth => FlowMark::Limited as u8,
            Self::HeaderReply => FlowMark::Reply as u8,
            Self::Endpoint | Self::SourceNat | Self::Segment | Self::Header | Self::Udp | Self::Ipv6 => 0,
        }
    }

    /// How far its connections have come, and the length of the header that their servers got, bytes.
    fn told(self) -> (u8, u8) {
        let established = FlowState::Established as u8;
        match self {
            Self::Header | Self::HeaderReply => (established | FlowState::Told as u8, Header::FRONT[0] as u8),
            Self::Endpoint
            | Self::SourceNat
            | Self::Bandwidth
            | Self::Segment
            | Self::Fewest
            | Self::Udp
            | Self::Quic
            | Self::Ipv6 => (established, 0),
        }
    }

    /// Longest segment that its listener allows, bytes, and how long its connections may be idle, seconds.
    fn limits(self) -> (u16, u16) {
        if self == Self::Segment { (1200, 10) } else { (0, u16::MAX) }
    }

    /// The tuple of a ring's packet at this place: addresses as the maps have them.
    fn tuple(self, place: u32) -> (u32, u16, u32, u16) {
        let shift = if self == Self::SourceNat { place as u16 } else { 0 };
        let (client, target) = match self {
            Self::Ipv6 => (ipv6(1), ipv6(2 + place)),
            Self::SourceNat => (word(CLIENT) ^ (place & 1), word(at(place))),
            Self::Endpoint
            | Self::Bandwidth
            | Self::Segment
            | Self::Fewest
            | Self::Header
            | Self::HeaderReply
            | Self::Udp
            | Self::Quic => (word(CLIENT), word(at(place))),
        };
        (client, (CLIENT_PORT + shift).to_be(), target, (PORT + shift).to_be())
    }
}

/// Connections with one feature.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring {
    feature: Feature,
    connections: u32,
}

impl Ring {
    /// So many.
    pub(super) fn of(feature: Feature, connections: u32) -> Self {
        Self { feature, connections }
    }

    /// Makes them known.
    pub(super) fn add_to(self, trial: &mut Trial) -> Result<()> {
        trial.set_limit(ENDPOINT, &Limit::of(BANDWIDTH_MBIT))?;
        let now = trial.clock()?.now;
        for place in 0..self.connections {
            let next = self.after(place);
            if self.feature == Feature::Ipv6 {
                for address in [ipv6(1), self.feature.tuple(place).2] {
                    trial.add_ipv6(address, &stands_for(address))?;
                }
            }
            trial.add_flow(&self.key(place), &Flow { last_seen: now, ..self.flow(place, next) })?;
        }
        Ok(())
    }

    /// Far away, since entries lie in memory as they were made, and no processor may guess the next.
    fn after(self, place: u32) -> u32 {
        let near = (f64::from(self.connections) * GOLDEN) as u32;
        let step = (near.max(1)..).find(|step| gcd(*step, self.connections) == 1).unwrap_or(1);
        (u64::from(place) + u64::from(step)).rem_euclid(u64::from(self.connections)) as u32
    }

    fn key(self, place: u32) -> FlowKey {
        let (src, sport, dst, dport) = self.feature.tuple(place);
        let talk = if self.feature.protocol() == UDP { Talk::Udp } else { Talk::Tcp };
        FlowKey { way: FlowKey::way(INGRESS, talk), src, dst, sport, dport }
    }

    fn flow(self, place: u32, next: u32) -> Flow {
        let (from, to) = (self.feature.tuple(place), self.feature.tuple(next));
        let addresses = change(change(0, from.0, to.0), from.2, to.2);
        let (mss, timeout) = self.feature.limits();
        let (state, header) = self.feature.told();
        let ports = checksum::change16(checksum::change16(0, from.1, to.1), from.3, to.3);
        Flow {
            src: to.0,
            dst: to.2,
            sport: to.1,
            dport: to.3,
            egress: INGRESS,
            dst_mac: mac(GATEWAY_MAC),
            // What the rewrite before has left as the sender.
            src_mac: mac(GATEWAY_MAC),
            epoch: 0,
            address_delta: checksum::delta(addresses) as u16,
            port_delta: checksum::delta(ports) as u16,
            listener: 1,
            server: 1,
            endpoint: ENDPOINT,
            timeout,
            marks: self.feature.marks(),
            state,
            lease: 0,
            header,
            mss,
            ack: 0,
            last_seen: Tick(0),
            packets: 0,
            bytes: 0,
        }
    }

    /// The packet at the ring's beginning: an ACK, or a datagram, of 64 bytes (IPv6: 74). Nobody checks its checksums.
    pub(super) fn packet(self) -> Vec<u8> {
        let (src, sport, dst, dport) = self.feature.tuple(0);
        let protocol = self.feature.protocol();
        let mut packet = [GATEWAY_MAC, GATEWAY_MAC].concat();
        let length = if is_ipv6(src) {
            packet.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, protocol, 64]);
            packet.extend(octets(src));
            packet.extend(octets(dst));
            74
        } else {
            packet.extend([0x08, 0x00, 0x45, 0, 0, 50, 0, 0, 0x40, 0, 64, protocol, 0, 0]);
            packet.extend(src.to_ne_bytes());
            packet.extend(dst.to_ne_bytes());
            64
        };
        packet.extend(sport.to_ne_bytes());
        packet.extend(dport.to_ne_bytes());
        match protocol {
            TCP => packet.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]),
            // Length, a checksum, and a QUIC packet with a short header (RFC 9000, section 17.3).
            _ => packet.extend([0, 30, 0x12, 0x34, 0x40, 1, 2, 3]),
        }
        packet.resize(length, 0);
        packet
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn word(address: Ipv4Addr) -> u32 {
    u32::from_ne_bytes(address.octets())
}

fn at(place: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(FIRST.to_bits() + place)
}

/// The IPv6 address behind what stands for it.
fn stands_for(address: u32) -> Ipv6 {
    Ipv6(std::array::from_fn(|half| {
        u16::from_ne_bytes([octets(address)[2 * half], octets(address)[2 * half + 1]])
    }))
}

fn octets(address: u32) -> [u8; 16] {
    let number = u16::try_from(u32::from_be(address) & 0xffff).unwrap_or(u16::MAX);
    Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, number).octets()
}

/// The difference that one address in another's place makes to a checksum.
fn change(sum: u64, from: u32, to: u32) -> u64 {
    if is_ipv6(from) {
        // Only the last half-words differ.
        let last = |address: u32| stands_for(address).0[7];
        checksum::change16(sum, last(from), last(to))
    } else {
        checksum::change32(sum, from, to)
    }
}
