//! ICMP: answers for addresses that nobody stands behind, and errors about translated packets.

use aya_ebpf::{bindings::__sk_buff, helpers::bpf_skb_store_bytes};
use tables::{DropReason, FlowKey, GATEWAY_MAC, Purpose, Talk, checksum, is_ipv6, mac};

use crate::{
    families, icmpv6, ipv6,
    maps::FLOWS,
    messages::Said,
    parse::{ECHO_REPLY, ECHO_REQUEST, ICMP, TCP, UDP, load},
    report::{Outcome, count},
    rewrite::{forward, hop, replace, send},
    shift,
    trip::{Part, Trip, halves, word},
};

/// Offset of the checksum in ICMP.
const CHECK: u32 = 2;
/// Size of an ICMP header.
const HEADER: u32 = 8;
/// Size of an IPv4 header without options.
const IPV4: u32 = 20;

/// Answers an echo request in place.
#[inline(never)]
pub(crate) fn answer_echo(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    // A flow that is judged again led to somebody: what answers by itself has no flow.
    if trip.again == 1 {
        return Err(DropReason::NoConnection);
    }
    if trip.part != Part::Whole as u8 {
        return Err(DropReason::Fragment);
    }
    if trip.ipv6 == 1 {
        return ipv6::answer_echo(skb, trip);
    }
    let frame = &mut trip.frame;
    frame.dst_mac = frame.src_mac;
    frame.src_mac = mac(GATEWAY_MAC);
    (frame.src, frame.dst) = (frame.dst, frame.src);
    let reply = ECHO_REPLY;
    let change = checksum::delta(checksum::change16(0, ECHO_REQUEST as u16, ECHO_REPLY as u16));
    // SAFETY: both sources are as long as said.
    let failed = unsafe {
        bpf_skb_store_bytes(skb, 0, (&raw const *frame).cast(), size_of_val(frame) as u32, 0) != 0
            || bpf_skb_store_bytes(skb, trip.l4, (&raw const reply).cast(), 1, 0) != 0
    };
    if failed || !replace(skb, trip.l4 + CHECK, change, 0) {
        return Err(DropReason::Rewrite);
    }
    count(Purpose::EchoAnswered, trip.length);
    trip.answered = 1;
    trip.verdict = send(skb, trip.ingress);
    Ok(())
}

/// What an error quotes: an IPv4 header without options and eight bytes more.
#[repr(C)]
#[derive(Clone, Copy)]
struct Quote {
    version_ihl: u8,
    tos: u8,
    total_length: u16,
    id: u16,
    fragment: u16,
    ttl: u8,
    protocol: u8,
    check: u16,
    src: [u16; 2],
    dst: [u16; 2],
    l4: [u16; 4],
}

const _: () = assert!(size_of::<Quote>() == 28);

/// Whether a type is an error about another packet: unreachable, time exceeded, parameter problem.
#[inline(always)]
const fn is_error(kind: u8) -> bool {
    matches!(kind, 3 | 11 | 12)
}

/// Translates an error about a packet that reached its sender through a flow, inside and out.
#[inline(never)]
pub(crate) fn error(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    if trip.ipv6 == 1 {
        return icmpv6::error(skb, trip);
    }
    if !is_error(trip.icmp_type) || trip.part != Part::Whole as u8 {
        return Err(DropReason::IcmpError);
    }
    let at = trip.l4 + HEADER;
    let quote = trip.buffer.as_mut_ptr().cast::<Quote>();
    if !load(skb, at, quote) {
        return Err(DropReason::Malformed);
    }
    // SAFETY: just loaded; the buffer is longer, aligned to half-words as the quote is, and belongs to this CPU.
    let quote = unsafe { &mut *quote };
    if quote.version_ihl != 0x45 {
        return Err(DropReason::IcmpError);
    }
    trip.reverse_key = answering(trip.ingress, quote)?;
    let Some(flow) = FLOWS.get_ptr(&trip.reverse_key) else { return Err(DropReason::IcmpError) };
    // SAFETY: a live entry, copied at once.
    trip.out = unsafe { *flow };
    if trip.out.epoch != trip.epoch || trip.key.dst != trip.reverse_key.dst {
        return Err(DropReason::IcmpError);
    }
    if is_ipv6(trip.out.dst) {
        trip.quoted = quote.l4;
        return between(skb, trip);
    }
    hop(trip)?;
    let change = translate(skb, trip, quote, at)?;
    // SAFETY: the source is as long as said.
    let stored =
        unsafe { bpf_skb_store_bytes(skb, at, (&raw const *quote).cast(), size_of::<Quote>() as u32, 0) };
    if stored != 0 || change != 0 && !replace(skb, trip.l4 + CHECK, change, 0) {
        return Err(DropReason::Rewrite);
    }
    speak(trip);
    count(Purpose::IcmpTranslated, trip.length);
    trip.part = Part::Later as u8;
    forward(skb, trip)
}

