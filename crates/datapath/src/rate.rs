//! How many new connections a second a listener and its zonal address take.

use tables::{DropReason, Listener, Rate, RateKey};

use crate::{atomic, maps::RATES, report::Outcome, trip::Trip};

/// Charges a new connection to the listener and to the whole load balancer, in this zone.
#[inline(always)]
pub(crate) fn pass(trip: &Trip, listener: &Listener) -> Outcome {
    if listener.rated == 0 || trip.again == 1 {
        return Ok(());
    }
    let vip = trip.target.vip;
    if admits(RateKey { vip, listener: listener.index }, trip.now)
        && admits(RateKey { vip, listener: 0 }, trip.now)
    {
        return Ok(());
    }
    Err(DropReason::NewConnections)
}

/// Without an entry there is no limit.
#[inline(never)]
fn admits(key: RateKey, now: u64) -> bool {
    let Some(rate) = RATES.get_ptr_mut(&key) else { return true };
    // SAFETY: a live entry; the interval is the agent's, and `until` is changed as a whole.
    unsafe { atomic::take(&raw mut (*rate).until, now, Rate::BURST, (*rate).interval) }
}
