//! A daemon of a test's own.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::run::succeed;

const PROGRAM: &str = "target/debug/isthmus";

/// A running system, which dies with this process: a killed run leaves none.
pub(crate) struct Daemon {
    process: Child,
    state: &'static str,
    /// Where its API listens.
    pub(crate) address: String,
}

impl Daemon {
    /// Starts a system with an empty state, and waits until it answers. What was there before is removed.
    pub(crate) fn start(state: &'static str) -> Result<Self> {
        down(state)?;
        Self::go_on(state)
    }

    /// Starts a system with the state that a program makes, which is told its directory.
    pub(crate) fn start_filled(state: &'static str, filler: &str) -> Result<Self> {
        down(state)?;
        succeed(Command::new(filler).arg(state))?;
        Self::go_on(state)
    }

    fn go_on(state: &'static str) -> Result<Self> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let address = free.context("loopback has no free port")?.to_string();
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", PROGRAM, "up", "--dev", "--state", state, "--listen", &address])
            .stdin(Stdio::null())
            .spawn()
            .context("cannot start setpriv")?;
        let endpoint = format!("http://{address}");
        let ready = [
            "api",
            "--endpoint",
            &endpoint,
            "--until",
            "Regions.Region.0.RegionId=cn-hangzhou",
            "vpc",
            "DescribeRegions",
        ];
        succeed(Command::new(PROGRAM).args(ready).stdout(Stdio::null()))?;
        Ok(Self { process, state, address })
    }

    /// What tests in other languages need to know to use the command line: its program and its state.
    pub(crate) fn environment(&self) -> Result<[(&'static str, PathBuf); 2]> {
        let absolute = |path: &str| std::path::absolute(path).context("there is no working directory");
        Ok([("ISTHMUS_PROGRAM", absolute(PROGRAM)?), ("ISTHMUS_STATE", absolute(self.state)?)])
    }

    /// Stops it and removes all that it has made.
    pub(crate) fn stop(mut self) -> Result<()> {
        let removed = down(self.state);
        self.process.wait().context("the daemon is lost")?;
        removed
    }
}

fn down(state: &str) -> Result<()> {
    succeed(Command::new(PROGRAM).args(["down", "--purge", "--state", state]))
}
