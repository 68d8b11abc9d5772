//! The two entries of a connection: completed from the forward tuple, and written as one.

use core::ffi::c_void;

use aya_ebpf::{bindings::BPF_NOEXIST, helpers::bpf_loop};
use tables::{DropReason, FlowState, Purpose, checksum};

use crate::{
    event, load,
    maps::FLOWS,
    openings,
    parse::{ICMP, TCP},
    report::{Outcome, count},
    trip::Trip,
};

/// Source ports tried when the client's own is taken.
const TRIES: u32 = 32;
const EEXIST: i32 = -17;

/// Fills in what follows from the forward entry's tuple, and the reverse entry. The packet in hand is the first one.
#[inline(never)]
pub(crate) fn complete(trip: &mut Trip) -> Outcome {
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
    f.pad = 0;
    f.last_seen = trip.now;
    f.packets = 1;
    f.bytes = trip.length as u64;
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
    (r.packets, r.bytes) = (0, 0);
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
pub(crate) fn install(trip: &mut Trip) -> Outcome {
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
    // SAFETY: a live entry, copied at once.
    let holder = unsafe { *holder };
    let pair = trip.reverse_key.paired(&holder);
    let alive = match FLOWS.get_ptr(&pair) {
        Some(other) => {
            // SAFETY: a live entry, read before any is removed.
            let other = unsafe { &*other };
            let idle = holder.idle(trip.now) && other.idle(trip.now);
            if idle {
                event::over(true, &trip.reverse_key, &holder, other);
            }
            pair != trip.judged && !idle
        }
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
