//! The console: built from `console/`, checked, and driven through the walkthrough by a real browser.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::daemon::Daemon;
use crate::run::{cargo, succeed};

const FOLDER: &str = "console";
/// State of the test's system; what a killed run has left there is removed by the next.
const STATE: &str = "target/tmp/console";

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

/// The walkthrough by mouse, against a system of the test's own.
pub(crate) fn browse() -> Result<()> {
    install()?;
    npm(&["run", "--silent", "build"])?;
    succeed(&mut cargo(&["build", "--locked", "--bin", "isthmus"]))?;
    let daemon = Daemon::start(STATE)?;
    let mut tests = Command::new("npm");
    tests.args(["--prefix", FOLDER, "run", "--silent", "e2e"]).env("NO_PROXY", "*");
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
