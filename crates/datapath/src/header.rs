//! The header of PROXY protocol version 2, which tells servers who a client is: put in front of the first byte of a connection,
//! without a proxy. The ACK that ends the client's handshake carries it. Should it be lost, whatever comes next carries it again: a
//! client's ACK without data, or the server's own acknowledgement, which is turned round.

use core::hint::black_box;

use aya_ebpf::{
    bindings::{__sk_buff, BPF_F_PSEUDO_HDR},
    helpers::{bpf_skb_change_tail, bpf_skb_store_bytes},
};
use tables::{DropReason, Flow, FlowState, Header, HeaderKey, checksum};

use crate::{
    flow::{ACK, FIN, RST, SYN},
    front,
    maps::{FLOWS, HEADERS},
    parse::TCP,
    report::Outcome,
    rewrite::{check_field, replace},
    shift,
    trip::Trip,
};

const PUSH: u8 = 8;

/// Lets a new connection of a listener with the protocol begin with a header.
#[inline(never)]
pub(crate) fn begin(trip: &mut Trip) -> Outcome {
    shift::begins_empty(trip)?;
    let key = HeaderKey { listener: trip.forward.listener, endpoint: trip.forward.endpoint };
    // SAFETY: read at once.
    let Some(header) = (unsafe { HEADERS.get(&key) }) else { return Err(DropReason::NoListener) };
    trip.forward.header = (front::size(&trip.judged) + header.length as u32) as u8;
    Ok(())
}

/// Looks where a packet of a known flow leaves its server: untold, told by now, or to be told with this packet.
#[inline(never)]
pub(crate) fn heed(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    if trip.out.header == 0 {
        return Ok(());
    }
    if trip.tcp_flags & SYN != 0 && !trip.out.is_reply() {
        return shift::begins_empty(trip);
    }
    if !trip.out.is_untold() {
        return Ok(());
    }
    if trip.out.is_reply() && trip.tcp_flags & (SYN | ACK | RST) == RST {
        return miss(skb, trip);
    }
    if trip.tcp_flags & (SYN | ACK) != ACK {
        return Ok(());
    }
    if trip.out.is_reply() { hear(trip) } else { introduce(trip) }
        .map(|carries| trip.carries_header = carries as u8)
}

/// A server that answers with SYN cookies knows no connection whose header it had no room for, and resets what comes next. The
/// client hears a question instead, whose answer carries the header again; once, since a server may be gone, and not for a reset that
/// says why it was sent.
#[inline(always)]
fn miss(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let speaks = shift::begins_empty(trip).is_err();
    if speaks || !trip.out.is(FlowState::Established) || trip.out.is(FlowState::Missed) {
        return Ok(());
    }
    if let Some(flow) = FLOWS.get_ptr_mut(&trip.key) {
        // SAFETY: a live entry.
        unsafe { (*flow).state |= FlowState::Missed as u8 };
    }
    shift::ask(skb, trip)
}

/// Whether the client's packet carries the header. Until the server has it, nothing may pass that the server could take for it:
/// data of before the client's first byte, or of a handshake that is not this flow's.
#[inline(always)]
fn introduce(trip: &mut Trip) -> Result<bool, DropReason> {
    if trip.tcp_flags & RST != 0 {
        return Ok(false);
    }
    let Some(pair) = FLOWS.get_ptr_mut(&trip.reverse_key) else { return Err(DropReason::NoConnection) };
    // SAFETY: a live entry.
    let pair = unsafe { &mut *pair };
    let begins = u32::from_be(trip.seq).wrapping_sub(u32::from_be(pair.ack));
    if !trip.out.is(FlowState::Answered) || begins > i32::MAX as u32 {
        return Err(DropReason::EarlyData);
    }
    if says_nothing(trip) {
        trip.begins = pair.ack;
        return Ok(true);
    }
    pair.state &= !(FlowState::Missed as u8);
    if trip.ack == trip.out.ack { Ok(false) } else { Err(DropReason::EarlyData) }
}

/// Whether the server's packet is to be turned round, since it has come to miss the header; or the server has been told by now.
#[inline(always)]
fn hear(trip: &mut Trip) -> Result<bool, DropReason> {
    if !trip.out.is(FlowState::Established) {
        return Ok(false);
    }
    // What it acknowledged first was the client's SYN. Less than nothing is of another connection.
    let more = u32::from_be(trip.ack).wrapping_sub(u32::from_be(trip.out.ack));
    if more >= trip.out.header as u32 && more <= i32::MAX as u32 {
        tell(trip);
    }
    Ok(more == 0 && says_nothing(trip))
}

/// Whether there is room for the header: an acknowledgement, and nothing else.
#[inline(always)]
fn says_nothing(trip: &Trip) -> bool {
    trip.tcp_flags & (FIN | RST) == 0 && shift::begins_empty(trip).is_ok()
}

