//! Sequence numbers of connections whose servers get a header that clients know nothing of: a client's stream begins so much
//! later for its server, and what the server acknowledges so much earlier for the client.

use aya_ebpf::{bindings::__sk_buff, helpers::bpf_skb_store_bytes};
use tables::{DropReason, Flow, checksum};

use crate::{
    flow::{ACK, RST, SYN},
    options::{FAST_OPEN, MULTIPATH, SELECTIVE, TCP_HEADER, TIMES, UNKNOWN, find},
    parse::{TCP, load},
    report::Outcome,
    rewrite::{check_field, placed, replace},
    trip::{Part, Trip, halves, word},
};

/// Where both numbers stand in a TCP header.
const SEQUENCE: u32 = 4;
const ACKNOWLEDGEMENT: u32 = 8;
/// Where size and flags do.
const FLAGS: u32 = 12;
/// Blocks of a selective acknowledgement: at most four have room.
const BLOCKS: u32 = 4;
const BLOCK: u32 = 8;

/// A number as the packet's receiver counts, both as they stand in packets.
#[inline(always)]
fn other(number: u32, flow: &Flow) -> u32 {
    let number = u32::from_be(number);
    let header = flow.header as u32;
    let other = if flow.is_reply() { number.wrapping_sub(header) } else { number.wrapping_add(header) };
    other.to_be()
}

/// Changes a field to what the receiver counts; gives the checksum's difference.
#[inline(always)]
fn field(number: &mut [u16; 2], flow: &Flow) -> u32 {
    let old = word(*number);
    let new = other(old, flow);
    *number = halves(new);
    checksum::delta(checksum::change32(0, old, new))
}

/// Changes the number that differs for the receiver in the TCP header at `l4`, if one does; gives the checksum's difference, or
/// nothing if the packet ends before.
#[inline(always)]
pub(crate) fn in_place(l4: usize, end: usize, flow: &Flow) -> Option<u32> {
    if flow.header == 0 {
        return Some(0);
    }
    if l4 + size_of::<Front>() > end {
        return None;
    }
    // SAFETY: the bounds were just checked.
    let front = unsafe { &mut *(l4 as *mut Front) };
    Some(field(if flow.is_reply() { &mut front.ack } else { &mut front.seq }, flow))
}

/// How a TCP header begins.
#[repr(C)]
struct Front {
    ports: [u16; 2],
    seq: [u16; 2],
    ack: [u16; 2],
    /// In words of four bytes, in its upper half.
    size: u8,
    flags: u8,
}

/// A header with options, up to the first of them.
#[repr(C)]
struct Timed {
    front: Front,
    rest: [u16; 3],
    options: [u16; 2],
}

/// Sizes of a header without options, and with time stamps alone.
const PLAIN: u8 = 5 << 4;
const WITH_TIMES: u8 = 8 << 4;
/// How these begin where nearly everybody puts them (RFC 7323, appendix A): two that say nothing, kind and length.
const TIMES_ALONE: [u16; 2] = [u16::from_ne_bytes([1, 1]), u16::from_ne_bytes([TIMES, 10])];

const _: () = assert!(size_of::<Timed>() as u32 == TCP_HEADER + 4);

/// Whether the numbers of a TCP header at `l4` stand where they always do: its flow's server has been told, and in replies there
/// are no options but time stamps. False too if the packet ends before.
#[inline(always)]
pub(crate) fn may(l4: usize, end: usize, flow: &Flow) -> bool {
    if flow.header == 0 || !flow.is_reply() {
        return !flow.is_untold();
    }
    if flow.is_untold() || l4 + size_of::<Front>() > end {
        return false;
    }
    // SAFETY: the bounds were just checked.
    match unsafe { (*(l4 as *const Front)).size } & 0xf0 {
        PLAIN => true,
        // SAFETY: the bounds are checked before.
        WITH_TIMES => {
            l4 + size_of::<Timed>() <= end && unsafe { (*(l4 as *const Timed)).options } == TIMES_ALONE
        }
        _ => false,
    }
}

/// Turns the sequence number back that an ICMP error quotes: without its own the sender would not believe it. `flow` is the
/// entry that leads to the sender; gives the checksum's difference.
#[inline(always)]
pub(crate) fn quoted(l4: &mut [u16; 4], flow: &Flow) -> u32 {
    if flow.header == 0 || flow.is_untold() || !flow.is_reply() {
        return 0;
    }
    let [_, _, seq @ ..] = l4;
    field(seq, flow)
}

