//! Rewrites a packet of the slow path, whatever its headers, and sends it on its way.

use aya_ebpf::{
    bindings::{__sk_buff, BPF_F_MARK_MANGLED_0, BPF_F_PSEUDO_HDR},
    helpers::{bpf_l4_csum_replace, bpf_redirect_peer, bpf_skb_change_type, bpf_skb_store_bytes},
};
use tables::{DropReason, GATEWAY_MAC, checksum, mac};

use crate::{
    clamp, families, header,
    parse::{ICMP, TCP, UDP},
    report::Outcome,
    shift,
    trip::{Part, Trip, halves},
};

/// Rewrites as `out` says and hands the packet to the far end of the port's veth pair.
#[inline(never)]
pub(crate) fn forward(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    if !clamp::segments(skb, trip) {
        return Err(DropReason::Rewrite);
    }
    shift::numbers(skb, trip)?;
    header::lengthen(trip);
    if families::concerns(trip) {
        families::headers(skb, trip)?;
    } else if !headers(skb, trip) {
        return Err(DropReason::Rewrite);
    }
    if trip.part != Part::Later as u8 && !ports(skb, trip) {
        return Err(DropReason::Rewrite);
    }
    header::append(skb, trip)?;
    trip.verdict = send(skb, trip.out.egress);
    Ok(())
}

/// Writes the headers of an IPv4 packet that stays one.
#[inline(always)]
fn headers(skb: *mut __sk_buff, trip: &mut Trip) -> bool {
    let out = &trip.out;
    let step = out.ttl_step();
    trip.frame.dst_mac = out.dst_mac;
    trip.frame.src_mac = mac(GATEWAY_MAC);
    trip.frame.src = halves(out.src);
    trip.frame.dst = halves(out.dst);
    trip.frame.ttl = trip.frame.ttl.wrapping_sub(step);
    trip.frame.check = checksum::apply(trip.frame.check, out.address_delta as u32 + ttl_delta(step));
    // SAFETY: the frame is as long as said.
    let stored = unsafe {
        bpf_skb_store_bytes(skb, 0, (&raw const trip.frame).cast(), size_of_val(&trip.frame) as u32, 0)
    };
    stored == 0
}

/// Whether the packet may make one more hop.
#[inline(always)]
pub(crate) fn hop(trip: &Trip) -> Outcome {
    let step = trip.out.ttl_step();
    if step != 0 && trip.frame.ttl <= step { Err(DropReason::TtlExpired) } else { Ok(()) }
}

/// The checksum's difference for a TTL that is lower by `step`; the TTL is the low byte of its word in memory.
#[inline(always)]
pub(crate) const fn ttl_delta(step: u8) -> u32 {
    0xffff - step as u32
}

/// Ports or ICMP identifier, and the checksum over them.
#[inline(always)]
fn ports(skb: *mut __sk_buff, trip: &mut Trip) -> bool {
    let out = &trip.out;
    let (check, mut flags) = check_field(trip.protocol);
    let check = trip.l4 + check;
    // Of ICMP only that for IPv6 covers the addresses.
    let covered = trip.protocol != ICMP || trip.ipv6 == 1;
    if trip.protocol == ICMP {
        flags = 0;
    }
    if covered
        && out.address_delta != 0
        && !replace(skb, check, out.address_delta as u32, flags | BPF_F_PSEUDO_HDR as u64)
    {
        return false;
    }
    if out.port_delta == 0 && out.sport == trip.key.sport && out.dport == trip.key.dport {
        return true;
    }
    let words = [out.sport, out.dport];
    let (offset, size) = if trip.protocol == ICMP { (4, 2) } else { (0, 4) };
    // SAFETY: `words` is at least as long as `size`.
    let stored = unsafe { bpf_skb_store_bytes(skb, trip.l4 + offset, words.as_ptr().cast(), size, 0) };
    stored == 0 && (out.port_delta == 0 || replace(skb, check, out.port_delta as u32, flags))
}

/// Offset of the checksum after the IP header, and the flags with which it is replaced: a UDP checksum of zero means
/// "none" and stays.
#[inline(always)]
pub(crate) const fn check_field(protocol: u8) -> (u32, u64) {
    match protocol {
        TCP => (16, 0),
        UDP => (6, BPF_F_MARK_MANGLED_0 as u64),
        _ => (2, 0),
    }
}

/// A difference of bytes at this distance from where the checksum begins: at an odd one they count in the other order.
#[inline(always)]
pub(crate) fn placed(delta: u32, distance: u32) -> u32 {
    if distance & 1 == 0 { delta } else { (delta as u16).swap_bytes() as u32 }
}

/// Applies a difference to a checksum of the packet, complete or partial. Invalidates packet pointers.
#[inline(always)]
pub(crate) fn replace(skb: *mut __sk_buff, offset: u32, delta: u32, flags: u64) -> bool {
    // SAFETY: a helper that checks the offset.
    unsafe { bpf_l4_csum_replace(skb, offset, 0, delta as u64, flags) == 0 }
}

/// Sends to the far end of a veth pair; the verdict to return.
#[inline(always)]
pub(crate) fn send(skb: *mut __sk_buff, ifindex: u32) -> i32 {
    // Kernels before 6.15 keep the type, and the far end would ignore a packet "for another host".
    // SAFETY: the kernel passed this context; helpers.
    unsafe {
        if (*skb).pkt_type != 0 {
            bpf_skb_change_type(skb, 0);
        }
        bpf_redirect_peer(ifindex, 0) as i32
    }
}
