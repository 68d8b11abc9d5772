//! Ends connections that have been idle for too long or have lost what they go through or to, and counts those of each server. A
//! connection is idle when both of its entries are.

mod due;
mod memory;
mod sweeper;

use std::collections::HashMap;
use std::time::Duration;

use rustix::time::ClockId;
use tables::{Clock, DropReason, Event, EventKind, Flow, FlowKey, FlowState, Load};

use crate::carried;
use crate::kernel::maps::Maps;
use crate::kernel::table::{Table, TableError};
use crate::resets::{Ends, Reset};
use due::Standing;

pub use memory::Memory;
pub use sweeper::Sweeper;

/// Time from one sweep to the next.
pub const INTERVAL: Duration = Duration::from_secs(2);

/// Time until connections that were just cut are reset once more: an end that had something to acknowledge (TCP waits up to
/// 200 ms with that) has said by then what it expects.
pub(crate) const AGAIN: Duration = Duration::from_millis(250);

/// Entries whose ends are told and counted together.
const TOGETHER: usize = 64;

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Entries (two a connection) that stay.
    pub live: usize,
    /// Entries removed.
    pub expired: usize,
    /// Connections that end with resets, which stay for a moment.
    pub cut: usize,
    /// Counts of what they have carried that found no room.
    pub lost: usize,
}

/// What one walk over all flows has found.
#[derive(Default)]
struct Found {
    total: usize,
    idle: HashMap<FlowKey, Flow>,
    /// Forward entries of connections that have lost what they go through or to.
    left: Vec<((FlowKey, Flow), DropReason)>,
    /// Forward entries of connections that were cut before.
    cut: Vec<FlowKey>,
    /// Connections of each server that is chosen by their number.
    connections: HashMap<u32, i32>,
}

/// What has been idle for too long: connections that end with resets, and entries that are just forgotten.
type Dead = (Vec<(FlowKey, Flow)>, Vec<FlowKey>);

/// One sweep. `memory` is of the sweeps before; `send` carries resets; `tell` hears of connections whose end nobody has told yet.
pub fn sweep(
    maps: &Maps,
    memory: &mut Memory,
    mut send: impl FnMut(Reset),
    mut tell: impl FnMut(Vec<Event>),
) -> Result<Swept, TableError> {
    let Maps { flows, loads, .. } = maps;
    let (now, clock) = (now(), maps.clock.read()?);
    memory.learn(maps)?;
    let mut found = walk(maps, now, clock)?;
    confirm(&mut found, maps, now)?;
    for (server, load) in loads.entries()? {
        let connections = found.connections.get(&server).copied().unwrap_or(0);
        loads.set(&server, &Load { connections, ..load })?;
    }
    let mut swept = Swept { cut: found.cut.len(), ..Swept::default() };
    for key in &found.cut {
        reset(maps, memory, key, &mut send)?;
    }
    let (expired, mut over) = dead(&found.idle, flows)?;
    let left = found.left.iter().map(|(it, reason)| (*it, Some(*reason)));
    for ((key, flow), reason) in left.chain(expired.into_iter().map(|it| (it, None))) {
        let Some(event) = cut(maps, &key, reason, (now, clock))? else { continue };
        // All of these are TCP.
        if flow.is(FlowState::Established) {
            reset(maps, memory, &key, &mut send)?;
            swept.cut += 1;
        } else {
            over.extend([key, key.paired(&flow)]);
        }
        tell(vec![event]);
    }
    for keys in over.chunks(TOGETHER) {
        let removed = remove(keys, &found, flows, clock)?;
        swept.expired += removed.len();
        swept.lost += carried::keep(&removed, maps);
        tell(removed.iter().filter_map(|(key, _)| ended(key, &found.idle, now)).collect());
    }
    swept.live = found.total - swept.expired;
    Ok(swept)
}

fn walk(maps: &Maps, now: u64, clock: Clock) -> Result<Found, TableError> {
    let standing = Standing::read(maps, now)?;
    let mut found = Found::default();
    maps.flows.for_each(|key, flow| {
        found.total += 1;
        let forward = !flow.is_reply();
        if flow.idle(clock) {
            found.idle.insert(*key, *flow);
        } else if forward && flow.is(FlowState::Cut) {
            found.cut.push(*key);
        } else if forward && !flow.ended() {
            if flow.is_counted() {
                *found.connections.entry(flow.server).or_default() += 1;
            }
            found.left.extend(standing.over(key, flow).map(|reason| ((*key, *flow), reason)));
        }
    })?;
    Ok(found)
}

