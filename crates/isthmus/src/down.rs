//! `isthmus down`: stops the daemon of a place and removes what it has made.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use agent::AgentConfig;
use anyhow::{Context, Result, bail};
use clap::Args;
use rustix::process::{Pid, Signal, kill_process};

use crate::place::{Hold, MARK, Place, Which};

/// Longest that a daemon may take to end by itself.
const GRACE: Duration = Duration::from_secs(10);
/// Longest that the kernel may take to end it.
const KILL: Duration = Duration::from_secs(5);

/// What to remove.
#[derive(Args, Debug)]
pub struct Down {
    #[command(flatten)]
    which: Which,
    /// Remove the state too: store, disks of instances, keys.
    #[arg(long)]
    purge: bool,
}

impl Down {
    /// Removes it and says so.
    ///
    /// # Errors
    /// When something cannot be removed; running it again goes on from there.
    pub fn run(&self) -> Result<()> {
        let place = self.which.place()?;
        remove(&place, self.purge)?;
        let kept = if self.purge { "and its state are removed" } else { "is removed; its state stays" };
        println!("The system in {} {kept}.", place.state.display());
        Ok(())
    }
}

/// Stops the daemon of `place`, removes containers, namespaces, links, pins and mounts, and with `purge` the state.
///
/// # Errors
/// When something cannot be removed; calling it again goes on from there.
pub fn remove(place: &Place, purge: bool) -> Result<()> {
    // Held to the end, so that no daemon starts meanwhile.
    let _hold = stop(place)?;
    agent::down(&agent_config(place)?)?;
    if purge { purge_state(&place.state) } else { Ok(()) }
}

/// Names and paths of the agent's things at `place`.
///
/// # Errors
/// Never in practice: the host's own name is a legal id.
pub fn agent_config(place: &Place) -> Result<AgentConfig> {
    let host = "host-local".parse().context("the local host's name")?;
    Ok(place.agent_config(host))
}

/// Asks the daemon to end, ends it when it does not, and takes its place.
fn stop(place: &Place) -> Result<Hold> {
    let cannot = || format!("cannot use {}: are you root?", place.run_dir().display());
    let Some(daemon) = place.daemon().with_context(cannot)? else {
        return wait_for_hold(place, KILL)?
            .with_context(|| format!("another process uses {}", place.run_dir().display()));
    };
    let pid = Pid::from_raw(daemon.pid).with_context(|| format!("no process has the id {}", daemon.pid))?;
    for (signal, patience) in [(Signal::TERM, GRACE), (Signal::KILL, KILL)] {
        match kill_process(pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => bail!("cannot stop the daemon (process {}): {error}", daemon.pid),
        }
        if let Some(hold) = wait_for_hold(place, patience)? {
            return Ok(hold);
        }
    }
    bail!(
        "the daemon (process {}) does not end: see what it waits for in /proc/{}/stack",
        daemon.pid,
        daemon.pid
    )
}

fn wait_for_hold(place: &Place, patience: Duration) -> io::Result<Option<Hold>> {
    let start = Instant::now();
    loop {
        match place.hold()? {
            None if start.elapsed() < patience => std::thread::sleep(Duration::from_millis(20)),
            outcome => return Ok(outcome),
        }
    }
}

/// Removes a state directory: only one that says that it is ours.
fn purge_state(state: &Path) -> Result<()> {
    if !state.exists() {
        return Ok(());
    }
    let empty =
        state.read_dir().with_context(|| format!("cannot read {}", state.display()))?.next().is_none();
    if !empty && !state.join(MARK).exists() {
        bail!(
            "{} holds no state of Isthmus (no file {MARK} in it): nothing in it was removed",
            state.display()
        );
    }
    std::fs::remove_dir_all(state).with_context(|| format!("cannot remove {}", state.display()))
}
