//! A system of the test's own: a state directory under the build's folder, a free port, removed at the end. What a killed
//! run has left is removed by the next one.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use control::rpc::Product;
use isthmus::client::Client;

use crate::support::{PROGRAM, free_address, purge};

/// A system and its daemon.
pub(crate) struct System {
    pub(crate) state: PathBuf,
    listen: String,
    daemon: Child,
}

impl System {
    /// Starts a system from nothing and waits until it answers.
    pub(crate) fn start(name: &str) -> Self {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        purge(&state);
        let listen = free_address();
        let daemon = up(&state, &listen);
        let system = Self { state, listen, daemon };
        system.until_answers();
        system
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&format!("http://{}", self.listen), "dev", "dev")
    }

    /// `kill -9`, then a new daemon at once.
    pub(crate) fn kill_and_start_again(&mut self) {
        self.daemon.kill().expect("the daemon is ours to kill");
        self.daemon.wait().expect("the daemon is our child");
        self.daemon = up(&self.state, &self.listen);
    }

    pub(crate) fn until_answers(&self) {
        let start = Instant::now();
        while self.client().call(Product::Vpc, "DescribeRegions", &[]).is_err() {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "`isthmus up` does not answer on {}",
                self.listen
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A command inside an instance.
    pub(crate) fn exec(&self, instance: &str, argv: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .arg("exec")
            .arg("--state")
            .arg(&self.state)
            .arg(instance)
            .arg("--")
            .args(argv)
            .stdin(Stdio::null());
        command
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // What was dropped, and why, tells more than the test can.
            let _ = Command::new(PROGRAM).args(["status", "--state"]).arg(&self.state).status();
        }
        let _ = Command::new(PROGRAM).args(["down", "--purge", "--state"]).arg(&self.state).status();
        let _ = self.daemon.wait();
    }
}

fn up(state: &Path, listen: &str) -> Child {
    // It dies with the test, so a killed run leaves no daemon.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", PROGRAM, "up", "--dev", "--listen", listen, "--state"]).arg(state);
    command.stdin(Stdio::null()).spawn().expect("setpriv starts")
}
