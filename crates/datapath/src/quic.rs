//! Connection ids of QUIC (RFC 9000, 17): they outlive a change of the client's address. The client begins with an id of its
//! own making; the server's first packets tell the id that the client uses from then on, and are listened to for that.

use aya_ebpf::bindings::__sk_buff;
use tables::QuicId;

use crate::{
    maps::{QUIC_IDS, SERVERS},
    parse::{UDP, load},
    trip::{Part, Trip},
};

const UDP_HEADER: u32 = 8;
/// The first bit of the first byte: a long header, which says how long its ids are.
pub(crate) const LONG: u8 = 0x80;
/// Of a long header: first byte and version.
const BEFORE_IDS: u32 = 5;
/// As many bytes of an id as are looked at.
const ID: u8 = 8;
/// An id is not longer (RFC 9000, 17.2).
const LONGEST: u8 = 20;

/// The server of the group that gave the connection its id; 0 = none did that still serves. An id is remembered for longer than its server
/// keeps its number, so the number may be another group's by now.
#[inline(never)]
pub(crate) fn giver(trip: &Trip, server_group: u32) -> u32 {
    let id = QuicId { listener: trip.forward.listener, id: trip.quic_id };
    // SAFETY: copied at once.
    let Some(server) = (unsafe { QUIC_IDS.get(id) }).copied() else { return 0 };
    // SAFETY: looked at once.
    match unsafe { SERVERS.get(server) } {
        Some(giver) if giver.server_group == server_group && giver.until == 0 => server,
        _ => 0,
    }
}

/// A hash of the connection's id, the same wherever the client is.
#[inline(always)]
pub(crate) fn hash(trip: &Trip) -> u32 {
    let [a, b, c, d] = trip.quic_id;
    let word = |low: u16, high: u16| low as u32 | (high as u32) << 16;
    tables::hash(0, UDP, (word(a, b), 0), (word(c, d), 0))
}

/// Reads the id that the client's packet names; false if it is no QUIC, or its id is too short.
#[inline(never)]
pub(crate) fn names(skb: *mut __sk_buff, trip: &mut Trip) -> bool {
    if trip.protocol != UDP || trip.part != Part::Whole as u8 {
        return false;
    }
    let payload = trip.l4 + UDP_HEADER;
    let mut kind = 0u8;
    if !load(skb, payload, &raw mut kind) {
        return false;
    }
    if kind & LONG == 0 {
        return load(skb, payload + 1, &raw mut trip.quic_id);
    }
    let mut length = 0u8;
    load(skb, payload + BEFORE_IDS, &raw mut length)
        && length >= ID
        && load(skb, payload + BEFORE_IDS + 1, &raw mut trip.quic_id)
}

/// Learns the id that a server gives in a reply of a known flow.
#[inline(never)]
pub(crate) fn listen(skb: *mut __sk_buff, trip: &mut Trip) {
    if !trip.out.is_quic() || !trip.out.is_reply() || !gives(skb, trip) {
        return;
    }
    let id = QuicId { listener: trip.out.listener, id: trip.quic_id };
    // A table without room forgets the ids that were used least: nothing is lost but a migration.
    let _ = QUIC_IDS.insert(&id, &trip.out.server, 0);
}

/// Reads the source id of a long header; false if there is none, or it is too short.
#[inline(always)]
fn gives(skb: *mut __sk_buff, trip: &mut Trip) -> bool {
    if trip.protocol != UDP || trip.part != Part::Whole as u8 {
        return false;
    }
    let payload = trip.l4 + UDP_HEADER;
    let (mut kind, mut length) = (0u8, 0u8);
    if !load(skb, payload, &raw mut kind)
        || kind & LONG == 0
        || !load(skb, payload + BEFORE_IDS, &raw mut length)
        || length > LONGEST
    {
        return false;
    }
    let source = payload + BEFORE_IDS + 1 + length as u32;
    load(skb, source, &raw mut length) && length >= ID && load(skb, source + 1, &raw mut trip.quic_id)
}
