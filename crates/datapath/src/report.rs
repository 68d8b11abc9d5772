//! Counters: every drop is seen by the port that sent and by the port that was meant.

use aya_ebpf::bindings::BPF_NOEXIST;
use tables::{Counter, DropKey, DropReason, Purpose};

use crate::{
    maps::{COUNTERS, DROPS},
    trip::Trip,
};

/// Counts a packet for the whole host.
#[inline(always)]
pub(crate) fn count(purpose: Purpose, length: u32) {
    if let Some(counter) = COUNTERS.get_ptr_mut(purpose as u32) {
        add(counter, length);
    }
}

/// Counts a drop for both ports that it concerns.
#[inline(never)]
pub(crate) fn dropped(trip: &mut Trip, reason: DropReason) {
    let reason = reason as u32;
    drop_at(trip.sender.index, reason, trip.length);
    if trip.receiver != 0 && trip.receiver != trip.sender.index {
        drop_at(trip.receiver, reason, trip.length);
    }
}

#[inline(always)]
fn drop_at(port: u32, reason: u32, length: u32) {
    let key = DropKey { port, reason };
    if let Some(counter) = DROPS.get_ptr_mut(&key) {
        add(counter, length);
        return;
    }
    let first = Counter { packets: 1, bytes: length as u64 };
    if DROPS.insert(&key, &first, BPF_NOEXIST as u64).is_err()
        && let Some(counter) = DROPS.get_ptr_mut(&key)
    {
        add(counter, length);
    }
}

#[inline(always)]
fn add(counter: *mut Counter, length: u32) {
    // SAFETY: the map's slot of this CPU, which nothing else writes meanwhile.
    unsafe {
        (*counter).packets += 1;
        (*counter).bytes += length as u64;
    }
}

/// What a stage says: go on, or drop. It fits one register, as subprograms need.
pub(crate) type Outcome = Result<(), DropReason>;

const _: () = assert!(size_of::<Outcome>() == 4);
