//! ICMP errors where IPv6 is concerned: about packets that were translated, inside one family or between both (RFC 7915), and
//! those that are made here.

use aya_ebpf::bindings::{__sk_buff, TC_ACT_SHOT};
use tables::{DropReason, FlowKey, Ipv6, Purpose, Talk, checksum, is_ipv6};

use crate::{
    families::IPV4,
    ipv6::{self, HEADER, ICMPV6, REPLY},
    maps::{FLOWS, IPV6},
    messages::{Message6, SIZE6, Said, write_ipv4, write_ipv6},
    parse::{ECHO_REPLY, ECHO_REQUEST, ICMP, UDP, load},
    report::{Outcome, count},
    rewrite::{hop, send},
    shift,
    trip::{Part, Trip},
};

/// Translates an ICMPv6 error about a packet that reached its sender through a flow.
#[inline(never)]
pub(crate) fn error(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let message = trip.buffer.as_mut_ptr().cast::<Message6>();
    if trip.part != Part::Whole as u8 || !(1..=4).contains(&trip.icmp_type) {
        return Err(DropReason::IcmpError);
    }
    if trip.end < trip.l4 + SIZE6 || !load(skb, trip.l4, message) {
        return Err(DropReason::Malformed);
    }
    // SAFETY: just loaded; the buffer is longer, aligned to half-words as the message is, and belongs to this CPU.
    let message = unsafe { &*message };
    let Some(mut said) = Said::of_ipv6(message.kind, message.code, u16::from_be(message.value[1])) else {
        return Err(DropReason::IcmpError);
    };
    trip.quoted = message.quote.l4;
    let protocol = if message.quote.next_header == ICMPV6 { ICMP } else { message.quote.next_header };
    if protocol == ICMP {
        let [kind, code] = trip.quoted[0].to_ne_bytes();
        trip.quoted[0] = u16::from_ne_bytes([if kind == REPLY { ECHO_REPLY } else { ECHO_REQUEST }, code]);
    }
    trip.reverse_key.src = known(&message.quote.dst);
    trip.reverse_key.dst = known(&message.quote.src);
    find(trip, protocol)?;
    if !is_ipv6(trip.out.dst) {
        said.mtu = said.mtu.saturating_sub((HEADER - IPV4) as u16);
    }
    pass_on(skb, trip, said)
}

/// What stands for an address that is quoted; 0 = nothing.
#[inline(always)]
fn known(address: &Ipv6) -> u32 {
    // SAFETY: read at once.
    match unsafe { IPV6.get(address) } {
        Some(it) => *it,
        None => match address.to_ipv4() {
            Some(it) => it,
            None => 0,
        },
    }
}

/// Finds the flow of answers to the quoted packet of this protocol, whose addresses are in `reverse_key`.
#[inline(always)]
fn find(trip: &mut Trip, protocol: u8) -> Outcome {
    let (key, quoted) = (&mut trip.reverse_key, &trip.quoted);
    let kind = quoted[0].to_ne_bytes()[0] ^ ECHO_REQUEST;
    let Some(talk) = Talk::of(protocol, kind) else { return Err(DropReason::IcmpError) };
    key.way = FlowKey::way(trip.ingress, talk);
    (key.sport, key.dport) = if protocol == ICMP { (quoted[2], quoted[2]) } else { (quoted[1], quoted[0]) };
    let Some(flow) = FLOWS.get_ptr(&trip.reverse_key) else { return Err(DropReason::IcmpError) };
    // SAFETY: a live entry, copied at once.
    trip.out = unsafe { *flow };
    let about_this = trip.key.src == trip.reverse_key.src && trip.key.dst == trip.reverse_key.dst;
    if trip.out.epoch != trip.epoch || !about_this {
        return Err(DropReason::IcmpError);
    }
    Ok(())
}

/// Sends what was said about the packet that `quoted` is of to whom `out` leads; `reverse_key` is the key of `out`.
#[inline(always)]
pub(crate) fn pass_on(skb: *mut __sk_buff, trip: &mut Trip, said: Said) -> Outcome {
    hop(trip)?;
    let protocol = trip.reverse_key.protocol();
    let out = &trip.out;
    if protocol == ICMP {
        trip.quoted[2] = out.sport;
    } else {
        (trip.quoted[0], trip.quoted[1]) = (out.dport, out.sport);
        shift::quoted(&mut trip.quoted, out);
    }
    if protocol == UDP && trip.quoted[3] != 0 {
        trip.quoted[3] = checksum::apply(trip.quoted[3], out.address_delta as u32 + out.port_delta as u32);
    }
    if is_ipv6(trip.out.dst) {
        if !ipv6::write(trip.out.src, &mut trip.frame6.src)
            || !ipv6::write(trip.out.dst, &mut trip.frame6.dst)
        {
            return Err(DropReason::Rewrite);
        }
        write_ipv6(skb, trip, said, protocol)?;
    } else {
        write_ipv4(skb, trip, said, protocol)?;
    }
    count(Purpose::IcmpTranslated, trip.length);
    trip.verdict = send(skb, trip.out.egress);
    Ok(())
}

/// Turns the packet in hand, which came as IPv6, into an error to its sender.
#[inline(never)]
pub(crate) fn tell(skb: *mut __sk_buff, trip: &mut Trip, kind: u8, code: u8) -> i32 {
    let protocol = trip.protocol;
    let echo = matches!(trip.icmp_type, ECHO_REPLY | ECHO_REQUEST);
    // An error about an error would be answered by another one (RFC 4443, section 2.4).
    if trip.part == Part::Later as u8
        || protocol == ICMP && !echo
        || !load(skb, trip.l4, &raw mut trip.quoted)
    {
        return TC_ACT_SHOT;
    }
    if protocol == ICMP {
        trip.quoted[0] = u16::from_ne_bytes([trip.icmp_type, 0]);
    }
    trip.out.dst_mac = trip.frame6.src_mac;
    (trip.frame6.src, trip.frame6.dst) = (trip.frame6.dst, trip.frame6.src);
    if write_ipv6(skb, trip, Said { kind, code, mtu: 0 }, protocol).is_err() {
        return TC_ACT_SHOT;
    }
    count(Purpose::IcmpSent, trip.length);
    send(skb, trip.ingress)
}
