//! Events for the flow log. A full ring loses events, which is counted, and never packets. What is established pays nothing.

use aya_ebpf::{bindings::BPF_RB_NO_WAKEUP, helpers::bpf_ktime_get_coarse_ns};
use tables::{Counter, DropReason, Event, EventKind, Flow, FlowKey, Purpose};

use crate::{
    maps::{EVENTS, FLOWS},
    report::count,
    trip::Trip,
};

/// Tells something of the connection that `key` and `flow` are one entry of, and `pair` the other.
#[inline(never)]
pub(crate) fn flow(kind: EventKind, key: &FlowKey, flow: &Flow, pair: &Flow) {
    // SAFETY: a helper without arguments.
    let now = unsafe { bpf_ktime_get_coarse_ns() };
    write(|event| event.tell(kind, now, key, flow, pair));
}

/// Tells the end of a connection on the packet that brought it about.
#[inline(always)]
pub(crate) fn ended(told: bool, key: &FlowKey, entry: &Flow, pair: &Flow) {
    if told || !entry.ended() {
        return;
    }
    let reset = entry.is(tables::FlowState::Reset);
    flow(if reset { EventKind::Reset } else { EventKind::Closed }, key, entry, pair);
}

/// Tells the end of a connection whose place is taken by another, or that was idle for too long.
#[inline(always)]
pub(crate) fn over(idle: bool, key: &FlowKey, entry: &Flow, pair: &Flow) {
    if !entry.ended() {
        flow(if idle { EventKind::Expired } else { EventKind::Closed }, key, entry, pair);
    }
}

/// Tells of a first packet that was refused.
#[inline(never)]
pub(crate) fn denied(trip: &Trip, reason: DropReason) {
    write(|event| {
        event.time = trip.now;
        event.key = trip.judged;
        event.kind = EventKind::Denied as u8;
        event.reason = reason as u8;
        event.pad = [0; 6];
        event.translated(&trip.forward);
        event.vip = if trip.forward.endpoint != 0 { trip.target.vip } else { 0 };
        event.sent = Counter { packets: 1, bytes: trip.length as u64 };
        event.received = Counter { packets: 0, bytes: 0 };
    });
}

/// Tells of a flow that was judged again and does not go on, before it is forgotten.
#[inline(never)]
pub(crate) fn cut(kind: EventKind, trip: &Trip, reason: DropReason) {
    let (Some(forward), Some(reverse)) = (FLOWS.get_ptr(&trip.judged), FLOWS.get_ptr(&trip.kept_reverse))
    else {
        return;
    };
    // SAFETY: two live entries, only read.
    let (forward, reverse) = unsafe { (&*forward, &*reverse) };
    write(|event| {
        event.tell(kind, trip.now, &trip.judged, forward, reverse);
        event.reason = reason as u8;
    });
}

/// Nobody is woken: the agent looks by itself, which costs packets nothing.
#[inline(always)]
fn write(fill: impl FnOnce(&mut Event)) {
    let Some(mut entry) = EVENTS.reserve(0) else {
        count(Purpose::EventLost, 0);
        return;
    };
    // SAFETY: the ring's own memory, as long as an event; `fill` writes every field of integers.
    fill(unsafe { &mut *entry.as_mut_ptr() });
    entry.submit(BPF_RB_NO_WAKEUP as u64);
}