/// Changes the numbers of a packet on the slow path.
#[inline(never)]
pub(crate) fn numbers(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    if trip.out.header == 0 || trip.protocol != TCP || trip.part == Part::Later as u8 {
        return Ok(());
    }
    if trip.tcp_flags & SYN != 0 {
        return if trip.out.is_reply() { Ok(()) } else { simplify(skb, trip) };
    }
    let (at, number) = if trip.out.is_reply() { (ACKNOWLEDGEMENT, trip.ack) } else { (SEQUENCE, trip.seq) };
    if trip.out.is_reply() {
        selective(skb, trip)?;
    }
    if stays(trip) {
        return Ok(());
    }
    let new = if trip.carries_header == 1 { trip.begins } else { other(number, &trip.out) };
    change(skb, trip, trip.l4 + at, [number, 0], [new, 0], 4)
}

/// Makes a reset of the server a question to the client: what lies before what it expects is answered by an acknowledgement
/// (RFC 9293, section 3.10.7.4).
#[inline(never)]
pub(crate) fn ask(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let before = u32::from_be(trip.seq).wrapping_sub(1).to_be();
    let at = trip.l4 + SEQUENCE;
    change(skb, trip, at, [trip.seq, trip.ack], [before, trip.out.ack], 8)?;
    let word = |flags| u16::from_ne_bytes([((trip.tcp_header / 4) << 4) as u8, flags]) as u32;
    let (old, new) = (word(trip.tcp_flags), word(ACK));
    change(skb, trip, trip.l4 + FLAGS, [old, 0], [new, 0], 2)?;
    (trip.seq, trip.ack, trip.tcp_flags) = (before, trip.out.ack, ACK);
    Ok(())
}

/// Whether the receiver counts as the sender does. Until the server has acknowledged the header, its acknowledgements say what
/// the client knows; and a reset without acknowledgement answers to what its receiver has said itself, in numbers that were passed
/// on as they were.
#[inline(always)]
fn stays(trip: &Trip) -> bool {
    let acknowledges = trip.tcp_flags & ACK != 0;
    if trip.out.is_reply() {
        !acknowledges || trip.out.is_untold()
    } else {
        trip.out.is_untold() && trip.tcp_flags & RST != 0 && !acknowledges
    }
}

/// Whether data of a SYN, which would come before the header, are not there, nor in another fragment.
#[inline(always)]
pub(crate) fn begins_empty(trip: &Trip) -> Outcome {
    let empty = trip.part == Part::Whole as u8 && trip.end == trip.l4 + trip.tcp_header;
    if empty { Ok(()) } else { Err(DropReason::EarlyData) }
}

/// Leaves out of a SYN what the header does not go together with: a cookie, with which data would be in a later SYN, and a stream
/// whose bytes are numbered apart from the connection's.
#[inline(always)]
fn simplify(skb: *mut __sk_buff, trip: &Trip) -> Outcome {
    for kind in [FAST_OPEN, MULTIPATH] {
        let Some(option) = find(skb, trip.l4, kind) else { continue };
        let head = |kind| u16::from_ne_bytes([kind, option.length as u8]) as u32;
        change(skb, trip, option.at, [head(kind), 0], [head(UNKNOWN), 0], 2)?;
    }
    Ok(())
}

/// What a server has got out of order, it says in its own numbers.
#[inline(always)]
fn selective(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let Some(option) = find(skb, trip.l4, SELECTIVE) else { return Ok(()) };
    for block in 0..BLOCKS {
        let at = option.at + 2 + block * BLOCK;
        let mut old = [0u32; 2];
        if 2 + (block + 1) * BLOCK > option.length {
            break;
        }
        if !load(skb, at, &raw mut old) {
            return Err(DropReason::Rewrite);
        }
        let new = [other(old[0], &trip.out), other(old[1], &trip.out)];
        change(skb, trip, at, old, new, BLOCK)?;
    }
    Ok(())
}

/// Writes the first `size` bytes of `new` where those of `old` stand.
#[inline(always)]
fn change(skb: *mut __sk_buff, trip: &Trip, at: u32, old: [u32; 2], new: [u32; 2], size: u32) -> Outcome {
    let sum = checksum::change32(checksum::change32(0, old[0], new[0]), old[1], new[1]);
    let (check, flags) = check_field(TCP);
    // SAFETY: `new` has eight bytes, and no caller writes more.
    let stored = unsafe { bpf_skb_store_bytes(skb, at, new.as_ptr().cast(), size.clamp(1, BLOCK), 0) };
    if stored == 0 && replace(skb, trip.l4 + check, placed(checksum::delta(sum), at - trip.l4), flags) {
        Ok(())
    } else {
        Err(DropReason::Rewrite)
    }
}
