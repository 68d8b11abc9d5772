//! Sweeps of a running agent, one at a time.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use tables::Purpose;

use super::{Memory, Swept, now, sweep};
use crate::carried;
use crate::config::AgentConfig;
use crate::flows::Flows;
use crate::kernel::counters;
use crate::kernel::frames::Frames;
use crate::kernel::maps::Maps;
use crate::kernel::netns::Netns;
use crate::kernel::programs::maps_dir;
use crate::reconcile::in_full;
use crate::resets::Reset;

/// What sweeps leave to later ones.
#[derive(Default)]
struct Kept {
    /// Opened by the first reset.
    frames: Option<Frames>,
    memory: Memory,
}

/// Sweeps the flows of a host.
pub struct Sweeper {
    maps: PathBuf,
    fabric: Netns,
    flows: Arc<Flows>,
    /// Held by the sweep that goes on.
    kept: Mutex<Kept>,
    /// When the last whole sweep began, `CLOCK_MONOTONIC` in ns; 0 = none has ended.
    last: AtomicU64,
}

impl Sweeper {
    /// One that tells `flows` what it ends.
    pub fn new(config: &AgentConfig, flows: Arc<Flows>) -> Self {
        Self {
            maps: maps_dir(&config.bpf_dir()),
            fabric: config.fabric(),
            flows,
            kept: Mutex::default(),
            last: AtomicU64::new(0),
        }
    }

    /// When the last sweep began that has ended since, `CLOCK_MONOTONIC` in ns; 0 = none has.
    pub fn last(&self) -> u64 {
        self.last.load(Ordering::Relaxed)
    }

    /// One sweep, after the one that goes on. Blocks for as long as it takes to read all flows.
    pub fn sweep(&self) -> Swept {
        // What a panic has left is a socket and addresses.
        self.run(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One sweep, unless one goes on: with very many flows it may take longer than the time to the next.
    pub fn sweep_unless_busy(&self) -> Swept {
        match self.kept.try_lock() {
            Ok(mut kept) => self.run(&mut kept),
            Err(TryLockError::Poisoned(poisoned)) => self.run(&mut poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Swept::default(),
        }
    }

    fn run(&self, Kept { frames, memory }: &mut Kept) -> Swept {
        let begin = now();
        // Before the first pass there are no maps; then there are no connections either.
        let Ok(maps) = Maps::open(&self.maps) else { return Swept::default() };
        if let Some(Err(error)) = self.flows.plan().map(|plan| carried::forget(&maps, &plan)) {
            tracing::warn!(error = in_full(&error), "counters of what is gone stay");
        }
        match sweep(&maps, memory, |reset| self.send(frames, &reset), |ended| self.flows.tell(ended)) {
            Ok(swept) => {
                tracing::debug!(?swept, "swept");
                self.last.store(begin, Ordering::Relaxed);
                self.count_lost(swept.lost);
                swept
            }
            Err(error) => {
                tracing::warn!(error = in_full(&error), "connections that are to end stay");
                Swept::default()
            }
        }
    }

    fn count_lost(&self, lost: usize) {
        if lost > 0
            && let Err(error) = counters::add(&self.maps, Purpose::CarriedLostInSweep, lost as u64)
        {
            tracing::warn!(error = in_full(&error), "what is lost is not counted");
        }
    }

    fn send(&self, frames: &mut Option<Frames>, reset: &Reset) {
        if frames.is_none() {
            match Frames::open(&self.fabric) {
                Ok(opened) => *frames = Some(opened),
                Err(error) => return tracing::warn!(error = in_full(&error), "a reset is not sent"),
            }
        }
        let sent = frames.as_ref().map(|it| it.send(reset.interface, reset.receiver, &reset.frame));
        if let Some(Err(error)) = sent {
            // Usually the end has gone with its interface; the other one hears of it all the same.
            tracing::debug!(%error, interface = reset.interface, "a reset is not sent");
        }
    }
}
