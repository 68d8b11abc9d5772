//! Headers of packets that arrive as IPv6, leave as IPv6, or both. Between the families a packet is translated (RFC 7915), as
//! far as both can say the same: not options and ICMP, nor datagrams without a checksum, which IPv6 does not take.

use aya_ebpf::{
    bindings::{__sk_buff, BPF_F_ADJ_ROOM_FIXED_GSO, bpf_adj_room_mode::BPF_ADJ_ROOM_NET},
    helpers::{bpf_skb_adjust_room, bpf_skb_change_proto, bpf_skb_store_bytes},
};
use tables::{DropReason, GATEWAY_MAC, checksum, is_ipv6, mac};

use crate::{
    ipv6::{self, FRAGMENT, FragmentHeader, HEADER, HOP_BY_HOP},
    parse::{ETHERTYPE_IPV4, ETHERTYPE_IPV6, FRAGMENTED, ICMP},
    report::Outcome,
    trip::{ETHERNET, Frame, Frame6, Trip, halves, word},
};

/// Size of an IPv4 header without options.
pub(crate) const IPV4: u32 = 20;
/// What fits behind an IPv4 header.
const LONGEST: u32 = 0xffff - IPV4;
pub(crate) const DONT_FRAGMENT: u16 = 0x4000u16.to_be();
/// "More fragments" in an IPv4 header.
const MORE: u16 = 0x2000;

/// Whether the packet arrives or leaves as IPv6: its receiver's own address tells.
#[inline(always)]
pub(crate) fn concerns(trip: &Trip) -> bool {
    trip.ipv6 == 1 || is_ipv6(trip.out.dst)
}

/// Whether the packet can go where `out` says: what it says must have words in the other family too.
#[inline(always)]
pub(crate) fn may(trip: &Trip) -> Outcome {
    let (from, to) = (trip.ipv6 == 1, is_ipv6(trip.out.dst));
    let plain = if from {
        trip.end <= ETHERNET + HEADER + LONGEST && !is_ipv6(trip.out.src)
    } else {
        trip.frame.version_ihl == 0x45 && trip.unsummed == 0
    };
    if from == to || plain && trip.protocol != ICMP { Ok(()) } else { Err(DropReason::OtherFamily) }
}

/// Writes the headers before the transport's, as `out` says.
#[inline(never)]
pub(crate) fn headers(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    match (trip.ipv6 == 1, is_ipv6(trip.out.dst)) {
        (true, true) => keep(skb, trip),
        (false, true) => to_ipv6(skb, trip),
        (true, false) => to_ipv4(skb, trip),
        (false, false) => Err(DropReason::Rewrite),
    }
}

#[inline(always)]
fn keep(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    trip.frame6.hop_limit = trip.frame6.hop_limit.wrapping_sub(trip.out.ttl_step());
    store_ipv6(skb, trip)
}

#[inline(always)]
fn store_ipv6(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let frame = &mut trip.frame6;
    frame.dst_mac = trip.out.dst_mac;
    frame.src_mac = mac(GATEWAY_MAC);
    if !ipv6::write(trip.out.src, &mut frame.src) || !ipv6::write(trip.out.dst, &mut frame.dst) {
        return Err(DropReason::Rewrite);
    }
    // SAFETY: the frame is as long as said.
    let stored =
        unsafe { bpf_skb_store_bytes(skb, 0, (&raw const *frame).cast(), size_of::<Frame6>() as u32, 0) };
    if stored == 0 { Ok(()) } else { Err(DropReason::Rewrite) }
}

#[inline(always)]
fn to_ipv6(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let old = trip.frame;
    let payload = trip.end.wrapping_sub(ETHERNET + IPV4);
    let is_jumbo = payload > 0xffff;
    let is_fragment = old.fragment & FRAGMENTED != 0;
    let frame = &mut trip.frame6;
    frame.ethertype = ETHERTYPE_IPV6;
    frame.version_class = 0x60 | old.tos >> 4;
    frame.class_flow = old.tos << 4;
    frame.flow = 0;
    (frame.next_header, frame.payload_length) = if is_jumbo {
        (HOP_BY_HOP, 0)
    } else if is_fragment {
        (FRAGMENT, (payload as u16 + size_of::<FragmentHeader>() as u16).to_be())
    } else {
        (old.protocol, (payload as u16).to_be())
    };
    frame.hop_limit = old.ttl.wrapping_sub(trip.out.ttl_step());
    become_family(skb, ETHERTYPE_IPV6)?;
    trip.l4 = ETHERNET + HEADER;
    if is_jumbo {
        let payload = (payload + size_of::<Jumbo>() as u32).to_be();
        insert(skb, trip, &Jumbo { next_header: old.protocol, length: 0, option: [0xc2, 4], payload })?;
    }
    if is_fragment {
        insert(skb, trip, &fragment_header(&old))?;
    }
    store_ipv6(skb, trip)
}

