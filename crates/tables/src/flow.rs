//! Flows: connection tracking with the composed rewrite, so that an established packet costs one look-up whatever
//! it crosses. Every connection has two entries, written as one: forward and reverse.

use crate::{Clock, Mac, Tick};

/// Key of `FLOWS`. The ingress, not an address, says who is talking: overlapping ranges are free.
/// ICMP echo uses its identifier as both ports.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowKey {
    /// See [`FlowKey::way`].
    pub way: u32,
    pub src: u32,
    pub dst: u32,
    pub sport: u16,
    pub dport: u16,
}

/// Bits of an interface index for which a [`FlowKey`] has room: a namespace gives a thousand million before it needs more.
pub const INGRESS_BITS: u32 = 30;

/// What a packet belongs to that has a flow.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk {
    Tcp = 0,
    Udp = 1,
    /// ICMP echo requests, and apart from them the replies, so that a reply never passes for a request.
    Request = 2,
    Reply = 3,
}

/// How far a TCP connection has come; bits are ORed in by both directions' packets.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowState {
    /// SYN seen.
    Opening = 0,
    /// The handshake is complete. Set in both entries.
    Established = 1,
    /// A FIN was seen in this direction.
    Closing = 2,
    /// Set in both entries.
    Reset = 4,
    /// A FIN was seen in both directions. Set in both entries.
    Closed = 8,
    /// The other side has answered the SYN. Set in both entries; the client's next ACK makes them established.
    Answered = 32,
    /// It ends with a reset to each end, which the agent sends: nothing passes any more. Set in both entries, whose epoch is
    /// old then.
    Cut = 16,
    /// The server has acknowledged the header of the PROXY protocol. Set in both entries.
    Told = 64,
    /// The server has reset what came without that header. Set in the entry of replies, until the client says more.
    Missed = 128,
}

/// What an entry is, besides its state.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowMark {
    /// Through an NLB or endpoint, which is a hop and costs one of the packet's lifetime; inside a VPC there is none.
    Hop = 1,
    /// It carries replies.
    Reply = 2,
    /// The endpoint's connection has a bandwidth: `LIMITS` is asked.
    Limited = 4,
    /// Its listener chooses by [`crate::Choice::LeastConnections`]: `LOADS` counts it.
    Counted = 8,
    /// Its listener chooses by [`crate::Choice::ConnectionId`]: servers' replies are listened to.
    Quic = 16,
}

/// Value of `FLOWS`: what becomes of a packet that matches the key.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The tuple after translation.
    pub src: u32,
    pub dst: u32,
    pub sport: u16,
    pub dport: u16,
    /// Interface index of the host side of the port that the packet leaves through.
    pub egress: u32,
    pub dst_mac: Mac,
    /// The only source MAC the sender may use.
    pub src_mac: Mac,
    /// The plan under which the flow was judged; another one means: judge again.
    pub epoch: u32,
    /// Ones'-complement differences of addresses and of ports, folded to 16 bits, made once per connection; 0 = no change.
    pub address_delta: u16,
    pub port_delta: u16,
    /// Dense ids, 0 = none: what the flow counts for and by what it is judged again.
    pub listener: u32,
    pub server: u32,
    pub endpoint: u32,
    /// Idle time allowed once established, seconds.
    pub timeout: u16,
    /// Bits of [`FlowMark`].
    pub marks: u8,
    /// Bits of [`FlowState`].
    pub state: u8,
    /// Through an endpoint: by what its zone was served when the flow began, see `Address::lease`.
    pub lease: u8,
    /// Length of the PROXY protocol's header that the server gets before the client's first byte, bytes; 0 = none. By so much the
    /// client's sequence numbers and the server's are apart.
    pub header: u8,
    /// Longest TCP segment that either end may announce, bytes; 0 = any.
    pub mss: u16,
    /// TCP: the last acknowledgement number of the packets that match, as it stands there. It is what their sender expects
    /// next, and so the sequence number of a reset that it takes (RFC 5961, section 3.2).
    pub ack: u32,
    /// When the last packet came.
    pub last_seen: Tick,
    pub packets: u64,
    pub bytes: u64,
}

/// The first source port that is given to a connection whose own is taken, and how many there are from there on.
pub const FIRST_PORT: u32 = 1024;
pub const SOURCE_PORTS: u32 = 65_536 - FIRST_PORT;

/// Idle times in seconds, after which a flow is dead.
pub mod idle {
    /// TCP before the handshake is complete: five retransmissions of a SYN fit.
    pub const OPENING: u16 = 60;
    /// TCP after a reset or after FINs of both sides: four retransmissions of the last FIN fit (after 0.2, 0.6, 1.4 and 3 s).
    pub const CLOSED: u16 = 4;
    /// TCP inside a VPC and towards the host's services.
    pub const TCP: u16 = 3600;
    /// UDP inside a VPC and towards the host's services.
    pub const UDP: u16 = 60;
    /// ICMP echo.
    pub const ICMP: u16 = 30;
}

/// Its number in the IP header.
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;

impl FlowKey {
    /// Interface index of the port that the packet entered through, above the two bits of a [`Talk`].
    #[inline(always)]
    pub fn way(ingress: u32, talk: Talk) -> u32 {
        ingress << 2 | talk as u32
    }

    /// Interface index of the port that the packet entered through.
    #[inline(always)]
    pub fn ingress(&self) -> u32 {
        self.way >> 2
    }

