//! Which servers a connection is offered to, in which order: as the listener's scheduler says.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddrV4;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::id::{ListenerIndex, ServerIndex, VipIndex};
use model::net::Family;
use model::nlb::Scheduler;

use super::Live;
use super::connection::Way;
use crate::compile::Candidate;
use crate::proxy::settings::{Listener, Settings, Vip};
use crate::turns::round;

/// Servers that are tried before a client is refused.
const TRIES: usize = 3;

/// The shares of servers that get new connections.
type Shares = BTreeMap<ServerIndex, u32>;

/// The servers that a client's connection is offered to, the first one first.
pub(super) fn servers(live: &Live, loads: &Loads, way: &Way, peer: SocketAddrV4) -> Vec<ServerIndex> {
    let Some(listener) = live.settings.listeners.get(&way.listener) else { return vec![] };
    let vip = listener.vips.get(&way.vip);
    let Some(shares) = vip.and_then(|vip| vip.candidates.get(&way.family())) else { return vec![] };
    let by_hash = || nearest(shares, hash(listener, peer));
    let mut order = match listener.scheduler {
        Scheduler::Wrr | Scheduler::Rr => live.turns.next(&(way.listener, way.vip, way.family())),
        Scheduler::Wlc => loads.fewest_first(shares, by_hash()),
        Scheduler::Sch | Scheduler::Tch | Scheduler::Qch => by_hash(),
    };
    order.truncate(TRIES);
    order
}

/// What a client is hashed by; each has an alias of its own, so that its address tells it.
fn hash(listener: &Listener, peer: SocketAddrV4) -> u32 {
    let port = if listener.scheduler == Scheduler::Sch { 0 } else { peer.port() };
    tables::hash(0, 0, (u32::from_ne_bytes(peer.ip().octets()), port), (0, 0))
}

/// Servers by their distance from the hash for their weight, as the kernel program chooses by hash.
fn nearest(shares: &Shares, hash: u32) -> Vec<ServerIndex> {
    let distance = |(id, weight): (&ServerIndex, &u32)| {
        // What the division by at most 100 rounds off tells no two servers apart.
        ((tables::distance(hash, id.0) << 16) / u64::from((*weight).max(1)), *id)
    };
    let mut order: Vec<_> = shares.iter().map(distance).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, id)| id).collect()
}

/// Where turns are taken: a zonal address of a listener, for clients of a family.
type Place = (ListenerIndex, VipIndex, Family);

/// Whose turn it is, where servers take turns.
#[derive(Default)]
pub(super) struct Turns(BTreeMap<Place, Round>);

/// Servers in turn, each as often as its weight says.
struct Round {
    servers: Vec<ServerIndex>,
    next: AtomicUsize,
}

impl Turns {
    /// The turns of these settings. They go on where the last ones were.
    pub(super) fn of(settings: &Settings, last: &Self) -> Self {
        let mut rounds = BTreeMap::new();
        for (listener, it) in &settings.listeners {
            if !matches!(it.scheduler, Scheduler::Wrr | Scheduler::Rr) {
                continue;
            }
            let places = it.vips.iter().flat_map(|(vip, it)| of_families(*listener, *vip, it));
            rounds.extend(places.map(|(place, shares)| (place, Round::of(shares, last.turn(&place)))));
        }
        Self(rounds)
    }

    fn turn(&self, place: &Place) -> usize {
        self.0.get(place).map_or(0, |round| round.next.load(Ordering::Relaxed))
    }

    /// The server whose turn it is, and the ones after it.
    fn next(&self, place: &Place) -> Vec<ServerIndex> {
        self.0.get(place).map(Round::next).unwrap_or_default()
    }
}

fn of_families(listener: ListenerIndex, vip: VipIndex, it: &Vip) -> impl Iterator<Item = (Place, &Shares)> {
    it.candidates.iter().map(move |(family, shares)| ((listener, vip, *family), shares))
}

impl Round {
    fn of(shares: &Shares, next: usize) -> Self {
        let candidates: Vec<_> =
            shares.iter().map(|(id, weight)| Candidate { id: id.0, weight: *weight }).collect();
        let servers = round(&candidates).into_iter().map(ServerIndex).collect();
        Self { servers, next: AtomicUsize::new(next) }
    }

    fn next(&self) -> Vec<ServerIndex> {
        let Some(turn) = self.next.fetch_add(1, Ordering::Relaxed).checked_rem(self.servers.len()) else {
            return vec![];
        };
        let (before, after) = self.servers.split_at(turn);
        let mut seen = BTreeSet::new();
        after.iter().chain(before).copied().filter(|server| seen.insert(*server)).take(TRIES).collect()
    }
}

/// How many connections servers have through this process.
#[derive(Default)]
pub(super) struct Loads(Mutex<HashMap<ServerIndex, u64>>);

impl Loads {
    /// Counts one more, for as long as what is given is kept.
    pub(super) fn begin(self: &Arc<Self>, server: ServerIndex) -> Load {
        *self.lock().entry(server).or_default() += 1;
        Load { loads: Arc::clone(self), server }
    }

    /// Servers with the fewest connections for their weight first, if they had one more; equals stay in their order.
    fn fewest_first(&self, shares: &Shares, mut order: Vec<ServerIndex>) -> Vec<ServerIndex> {
        let open = self.lock();
        order.sort_by_key(|server| {
            let connections = open.get(server).map_or(1, |open| open + 1);
            let weight = shares.get(server).map_or(1, |weight| u64::from((*weight).max(1)));
            (connections << 16) / weight
        });
        order
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ServerIndex, u64>> {
        // Every change is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that counts for a server until this is dropped.
pub(super) struct Load {
    loads: Arc<Loads>,
    server: ServerIndex,
}

impl Drop for Load {
    fn drop(&mut self) {
        let mut open = self.loads.lock();
        if let Some(connections) = open.get_mut(&self.server) {
            *connections -= 1;
            if *connections == 0 {
                open.remove(&self.server);
            }
        }
    }
}

#[cfg(test)]
mod tests;
