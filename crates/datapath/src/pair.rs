//! The two entries of a connection: completed from the forward tuple, and written as one.

use core::ffi::c_void;

use aya_ebpf::{bindings::BPF_NOEXIST, helpers::bpf_loop};
use tables::{
    DropReason, FIRST_PORT, Flow, FlowKey, FlowMark, FlowState, Locals, Purpose, SOURCE_PORTS, checksum,
    is_ipv6,
};

use crate::{
    carried, event, ipv6, load,
    maps::{EXHAUSTED, FLOWS},
    openings,
    parse::{ICMP, TCP},
    report::{Outcome, count},
    trip::Trip,
};

/// Source ports tried at random when the client's own is taken.
const TRIES: u32 = 32;
/// How long nobody looks through all ports towards a server after none was free: that takes milliseconds.
const PAUSE: u64 = 1_000_000_000;
const EEXIST: i32 = -17;

/// Fills in what follows from the forward entry's tuple, and the reverse entry. The packet in hand is the first one.
#[inline(never)]
pub(crate) fn complete(trip: &mut Trip) -> Outcome {
    let key = trip.judged;
    let icmp = trip.protocol == ICMP;
    let f = &mut trip.forward;
    if trip.again == 1 {
        f.src = trip.kept_src;
        f.sport = trip.kept_sport;
    }
    if icmp {
        f.dport = f.sport;
    }
    let addresses = if is_ipv6(key.src) || is_ipv6(f.dst) {
        ipv6_change(&key, f)
    } else {
        checksum::change32(checksum::change32(0, key.src, f.src), key.dst, f.dst)
    };
    let mut ports = checksum::change16(0, key.sport, f.sport);
    if !icmp {
        ports = checksum::change16(ports, key.dport, f.dport);
    }
    f.address_delta = checksum::delta(addresses) as u16;
    f.port_delta = checksum::delta(ports) as u16;
    f.epoch = trip.epoch;
    f.state = if trip.protocol == TCP { FlowState::Opening as u8 } else { FlowState::Established as u8 };
    f.marks &= !(FlowMark::Reply as u8);
    f.ack = trip.ack;
    f.last_seen = trip.clock.now;
    f.packets = 1;
    f.bytes = trip.length as u64;
    f.src_mac = trip.client_mac;
    trip.reverse_key = key.paired(f);
    let r = &mut trip.reverse;
    *r = *f;
    (r.src, r.dst, r.sport, r.dport) = (key.dst, key.src, key.dport, key.sport);
    r.egress = key.ingress();
    (r.dst_mac, r.src_mac) = (f.src_mac, f.dst_mac);
    r.address_delta = checksum::delta((!f.address_delta) as u64) as u16;
    r.port_delta = checksum::delta((!f.port_delta) as u64) as u16;
    r.marks |= FlowMark::Reply as u8;
    (r.ack, r.packets, r.bytes) = (0, 0, 0);
    Ok(())
}

/// What becomes of the addresses' part in checksums where one side or both are IPv6.
#[inline(always)]
fn ipv6_change(key: &FlowKey, flow: &Flow) -> u64 {
    let (before, after) = (is_ipv6(key.src), is_ipv6(flow.dst));
    let old = |address| ipv6::sum(address, before) as u16;
    let new = |address| ipv6::sum(address, after) as u16;
    let change = checksum::change16(0, old(key.src), new(flow.src));
    checksum::change16(change, old(key.dst), new(flow.dst))
}

/// A search for a free source port.
#[repr(C)]
struct Search<'a> {
    trip: &'a mut Trip,
    found: u32,
}

