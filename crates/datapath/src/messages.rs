//! ICMP errors as messages: what they say in either family, and a packet turned into one that quotes an IP header and eight
//! bytes more.

use aya_ebpf::{
    bindings::__sk_buff,
    helpers::{bpf_skb_change_tail, bpf_skb_store_bytes},
};
use tables::{DropReason, GATEWAY_MAC, Ipv6, checksum, is_ipv6, mac};

use crate::{
    families::{DONT_FRAGMENT, IPV4, become_family, checksum_of},
    ipv6::{HEADER, ICMPV6, REPLY, REQUEST},
    parse::{ECHO_REPLY, ETHERTYPE_IPV4, ETHERTYPE_IPV6, ICMP},
    report::Outcome,
    trip::{ETHERNET, Frame, Frame6, Trip, halves},
};

/// Size of a message's own header.
const MESSAGE: u32 = 8;
/// TTL of messages that are made here, and of what they quote.
const TTL: u8 = 64;

/// What an error says, in the numbers of ICMP for IPv4.
#[derive(Clone, Copy)]
pub(crate) struct Said {
    pub kind: u8,
    pub code: u8,
    /// Of "fragmentation needed": the size that would pass, bytes, in the receiver's family.
    pub mtu: u16,
}

impl Said {
    /// What an ICMPv6 error says (RFC 4443, section 3); nothing if it is none.
    #[inline(always)]
    pub(crate) fn of_ipv6(kind: u8, code: u8, mtu: u16) -> Option<Self> {
        let (kind, code) = match (kind, code) {
            (1, 1 | 5 | 6) => (3, 13),
            (1, 3) => (3, 1),
            (1, 4) => (3, 3),
            (1, _) => (3, 0),
            (2, _) => (3, 4),
            (3, code) => (11, code),
            (4, 1) => (3, 2),
            (4, _) => (12, 0),
            _ => return None,
        };
        Some(Self { kind, code, mtu })
    }

    /// The same in ICMPv6.
    #[inline(always)]
    fn to_ipv6(self) -> (u8, u8) {
        match (self.kind, self.code) {
            (3, 1) => (1, 3),
            (3, 2) => (4, 1),
            (3, 3) => (1, 4),
            (3, 4) => (2, 0),
            (3, 9 | 10 | 13) => (1, 1),
            (3, _) => (1, 0),
            (11, code) => (3, code),
            _ => (4, 0),
        }
    }
}

/// An IPv6 header and eight bytes more.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Quote6 {
    pub version_class: [u16; 2],
    pub payload_length: u16,
    pub next_header: u8,
    pub hop_limit: u8,
    pub src: Ipv6,
    pub dst: Ipv6,
    pub l4: [u16; 4],
}

#[repr(C)]
pub(crate) struct Message6 {
    pub kind: u8,
    pub code: u8,
    pub check: u16,
    pub value: [u16; 2],
    pub quote: Quote6,
}

#[repr(C)]
struct Message4 {
    kind: u8,
    code: u8,
    check: u16,
    value: [u16; 2],
    version_tos: u16,
    total_length: u16,
    id: u16,
    fragment: u16,
    ttl: u8,
    protocol: u8,
    header_check: u16,
    src: [u16; 2],
    dst: [u16; 2],
    l4: [u16; 4],
}

pub(crate) const SIZE6: u32 = size_of::<Message6>() as u32;
const SIZE4: u32 = size_of::<Message4>() as u32;
const _: () = assert!(SIZE6 == 56 && SIZE4 == 36 && align_of::<Message6>() == 2);

/// Makes the packet an error between the addresses in `frame6`, which quotes a packet the other way.
#[inline(never)]
pub(crate) fn write_ipv6(skb: *mut __sk_buff, trip: &mut Trip, said: Said, protocol: u8) -> Outcome {
    let message = trip.buffer.as_mut_ptr().cast::<Message6>();
    // SAFETY: the buffer is longer, aligned to half-words as the message is, and belongs to this CPU.
    let message = unsafe { &mut *message };
    (message.kind, message.code) = said.to_ipv6();
    message.value = [0, said.mtu.to_be()];
    let icmp = protocol == ICMP;
    let quote = &mut message.quote;
    quote.version_class = [0x60, 0];
    quote.payload_length = (MESSAGE as u16).to_be();
    quote.next_header = if icmp { ICMPV6 } else { protocol };
    quote.hop_limit = TTL;
    (quote.src, quote.dst) = (trip.frame6.dst, trip.frame6.src);
    quote.l4 = trip.quoted;
    if icmp {
        let [kind, code] = quote.l4[0].to_ne_bytes();
        quote.l4[0] = u16::from_ne_bytes([if kind == ECHO_REPLY { REPLY } else { REQUEST }, code]);
    }
    // The pseudo-header: addresses, length, protocol.
    let pseudo = trip.frame6.src.sum()
        + trip.frame6.dst.sum()
        + (SIZE6 as u16).to_be() as u64
        + (ICMPV6 as u16).to_be() as u64;
    message.check = 0;
    message.check = checksum::apply(!0, checksum::delta(pseudo + words(&trip.buffer, SIZE6 as usize / 2)));
    error_ipv6(skb, trip, SIZE6)?;
    store(skb, trip, ETHERNET + HEADER, SIZE6)
}

