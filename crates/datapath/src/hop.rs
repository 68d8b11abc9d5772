//! Routes: the next hop of a packet whose destination nobody owns.

use aya_ebpf::btf_maps::lpm_trie::Key;
use tables::{AddressKind, RouteAt, is_ipv6};

use crate::{maps::ROUTES, route::look_up, trip::Trip};

/// A scope and a whole address, in bits.
const WHOLE: u32 = 64;

/// The value of the longest range that has the address; 0 if none has.
#[inline(never)]
pub(crate) fn longest(scope: u32, address: u32) -> u32 {
    match ROUTES.get(&Key::new(WHOLE, RouteAt { scope, address })) {
        Some(value) => *value,
        None => 0,
    }
}

/// Finds the port that the sender's route table leads to. A port never sends to itself.
#[inline(always)]
pub(crate) fn find(trip: &mut Trip) -> bool {
    // Routes are ranges of IPv4.
    if trip.sender.table == 0 || is_ipv6(trip.judged.dst) {
        return false;
    }
    let via = longest(trip.sender.table, trip.judged.dst);
    let found = via != 0
        && look_up(trip, trip.sender.network, via)
        && trip.target.kind == AddressKind::Port as u8
        && trip.target.index != trip.sender.index;
    trip.routed = found as u8;
    found
}
