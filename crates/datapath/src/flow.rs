//! Flows on the slow path: found, followed, judged again, written as a pair.

use core::ffi::c_void;

use aya_ebpf::{bindings::BPF_NOEXIST, helpers::bpf_loop};
use tables::{DropReason, Flow, FlowState, Purpose, checksum, idle};

use crate::{
    maps::{FLOWS, PORTS},
    parse::{ICMP, TCP},
    report::{Outcome, count},
    trip::Trip,
};

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;

/// Source ports tried when the client's own is taken.
const TRIES: u32 = 32;
const EEXIST: i32 = -17;

/// Looks for the packet's flow. A dead one is removed, and so is one that a new SYN replaces.
#[inline(never)]
pub fn find(trip: &mut Trip) -> Outcome {
    let Some(flow) = FLOWS.get_ptr_mut(&trip.key) else { return Ok(()) };
    // SAFETY: a live entry, copied at once.
    trip.out = unsafe { *flow };
    trip.reverse_key = trip.key.paired(&trip.out);
    let dead = match FLOWS.get_ptr(&trip.reverse_key) {
        // SAFETY: a live entry, read at once.
        Some(pair) => {
            trip.out.idle(trip.now) && unsafe { (*pair).idle(trip.now) } || replaced(trip, unsafe { &*pair })
        }
        None => true,
    };
    if dead {
        forget(trip);
    } else {
        trip.known = 1;
    }
    Ok(())
}

/// Whether the packet opens a new connection with the ports of one that is over.
#[inline(always)]
fn replaced(trip: &Trip, pair: &Flow) -> bool {
    trip.key.protocol == TCP && trip.tcp_flags & (SYN | ACK) == SYN && (trip.out.over() || pair.over())
}

/// Removes the pair of the packet's flow.
#[inline(always)]
pub fn forget(trip: &Trip) {
    let _ = FLOWS.remove(&trip.key);
    let _ = FLOWS.remove(&trip.reverse_key);
}

/// Removes the pair of a flow that was judged again and refused.
#[inline(always)]
pub fn forget_judged(trip: &Trip) {
    let _ = FLOWS.remove(&trip.judged);
    let _ = FLOWS.remove(&trip.kept_reverse);
}

/// Counts the packet for its flow and follows the TCP state in both entries.
#[inline(never)]
pub fn follow(trip: &mut Trip) -> Outcome {
    let (Some(flow), Some(pair)) = (FLOWS.get_ptr_mut(&trip.key), FLOWS.get_ptr_mut(&trip.reverse_key))
    else {
        return Err(DropReason::NoConnection);
    };
    // SAFETY: two live entries of different keys.
    let (flow, pair) = unsafe { (&mut *flow, &mut *pair) };
    flow.last_seen = trip.now;
    flow.packets += 1;
    flow.bytes += trip.length as u64;
    count(Purpose::Forwarded, trip.length);
    let mut both = 0;
    if trip.tcp_flags & RST != 0 {
        both = FlowState::Reset as u8;
    } else if flow.reverse == 1 {
        both = FlowState::Established as u8;
    }
    if trip.tcp_flags & FIN != 0 {
        flow.state |= FlowState::Closing as u8;
        if pair.is(FlowState::Closing) {
            both |= FlowState::Closed as u8;
        }
    }
    flow.state |= both;
    pair.state |= both;
    Ok(())
}

/// Prepares a flow of an old plan to be judged again as its first packet was.
#[inline(never)]
pub fn recollect(trip: &mut Trip) -> Outcome {
    trip.again = 1;
    if trip.out.reverse == 1 {
        trip.judged = trip.reverse_key;
        trip.kept_reverse = trip.key;
    } else {
        trip.judged = trip.key;
        trip.kept_reverse = trip.reverse_key;
    }
    let Some(forward) = FLOWS.get_ptr(&trip.judged) else { return Err(DropReason::NoConnection) };
    // SAFETY: a live entry, read at once.
    let forward = unsafe { &*forward };
    trip.keep = forward.server;
    trip.kept_src = forward.src;
    trip.kept_sport = forward.sport;
    trip.client_mac = forward.src_mac;
    // SAFETY: copied at once.
    let Some(port) = (unsafe { PORTS.get(trip.judged.ingress) }) else { return Err(DropReason::UnknownPort) };
    // The port that sent this packet is the receiver when a reply made the flow be judged.
    trip.receiver = if trip.out.reverse == 1 { trip.sender.index } else { 0 };
    trip.sender = *port;
    Ok(())
}

