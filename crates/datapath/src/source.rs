//! Which source addresses a port may use.

use tables::{AddressKey, AddressKind, SOURCES_OF_PORT, is_ipv6};

use crate::{hop, maps::ADDRESSES, trip::Trip};

/// Whether an address is the sending port's own: its primary one, or another one that leads to it.
#[inline(always)]
pub(crate) fn is_own(trip: &Trip, address: u32) -> bool {
    address == trip.sender.address || is_secondary(trip, address)
}

/// Whether the sending port may use a source address: its own, or one of a range that a route leads to it.
#[inline(always)]
pub(crate) fn may_use(trip: &Trip, address: u32) -> bool {
    is_own(trip, address)
        || !is_ipv6(address) && hop::longest(SOURCES_OF_PORT | trip.sender.index, address) == 1
}

#[inline(never)]
fn is_secondary(trip: &Trip, address: u32) -> bool {
    let key = AddressKey { network: trip.sender.network, address };
    // SAFETY: read at once.
    match unsafe { ADDRESSES.get(&key) } {
        Some(owner) => owner.kind == AddressKind::Port as u8 && owner.ifindex == trip.ingress,
        None => false,
    }
}
