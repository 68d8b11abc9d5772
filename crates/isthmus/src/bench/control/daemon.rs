//! The daemon that is measured, on a state of its own.

use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::process::{Pid, Signal, kill_process};

use crate::client::Client;
use crate::demo::daemon::start;
use crate::down;
use crate::place::Place;

/// Where its API listens: not where a user's own does.
const LISTEN: &str = "127.0.0.1:4599";

/// Removed with all that it made when dropped.
pub(super) struct Daemon {
    place: Place,
    client: Client,
}

impl Daemon {
    /// Starts from nothing; what a killed run left is removed first.
    pub(super) fn start() -> Result<Self> {
        let place = Place::of(&std::env::temp_dir().join("isthmus-bench-control"))?;
        down::remove(&place, true)?;
        let client = start(&place, LISTEN)?;
        Ok(Self { place, client })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Kills it and starts it again; from the kill to the first answer.
    pub(super) fn restart(&mut self) -> Result<Duration> {
        if let Some(pid) = self.place.daemon()?.and_then(|daemon| Pid::from_raw(daemon.pid)) {
            kill_process(pid, Signal::KILL)?;
        }
        let begin = Instant::now();
        self.client = start(&self.place, LISTEN)?;
        Ok(begin.elapsed())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Err(error) = down::remove(&self.place, true) {
            eprintln!(
                "{error:#}; `isthmus down --purge --state {}` removes the rest",
                self.place.state.display()
            );
        }
    }
}
