//! From which address a load balancer speaks to servers that do not see their clients'.

use tables::{Address, DropReason, LocalsKey};

use crate::{maps::LOCALS, report::Outcome, trip::Trip};

/// Speaks from a local address of the zone if it has any, else from the zonal one. A flow keeps the address that it has, or ends
/// with it.
#[inline(always)]
pub(crate) fn speak(trip: &mut Trip, to_ipv6: bool) -> Outcome {
    let own = trip.target.local(to_ipv6);
    let key = LocalsKey { vip: trip.target.vip, ipv6: trip.target.speaks_ipv6(to_ipv6) as u32 };
    trip.forward.src = own;
    // SAFETY: copied at once.
    if let Some(locals) = unsafe { LOCALS.get(&key) } {
        trip.locals = *locals;
        trip.forward.src = locals.at(trip.judged.hash() >> 8);
    }
    let is_kept = |it: u32| it == own || it == trip.judged.src || trip.locals.has(it);
    if trip.keep != 0 && !is_kept(trip.kept_src) { Err(DropReason::Replaced) } else { Ok(()) }
}

/// The address from which the proxy speaks behind an alias of a zone.
#[inline(always)]
pub(crate) fn behind(alias: &Address, to_ipv6: bool) -> u32 {
    if alias.address != 0 { alias.address } else { alias.local(to_ipv6) }
}