/// Fills in what follows from the forward entry's tuple, and the reverse entry.
#[inline(never)]
pub fn complete(trip: &mut Trip) -> Outcome {
    let key = trip.judged;
    let icmp = key.protocol == ICMP;
    let f = &mut trip.forward;
    if trip.again == 1 {
        f.src = trip.kept_src;
        f.sport = trip.kept_sport;
    }
    if icmp {
        f.dport = f.sport;
    }
    let addresses = checksum::change32(checksum::change32(0, key.src, f.src), key.dst, f.dst);
    let mut ports = checksum::change16(0, key.sport, f.sport);
    if !icmp {
        ports = checksum::change16(ports, key.dport, f.dport);
    }
    f.address_delta = checksum::delta(addresses);
    f.port_delta = checksum::delta(ports);
    f.epoch = trip.epoch;
    f.state = if key.protocol == TCP { FlowState::Opening as u8 } else { FlowState::Established as u8 };
    f.reverse = 0;
    f.pad = [0; 3];
    f.last_seen = trip.now;
    f.packets = 0;
    f.bytes = 0;
    f.src_mac = trip.client_mac;
    trip.reverse_key = key.paired(f);
    let r = &mut trip.reverse;
    *r = *f;
    (r.src, r.dst, r.sport, r.dport) = (key.dst, key.src, key.dport, key.sport);
    r.egress = key.ingress;
    (r.dst_mac, r.src_mac) = (f.src_mac, f.dst_mac);
    r.address_delta = checksum::delta((f.address_delta ^ 0xffff) as u64);
    r.port_delta = checksum::delta((f.port_delta ^ 0xffff) as u64);
    r.reverse = 1;
    Ok(())
}

/// A search for a free source port.
#[repr(C)]
struct Search<'a> {
    trip: &'a mut Trip,
    found: u32,
}

/// Writes both entries as one. The reverse entry goes first: it is the one that can be taken.
#[inline(never)]
pub fn install(trip: &mut Trip) -> Outcome {
    match take(trip) {
        Ok(()) => {}
        Err(EEXIST) => {
            let mut search = Search { trip, found: 0 };
            // SAFETY: the callback has the signature that `bpf_loop` wants, and `search` outlives the call.
            unsafe { bpf_loop(TRIES, another as *mut c_void, (&raw mut search).cast(), 0) };
            if search.found == 0 {
                return Err(DropReason::SourcePorts);
            }
            count(Purpose::PortRemapped, trip.length);
        }
        Err(_) => return Err(DropReason::FlowTableFull),
    }
    if FLOWS.insert(&trip.judged, &trip.forward, 0).is_err() {
        let _ = FLOWS.remove(&trip.reverse_key);
        return Err(DropReason::FlowTableFull);
    }
    Ok(())
}

/// Takes the reverse key, from a dead connection if need be.
#[inline(always)]
fn take(trip: &Trip) -> Result<(), i32> {
    let first = FLOWS.insert(&trip.reverse_key, &trip.reverse, BPF_NOEXIST as u64);
    if first != Err(EEXIST) {
        return first;
    }
    let Some(holder) = FLOWS.get_ptr(&trip.reverse_key) else { return first };
    // SAFETY: a live entry, copied at once.
    let holder = unsafe { *holder };
    let pair = trip.reverse_key.paired(&holder);
    let alive = match FLOWS.get_ptr(&pair) {
        // SAFETY: a live entry, read at once.
        Some(other) => pair != trip.judged && !(holder.idle(trip.now) && unsafe { (*other).idle(trip.now) }),
        None => false,
    };
    if alive {
        return first;
    }
    let _ = FLOWS.remove(&pair);
    FLOWS.insert(&trip.reverse_key, &trip.reverse, 0)
}

/// Tries another source port; 1 ends the loop.
unsafe extern "C" fn another(attempt: u32, search: *mut Search) -> i64 {
    // SAFETY: `install` passes its own live structure.
    let search = unsafe { &mut *search };
    let trip = &mut *search.trip;
    let spread = trip.judged.hash().wrapping_add(attempt.wrapping_mul(0x9e37_79b9));
    trip.forward.sport = ((1024 + (spread >> 8) % (65536 - 1024)) as u16).to_be();
    if complete(trip).is_err() || take(trip).is_err() {
        return 0;
    }
    search.found = 1;
    1
}

/// Renews both entries of a flow that was judged again, in place: counters and state stay.
#[inline(never)]
pub fn renew(trip: &mut Trip) -> Outcome {
    if trip.reverse_key != trip.kept_reverse {
        return Err(DropReason::ServerGone);
    }
    let (Some(f), Some(r)) = (FLOWS.get_ptr_mut(&trip.judged), FLOWS.get_ptr_mut(&trip.reverse_key)) else {
        return Err(DropReason::NoConnection);
    };
    // SAFETY: two live entries of different keys.
    let (f, r) = unsafe { (&mut *f, &mut *r) };
    update(f, &trip.forward);
    update(r, &trip.reverse);
    let reverse = trip.out.reverse == 1;
    trip.reverse_key = if reverse { trip.judged } else { trip.kept_reverse };
    trip.out = if reverse { *r } else { *f };
    count(Purpose::Rejudged, trip.length);
    Ok(())
}

#[inline(always)]
fn update(flow: &mut Flow, new: &Flow) {
    flow.egress = new.egress;
    flow.dst_mac = new.dst_mac;
    flow.src_mac = new.src_mac;
    flow.listener = new.listener;
    flow.server = new.server;
    flow.endpoint = new.endpoint;
    flow.timeout = new.timeout;
    flow.ttl_step = new.ttl_step;
    flow.epoch = new.epoch;
}

/// Idle time of a flow that no listener governs, seconds.
#[inline(always)]
pub fn plain_timeout(protocol: u8) -> u16 {
    match protocol {
        TCP => idle::TCP,
        ICMP => idle::ICMP,
        _ => idle::UDP,
    }
}