/// Follows what both have said until the server has got the header; whether it has not. What it acknowledges first, the client's
/// SYN, stays what its entry remembers; and how far it has come itself, the client's.
#[inline(always)]
pub(crate) fn awaits(trip: &Trip, flow: &mut Flow, pair: &mut Flow) -> bool {
    if !flow.is_untold() {
        return false;
    }
    if !flow.is_reply() {
        return true;
    }
    let fin = (trip.tcp_flags & FIN) as u32;
    let size = trip.end.wrapping_sub(trip.l4 + trip.tcp_header).wrapping_add(fin);
    let next = u32::from_be(trip.seq).wrapping_add(size);
    if trip.tcp_flags & SYN != 0 {
        pair.ack = next.wrapping_add(1).to_be();
    } else if trip.tcp_flags & RST == 0
        && size != 0
        && next.wrapping_sub(u32::from_be(pair.ack)) <= i32::MAX as u32
    {
        pair.ack = next.to_be();
    }
    trip.tcp_flags & SYN == 0
}

/// Whether the packet is to be turned round.
#[inline(always)]
pub(crate) fn turns(trip: &Trip) -> bool {
    trip.carries_header == 1 && trip.out.is_reply()
}

/// Remembers in both entries that the server has got the header.
#[inline(always)]
fn tell(trip: &mut Trip) {
    trip.out.state |= FlowState::Told as u8;
    for key in [&trip.key, &trip.reverse_key] {
        if let Some(flow) = FLOWS.get_ptr_mut(key) {
            // SAFETY: a live entry.
            unsafe { (*flow).state |= FlowState::Told as u8 };
        }
    }
}

/// Makes what the IP header says about the packet's length true for when it carries the header.
#[inline(always)]
pub(crate) fn lengthen(trip: &mut Trip) {
    if trip.carries_header == 0 {
        return;
    }
    let more = trip.out.header as u16;
    trip.end += more as u32;
    let longer = |length: u16| u16::from_be(length).wrapping_add(more).to_be();
    if trip.ipv6 == 1 {
        trip.frame6.payload_length = longer(trip.frame6.payload_length);
    } else {
        let old = trip.frame.total_length;
        trip.frame.total_length = longer(old);
        let change = checksum::delta(checksum::change16(0, old, trip.frame.total_length));
        trip.frame.check = checksum::apply(trip.frame.check, change);
    }
}

/// Writes the header behind the headers of a packet without data.
#[inline(never)]
pub(crate) fn append(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    if trip.carries_header == 0 {
        return Ok(());
    }
    let key = HeaderKey { listener: trip.out.listener, endpoint: trip.out.endpoint };
    // SAFETY: the program removes no headers, and the agent's removals wait for running programs.
    let Some(header) = (unsafe { HEADERS.get(&key) }) else { return Err(DropReason::Rewrite) };
    let (front, length) = (front::size(front::asked(trip)), header.length as u32);
    // Another one than when the connection began: numbers are apart by that one's length.
    if front + length != trip.out.header as u32 {
        return Err(DropReason::Rewrite);
    }
    let sum = front::write(trip, length);
    let at = trip.l4 + trip.tcp_header;
    // SAFETY: a helper that checks the length; all behind the headers is written anew.
    if unsafe { bpf_skb_change_tail(skb, at + front + length, 0) } != 0 {
        return Err(DropReason::Rewrite);
    }
    // SAFETY: a helper; the buffer has a front of either size.
    let stored = unsafe { bpf_skb_store_bytes(skb, at, trip.buffer.as_ptr().cast(), front, 0) } == 0;
    let is_whole = sum != 0 && stored && values(skb, at + front, header, length);
    if is_whole && sum_up(skb, trip, sum + header.sum as u64) { Ok(()) } else { Err(DropReason::Rewrite) }
}

/// Writes so many bytes of values. Linux 6.1 knows no number that is not 0, but one that is a small one and 1 more.
#[inline(always)]
fn values(skb: *mut __sk_buff, at: u32, header: &Header, length: u32) -> bool {
    let last = black_box(length.wrapping_sub(1));
    if last >= Header::MOST {
        return length == 0;
    }
    // SAFETY: a helper; there are as many as was checked.
    unsafe { bpf_skb_store_bytes(skb, at, header.values.as_ptr().cast(), last + 1, 0) == 0 }
}

/// Says that there are data, and takes them and their length into the checksum.
#[inline(always)]
fn sum_up(skb: *mut __sk_buff, trip: &Trip, data: u64) -> bool {
    let at = trip.l4 + 13;
    let flags = trip.tcp_flags | PUSH;
    let word = |flags| u16::from_ne_bytes([0, flags]);
    let (check, as_tcp) = check_field(TCP);
    let check = trip.l4 + check;
    let length = |bytes: u32| (bytes as u16).to_be();
    let longer =
        checksum::change16(0, length(trip.tcp_header), length(trip.tcp_header + trip.out.header as u32));
    let data = checksum::delta(checksum::change16(data, word(trip.tcp_flags), word(flags)));
    // SAFETY: a helper; one byte is stored.
    let stored = unsafe { bpf_skb_store_bytes(skb, at, (&raw const flags).cast(), 1, 0) };
    stored == 0
        && replace(skb, check, checksum::delta(longer), as_tcp | BPF_F_PSEUDO_HDR as u64)
        && replace(skb, check, data, as_tcp)
}