/// Writes both entries as one. The reverse entry goes first: it is the one that can be taken.
#[inline(never)]
pub(crate) fn install(trip: &mut Trip) -> Outcome {
    match take(trip) {
        Ok(()) => {}
        Err(EEXIST) => {
            if !search(trip) {
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
    load::begins(&trip.forward);
    openings::enter(trip);
    Ok(())
}

/// Takes the reverse key, from a dead connection if need be.
#[inline(always)]
fn take(trip: &Trip) -> Result<(), i32> {
    // Who talks to itself from a port to the same port would be its own reverse.
    if trip.reverse_key == trip.judged {
        return Err(EEXIST);
    }
    let first = FLOWS.insert(&trip.reverse_key, &trip.reverse, BPF_NOEXIST as u64);
    if first != Err(EEXIST) {
        return first;
    }
    let Some(holder) = FLOWS.get_ptr(&trip.reverse_key) else { return first };
    // SAFETY: a live entry, only read, and before any is removed. Not copied: the stack is nearly used up here.
    let holder = unsafe { &*holder };
    let pair = trip.reverse_key.paired(holder);
    let alive = match FLOWS.get_ptr(&pair) {
        Some(other) => {
            // SAFETY: a live entry, read before any is removed.
            let other = unsafe { &*other };
            let idle = holder.idle(trip.clock) && other.idle(trip.clock);
            if idle {
                event::over(true, &trip.reverse_key, holder, other);
            }
            pair != trip.judged && !idle
        }
        None => false,
    };
    if alive {
        return first;
    }
    carried::end(&pair);
    carried::end(&trip.reverse_key);
    FLOWS.insert(&trip.reverse_key, &trip.reverse, 0)
}

/// Takes another source port: some at random, which finds one soon unless nearly all are taken, then all of them.
#[inline(never)]
fn search(trip: &mut Trip) -> bool {
    let mut search = Search { trip, found: 0 };
    // SAFETY: the callback has the signature that `bpf_loop` wants, and `search` outlives the call.
    unsafe { bpf_loop(TRIES, another as *mut c_void, (&raw mut search).cast(), 0) };
    if search.found == 1 {
        return true;
    }
    let trip = &mut *search.trip;
    let mut all = FlowKey { dport: 0, ..trip.reverse_key };
    if trip.locals.count != 0 {
        all.dst = trip.locals.at(0);
    }
    // SAFETY: read at once.
    if unsafe { EXHAUSTED.get(&all) }.is_some_and(|at| trip.now < *at + PAUSE) {
        return false;
    }
    let (now, addresses) = (trip.now, trip.locals.count.clamp(1, Locals::MOST));
    let mut search = Search { trip, found: 0 };
    // SAFETY: as above.
    unsafe { bpf_loop(SOURCE_PORTS * addresses, next as *mut c_void, (&raw mut search).cast(), 0) };
    if search.found == 0 {
        // Without room for this the next packet looks again.
        let _ = EXHAUSTED.insert(&all, &now, 0);
    }
    search.found == 1
}

/// Tries another source port; 1 ends the loop.
unsafe extern "C" fn another(attempt: u32, search: *mut Search) -> i64 {
    // SAFETY: `search` passes its own live structure.
    let search = unsafe { &mut *search };
    let trip = &mut *search.trip;
    let spread = trip.judged.hash().wrapping_add(attempt.wrapping_mul(0x9e37_79b9));
    trip.forward.sport = ((FIRST_PORT + (spread >> 8) % SOURCE_PORTS) as u16).to_be();
    if trip.locals.count != 0 {
        trip.forward.src = trip.locals.at(spread >> 4);
    }
    if complete(trip).is_err() || take(trip).is_err() {
        return 0;
    }
    search.found = 1;
    1
}

/// Tries the next source port, if it is free; 1 ends the loop.
unsafe extern "C" fn next(attempt: u32, search: *mut Search) -> i64 {
    // SAFETY: `search` passes its own live structure.
    let search = unsafe { &mut *search };
    let trip = &mut *search.trip;
    let from = trip.judged.hash() % SOURCE_PORTS;
    let port = ((FIRST_PORT + (from + attempt) % SOURCE_PORTS) as u16).to_be();
    if trip.locals.count != 0 {
        trip.forward.src = trip.locals.at(attempt / SOURCE_PORTS);
        trip.reverse_key.dst = trip.forward.src;
    }
    trip.reverse_key.dport = port;
    if FLOWS.get_ptr(&trip.reverse_key).is_some() {
        return 0;
    }
    trip.forward.sport = port;
    if complete(trip).is_err() || FLOWS.insert(&trip.reverse_key, &trip.reverse, BPF_NOEXIST as u64).is_err()
    {
        return 0;
    }
    search.found = 1;
    1
}