/// A hop-by-hop header that says nothing but how long a super-packet is (RFC 2675, section 2): BIG TCP of IPv6 has it.
#[repr(C)]
struct Jumbo {
    next_header: u8,
    /// In units of eight bytes after the first.
    length: u8,
    option: [u8; 2],
    payload: u32,
}

/// What the IPv6 header of a fragment says that IPv4 says in its only one.
#[inline(always)]
fn fragment_header(frame: &Frame) -> FragmentHeader {
    let place = u16::from_be(frame.fragment);
    let offset = (place << 3 | (place & MORE) / MORE).to_be();
    FragmentHeader { next: frame.protocol, reserved: 0, offset, id: [0, frame.id] }
}

/// Puts a header before the transport's.
#[inline(always)]
fn insert<T>(skb: *mut __sk_buff, trip: &mut Trip, header: &T) -> Outcome {
    let (at, size) = (trip.l4, size_of::<T>() as u32);
    trip.l4 += size;
    if !room(skb, size as i32) {
        return Err(DropReason::Rewrite);
    }
    // SAFETY: a helper; the source is as long as said.
    let stored = unsafe { bpf_skb_store_bytes(skb, at, (&raw const *header).cast(), size, 0) };
    if stored == 0 { Ok(()) } else { Err(DropReason::Rewrite) }
}

/// Makes room after the IP header, or takes it away.
#[inline(always)]
fn room(skb: *mut __sk_buff, bytes: i32) -> bool {
    // SAFETY: a helper; what is there is written anew by the caller.
    unsafe { bpf_skb_adjust_room(skb, bytes, BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO as u64) == 0 }
}

#[inline(always)]
fn to_ipv4(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let old = trip.frame6;
    // A fragment header, if there is one.
    let extra = trip.l4 - (ETHERNET + HEADER);
    let payload = (u16::from_be(old.payload_length) as u32).wrapping_sub(extra);
    let place = u16::from_be(trip.fragment_place);
    let frame = &mut trip.frame;
    frame.dst_mac = trip.out.dst_mac;
    frame.src_mac = mac(GATEWAY_MAC);
    frame.ethertype = ETHERTYPE_IPV4;
    frame.version_ihl = 0x45;
    frame.tos = old.version_class << 4 | old.class_flow >> 4;
    frame.total_length = ((payload + IPV4) as u16).to_be();
    (frame.id, frame.fragment) = if extra == 0 {
        (0, DONT_FRAGMENT)
    } else {
        (halves(trip.fragment_id)[1], (place >> 3 | (place & 1) * MORE).to_be())
    };
    frame.ttl = old.hop_limit.wrapping_sub(trip.out.ttl_step());
    frame.protocol = trip.protocol;
    frame.check = 0;
    frame.src = halves(trip.out.src);
    frame.dst = halves(trip.out.dst);
    frame.check = checksum_of(frame);
    become_family(skb, ETHERTYPE_IPV4)?;
    if extra != 0 && !room(skb, -(size_of::<FragmentHeader>() as i32)) {
        return Err(DropReason::Rewrite);
    }
    trip.l4 = ETHERNET + IPV4;
    // SAFETY: the frame is as long as said.
    let stored =
        unsafe { bpf_skb_store_bytes(skb, 0, (&raw const trip.frame).cast(), size_of::<Frame>() as u32, 0) };
    if stored == 0 { Ok(()) } else { Err(DropReason::Rewrite) }
}

/// Makes or takes away the room by which the headers differ.
#[inline(always)]
pub(crate) fn become_family(skb: *mut __sk_buff, ethertype: u16) -> Outcome {
    // SAFETY: a helper; the headers are written anew by the caller.
    if unsafe { bpf_skb_change_proto(skb, ethertype, 0) } == 0 { Ok(()) } else { Err(DropReason::Rewrite) }
}

/// Of an IPv4 header whose checksum is 0.
#[inline(always)]
pub(crate) fn checksum_of(frame: &Frame) -> u16 {
    let words = [
        u16::from_ne_bytes([frame.version_ihl, frame.tos]),
        frame.total_length,
        frame.id,
        frame.fragment,
        u16::from_ne_bytes([frame.ttl, frame.protocol]),
    ];
    let [a, b, c, d, e] = words.map(u64::from);
    let addresses = checksum::change32(0, !word(frame.src), word(frame.dst));
    checksum::apply(!0, checksum::delta(a + b + c + d + e + addresses))
}
