//! What is known about the packet on the slow path. It lies in a per-CPU map because the stack has 512 bytes only.

use aya_ebpf::{
    bindings::{__sk_buff, TC_ACT_SHOT},
    helpers::bpf_ktime_get_coarse_ns,
};
use tables::{Address, Clock, Flow, FlowKey, FlowState, Ipv6, Locals, Mac, Port};

use crate::{
    clock,
    flow::{ACK, FIN, RST, SYN},
    maps::{EPOCH, TRIP},
    parse::{ECHO_REQUEST, ICMP, TCP},
};

/// Ethernet and IPv4 header as they stand in the packet.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub dst_mac: Mac,
    pub src_mac: Mac,
    pub ethertype: u16,
    pub version_ihl: u8,
    pub tos: u8,
    pub total_length: u16,
    pub id: u16,
    pub fragment: u16,
    pub ttl: u8,
    pub protocol: u8,
    pub check: u16,
    /// Half-words: a packet aligns its addresses to two bytes only.
    pub src: [u16; 2],
    pub dst: [u16; 2],
}

/// Ethernet and IPv6 header as they stand in the packet.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Frame6 {
    pub dst_mac: Mac,
    pub src_mac: Mac,
    pub ethertype: u16,
    /// Version, and the upper half of the traffic class.
    pub version_class: u8,
    /// The lower half, and the first four bits of the flow label.
    pub class_flow: u8,
    pub flow: u16,
    pub payload_length: u16,
    pub next_header: u8,
    pub hop_limit: u8,
    pub src: Ipv6,
    pub dst: Ipv6,
}

/// Size of an Ethernet header.
pub(crate) const ETHERNET: u32 = 14;

const _: () = assert!(size_of::<Frame>() == 34 && align_of::<Frame>() == 2);
const _: () = assert!(size_of::<Frame6>() == 54 && align_of::<Frame6>() == 2);

/// Which part of a datagram a packet carries.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Whole = 0,
    /// With the ports, but not all of the data.
    First = 1,
    /// Without ports.
    Later = 2,
}

/// A packet on the slow path.
#[repr(C)]
pub(crate) struct Trip {
    /// Interface index of the port that sent it.
    pub ingress: u32,
    /// As the IPv4 header says it: ICMPv6 is ICMP here.
    pub protocol: u8,
    /// ICMP: the type of the message, by IPv4's numbers for echoes. Otherwise 0.
    pub icmp_type: u8,
    /// The packet's own tuple.
    pub key: FlowKey,
    /// The tuple of the connection's first packet: differs from `key` when a reply makes the flow be judged again.
    pub judged: FlowKey,
    /// Key of the reverse entry.
    pub reverse_key: FlowKey,
    /// When judged again: the reverse key as it was.
    pub kept_reverse: FlowKey,
    /// Length of the packet, bytes.
    pub length: u32,
    pub epoch: u32,
    pub now: u64,
    /// The same, as flows know it.
    pub clock: Clock,
    /// The port that `judged` came in by.
    pub sender: Port,
    /// What stands behind `judged.dst`.
    pub target: Address,
    /// The addresses of which one is the source after translation; a count of 0 = there is no choice.
    pub locals: Locals,
    /// Dense id of the port that the packet is meant for, once known.
    pub receiver: u32,
    /// When judged again: the server to keep, 0 = none.
    pub keep: u32,
    /// When judged again: the source after translation, kept.
    pub kept_src: u32,
    pub kept_sport: u16,
    /// When judged again: by what the endpoint's zone was served.
    pub kept_lease: u8,
    /// MAC address of the connection's client.
    pub client_mac: Mac,
    /// 1 = judged again.
    pub again: u8,
    /// A [`Part`].
    pub part: u8,
    /// TCP: sequence and acknowledgement number, as they stand in the packet.
    pub seq: u32,
    pub ack: u32,
    /// Of a packet that carries the header of the PROXY protocol: the sequence number with which that begins.
    pub begins: u32,
    /// TCP: size of the header with its options, bytes.
    pub tcp_header: u32,
    /// Where the header after IP starts.
    pub l4: u32,
    /// Where the datagram ends: a frame may be padded, and what is written there is no header.
    pub end: u32,
    /// Of a fragment: what its datagram is known by.
    pub fragment_id: u32,
    /// Of a fragment of IPv6: its place, as its header says it.
    pub fragment_place: u16,
    pub tcp_flags: u8,
    /// 1 = the header of the PROXY protocol goes to the server with this packet.
    pub carries_header: u8,
    /// 1 = a datagram without a checksum.
    pub unsummed: u8,
    /// 1 = a reply of a server that serves no more: it passes, and the flow is not renewed.
    pub parting: u8,
    /// 1 = `out` is the rewrite of a known flow.
    pub known: u8,
    /// 1 = answered in place: there is no flow to write.
    pub answered: u8,
    /// 1 = the packet has come as IPv6: `frame6` counts, not `frame`.
    pub ipv6: u8,
    /// 1 = a route leads to `target`.
    pub routed: u8,
    /// What the program returns unless a stage refuses.
    pub verdict: i32,
    /// The two entries in the making.
    pub forward: Flow,
    pub reverse: Flow,
    /// The rewrite of this packet.
    pub out: Flow,
    pub frame: Frame,
    pub frame6: Frame6,
    /// Of an ICMP error: what follows the IP header in its quote.
    pub quoted: [u16; 4],
    /// The first bytes of the packet's QUIC connection id.
    pub quic_id: [u16; 4],
    /// Spare bytes to load other headers into.
    pub buffer: [u16; 31],
}