/// Spares connections that were opened during the walk through a listener or to a server that had not been there when it
/// began.
fn confirm(found: &mut Found, maps: &Maps, now: u64) -> Result<(), TableError> {
    if !found.left.is_empty() {
        let standing = Standing::read(maps, now)?;
        found.left.retain(|((key, flow), _)| standing.over(key, flow).is_some());
    }
    Ok(())
}

/// Stops a connection for this reason, or because it is idle, if it is still to end in this way; nothing of it passes from then
/// on. Gives what is to be told.
fn cut(
    maps: &Maps,
    key: &FlowKey,
    reason: Option<DropReason>,
    (now, clock): (u64, Clock),
) -> Result<Option<Event>, TableError> {
    let Some([mut flow, mut pair]) = both(&maps.flows, key)? else { return Ok(None) };
    let is_idle = flow.idle(clock) && pair.idle(clock);
    if flow.ended() || reason.is_none() && !is_idle {
        return Ok(None);
    }
    let kind = if reason.is_some() { EventKind::Reset } else { EventKind::Expired };
    let mut event = Event::of(kind, now, key, &flow, &pair);
    event.reason = reason.map_or(0, |reason| reason as u8);
    let old = maps.epoch()?.wrapping_sub(1);
    let other = key.paired(&flow);
    for entry in [&mut flow, &mut pair] {
        entry.state |= FlowState::Cut as u8;
        entry.epoch = old;
        entry.last_seen = clock.now;
    }
    maps.flows.set(key, &flow)?;
    maps.flows.set(&other, &pair)?;
    Ok(Some(event))
}

/// Resets both ends of a connection that was cut. What they have acknowledged is read after that: nothing that they receive
/// can change what they expect.
fn reset(
    maps: &Maps,
    memory: &Memory,
    key: &FlowKey,
    send: &mut impl FnMut(Reset),
) -> Result<(), TableError> {
    if let Some([flow, pair]) = both(&maps.flows, key)? {
        for (flow, pair) in [(&flow, &pair), (&pair, &flow)] {
            if let Some(ends) = Ends::of(flow, |address| memory.of(address)) {
                send(Reset::along(flow, pair, ends));
            }
        }
    }
    Ok(())
}

/// Both entries of a connection.
fn both(flows: &Table<FlowKey, Flow>, key: &FlowKey) -> Result<Option<[Flow; 2]>, TableError> {
    let Some(flow) = flows.get(key)? else { return Ok(None) };
    Ok(flows.get(&key.paired(&flow))?.map(|pair| [flow, pair]))
}

/// The end of the connection that this is the forward entry of, unless it was told when it came.
fn ended(key: &FlowKey, idle: &HashMap<FlowKey, Flow>, now: u64) -> Option<Event> {
    let flow = idle.get(key)?;
    let pair = idle.get(&key.paired(flow))?;
    let is_due = !flow.is_reply() && !flow.ended();
    is_due.then(|| Event::of(EventKind::Expired, now, key, flow, pair))
}

/// Removes those that are still idle, or cut before they were established, and gives them: a new connection may have taken
/// the ports since the walk.
fn remove(
    keys: &[FlowKey],
    found: &Found,
    flows: &Table<FlowKey, Flow>,
    clock: Clock,
) -> Result<Vec<(FlowKey, Flow)>, TableError> {
    let mut removed = Vec::with_capacity(keys.len());
    for key in keys {
        let was_idle = found.idle.contains_key(key);
        let is_due = |flow: Flow| if was_idle { flow.idle(clock) } else { flow.is(FlowState::Cut) };
        if flows.get(key)?.is_some_and(is_due) {
            removed.extend(flows.take(key)?.map(|flow| (*key, flow)));
        }
    }
    Ok(removed)
}

/// Idle entries whose other entry is idle too, or was lost when a crash came between two writes: forward entries of those that
/// end with resets, and all entries of the others.
fn dead(idle: &HashMap<FlowKey, Flow>, flows: &Table<FlowKey, Flow>) -> Result<Dead, TableError> {
    let (mut owed, mut over) = (Vec::new(), Vec::new());
    for (key, flow) in idle {
        let other = key.paired(flow);
        let is_whole = idle.contains_key(&other);
        if is_whole && flow.owes_reset(key.protocol()) {
            owed.extend((!flow.is_reply()).then_some((*key, *flow)));
        } else if is_whole || flows.get(&other)?.is_none() {
            over.push(*key);
        }
    }
    Ok((owed, over))
}

/// `CLOCK_MONOTONIC`, nanoseconds: the clock of events and of what servers have left to live.
pub(crate) fn now() -> u64 {
    let time = rustix::time::clock_gettime(ClockId::Monotonic);
    let nanoseconds = i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec);
    u64::try_from(nanoseconds).unwrap_or(0)
}
