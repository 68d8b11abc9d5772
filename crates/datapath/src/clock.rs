//! The kernel's own clock.

use aya_ebpf::helpers::bpf_jiffies64;
use tables::{Clock, Tick, clock};

/// What it says. The helper is no call: the kernel puts a load in its place.
#[inline(always)]
pub(crate) fn now() -> Clock {
    // SAFETY: a helper without arguments.
    Clock { now: Tick(unsafe { bpf_jiffies64() } as u32), hz: hz() }
}

/// Steps a second. The two instructions are a place for the agent, which knows the running kernel's.
#[cfg(target_arch = "bpf")]
#[inline(always)]
fn hz() -> u32 {
    let steps: u64;
    // SAFETY: sets r0.
    unsafe { core::arch::asm!("r0 = {place}", "goto +0", place = const clock::PLACE, lateout("r0") steps) };
    steps as u32
}

/// Not for running: the checks of the source have another target.
#[cfg(not(target_arch = "bpf"))]
fn hz() -> u32 {
    clock::PLACE as u32
}
