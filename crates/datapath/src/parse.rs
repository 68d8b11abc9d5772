//! Parses what the fast path does not take, checks that the sender is who it says, and makes the flow key.

use aya_ebpf::{bindings::__sk_buff, helpers::bpf_skb_load_bytes};
use tables::{DropReason, Fragment, FragmentKey, PortKind, is_ipv6};

use crate::{
    maps::{FRAGMENTS, PORTS},
    options::TCP_HEADER,
    report::Outcome,
    source,
    trip::{ETHERNET, Part, Trip, word},
};

pub(crate) const ICMP: u8 = 1;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const ETHERTYPE_IPV4: u16 = 0x0800u16.to_be();
pub(crate) const ETHERTYPE_IPV6: u16 = 0x86ddu16.to_be();
pub(crate) const ETHERTYPE_ARP: u16 = 0x0806u16.to_be();
/// "More fragments" and the offset in the IPv4 header.
pub(crate) const FRAGMENTED: u16 = 0x3fffu16.to_be();
const OFFSET: u16 = 0x1fffu16.to_be();
pub(crate) const ECHO_REPLY: u8 = 0;
pub(crate) const ECHO_REQUEST: u8 = 8;

/// Copies bytes of the packet; false if it has not that many.
#[inline(always)]
pub(crate) fn load<T>(skb: *mut __sk_buff, offset: u32, into: *mut T) -> bool {
    // SAFETY: `into` has room for a `T`, and every caller's `T` is made of integers.
    unsafe { bpf_skb_load_bytes(skb.cast(), offset, into.cast(), size_of::<T>() as u32) == 0 }
}

/// Knows the port, loads the first headers, checks the source MAC address and the kind of frame.
#[inline(never)]
pub(crate) fn frame(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    // SAFETY: the port is copied at once.
    let Some(port) = (unsafe { PORTS.get(trip.ingress) }) else { return Err(DropReason::UnknownPort) };
    trip.sender = *port;
    if !load(skb, 0, &raw mut trip.frame) {
        return Err(DropReason::Malformed);
    }
    if trip.sender.kind == PortKind::Instance as u8 && trip.frame.src_mac != trip.sender.mac {
        return Err(DropReason::SpoofedMac);
    }
    trip.client_mac = trip.frame.src_mac;
    match trip.frame.ethertype {
        ETHERTYPE_IPV4 | ETHERTYPE_IPV6 | ETHERTYPE_ARP => Ok(()),
        _ => Err(DropReason::EtherType),
    }
}

/// Checks the IPv4 header and fills the key.
#[inline(never)]
pub(crate) fn ipv4(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let (src, dst) = trip.addresses();
    let header = (trip.frame.version_ihl & 15) as u32 * 4;
    if trip.frame.version_ihl >> 4 != 4 || header < 20 || !length_fits(trip, header) {
        return Err(DropReason::Malformed);
    }
    // The group bit is the lowest of the first octet.
    if dst as u8 >= 224 || trip.frame.dst_mac[0].to_be() & 0x0100 != 0 {
        return Err(DropReason::Multicast);
    }
    // What stands for an IPv6 address is not one.
    if is_ipv6(src) || trip.sender.kind == PortKind::Instance as u8 && !source::may_use(trip, src) {
        return Err(DropReason::SpoofedAddress);
    }
    trip.l4 = ETHERNET + header;
    trip.end = end(trip);
    trip.fragment_id = trip.frame.id as u32;
    trip.key.src = src;
    trip.key.dst = dst;
    trip.protocol = trip.frame.protocol;
    if trip.frame.fragment & OFFSET != 0 {
        trip.part = Part::Later as u8;
        return recall(trip);
    }
    ports(skb, trip)?;
    if trip.frame.fragment & FRAGMENTED != 0 {
        trip.part = Part::First as u8;
        return remember(trip);
    }
    trip.part = Part::Whole as u8;
    Ok(())
}

/// The total length lies in the packet. It is 0 in super-packets beyond 64 KiB (BIG TCP), and only there.
#[inline(always)]
fn length_fits(trip: &Trip, header: u32) -> bool {
    let total = u16::from_be(trip.frame.total_length) as u32;
    match total {
        0 => trip.length > 0xffff,
        _ => total >= header && total + ETHERNET <= trip.length,
    }
}

#[inline(always)]
fn end(trip: &Trip) -> u32 {
    match u16::from_be(trip.frame.total_length) as u32 {
        0 => trip.length,
        total => total + ETHERNET,
    }
}

/// Reads what tells connections apart.
#[inline(always)]
pub(crate) fn ports(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let words = trip.buffer.as_mut_ptr().cast::<[u16; 4]>();
    let smallest = if trip.protocol == TCP { 20 } else { 8 };
    if !matches!(trip.protocol, TCP | UDP | ICMP) {
        return Err(DropReason::IpProtocol);
    }
    if trip.end < trip.l4 + smallest || !load(skb, trip.l4, words) {
        return Err(DropReason::Malformed);
    }
    // SAFETY: just loaded; the buffer is longer and belongs to this CPU.
    let words = unsafe { *words };
    if trip.protocol == ICMP {
        trip.icmp_type = words[0].to_be().to_be_bytes()[0];
        trip.key.sport = words[2];
        trip.key.dport = words[2];
        return Ok(());
    }
    trip.key.sport = words[0];
    trip.key.dport = words[1];
    trip.unsummed = (trip.protocol == UDP && words[3] == 0) as u8;
    trip.seq = word([words[2], words[3]]);
    if trip.protocol == TCP { flags(skb, trip) } else { Ok(()) }
}

#[inline(always)]
fn flags(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let words = trip.buffer.as_mut_ptr().cast::<[u16; 3]>();
    if !load(skb, trip.l4 + 8, words) {
        return Err(DropReason::Malformed);
    }
    // SAFETY: just loaded, as above.
    let words = unsafe { *words };
    let [offset, flags] = words[2].to_ne_bytes();
    trip.tcp_flags = flags;
    trip.ack = word([words[0], words[1]]);
    trip.tcp_header = (offset >> 4) as u32 * 4;
    if trip.tcp_header < TCP_HEADER { Err(DropReason::Malformed) } else { Ok(()) }
}

#[inline(always)]
fn fragment_key(trip: &Trip) -> FragmentKey {
    FragmentKey {
        ingress: trip.ingress,
        src: trip.key.src,
        dst: trip.key.dst,
        id: trip.fragment_id,
        protocol: trip.protocol,
        pad: [0; 3],
    }
}

#[inline(always)]
pub(crate) fn remember(trip: &Trip) -> Outcome {
    let key = fragment_key(trip);
    let first =
        Fragment { sport: trip.key.sport, dport: trip.key.dport, icmp_type: trip.icmp_type, pad: [0; 3] };
    FRAGMENTS.insert(&key, &first, 0).map_err(|_| DropReason::Fragment)
}

#[inline(always)]
pub(crate) fn recall(trip: &mut Trip) -> Outcome {
    // SAFETY: copied before any other use of the map.
    let Some(first) = (unsafe { FRAGMENTS.get(fragment_key(trip)) }) else {
        return Err(DropReason::Fragment);
    };
    trip.key.sport = first.sport;
    trip.key.dport = first.dport;
    trip.icmp_type = first.icmp_type;
    Ok(())
}
