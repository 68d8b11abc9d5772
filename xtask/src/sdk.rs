//! The official SDKs against a system of the test's own.

use std::process::Command;

use anyhow::Result;

use crate::daemon::Daemon;
use crate::run::{cargo, succeed};

/// State of the test's system; what a killed run has left there is removed by the next.
const STATE: &str = "target/tmp/sdk";

/// Starts a system, runs the SDKs' tests against it, removes it.
pub(crate) fn walkthrough() -> Result<()> {
    succeed(&mut cargo(&["build", "--locked", "--bin", "isthmus"]))?;
    let daemon = Daemon::start(STATE)?;
    let mut python = Command::new("tests/sdk/run.sh");
    python.arg(&daemon.address).envs(daemon.environment()?);
    let outcome = succeed(&mut python);
    let outcome = outcome.and_then(|()| succeed(Command::new("tests/node/run.sh").arg(&daemon.address)));
    outcome.and(daemon.stop())
}
