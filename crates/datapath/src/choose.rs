//! Which server gets a new connection.

use core::ffi::c_void;

use aya_ebpf::{bindings::__sk_buff, helpers::bpf_loop};
use tables::{Choice, Listener, TurnKey, distance, is_ipv6};

use crate::{
    atomic, load,
    maps::{SLOTS, TURNS},
    quic,
    trip::Trip,
};

const SOURCE: u8 = Choice::Source as u8;
const CONNECTION_ID: u8 = Choice::ConnectionId as u8;
const TURN: u8 = Choice::Turn as u8;
const LEAST_CONNECTIONS: u8 = Choice::LeastConnections as u8;

/// Dense id of the server; 0 = there is none.
#[inline(always)]
pub(crate) fn server(skb: *mut __sk_buff, trip: &mut Trip, listener: &Listener) -> u32 {
    match listener.choice {
        SOURCE => nearest(listener, source(trip)),
        CONNECTION_ID if quic::names(skb, trip) => match quic::giver(trip, listener.server_group) {
            0 => nearest(listener, quic::hash(trip)),
            giver => giver,
        },
        LEAST_CONNECTIONS => load::least(listener, trip.judged.hash()),
        TURN => in_turn(trip, listener),
        _ => nearest(listener, tuple(trip)),
    }
}

/// A hash of what stays the same for all connections of a client.
#[inline(always)]
fn source(trip: &Trip) -> u32 {
    tables::hash(trip.sender.network, 0, (trip.judged.src, 0), (0, 0))
}

/// A hash of the tuple in its network: an interface's number is only this host's, and changes.
#[inline(always)]
fn tuple(trip: &Trip) -> u32 {
    let key = &trip.judged;
    tables::hash(trip.sender.network, trip.protocol, (key.src, key.sport), (key.dst, key.dport))
}

#[inline(always)]
fn slot(at: u32) -> u32 {
    SLOTS.get(at).copied().unwrap_or(0)
}

#[inline(never)]
fn in_turn(trip: &Trip, listener: &Listener) -> u32 {
    let ipv6 = is_ipv6(trip.judged.src) as u32;
    let key = TurnKey { vip: trip.target.vip, listener: listener.index, ipv6 };
    let turn = match TURNS.get_ptr_mut(&key) {
        // SAFETY: the pointer is into a live entry.
        Some(turn) => unsafe { atomic::fetch_add(turn, 1) },
        None => {
            // Two that begin at once both take the first turn.
            let _ = TURNS.insert(&key, &1, 0);
            0
        }
    };
    slot(listener.first_slot.wrapping_add((turn % listener.slots.max(1) as u64) as u32))
}

/// A walk over pairs of server and weight.
#[repr(C)]
struct Search {
    first: u32,
    hash: u32,
    /// How far the nearest server is until now, and its weight.
    distance: u64,
    weight: u64,
    server: u32,
    pad: u32,
}

/// The server that is nearest to the hash for its weight; 0 = there is none.
#[inline(never)]
fn nearest(listener: &Listener, hash: u32) -> u32 {
    let mut search = Search { first: listener.first_slot, hash, distance: 1, weight: 0, server: 0, pad: 0 };
    // SAFETY: the callback has the signature that `bpf_loop` wants, and `search` outlives the call.
    unsafe { bpf_loop(listener.slots / 2, compare as *mut c_void, (&raw mut search).cast(), 0) };
    search.server
}

/// Compares one more server with the nearest until now; 0 goes on with the loop.
unsafe extern "C" fn compare(pair: u32, search: *mut Search) -> i64 {
    // SAFETY: `nearest` passes its own live structure.
    let search = unsafe { &mut *search };
    let at = search.first.wrapping_add(2 * pair);
    let (server, weight) = (slot(at), slot(at.wrapping_add(1)) as u64);
    let distance = distance(search.hash, server);
    if distance * search.weight < search.distance * weight {
        (search.distance, search.weight, search.server) = (distance, weight, server);
    }
    0
}
