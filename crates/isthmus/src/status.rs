//! `isthmus status`: one screen about one system. The data plane is read from the kernel, so that half is there whether or
//! not the daemon runs; the other half comes from the daemon.

mod show;

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use agent::HostStatus;
use agent::plan_cache;
use anyhow::{Context, Result};
use clap::Args;
use control::summary::Summary;
use model::plan::HostPlan;
use serde::Serialize;

use crate::down::agent_config;
use crate::place::{Daemon, Place, Which};

/// Longest wait for the daemon's part.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to show, and how.
#[derive(Args, Debug)]
pub struct Show {
    #[command(flatten)]
    which: Which,
    /// Everything, for a program to read.
    #[arg(long)]
    json: bool,
}

/// A system as it is.
#[derive(Debug, Serialize)]
pub struct Status {
    /// Its state directory.
    pub state: String,
    /// Its tag.
    pub tag: String,
    /// The daemon, if it runs.
    pub daemon: Option<Daemon>,
    /// What the daemon knows.
    pub summary: Option<Summary>,
    /// The data plane, if there is one.
    pub host: Option<HostStatus>,
    /// The last plan, which names the data plane's numbers.
    #[serde(skip)]
    pub plan: Option<HostPlan>,
}

impl Show {
    /// Prints it.
    ///
    /// # Errors
    /// When the data plane cannot be read.
    pub fn run(&self) -> Result<()> {
        let status = Status::of(&self.which.place()?)?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&status)?);
        } else {
            print!("{}", show::screen(&status));
        }
        Ok(())
    }
}

impl Status {
    /// The status of the system at `place`.
    ///
    /// # Errors
    /// When the data plane cannot be read.
    pub fn of(place: &Place) -> Result<Self> {
        let daemon = place.daemon().with_context(|| format!("cannot read {}", place.run_dir().display()))?;
        let summary = daemon.as_ref().and_then(|_| summary(place).ok());
        // Without a plan numbers stay numbers.
        let plan = plan_cache::read(&place.state).ok().flatten();
        Ok(Self {
            state: place.state.display().to_string(),
            tag: place.tag.clone(),
            daemon,
            summary,
            host: agent::status(&agent_config(place)?)?,
            plan,
        })
    }
}

/// What the daemon says to whoever connects.
fn summary(place: &Place) -> io::Result<Summary> {
    let mut stream = UnixStream::connect(place.status_socket())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}
