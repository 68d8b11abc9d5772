//! The official SDKs against a system of the test's own.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::run::{cargo, succeed};

const PROGRAM: &str = "target/debug/isthmus";
/// State of the test's system; what a killed run has left there is removed by the next.
const STATE: &str = "target/tmp/sdk";

/// Starts a system, runs the SDKs' tests against it, removes it.
pub(crate) fn walkthrough() -> Result<()> {
    succeed(&mut cargo(&["build", "--locked", "--bin", "isthmus"]))?;
    down()?;
    let mut daemon = start()?;
    let address = daemon.address.clone();
    let absolute = |path: &str| std::path::absolute(path).context("there is no working directory");
    let mut python = Command::new("tests/sdk/run.sh");
    python.arg(&address).env("ISTHMUS_PROGRAM", absolute(PROGRAM)?).env("ISTHMUS_STATE", absolute(STATE)?);
    let outcome = succeed(&mut python);
    let outcome = outcome.and_then(|()| succeed(Command::new("tests/node/run.sh").arg(&address)));
    let removed = down();
    daemon.process.wait().context("the daemon is lost")?;
    outcome.and(removed)
}

struct Daemon {
    process: Child,
    address: String,
}

/// The daemon dies with this process, so a killed run leaves none.
fn start() -> Result<Daemon> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    let address = free.context("loopback has no free port")?.to_string();
    let process = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", PROGRAM, "up", "--dev", "--state", STATE, "--listen", &address])
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
    Ok(Daemon { process, address })
}

fn down() -> Result<()> {
    succeed(Command::new(PROGRAM).args(["down", "--purge", "--state", STATE]))
}