/// A next hop on the way speaks in its own name inside its network, and beyond it in that of whom the packet was for.
#[inline(always)]
fn speak(trip: &mut Trip) {
    if (trip.out.src, trip.out.dst) == (trip.reverse_key.src, trip.reverse_key.dst) {
        trip.out.src = trip.key.src;
    } else {
        // The flow knows how the checksum changes for whom the packet was for.
        let change = checksum::delta(checksum::change32(0, trip.key.src, trip.reverse_key.src));
        trip.frame.check = checksum::apply(trip.frame.check, change);
    }
}

/// Passes an error on to a sender of the other family.
#[inline(always)]
fn between(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let mut head = [0u16; 4];
    if !load(skb, trip.l4, &raw mut head) {
        return Err(DropReason::Malformed);
    }
    let [kind, code] = head[0].to_ne_bytes();
    let mtu = match u16::from_be(head[3]) {
        0 => 0,
        mtu => mtu.saturating_add((ipv6::HEADER - families::IPV4) as u16),
    };
    icmpv6::pass_on(skb, trip, Said { kind, code, mtu })
}

/// The key that an answer to the quoted packet would have.
#[inline(always)]
fn answering(ingress: u32, quote: &Quote) -> Result<FlowKey, DropReason> {
    let icmp = quote.protocol == ICMP;
    let kind = quote.l4[0] as u8 ^ ECHO_REQUEST;
    let Some(talk) = Talk::of(quote.protocol, kind) else { return Err(DropReason::IcmpError) };
    let (sport, dport) = if icmp { (quote.l4[2], quote.l4[2]) } else { (quote.l4[1], quote.l4[0]) };
    Ok(FlowKey { way: FlowKey::way(ingress, talk), src: word(quote.dst), dst: word(quote.src), sport, dport })
}

/// Turns the quote back into the packet that its sender sent; returns what that changes in the sum of the message.
/// The quoted IPv4 header does not count: its own checksum balances its addresses.
#[inline(always)]
fn translate(skb: *mut __sk_buff, trip: &Trip, quote: &mut Quote, at: u32) -> Result<u32, DropReason> {
    let out = &trip.out;
    let addresses = checksum::change32(0, word(quote.src), out.dst);
    let addresses = checksum::delta(checksum::change32(addresses, word(quote.dst), out.src));
    quote.check = checksum::apply(quote.check, addresses);
    quote.src = halves(out.dst);
    quote.dst = halves(out.src);
    if quote.protocol == ICMP {
        let change = checksum::delta(checksum::change16(0, quote.l4[2], out.sport));
        quote.l4[1] = checksum::apply(quote.l4[1], change);
        quote.l4[2] = out.sport;
        return Ok(0);
    }
    let ports = checksum::change16(0, quote.l4[0], out.dport);
    let ports = checksum::delta(checksum::change16(ports, quote.l4[1], out.sport));
    quote.l4[0] = out.dport;
    quote.l4[1] = out.sport;
    let ports = ports + shift::quoted(&mut quote.l4, out);
    let mut change = ports as u64;
    if quote.protocol == UDP && quote.l4[3] != 0 {
        let check = checksum::apply(quote.l4[3], addresses + ports);
        change = checksum::change16(change, quote.l4[3], check);
        quote.l4[3] = check;
    }
    let mut check = 0u16;
    let offset = at + IPV4 + 16;
    if quote.protocol == TCP && load(skb, offset, &raw mut check) {
        let new = checksum::apply(check, addresses + ports);
        change = checksum::change16(change, check, new);
        // SAFETY: the source is as long as said.
        if unsafe { bpf_skb_store_bytes(skb, offset, (&raw const new).cast(), 2, 0) } != 0 {
            return Err(DropReason::Rewrite);
        }
    }
    Ok(checksum::delta(change))
}
