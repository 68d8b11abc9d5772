//! Makes the maps follow a plan. Most new plans say the same of load balancing as the one before, and have the same rules: then
//! these maps, by far the largest, are neither read nor compared, and one more endpoint costs the same beside many servers as
//! beside few. A plan that is followed once more is compared with every map.

use std::sync::Arc;

use model::plan::HostPlan;

use crate::compile::{Health, Interfaces, compile, network};
use crate::image::Image;
use crate::kernel::maps::{Changes, Known, Maps};
use crate::kernel::table::TableError;
use crate::leaving::Past;

/// What the maps are to follow.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The plan.
    pub plan: &'a Arc<HostPlan>,
    /// The verdict over each server that has one.
    pub health: &'a Health,
    /// The links that there are.
    pub interfaces: &'a Interfaces,
    /// See [`Past::swept`].
    pub swept: u64,
    /// See [`Past::now`].
    pub now: u64,
}

/// What the maps of load balancing were last made of. Every server among it serves: there is nothing to wait for.
#[derive(Debug)]
struct Balanced {
    plan: Arc<HostPlan>,
    health: Health,
    maps: Known,
}

impl Balanced {
    fn of(wanted: &Wanted<'_>, image: &Image, maps: Known) -> Option<Self> {
        let settled = image.servers.values().all(|server| server.until == 0);
        settled.then(|| Self { plan: Arc::clone(wanted.plan), health: wanted.health.clone(), maps })
    }

    /// Whether a newer plan says the same of load balancing, as far as can be told before policies have their places.
    fn holds(&self, wanted: &Wanted<'_>) -> bool {
        let (old, new) = (&self.plan, wanted.plan);
        new.revision > old.revision
            && new.listeners == old.listeners
            && new.vips == old.vips
            && new.server_groups == old.server_groups
            && *wanted.health == self.health
    }
}

/// Makes maps follow plans.
#[derive(Debug, Default)]
pub struct Follower {
    /// A pass of this process has come to its end, and none after it has failed.
    settled: bool,
    balanced: Option<Balanced>,
}

impl Follower {
    /// Forgets what is known of the maps: they may be others.
    pub fn unsettle(&mut self) {
        *self = Self::default();
    }

    /// Makes the maps equal to what is wanted.
    ///
    /// # Errors
    /// When a map cannot be read or written. The next call compares everything, and judges flows again.
    pub fn follow(&mut self, maps: &Maps, wanted: &Wanted<'_>) -> Result<Changes, TableError> {
        // A failure in the middle leaves maps changed and flows not judged again: the next one must do it.
        let Self { settled, balanced } = std::mem::take(self);
        let known = balanced.filter(|it| settled && it.holds(wanted));
        let (changes, balanced) = match known {
            Some(known) => match maps.sync_network(&network(wanted.plan, wanted.interfaces), known.maps)? {
                Some((changes, maps)) => {
                    (changes, Some(Balanced { plan: Arc::clone(wanted.plan), health: known.health, maps }))
                }
                None => follow_whole(maps, wanted, settled)?,
            },
            None => follow_whole(maps, wanted, settled)?,
        };
        *self = Self { settled: true, balanced };
        Ok(changes)
    }
}

fn follow_whole(
    maps: &Maps,
    wanted: &Wanted<'_>,
    settled: bool,
) -> Result<(Changes, Option<Balanced>), TableError> {
    let past = Past { servers: maps.formers()?, swept: wanted.swept, now: wanted.now };
    let image = compile(wanted.plan, wanted.health, &past, wanted.interfaces);
    let (changes, known) = maps.sync(&image, !settled)?;
    let balanced = Balanced::of(wanted, &image, known).filter(|_| changes.overflows == [None; 2]);
    Ok((changes, balanced))
}

#[cfg(test)]
mod tests;