impl Trip {
    /// The trip of the packet that this CPU works on.
    #[inline(always)]
    pub(crate) fn current() -> Option<&'static mut Trip> {
        // SAFETY: the slot belongs to this CPU, and a program is not interrupted by itself.
        TRIP.get_ptr_mut(0).map(|trip| unsafe { &mut *trip })
    }

    /// Starts a trip: clears what the stages before the verdict read.
    #[inline(always)]
    pub(crate) fn begin(&mut self, skb: *mut __sk_buff) {
        // SAFETY: the kernel passes a valid context.
        let (ingress, length) = unsafe { ((*skb).ifindex, (*skb).len) };
        self.ingress = ingress;
        self.icmp_type = 0;
        self.length = length;
        self.epoch = epoch();
        // SAFETY: a helper without arguments.
        self.now = unsafe { bpf_ktime_get_coarse_ns() };
        self.clock = clock::now();
        self.sender.index = 0;
        self.receiver = 0;
        self.keep = 0;
        self.again = 0;
        self.tcp_flags = 0;
        self.carries_header = 0;
        self.unsummed = 0;
        self.ack = 0;
        self.parting = 0;
        self.known = 0;
        self.ipv6 = 0;
        self.answered = 0;
        self.verdict = TC_ACT_SHOT;
    }

    /// Whether the packet may be the first of a connection.
    #[inline(always)]
    pub(crate) fn opens(&self) -> bool {
        match self.protocol {
            TCP => self.tcp_flags & (SYN | ACK | RST | FIN) == SYN,
            ICMP => self.icmp_type == ECHO_REQUEST,
            _ => true,
        }
    }

    /// Whether the packet's flow, as it is known, is a TCP connection that its server has accepted.
    #[inline(always)]
    pub(crate) fn is_settled(&self) -> bool {
        self.protocol == TCP && (self.out.is(FlowState::Established) || self.out.is(FlowState::Answered))
    }

    /// Source and destination of the packet.
    #[inline(always)]
    pub(crate) fn addresses(&self) -> (u32, u32) {
        (word(self.frame.src), word(self.frame.dst))
    }
}

/// The plan in force.
#[inline(always)]
pub(crate) fn epoch() -> u32 {
    match EPOCH.get(0) {
        Some(epoch) => *epoch,
        None => 0,
    }
}

/// A 32-bit field from two half-words.
#[inline(always)]
pub(crate) fn word(halves: [u16; 2]) -> u32 {
    halves[0] as u32 | (halves[1] as u32) << 16
}

/// The half-words of a 32-bit field.
#[inline(always)]
pub(crate) fn halves(word: u32) -> [u16; 2] {
    [word as u16, (word >> 16) as u16]
}
