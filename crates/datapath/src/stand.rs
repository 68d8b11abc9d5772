//! Flows of an old plan: judged again on their next packet, and what becomes of those that do not stand.

use aya_ebpf::bindings::__sk_buff;
use tables::{DropReason, EventKind, FlowKey, FlowState, Tick};

use crate::{
    event,
    flow::{self, ACK},
    maps::{FLOWS, PORTS},
    report::Outcome,
    route,
    trip::Trip,
};

/// Whether a flow of an old plan may go on. One without a server is forgotten when the packet can begin another.
#[inline(always)]
pub(crate) fn judge(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    if trip.out.is(FlowState::Cut) {
        return overhear(trip);
    }
    let Err(reason) = again(skb, trip) else { return Ok(()) };
    match reason {
        DropReason::Rerouted => return Err(reason),
        // The agent ends it, and resets both ends.
        DropReason::ServerGone | DropReason::NoListener if trip.is_settled() && trip.out.listener != 0 => {
            return Err(reason);
        }
        // It resets them here too, where it may not see that it is over.
        DropReason::UnknownPort
        | DropReason::NoRoute
        | DropReason::NotConnected
        | DropReason::Replaced
        | DropReason::ServerGone
            if trip.is_settled() =>
        {
            event::cut(EventKind::Reset, trip, reason);
            cut(trip);
            return Err(reason);
        }
        DropReason::ServerGone if !trip.out.is_reply() && trip.opens() => {
            event::cut(EventKind::Reset, trip, reason);
            trip.known = 0;
            (trip.again, trip.keep) = (0, 0);
        }
        _ => event::cut(EventKind::Denied, trip, reason),
    }
    flow::forget_judged(trip);
    if trip.known == 0 { Ok(()) } else { Err(reason) }
}

/// Judges a flow of an old plan under the present one.
#[inline(always)]
fn again(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    flow::recollect(trip)?;
    route::begin(trip);
    route::judge(skb, trip)?;
    if trip.parting == 1 {
        trip.reverse_key = trip.judged;
        return Ok(());
    }
    flow::renew(trip)
}

/// A packet of a connection that was cut does not pass, but what its sender expects next is remembered: a reset may have
/// missed that.
#[inline(never)]
fn overhear(trip: &mut Trip) -> Outcome {
    // SAFETY: read at once.
    if let Some(receiver) = unsafe { PORTS.get(trip.out.egress) } {
        trip.receiver = receiver.index;
    }
    remember(trip);
    Err(DropReason::NoConnection)
}

/// What the packet's sender expects next, for the reset that it gets.
#[inline(always)]
fn remember(trip: &Trip) {
    if trip.tcp_flags & ACK != 0
        && let Some(flow) = FLOWS.get_ptr_mut(&trip.key)
    {
        // SAFETY: a live entry.
        unsafe { (*flow).ack = trip.ack };
    }
}

/// Cuts a connection that was judged again and refused: nothing of it passes any more. The agent's next sweep finds it so, and
/// resets both ends.
#[inline(never)]
fn cut(trip: &Trip) {
    cut_entry(&trip.judged, trip.clock.now);
    cut_entry(&trip.kept_reverse, trip.clock.now);
    remember(trip);
}

#[inline(always)]
fn cut_entry(key: &FlowKey, now: Tick) {
    let Some(flow) = FLOWS.get_ptr_mut(key) else { return };
    // SAFETY: a live entry.
    unsafe {
        (*flow).state |= FlowState::Cut as u8;
        (*flow).last_seen = now;
    }
}
