//! ICMP errors where IPv6 is concerned: about packets that were translated, inside one family or between both (RFC 7915), and
//! those that are made here. A message is made anew, and quotes an IP header and eight bytes more.

use aya_ebpf::{
    bindings::{__sk_buff, TC_ACT_SHOT},
    helpers::{bpf_skb_change_tail, bpf_skb_store_bytes},
};
use tables::{DropReason, Ipv6, Purpose, checksum, is_ipv6};

use crate::{
    families::{self, IPV4},
    ipv6::{self, HEADER, ICMPV6, REPLY, REQUEST},
    maps::{FLOWS, IPV6},
    parse::{ECHO_REPLY, ECHO_REQUEST, ICMP, UDP, load},
    report::{Outcome, count},
    rewrite::{hop, send},
    trip::{ETHERNET, Part, Trip, halves},
};

/// Size of a message's own header.
const MESSAGE: u32 = 8;
/// TTL of messages that are made here, and of what they quote.
pub(crate) const TTL: u8 = 64;

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
    fn of_ipv6(kind: u8, code: u8, mtu: u16) -> Option<Self> {
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
struct Quote6 {
    version_class: [u16; 2],
    payload_length: u16,
    next_header: u8,
    hop_limit: u8,
    src: Ipv6,
    dst: Ipv6,
    l4: [u16; 4],
}

#[repr(C)]
struct Message6 {
    kind: u8,
    code: u8,
    check: u16,
    value: [u16; 2],
    quote: Quote6,
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

const SIZE6: u32 = size_of::<Message6>() as u32;
const SIZE4: u32 = size_of::<Message4>() as u32;
const _: () = assert!(SIZE6 == 56 && SIZE4 == 36 && align_of::<Message6>() == 2);

/// Translates an ICMPv6 error about a packet that reached its sender through a flow.
#[inline(never)]
pub(crate) fn error(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let message = trip.buffer.as_mut_ptr().cast::<Message6>();
    if trip.part != Part::Whole as u8 || !(1..=4).contains(&trip.key.icmp_type) {
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
    trip.reverse_key.protocol = protocol;
    find(trip)?;
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

/// Finds the flow of answers to the quoted packet, whose addresses and protocol are in `reverse_key`.
#[inline(always)]
fn find(trip: &mut Trip) -> Outcome {
    let (key, quoted) = (&mut trip.reverse_key, &trip.quoted);
    key.ingress = trip.key.ingress;
    key.pad = [0; 2];
    if key.protocol == ICMP {
        (key.sport, key.dport) = (quoted[2], quoted[2]);
        key.icmp_type = quoted[0].to_ne_bytes()[0] ^ ECHO_REQUEST;
    } else {
        (key.sport, key.dport) = (quoted[1], quoted[0]);
        key.icmp_type = 0;
    }
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
    let protocol = trip.reverse_key.protocol;
    let out = &trip.out;
    if protocol == ICMP {
        trip.quoted[2] = out.sport;
    } else {
        (trip.quoted[0], trip.quoted[1]) = (out.dport, out.sport);
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
    let protocol = trip.key.protocol;
    let echo = matches!(trip.key.icmp_type, ECHO_REPLY | ECHO_REQUEST);
    // An error about an error would be answered by another one (RFC 4443, section 2.4).
    if trip.part == Part::Later as u8
        || protocol == ICMP && !echo
        || !load(skb, trip.l4, &raw mut trip.quoted)
    {
        return TC_ACT_SHOT;
    }
    if protocol == ICMP {
        trip.quoted[0] = u16::from_ne_bytes([trip.key.icmp_type, 0]);
    }
    trip.out.dst_mac = trip.frame6.src_mac;
    (trip.frame6.src, trip.frame6.dst) = (trip.frame6.dst, trip.frame6.src);
    if write_ipv6(skb, trip, Said { kind, code, mtu: 0 }, protocol).is_err() {
        return TC_ACT_SHOT;
    }
    count(Purpose::IcmpSent, trip.length);
    send(skb, trip.key.ingress)
}

/// Makes the packet an error between the addresses in `frame6`, which quotes a packet the other way.
#[inline(never)]
fn write_ipv6(skb: *mut __sk_buff, trip: &mut Trip, said: Said, protocol: u8) -> Outcome {
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
    families::error_ipv6(skb, trip, SIZE6)?;
    store(skb, trip, ETHERNET + HEADER, SIZE6)
}

#[inline(never)]
fn write_ipv4(skb: *mut __sk_buff, trip: &mut Trip, said: Said, protocol: u8) -> Outcome {
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
    families::error_ipv4(skb, trip, SIZE4)?;
    store(skb, trip, ETHERNET + IPV4, SIZE4)
}

/// The sum of the buffer's first half-words.
#[inline(always)]
fn words(buffer: &[u16; 31], count: usize) -> u64 {
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
pub(crate) fn resize(skb: *mut __sk_buff, length: u32) -> Outcome {
    // SAFETY: a helper that checks the length.
    if unsafe { bpf_skb_change_tail(skb, length, 0) } == 0 { Ok(()) } else { Err(DropReason::Rewrite) }
}
