//! What connections have carried is kept when they are forgotten: while they live they count for themselves.

use aya_ebpf::bindings::BPF_NOEXIST;
use tables::{Carried, CarriedKey, Counter, Flow, FlowKey, Purpose};

use crate::{
    atomic,
    maps::{CARRIED, ENDING, FLOWS},
    report,
};

/// An entry that is forgotten. It lies in a per-CPU map because the stack has 512 bytes only.
#[repr(C)]
pub(crate) struct Ending {
    flow: Flow,
    more: Carried,
    row: CarriedKey,
}

/// Forgets one entry of a connection, and keeps what it has carried. Whoever removes it counts it, so it counts once.
/// Gives whether it was there.
#[inline(never)]
pub(crate) fn end(key: &FlowKey) -> bool {
    let (Some(flow), Some(ending)) = (FLOWS.get_ptr(key), ENDING.get_ptr_mut(0)) else { return false };
    // SAFETY: a live entry, copied at once, into the slot of this CPU; a program is not interrupted by itself.
    let ending = unsafe {
        (*ending).flow = *flow;
        &mut *ending
    };
    let removed = FLOWS.remove(key).is_ok();
    if removed {
        ending.more = Carried::of(&ending.flow);
        let Ending { flow, more, row } = ending;
        CarriedKey::each(key, flow, 0, |next| {
            *row = *next;
            add(row, more);
        });
    }
    removed
}

#[inline(never)]
fn add(row: &CarriedKey, more: &Carried) {
    if CARRIED.get_ptr_mut(row).is_none() && CARRIED.insert(row, more, BPF_NOEXIST as u64).is_ok() {
        return;
    }
    let Some(sum) = CARRIED.get_ptr_mut(row) else { return report::count(Purpose::CarriedLost, 0) };
    // SAFETY: a live entry.
    unsafe {
        atomic::add(&raw mut (*sum).connections, more.connections);
        count(&raw mut (*sum).sent, &more.sent);
        count(&raw mut (*sum).received, &more.received);
    }
}

/// # Safety
/// `sum` is in a live entry of a map.
#[inline(always)]
unsafe fn count(sum: *mut Counter, more: &Counter) {
    // SAFETY: as the caller says.
    unsafe {
        atomic::add(&raw mut (*sum).packets, more.packets);
        atomic::add(&raw mut (*sum).bytes, more.bytes);
    }
}
