//! What a client in a VPC gets when it opens a page.

use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::place::Place;
use crate::walkthrough::Machine;

/// Longest that a client waits for a page.
const PATIENCE: &str = "1";
/// What curl writes after the page: the address that it reached, seconds from the question for the name to the end.
const MEASURE: &str = "\n%{remote_ip} %{time_total}";

/// Clients of one system.
#[derive(Clone)]
pub(crate) struct Clients {
    program: PathBuf,
    state: PathBuf,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fetched {
    /// A page.
    Page {
        /// Its text.
        page: String,
        /// The address that it came from.
        address: String,
        /// From the question for the name to the last byte, milliseconds.
        millis: f64,
    },
    /// None, and curl's reason.
    Nothing(String),
}

impl fmt::Display for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page { page, address, millis } => write!(f, "{page}  ({address}, {millis:.1} ms)"),
            Self::Nothing(why) => f.write_str(why),
        }
    }
}

impl Clients {
    /// Clients of the system at `place`.
    ///
    /// # Errors
    /// When this program does not know its own path.
    pub(crate) fn of(place: &Place) -> Result<Self> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        Ok(Self { program, state: place.state.clone() })
    }

    /// A command inside an instance.
    pub(crate) fn inside(&self, machine: &Machine, argv: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("exec").arg("--state").arg(&self.state).arg(&machine.id).arg("--").args(argv);
        command.stdin(Stdio::null());
        command
    }

    /// Opens `http://NAME/` in an instance.
    ///
    /// # Errors
    /// When the command cannot be started.
    pub(crate) fn fetch(&self, machine: &Machine, name: &str) -> Result<Fetched> {
        let url = format!("http://{name}/");
        let output = self
            .inside(
                machine,
                &["curl", "--silent", "--show-error", "--max-time", PATIENCE, "-w", MEASURE, &url],
            )
            .output()
            .context("cannot start `isthmus exec`")?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Ok(Fetched::Nothing(why.trim().trim_start_matches("curl: ").to_owned()));
        }
        let (page, measured) = text.rsplit_once('\n').unwrap_or_default();
        let (address, seconds) = measured.split_once(' ').unwrap_or_default();
        let seconds: f64 = seconds.parse().context("curl gave no time")?;
        Ok(Fetched::Page {
            page: page.trim().to_owned(),
            address: address.to_owned(),
            millis: seconds * 1000.0,
        })
    }

    /// Opens the page again and again from within the instance, until it comes (`wanted`) or fails to. Give it a moment
    /// to start before what it waits for happens.
    ///
    /// # Errors
    /// When the command cannot be started.
    pub(crate) fn watch(&self, machine: &Machine, name: &str, wanted: bool) -> Result<Watch> {
        let word = if wanted { "until" } else { "while" };
        let script =
            format!("{word} curl --silent --output /dev/null --max-time 0.05 http://{name}/; do :; done");
        let child =
            self.inside(machine, &["sh", "-c", &script]).spawn().context("cannot start `isthmus exec`")?;
        std::thread::sleep(Duration::from_millis(300));
        Ok(Watch { child })
    }
}

/// A client that opens a page again and again.
pub(crate) struct Watch {
    child: std::process::Child,
}

impl Watch {
    /// Waits for the change; how long it was from `start`. Resolution: one fetch when pages come, 50 ms when none do.
    ///
    /// # Errors
    /// When the client's end cannot be waited for.
    pub(crate) fn since(mut self, start: Instant) -> Result<Duration> {
        self.child.wait().context("the watching client is lost")?;
        Ok(start.elapsed())
    }
}
