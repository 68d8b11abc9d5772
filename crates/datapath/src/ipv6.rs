//! IPv6: parses what the slow path takes, and knows addresses by what stands for them. Link-local traffic and multicast are
//! the link's own business: neighbours need not be found, since everything goes to the gateway.

use aya_ebpf::{bindings::__sk_buff, helpers::bpf_skb_store_bytes};
use tables::{DropReason, GATEWAY_MAC, Ipv6, PortKind, Purpose, checksum, is_ipv6, mac};

use crate::{
    maps::{IPV6, IPV6_ADDRESSES},
    parse::{self, ECHO_REPLY, ECHO_REQUEST, ICMP, load},
    report::{Outcome, count},
    rewrite::{replace, send},
    source,
    trip::{ETHERNET, Frame6, Part, Trip},
};

/// Size of an IPv6 header.
pub(crate) const HEADER: u32 = 40;
pub(crate) const ICMPV6: u8 = 58;
pub(crate) const HOP_BY_HOP: u8 = 0;
pub(crate) const FRAGMENT: u8 = 44;
/// Echo request and reply of ICMPv6 (RFC 4443, section 4).
pub(crate) const REQUEST: u8 = 128;
pub(crate) const REPLY: u8 = 129;
/// A type that is neither an error nor an echo.
const OTHER: u8 = 255;
/// Bits of the offset in a fragment header, and "more fragments".
const OFFSET: u16 = 0xfff8u16.to_be();
const MORE: u16 = 1u16.to_be();

/// A fragment header (RFC 8200, section 4.5).
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct FragmentHeader {
    pub next: u8,
    pub reserved: u8,
    pub offset: u16,
    pub id: [u16; 2],
}

/// Checks the IPv6 header and fills the key.
#[inline(never)]
pub(crate) fn parse(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    if !load(skb, 0, &raw mut trip.frame6) {
        return Err(DropReason::Malformed);
    }
    let payload = u16::from_be(trip.frame6.payload_length) as u32;
    trip.end = ETHERNET + HEADER + payload;
    if trip.frame6.version_class >> 4 != 6 || payload == 0 || trip.end > trip.length {
        return Err(DropReason::Malformed);
    }
    if is_of_link(trip) {
        count(Purpose::ArpSwallowed, trip.length);
        trip.answered = 1;
        return Ok(());
    }
    trip.ipv6 = 1;
    trip.frame.ttl = trip.frame6.hop_limit;
    trip.l4 = ETHERNET + HEADER;
    trip.part = Part::Whole as u8;
    let mut next = trip.frame6.next_header;
    if next == FRAGMENT {
        next = fragment(skb, trip)?;
    }
    trip.protocol = match next {
        ICMPV6 => ICMP,
        // ICMP for IPv4 has no place here.
        ICMP => return Err(DropReason::IpProtocol),
        other => other,
    };
    if trip.part != LATER {
        ports(skb, trip)?;
    }
    addresses(trip)?;
    match trip.part {
        LATER => parse::recall(trip),
        FIRST => parse::remember(trip),
        _ => Ok(()),
    }
}

const FIRST: u8 = Part::First as u8;
const LATER: u8 = Part::Later as u8;

#[inline(always)]
fn ports(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    parse::ports(skb, trip)?;
    if trip.protocol == ICMP {
        trip.icmp_type = match trip.icmp_type {
            REQUEST => ECHO_REQUEST,
            REPLY => ECHO_REPLY,
            ECHO_REQUEST | ECHO_REPLY => OTHER,
            other => other,
        };
    }
    Ok(())
}

/// Neighbour discovery, group membership, and everything else that does not leave a link.
#[inline(always)]
fn is_of_link(trip: &Trip) -> bool {
    let (src, dst) = (trip.frame6.src.0, trip.frame6.dst.0);
    let chatter = matches!(trip.frame6.next_header, ICMPV6 | HOP_BY_HOP);
    is_link_local(src[0]) || is_link_local(dst[0]) || chatter && is_multicast(dst[0])
}

/// fe80::/10, by its first half-word.
#[inline(always)]
fn is_link_local(word: u16) -> bool {
    u16::from_be(word) & 0xffc0 == 0xfe80
}