#[inline(never)]
pub(crate) fn write_ipv4(skb: *mut __sk_buff, trip: &mut Trip, said: Said, protocol: u8) -> Outcome {
    if is_ipv6(trip.out.src) {
        return Err(DropReason::OtherFamily);
    }
    let message = trip.buffer.as_mut_ptr().cast::<Message4>();
    // SAFETY: the buffer is longer, aligned to half-words as the message is, and belongs to this CPU.
    let message = unsafe { &mut *message };
    (message.kind, message.code) = (said.kind, said.code);
    message.value = [0, said.mtu.to_be()];
    message.version_tos = 0x45u16.to_le();
    message.total_length = ((IPV4 + MESSAGE) as u16).to_be();
    message.id = 0;
    message.fragment = 0;
    message.ttl = TTL;
    message.protocol = protocol;
    message.header_check = 0;
    (message.src, message.dst) = (halves(trip.out.dst), halves(trip.out.src));
    message.l4 = trip.quoted;
    message.check = 0;
    message.check = checksum::apply(!0, checksum::delta(words(&trip.buffer, SIZE4 as usize / 2)));
    error_ipv4(skb, trip, SIZE4)?;
    store(skb, trip, ETHERNET + IPV4, SIZE4)
}

/// The sum of the buffer's first half-words.
#[inline(always)]
pub(crate) fn words(buffer: &[u16; 31], count: usize) -> u64 {
    let mut sum = 0;
    for word in buffer.iter().take(count) {
        sum += *word as u64;
    }
    sum
}

/// Cuts or extends the packet to one message at this place, and writes it.
#[inline(always)]
fn store(skb: *mut __sk_buff, trip: &Trip, at: u32, size: u32) -> Outcome {
    // SAFETY: the buffer is longer than a message.
    let stored = unsafe { bpf_skb_store_bytes(skb, at, trip.buffer.as_ptr().cast(), size, 0) };
    if stored == 0 { Ok(()) } else { Err(DropReason::Rewrite) }
}

/// Gives the packet this length.
#[inline(always)]
fn resize(skb: *mut __sk_buff, length: u32) -> Outcome {
    // SAFETY: a helper that checks the length.
    if unsafe { bpf_skb_change_tail(skb, length, 0) } == 0 { Ok(()) } else { Err(DropReason::Rewrite) }
}

/// Makes the packet an ICMPv6 message of this size between the addresses in `frame6`, still without its content.
#[inline(always)]
fn error_ipv6(skb: *mut __sk_buff, trip: &mut Trip, size: u32) -> Outcome {
    let frame = &mut trip.frame6;
    frame.dst_mac = trip.out.dst_mac;
    frame.src_mac = mac(GATEWAY_MAC);
    frame.ethertype = ETHERTYPE_IPV6;
    (frame.version_class, frame.class_flow, frame.flow) = (0x60, 0, 0);
    frame.payload_length = (size as u16).to_be();
    frame.next_header = ICMPV6;
    frame.hop_limit = TTL;
    if trip.ipv6 == 0 {
        become_family(skb, ETHERTYPE_IPV6)?;
    }
    resize(skb, ETHERNET + HEADER + size)?;
    // SAFETY: the frame is as long as said.
    let stored = unsafe {
        bpf_skb_store_bytes(skb, 0, (&raw const trip.frame6).cast(), size_of::<Frame6>() as u32, 0)
    };
    if stored == 0 { Ok(()) } else { Err(DropReason::Rewrite) }
}

/// Makes the packet, which has come as IPv6, an ICMP message of this size, still without its content.
#[inline(always)]
fn error_ipv4(skb: *mut __sk_buff, trip: &mut Trip, size: u32) -> Outcome {
    let frame = &mut trip.frame;
    frame.dst_mac = trip.out.dst_mac;
    frame.src_mac = mac(GATEWAY_MAC);
    frame.ethertype = ETHERTYPE_IPV4;
    (frame.version_ihl, frame.tos) = (0x45, 0);
    frame.total_length = ((IPV4 + size) as u16).to_be();
    (frame.id, frame.fragment) = (0, DONT_FRAGMENT);
    (frame.ttl, frame.protocol) = (TTL, ICMP);
    (frame.src, frame.dst) = (halves(trip.out.src), halves(trip.out.dst));
    frame.check = 0;
    frame.check = checksum_of(frame);
    become_family(skb, ETHERTYPE_IPV4)?;
    resize(skb, ETHERNET + IPV4 + size)?;
    // SAFETY: the frame is as long as said.
    let stored =
        unsafe { bpf_skb_store_bytes(skb, 0, (&raw const trip.frame).cast(), size_of::<Frame>() as u32, 0) };
    if stored == 0 { Ok(()) } else { Err(DropReason::Rewrite) }
}
