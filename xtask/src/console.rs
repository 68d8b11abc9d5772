//! The console: built from `console/`, checked, and driven through the walkthrough by a real browser.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::daemon::Daemon;
use crate::run::{cargo, succeed};

const FOLDER: &str = "console";
/// State of the test's system; what a killed run has left there is removed by the next.
const STATE: &str = "target/tmp/console";
/// State of the system with very much in it, and what makes it.
const CROWD_STATE: &str = "target/tmp/crowd";
const CROWD: &str = "target/debug/examples/crowd";

/// Builds the console, where npm is installed: without it the binary says how to get the console.
pub(crate) fn build() -> Result<()> {
    if Command::new("npm").arg("--version").output().is_err() {
        println!("npm is not installed: the binary is built without the console");
        return Ok(());
    }
    install()?;
    npm(&["run", "--silent", "build"])
}

/// Types, lint and unit tests, then the build that the binary embeds.
pub(crate) fn check() -> Result<()> {
    install()?;
    npm(&["run", "--silent", "check"])?;
    npm(&["run", "--silent", "build"])
}

/// The walkthrough by mouse and all else, against a system of the test's own; then tables and picture of one with very much in it.
pub(crate) fn browse() -> Result<()> {
    install()?;
    npm(&["run", "--silent", "build"])?;
    succeed(&mut cargo(&["build", "--locked", "--bin", "isthmus", "--example", "crowd"]))?;
    let most = drive(Daemon::start(STATE)?, "e2e");
    let crowd = Daemon::start_filled(CROWD_STATE, CROWD).and_then(|daemon| drive(daemon, "crowd"));
    most.and(crowd)
}

/// Runs a script of browser tests against a system, and ends that.
fn drive(daemon: Daemon, script: &str) -> Result<()> {
    let mut tests = Command::new("npm");
    tests.args(["--prefix", FOLDER, "run", "--silent", script]).env("NO_PROXY", "*");
    tests.env("ISTHMUS_URL", format!("http://{}", daemon.address)).envs(daemon.environment()?);
    let outcome = succeed(&mut tests);
    outcome.and(daemon.stop())
}

/// The packages, exactly as the lock file has them.
fn install() -> Result<()> {
    let lock = Path::new(FOLDER).join("package-lock.json");
    let installed = Path::new(FOLDER).join("node_modules/installed.json");
    let wanted = std::fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    if std::fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    npm(&["ci", "--silent", "--no-audit", "--no-fund"])?;
    std::fs::write(&installed, wanted).with_context(|| format!("cannot write {}", installed.display()))
}

fn npm(arguments: &[&str]) -> Result<()> {
    succeed(Command::new("npm").args(["--prefix", FOLDER]).args(arguments))
}
