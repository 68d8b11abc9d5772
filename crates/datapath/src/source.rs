//! Which source addresses a port may use.

use tables::{AddressKey, AddressKind};

use crate::{maps::ADDRESSES, trip::Trip};

/// Whether an address is the sending port's own: its primary one, or another one that leads to it.
#[inline(always)]
pub(crate) fn is_own(trip: &Trip, address: u32) -> bool {
    address == trip.sender.address || is_secondary(trip, address)
}

#[inline(never)]
fn is_secondary(trip: &Trip, address: u32) -> bool {
    let key = AddressKey { network: trip.sender.network, address };
    // SAFETY: read at once.
    match unsafe { ADDRESSES.get(&key) } {
        Some(owner) => owner.kind == AddressKind::Port as u8 && owner.ifindex == trip.key.ingress,
        None => false,
    }
}
