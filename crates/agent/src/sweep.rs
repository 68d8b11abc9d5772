//! Forgets connections that have been idle for too long, and counts those of each server. A connection is dead when both of
//! its entries are.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rustix::time::ClockId;
use tables::{Choice, Flow, FlowKey, Load};

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

/// One walk over all flows.
pub fn sweep(maps: &Maps) -> Result<Swept, TableError> {
    let Maps { flows, loads, .. } = maps;
    let mut idle: Vec<(FlowKey, Flow)> = Vec::new();
    let mut connections: HashMap<u32, i32> = HashMap::new();
    let mut total = 0;
    let now = now();
    flows.for_each(|key, flow| {
        total += 1;
        if flow.idle(now) {
            idle.push((*key, *flow));
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
        expired += remove(keys, flows, now)?;
    }
    Ok(Swept { live: total - expired, expired })
}

/// Removes those that are still idle, and says how many they were: a new connection may have taken the ports since the
/// walk.
fn remove(keys: &[FlowKey], flows: &Table<FlowKey, Flow>, now: u64) -> Result<usize, TableError> {
    let mut still = Vec::with_capacity(keys.len());
    for key in keys {
        if flows.get(key)?.is_some_and(|flow| flow.idle(now)) {
            still.push(*key);
        }
    }
    flows.remove_all(&still)?;
    Ok(still.len())
}

/// Idle entries whose other entry is idle too, or was lost when a crash came between two writes.
fn dead(idle: &[(FlowKey, Flow)], flows: &Table<FlowKey, Flow>) -> Result<Vec<FlowKey>, TableError> {
    let keys: HashSet<FlowKey> = idle.iter().map(|(key, _)| *key).collect();
    let mut dead = Vec::new();
    for (key, flow) in idle {
        let other = key.paired(flow);
        if keys.contains(&other) || flows.get(&other)?.is_none() {
            dead.push(*key);
        }
    }
    Ok(dead)
}

/// `CLOCK_MONOTONIC`, nanoseconds: the clock of `last_seen`.
fn now() -> u64 {
    let time = rustix::time::clock_gettime(ClockId::Monotonic);
    let nanoseconds = i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec);
    u64::try_from(nanoseconds).unwrap_or(0)
}
