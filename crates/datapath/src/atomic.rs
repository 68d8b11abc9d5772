//! Numbers that several CPUs change at once, and the buckets that are made of them.

/// Takes `cost` from a bucket that is kept as the time at which it is empty of debt; false if it is in debt now. After a
/// pause it holds what `credit` nanoseconds bring.
///
/// # Safety
/// `until` is in a live entry of a map.
#[inline(always)]
pub(crate) unsafe fn take(until: *mut u64, now: u64, credit: u64, cost: u64) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        let before = until.read_volatile();
        if before > now {
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
///
/// # Safety
/// `at` is in a live entry of a map.
#[cfg(target_arch = "bpf")]
#[inline(always)]
pub(crate) unsafe fn add(at: *mut u64, value: u64) {
    // SAFETY: one atomic access to a place that the caller says is live.
    unsafe { core::arch::asm!("lock *(u64 *)({at} + 0) += {value}", at = in(reg) at, value = in(reg) value) };
}

/// Adds to a small number, whatever is there by now.
///
/// # Safety
/// `at` is in a live entry of a map.
#[cfg(target_arch = "bpf")]
#[inline(always)]
pub(crate) unsafe fn add32(at: *mut i32, value: i32) {
    // SAFETY: one atomic access to a place that the caller says is live.
    unsafe {
        core::arch::asm!("lock *(u32 *)({at} + 0) += {value}", at = in(reg) at, value = in(reg) value as i64)
    };
}

/// Adds, and gives what was there before.
#[cfg(target_arch = "bpf")]
#[inline(always)]
pub(crate) unsafe fn fetch_add(at: *mut u64, value: u64) -> u64 {
    let mut before = value;
    // SAFETY: one atomic access to a place that the caller says is live.
    unsafe {
        core::arch::asm!(
            "{value} = atomic_fetch_add((u64 *)({at} + 0), {value})",
            at = in(reg) at,
            value = inout(reg) before,
        );
    }
    before
}

/// Not for running: the checks of the source have another target.
#[cfg(not(target_arch = "bpf"))]
unsafe fn exchange(_: *mut u64, _: u64, _: u64) {}

/// Not for running: the checks of the source have another target.
#[cfg(not(target_arch = "bpf"))]
pub(crate) unsafe fn add(_: *mut u64, _: u64) {}

/// Not for running: the checks of the source have another target.
#[cfg(not(target_arch = "bpf"))]
pub(crate) unsafe fn add32(_: *mut i32, _: i32) {}

/// Not for running: the checks of the source have another target.
#[cfg(not(target_arch = "bpf"))]
pub(crate) unsafe fn fetch_add(_: *mut u64, _: u64) -> u64 {
    0
}