    /// As the IPv4 header says it.
    #[inline(always)]
    pub fn protocol(&self) -> u8 {
        match self.way & 3 {
            0 => TCP,
            1 => UDP,
            _ => ICMP,
        }
    }

    /// Whether it is of echo requests.
    #[inline(always)]
    pub fn is_request(&self) -> bool {
        self.way & 3 == Talk::Request as u32
    }

    /// The key of the other entry of the connection that this key and `flow` are one entry of.
    #[inline(always)]
    pub fn paired(&self, flow: &Flow) -> FlowKey {
        let talk = self.way & 3;
        FlowKey {
            // Requests and replies change places.
            way: flow.egress << 2 | talk ^ talk >> 1,
            src: flow.dst,
            dst: flow.src,
            sport: flow.dport,
            dport: flow.sport,
        }
    }

    /// A well-mixed hash of the whole tuple, ingress included.
    #[inline(always)]
    pub fn hash(&self) -> u32 {
        hash(self.ingress(), self.protocol(), (self.src, self.sport), (self.dst, self.dport))
    }
}

impl Talk {
    /// What a packet of this protocol (as the IPv4 header says it) and ICMP type belongs to; of others there are no flows.
    #[inline(always)]
    pub fn of(protocol: u8, icmp_type: u8) -> Option<Talk> {
        match (protocol, icmp_type) {
            (TCP, _) => Some(Talk::Tcp),
            (UDP, _) => Some(Talk::Udp),
            (ICMP, 8) => Some(Talk::Request),
            (ICMP, 0) => Some(Talk::Reply),
            _ => None,
        }
    }
}

/// A well-mixed hash of a tuple: of address and port of both ends, their protocol, and whose they are.
#[inline(always)]
pub fn hash(whose: u32, protocol: u8, (src, sport): (u32, u16), (dst, dport): (u32, u16)) -> u32 {
    let ports = sport as u32 | (dport as u32) << 16;
    let mut h = mix(whose ^ 0x9e37_79b9, src);
    h = mix(h, dst);
    h = mix(h, ports);
    h = mix(h, protocol as u32);
    h ^= h >> 16;
    h = h.wrapping_mul(0x85eb_ca6b);
    h ^= h >> 13;
    h = h.wrapping_mul(0xc2b2_ae35);
    h ^ h >> 16
}

/// One round of MurmurHash3 (32 bits).
#[inline(always)]
fn mix(h: u32, word: u32) -> u32 {
    let k = word.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    (h ^ k).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
}

impl Flow {
    /// Whether this entry carries replies.
    #[inline(always)]
    pub fn is_reply(&self) -> bool {
        self.marks & FlowMark::Reply as u8 != 0
    }

    /// Whether its connection's bandwidth is limited.
    #[inline(always)]
    pub fn is_limited(&self) -> bool {
        self.marks & FlowMark::Limited as u8 != 0
    }

    /// Whether its listener chooses by connections.
    #[inline(always)]
    pub fn is_counted(&self) -> bool {
        self.marks & FlowMark::Counted as u8 != 0
    }

    /// Whether its listener chooses by ids of QUIC.
    #[inline(always)]
    pub fn is_quic(&self) -> bool {
        self.marks & FlowMark::Quic as u8 != 0
    }

    /// Whether the server has yet to be told who the client is.
    #[inline(always)]
    pub fn is_untold(&self) -> bool {
        self.header != 0 && !self.is(FlowState::Told)
    }

    /// What the way costs of a packet's lifetime, hops.
    #[inline(always)]
    pub fn ttl_step(&self) -> u8 {
        self.marks & FlowMark::Hop as u8
    }

    /// Whether a bit of the state is set.
    #[inline(always)]
    pub fn is(&self, state: FlowState) -> bool {
        self.state & state as u8 != 0
    }

    /// Whether nobody has answered yet, or the client has not shown that it heard the answer. `pair` is the entry of replies.
    #[inline(always)]
    pub fn half_open(&self, pair: &Flow) -> bool {
        !self.is(FlowState::Established) || pair.packets == 0
    }

    /// Whether a new SYN on this entry starts a new connection.
    #[inline(always)]
    pub fn over(&self) -> bool {
        self.ended() || self.is(FlowState::Closing)
    }

    /// Whether nothing but stragglers can come: a reset or the FINs of both sides were seen, or it was cut.
    #[inline(always)]
    pub fn ended(&self) -> bool {
        self.state & (FlowState::Closed as u8 | FlowState::Reset as u8 | FlowState::Cut as u8) != 0
    }

    /// Whether a connection of this protocol ends with a reset to each end when it was idle for too long or its server has
    /// left: a listener's, once established.
    #[inline(always)]
    pub fn owes_reset(&self, protocol: u8) -> bool {
        protocol == TCP && self.listener != 0 && self.is(FlowState::Established) && !self.ended()
    }

    /// Idle time that this entry is allowed in its present state, seconds.
    #[inline(always)]
    fn allowed(&self) -> u16 {
        if self.ended() {
            idle::CLOSED
        } else if !self.is(FlowState::Established) {
            idle::OPENING
        } else {
            self.timeout
        }
    }

    /// Whether this entry has been idle for too long. A connection is dead when both of its entries are.
    #[inline(always)]
    pub fn idle(&self, clock: Clock) -> bool {
        clock.has_passed(self.allowed(), self.last_seen)
    }
}

const _: () = assert!(size_of::<FlowKey>() == 16 && size_of::<Flow>() == 80);
