//! Forgets connections that have been idle for too long. A connection is dead when both of its entries are.

use std::collections::HashSet;
use std::time::Duration;

use rustix::time::ClockId;
use tables::{Flow, FlowKey};

use crate::kernel::table::{Table, TableError};

/// Time from one sweep to the next.
pub const INTERVAL: Duration = Duration::from_secs(5);

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Entries (two a connection) that stay.
    pub live: usize,
    /// Entries removed.
    pub expired: usize,
}

/// One walk over all flows.
pub fn sweep(flows: &Table<FlowKey, Flow>) -> Result<Swept, TableError> {
    let mut idle: Vec<(FlowKey, Flow)> = Vec::new();
    let mut total = 0;
    let now = now();
    flows.for_each(|key, flow| {
        total += 1;
        if flow.idle(now) {
            idle.push((*key, *flow));
        }
    })?;
    let mut expired = 0;
    for key in dead(&idle, flows)? {
        // A new connection may have taken the ports since the walk.
        if flows.get(&key)?.is_some_and(|flow| flow.idle(now)) {
            flows.remove(&key)?;
            expired += 1;
        }
    }
    Ok(Swept { live: total - expired, expired })
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
