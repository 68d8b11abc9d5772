//! Bandwidth of endpoint connections: for each direction a bucket, kept as the time at which it is empty of debt.

use aya_ebpf::helpers::bpf_ktime_get_ns;
use tables::{DropReason, Flow};

use crate::{
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
    let bucket = &mut limit.buckets[(flow.reverse & 1) as usize];
    // SAFETY: a helper without arguments.
    let now = unsafe { bpf_ktime_get_ns() };
    let credit = if now.saturating_sub(bucket.refused) < CATCH_UP { CATCH_UP } else { BURST };
    let until = &raw mut bucket.until;
    // SAFETY: the pointer is into the live entry.
    unsafe {
        let before = until.read_volatile();
        if before > now {
            bucket.refused = now;
            return false;
        }
        let full = now.saturating_sub(credit);
        if before < full {
            // Whoever loses this race finds that another has done the same.
            exchange(until, before, full);
        }
        add(until, cost);
    }
    true
}

/// Refuses a packet of a limited flow for which its connection has no room; `trip.out` is the flow.
#[inline(always)]
pub(crate) fn pass(trip: &mut Trip) -> Outcome {
    if trip.out.limited == 0 || admits(&trip.out, trip.length) {
        return Ok(());
    }
    // SAFETY: read at once.
    if let Some(receiver) = unsafe { PORTS.get(trip.out.egress) } {
        trip.receiver = receiver.index;
    }
    Err(DropReason::Limited)
}

/// Writes `new` if `old` is still there.
#[cfg(target_arch = "bpf")]
#[inline(always)]
unsafe fn exchange(at: *mut u64, old: u64, new: u64) {
    // SAFETY: one atomic access to a place that the caller says is live.
    unsafe {
        core::arch::asm!(
            "r0 = cmpxchg_64({at} + 0, r0, {new})",
            at = in(reg) at,
            new = in(reg) new,
            inlateout("r0") old => _,
        );
    }
}

/// Adds, whatever is there by now.
#[cfg(target_arch = "bpf")]
#[inline(always)]
unsafe fn add(at: *mut u64, value: u64) {
    // SAFETY: one atomic access to a place that the caller says is live.
    unsafe { core::arch::asm!("lock *(u64 *)({at} + 0) += {value}", at = in(reg) at, value = in(reg) value) };
}

/// Not for running: the checks of the source have another target.
#[cfg(not(target_arch = "bpf"))]
unsafe fn exchange(_: *mut u64, _: u64, _: u64) {}

/// Not for running: the checks of the source have another target.
#[cfg(not(target_arch = "bpf"))]
unsafe fn add(_: *mut u64, _: u64) {}
