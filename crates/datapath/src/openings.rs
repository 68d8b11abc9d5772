//! Half-open connections: as many as a ring has places. When it is full, a new one takes the place of the oldest, unless that has
//! been established meanwhile: a flood of openings pushes out its own kind, and never a connection that two sides have agreed on.

use tables::{FlowKey, Purpose};

use crate::{
    atomic, carried, event, load,
    maps::{FLOWS, OPENED, OPENINGS},
    report::count,
    trip::Trip,
};

/// Places of the ring, see `OPENINGS`.
const PLACES: u64 = 1 << 16;

/// Enters the connection that was just installed, and lets go of the one that had its place.
#[inline(never)]
pub(crate) fn enter(trip: &Trip) {
    let Some(opened) = OPENED.get_ptr_mut(0) else { return };
    // SAFETY: the pointer is into a live entry.
    let place = unsafe { atomic::fetch_add(opened, 1) } % PLACES;
    let Some(entry) = OPENINGS.get_ptr_mut(place as u32) else { return };
    // SAFETY: a live entry. Whoever reads a key while it is written finds no connection of that name.
    let oldest = unsafe { core::mem::replace(&mut *entry, trip.judged) };
    if oldest != trip.judged {
        push_out(&oldest, trip.length);
    }
}

#[inline(always)]
fn push_out(oldest: &FlowKey, length: u32) {
    let Some(flow) = FLOWS.get_ptr(oldest) else { return };
    // SAFETY: a live entry, only read, and before it is removed.
    let flow = unsafe { &*flow };
    let other = oldest.paired(flow);
    let Some(pair) = FLOWS.get_ptr(&other) else { return };
    // SAFETY: as above.
    let pair = unsafe { &*pair };
    if flow.is_reply() || !flow.half_open(pair) {
        return;
    }
    event::over(true, oldest, flow, pair);
    if !flow.ended() {
        load::ends(flow);
    }
    let mine = carried::end(oldest);
    carried::end(&other);
    if mine {
        count(Purpose::PushedOut, length);
    }
}
