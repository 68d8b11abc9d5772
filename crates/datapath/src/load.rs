//! Connections of each server, where listeners choose the least loaded one.

use core::ffi::c_void;

use aya_ebpf::helpers::bpf_loop;
use tables::{Flow, Listener};

use crate::{
    atomic,
    maps::{LOADS, SLOTS},
};

/// A flow has begun.
#[inline(always)]
pub(crate) fn begins(flow: &Flow) {
    if flow.is_counted() {
        change(flow.server, 1);
    }
}

/// A flow has ended.
#[inline(always)]
pub(crate) fn ends(flow: &Flow) {
    if flow.is_counted() {
        change(flow.server, -1);
    }
}

#[inline(never)]
fn change(server: u32, by: i32) {
    if let Some(load) = LOADS.get_ptr_mut(server) {
        // SAFETY: a live entry.
        unsafe { atomic::add32(&raw mut (*load).connections, by) };
    }
}

/// A search for the least loaded server.
#[repr(C)]
struct Search {
    first_slot: u32,
    slots: u32,
    /// Where to begin: equals take turns.
    turn: u32,
    found: u32,
    /// What the least loaded one would have with one more, and its weight.
    connections: u64,
    weight: u64,
}

/// The server with the fewest connections for its weight; 0 = there is none.
#[inline(never)]
pub(crate) fn least(listener: &Listener, hash: u32) -> u32 {
    let mut search = Search {
        first_slot: listener.first_slot,
        slots: listener.slots,
        turn: hash,
        found: 0,
        connections: 1,
        weight: 0,
    };
    // SAFETY: the callback has the signature that `bpf_loop` wants, and `search` outlives the call.
    unsafe { bpf_loop(listener.slots, weigh as *mut c_void, (&raw mut search).cast(), 0) };
    search.found
}

/// Weighs one server against the lightest until now; 1 ends the loop. It branches on nothing that the first call alone knows:
/// Linux before 6.7 verifies no further call, and takes out what that one would not reach.
unsafe extern "C" fn weigh(step: u32, search: *mut Search) -> i64 {
    // SAFETY: `least` passes its own live structure.
    let search = unsafe { &mut *search };
    if search.slots == 0 {
        return 1;
    }
    let slot = search.first_slot.wrapping_add(search.turn.wrapping_add(step) % search.slots);
    let Some(server) = SLOTS.get(slot) else { return 0 };
    // SAFETY: a live entry, copied at once.
    let Some(load) = (unsafe { LOADS.get(*server) }) else { return 0 };
    let (connections, weight) = (load.with_one_more(), load.weight as u64);
    if connections * search.weight < search.connections * weight {
        (search.found, search.connections, search.weight) = (*server, connections, weight);
    }
    0
}