#[inline(always)]
fn is_multicast(word: u16) -> bool {
    u16::from_be(word) >> 8 == 0xff
}

/// What stands for both addresses. A destination may be an IPv4 address: that of a client from the other family.
#[inline(always)]
fn addresses(trip: &mut Trip) -> Outcome {
    if is_multicast(trip.frame6.dst.0[0]) {
        return Err(DropReason::Multicast);
    }
    // SAFETY: read at once.
    trip.key.src = match unsafe { IPV6.get(&trip.frame6.src) } {
        Some(address) => *address,
        None => return Err(DropReason::SpoofedAddress),
    };
    if trip.sender.kind == PortKind::Instance as u8 && !source::may_use(trip, trip.key.src) {
        return Err(DropReason::SpoofedAddress);
    }
    // SAFETY: read at once.
    trip.key.dst = match unsafe { IPV6.get(&trip.frame6.dst) } {
        Some(address) => *address,
        None => match trip.frame6.dst.to_ipv4() {
            Some(address) => address,
            None => return Err(DropReason::NoRoute),
        },
    };
    Ok(())
}

/// Reads a fragment header; says what follows it.
#[inline(always)]
fn fragment(skb: *mut __sk_buff, trip: &mut Trip) -> Result<u8, DropReason> {
    let header = trip.buffer.as_mut_ptr().cast::<FragmentHeader>();
    if !load(skb, trip.l4, header) {
        return Err(DropReason::Malformed);
    }
    // SAFETY: just loaded; the buffer is longer, aligned to half-words as the header is, and belongs to this CPU.
    let header = unsafe { *header };
    trip.l4 += size_of::<FragmentHeader>() as u32;
    trip.fragment_id = crate::trip::word(header.id);
    trip.fragment_place = header.offset;
    if header.offset & OFFSET != 0 {
        trip.part = LATER;
    } else if header.offset & MORE != 0 {
        trip.part = FIRST;
    }
    Ok(header.next)
}

/// The address that something stands for, as IPv6 hosts see it; false if it is gone.
#[inline(always)]
pub(crate) fn write(address: u32, into: &mut Ipv6) -> bool {
    if !is_ipv6(address) {
        *into = Ipv6::of_ipv4(address);
        return true;
    }
    // SAFETY: copied at once.
    match unsafe { IPV6_ADDRESSES.get(address) } {
        Some(known) => {
            *into = *known;
            true
        }
        None => false,
    }
}

/// The sum of an address' half-words in a packet of this family, folded.
#[inline(never)]
pub(crate) fn sum(address: u32, in_ipv6: bool) -> u32 {
    let sum = if is_ipv6(address) {
        // SAFETY: read at once.
        match unsafe { IPV6_ADDRESSES.get(address) } {
            Some(known) => known.sum(),
            None => 0,
        }
    } else if in_ipv6 {
        Ipv6::of_ipv4(address).sum()
    } else {
        (address as u16) as u64 + (address >> 16) as u64
    };
    checksum::delta(sum)
}

/// Answers an echo request in place.
#[inline(never)]
pub(crate) fn answer_echo(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let frame = &mut trip.frame6;
    frame.dst_mac = frame.src_mac;
    frame.src_mac = mac(GATEWAY_MAC);
    (frame.src, frame.dst) = (frame.dst, frame.src);
    let reply = REPLY;
    let change = checksum::delta(checksum::change16(0, REQUEST as u16, REPLY as u16));
    // SAFETY: both sources are as long as said.
    let failed = unsafe {
        bpf_skb_store_bytes(skb, 0, (&raw const *frame).cast(), size_of::<Frame6>() as u32, 0) != 0
            || bpf_skb_store_bytes(skb, trip.l4, (&raw const reply).cast(), 1, 0) != 0
    };
    if failed || !replace(skb, trip.l4 + 2, change, 0) {
        return Err(DropReason::Rewrite);
    }
    count(Purpose::EchoAnswered, trip.length);
    trip.answered = 1;
    trip.verdict = send(skb, trip.ingress);
    Ok(())
}
