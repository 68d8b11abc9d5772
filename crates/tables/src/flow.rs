//! Flows: connection tracking with the composed rewrite, so that an established packet costs one look-up whatever
//! it crosses. Every connection has two entries, written as one: forward and reverse.

use crate::Mac;

/// Key of `FLOWS`. The ingress, not an address, says who is talking: overlapping ranges are free.
/// ICMP echo uses its identifier as both ports.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowKey {
    /// Interface index of the port that the packet entered through.
    pub ingress: u32,
    pub src: u32,
    pub dst: u32,
    pub sport: u16,
    pub dport: u16,
    pub protocol: u8,
    pub pad: [u8; 3],
}

/// How far a TCP connection has come; bits are ORed in by both directions' packets.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowState {
    /// SYN seen.
    Opening = 0,
    Established = 1,
    /// A FIN was seen in this direction.
    Closing = 2,
    Reset = 4,
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
    /// Ones'-complement differences of addresses and of ports, made once per connection.
    pub address_delta: u32,
    pub port_delta: u32,
    /// Dense ids, 0 = none: what the flow counts for and by what it is judged again.
    pub listener: u32,
    pub server: u32,
    pub endpoint: u32,
    /// Idle time allowed once established, seconds.
    pub timeout: u16,
    /// What a hop costs: 1 through an NLB or endpoint, 0 inside a VPC.
    pub ttl_step: u8,
    /// Bits of [`FlowState`].
    pub state: u8,
    /// 1 = this entry carries replies.
    pub reverse: u8,
    pub pad: [u8; 3],
    /// `bpf_ktime_get_coarse_ns` of the last packet.
    pub last_seen: u64,
    pub packets: u64,
    pub bytes: u64,
}

const _: () = assert!(size_of::<FlowKey>() == 20 && size_of::<Flow>() == 88);
