//! Which server gets a new connection.

use aya_ebpf::bindings::__sk_buff;
use tables::{Choice, FlowKey, Listener};

use crate::{load, maps::SLOTS, quic, trip::Trip};

const SOURCE: u8 = Choice::Source as u8;
const CONNECTION_ID: u8 = Choice::ConnectionId as u8;
const LEAST_CONNECTIONS: u8 = Choice::LeastConnections as u8;

/// Dense id of the server; 0 = there is none.
#[inline(always)]
pub(crate) fn server(skb: *mut __sk_buff, trip: &mut Trip, listener: &Listener) -> u32 {
    match listener.choice {
        SOURCE => in_slot(listener, source(trip).hash()),
        CONNECTION_ID if quic::names(skb, trip) => match quic::giver(trip) {
            0 => in_slot(listener, quic::hash(trip)),
            giver => giver,
        },
        LEAST_CONNECTIONS => load::least(listener, trip.judged.hash()),
        _ => in_slot(listener, trip.judged.hash()),
    }
}

/// What stays the same for all connections of a client.
#[inline(always)]
fn source(trip: &Trip) -> FlowKey {
    FlowKey {
        ingress: trip.sender.network,
        src: trip.judged.src,
        dst: 0,
        sport: 0,
        dport: 0,
        protocol: 0,
        icmp_type: 0,
        pad: [0; 2],
    }
}

#[inline(always)]
fn in_slot(listener: &Listener, hash: u32) -> u32 {
    if listener.slots == 0 {
        return 0;
    }
    SLOTS.get(listener.first_slot.wrapping_add(hash % listener.slots)).copied().unwrap_or(0)
}
