//! ICMP errors made here: a sender is told why a packet that it was allowed to send cannot arrive. What a policy
//! refuses is dropped in silence.

use aya_ebpf::{
    bindings::{__sk_buff, TC_ACT_SHOT},
    helpers::{bpf_skb_change_tail, bpf_skb_store_bytes},
};
use tables::{DropReason, GATEWAY_MAC, Purpose, checksum, mac};

use crate::{
    icmpv6,
    parse::{ECHO_REPLY, ECHO_REQUEST, ICMP, load},
    report::count,
    rewrite::send,
    trip::{ETHERNET, Part, Trip, halves},
};

/// ICMP header and what it quotes: an IPv4 header without options and eight bytes more (RFC 792).
#[repr(C)]
struct Message {
    kind: u8,
    code: u8,
    check: u16,
    unused: [u16; 2],
    quote: [u16; 14],
}

const SIZE: u32 = size_of::<Message>() as u32;
const AT: u32 = ETHERNET + 20;

const _: () = assert!(SIZE == 36);

/// The verdict for a packet that was dropped: gone, or turned into an error message to its sender.
#[inline(always)]
pub(crate) fn explain(skb: *mut __sk_buff, trip: &mut Trip, reason: DropReason) -> i32 {
    match reason {
        DropReason::TtlExpired if trip.ipv6 == 1 => icmpv6::tell(skb, trip, 11, 0),
        DropReason::NoRoute if trip.ipv6 == 1 => icmpv6::tell(skb, trip, 3, 1),
        DropReason::TtlExpired => tell(skb, trip, 11, 0),
        DropReason::NoRoute => tell(skb, trip, 3, 1),
        _ => TC_ACT_SHOT,
    }
}

/// Turns the packet into an error message. It comes from the address that the packet was for: the gateway has none
/// of its own that is known here.
#[inline(never)]
fn tell(skb: *mut __sk_buff, trip: &mut Trip, kind: u8, code: u8) -> i32 {
    let message = trip.buffer.as_mut_ptr().cast::<Message>();
    // SAFETY: the buffer is longer, aligned to half-words as the message is, and belongs to this CPU.
    let message = unsafe { &mut *message };
    // An error about an error would be answered by another one (RFC 1122, section 3.2.2).
    let echo = matches!(trip.icmp_type, ECHO_REPLY | ECHO_REQUEST);
    if trip.part == Part::Later as u8
        || trip.protocol == ICMP && !echo
        || trip.frame.version_ihl != 0x45
        || !load(skb, ETHERNET, &raw mut message.quote)
    {
        return TC_ACT_SHOT;
    }
    message.kind = kind;
    message.code = code;
    message.unused = [0; 2];
    let mut sum = u16::from_ne_bytes([kind, code]) as u64;
    for word in message.quote {
        sum += word as u64;
    }
    message.check = checksum::apply(!0, checksum::delta(sum));
    address(trip);
    // SAFETY: helpers; both sources are as long as said.
    let failed = unsafe {
        bpf_skb_change_tail(skb, AT + SIZE, 0) != 0
            || bpf_skb_store_bytes(skb, 0, (&raw const trip.frame).cast(), AT, 0) != 0
            || bpf_skb_store_bytes(skb, AT, trip.buffer.as_ptr().cast(), SIZE, 0) != 0
    };
    if failed {
        return TC_ACT_SHOT;
    }
    count(Purpose::IcmpSent, AT + SIZE);
    send(skb, trip.ingress)
}

/// The headers before the message, back to the sender.
#[inline(always)]
fn address(trip: &mut Trip) {
    let frame = &mut trip.frame;
    frame.dst_mac = frame.src_mac;
    frame.src_mac = mac(GATEWAY_MAC);
    frame.tos = 0;
    frame.total_length = (20 + SIZE as u16).to_be();
    frame.id = 0;
    frame.fragment = 0;
    frame.ttl = 64;
    frame.protocol = ICMP;
    frame.src = halves(trip.key.dst);
    frame.dst = halves(trip.key.src);
    let fixed = 0x0045u64 + frame.total_length as u64 + u16::from_ne_bytes([64, ICMP]) as u64;
    let [a, b] = frame.src;
    let [c, d] = frame.dst;
    frame.check = checksum::apply(!0, checksum::delta(fixed + a as u64 + b as u64 + c as u64 + d as u64));
}
