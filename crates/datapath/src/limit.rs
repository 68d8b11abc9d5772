//! Bandwidth of endpoint connections: for each direction a bucket, kept as the time at which it is empty of debt.

use aya_ebpf::helpers::bpf_ktime_get_ns;
use tables::{DropReason, Flow};

use crate::{
    atomic,
    maps::{LIMITS, PORTS},
    report::Outcome,
    trip::{ETHERNET, Trip},
};

/// How much may pass at once after a pause: the bandwidth of so many nanoseconds.
const BURST: u64 = 50_000_000;
/// The same while packets are refused: TCP that has lost a window and what it sent again is silent for 200 to 400 ms, and
/// makes up for that afterwards.
const CATCH_UP: u64 = 420_000_000;

/// Whether the connection of a limited flow has room for a packet, which is then charged. `length` is that of the frame; a
/// super-packet counts its headers once.
#[inline(never)]
pub(crate) fn admits(flow: &Flow, length: u32) -> bool {
    let Some(limit) = LIMITS.get_ptr_mut(flow.endpoint) else { return false };
    // SAFETY: a live entry; what other CPUs change meanwhile is changed as a whole.
    let limit = unsafe { &mut *limit };
    let cost = limit.cost(length.saturating_sub(ETHERNET));
    let bucket = &mut limit.buckets[flow.is_reply() as usize];
    // SAFETY: a helper without arguments.
    let now = unsafe { bpf_ktime_get_ns() };
    let credit = if now.saturating_sub(bucket.refused) < CATCH_UP { CATCH_UP } else { BURST };
    // SAFETY: the pointer is into the live entry.
    let admitted = unsafe { atomic::take(&raw mut bucket.until, now, credit, cost) };
    if !admitted {
        bucket.refused = now;
    }
    admitted
}

/// Refuses a packet of a limited flow for which its connection has no room; `trip.out` is the flow.
#[inline(always)]
pub(crate) fn pass(trip: &mut Trip) -> Outcome {
    if !trip.out.is_limited() || admits(&trip.out, trip.length) {
        return Ok(());
    }
    // SAFETY: read at once.
    if let Some(receiver) = unsafe { PORTS.get(trip.out.egress) } {
        trip.receiver = receiver.index;
    }
    Err(DropReason::Limited)
}
