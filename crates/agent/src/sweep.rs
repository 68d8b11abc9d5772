//! Forgets connections that have been idle for too long, and counts those of each server. A connection is dead when both of
//! its entries are.

use std::collections::HashMap;
use std::time::Duration;

use rustix::time::ClockId;
use tables::{Choice, Event, EventKind, Flow, FlowKey, Load};

use crate::kernel::maps::Maps;
use crate::kernel::table::{Table, TableError};

/// Time from one sweep to the next.
pub const INTERVAL: Duration = Duration::from_secs(2);

/// Entries that are looked at once more and then removed together: few, so that little time lies between.
const TOGETHER: usize = 64;

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Entries (two a connection) that stay.
    pub live: usize,
    /// Entries removed.
    pub expired: usize,
}

/// One walk over all flows. `tell` hears of connections whose end nobody has told yet.
pub fn sweep(maps: &Maps, mut tell: impl FnMut(Vec<Event>)) -> Result<Swept, TableError> {
    let Maps { flows, loads, .. } = maps;
    let mut idle: HashMap<FlowKey, Flow> = HashMap::new();
    let mut connections: HashMap<u32, i32> = HashMap::new();
    let mut total = 0;
    let now = now();
    flows.for_each(|key, flow| {
        total += 1;
        if flow.idle(now) {
            idle.insert(*key, *flow);
        } else if flow.reverse == 0 && flow.choice == Choice::LeastConnections as u8 && !flow.ended() {
            *connections.entry(flow.server).or_default() += 1;
        }
    })?;
    for (server, load) in loads.entries()? {
        let connections = connections.get(&server).copied().unwrap_or(0);
        loads.set(&server, &Load { connections, ..load })?;
    }
    let mut expired = 0;
    for keys in dead(&idle, flows)?.chunks(TOGETHER) {
        let removed = remove(keys, flows, now)?;
        expired += removed.len();
        tell(removed.iter().filter_map(|key| ended(key, &idle, now)).collect());
    }
    Ok(Swept { live: total - expired, expired })
}

/// The end of the connection that this is the forward entry of, unless it was told when it came.
fn ended(key: &FlowKey, idle: &HashMap<FlowKey, Flow>, now: u64) -> Option<Event> {
    let flow = idle.get(key)?;
    let pair = idle.get(&key.paired(flow))?;
    let is_due = flow.reverse == 0 && !flow.ended();
    is_due.then(|| Event::of(EventKind::Expired, now, key, flow, pair))
}

/// Removes those that are still idle, and says which: a new connection may have taken the ports since the
/// walk.
fn remove(keys: &[FlowKey], flows: &Table<FlowKey, Flow>, now: u64) -> Result<Vec<FlowKey>, TableError> {
    let mut still = Vec::with_capacity(keys.len());
    for key in keys {
        if flows.get(key)?.is_some_and(|flow| flow.idle(now)) {
            still.push(*key);
        }
    }
    flows.remove_all(&still)?;
    Ok(still)
}

/// Idle entries whose other entry is idle too, or was lost when a crash came between two writes.
fn dead(idle: &HashMap<FlowKey, Flow>, flows: &Table<FlowKey, Flow>) -> Result<Vec<FlowKey>, TableError> {
    let mut dead = Vec::new();
    for (key, flow) in idle {
        let other = key.paired(flow);
        if idle.contains_key(&other) || flows.get(&other)?.is_none() {
            dead.push(*key);
        }
    }
    Ok(dead)
}

/// `CLOCK_MONOTONIC`, nanoseconds: the clock of `last_seen`.
pub(crate) fn now() -> u64 {
    let time = rustix::time::clock_gettime(ClockId::Monotonic);
    let nanoseconds = i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec);
    u64::try_from(nanoseconds).unwrap_or(0)
}
