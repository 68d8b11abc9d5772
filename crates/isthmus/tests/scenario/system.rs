//! A real system of its own: state directory, port, daemon. Nothing of it is left at the end, nor by the next run when
//! this one was killed.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use control::rpc::Product;
use isthmus::client::Client;
use isthmus::place::Place;

const PROGRAM: &str = env!("CARGO_BIN_EXE_isthmus");
/// Longest wait for the daemon's first answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Seconds that a command inside an instance may take.
const COMMAND_SECONDS: &str = "60";

pub(crate) struct System {
    place: Place,
    listen: String,
    daemon: Option<Child>,
    pub(crate) client: Client,
    /// Two runs of the same tests take turns.
    _turn: File,
}

impl System {
    /// A new system, named after the scenario and its own name in it.
    pub(crate) fn start(scenario: &str, name: &str) -> Result<Self> {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scenario-{scenario}-{name}"));
        let turn = File::create(state.with_extension("lock"))?;
        turn.lock()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let listen = format!("127.0.0.1:{port}");
        let client = Client::new(&format!("http://{listen}"), "dev", "dev");
        let place = Place::of(&state)?;
        let mut system = Self { place, listen, daemon: None, client, _turn: turn };
        system.down().context("cannot remove what an earlier run has left")?;
        std::fs::create_dir_all(&system.place.state)?;
        system.start_daemon()?;
        Ok(system)
    }

    fn log(&self) -> PathBuf {
        self.place.state.with_extension("log")
    }

    /// Starts the daemon and waits for its first answer. It dies with this thread, so a killed test leaves none.
    pub(crate) fn start_daemon(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let daemon = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", PROGRAM, "up", "--dev", "--listen", &self.listen, "--state"])
            .arg(&self.place.state)
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .spawn()
            .context("cannot start setpriv")?;
        let daemon = self.daemon.insert(daemon);
        let begin = Instant::now();
        while self.client.call(Product::Vpc, "DescribeRegions", &[]).is_err() {
            ensure!(daemon.try_wait()?.is_none(), "`isthmus up` has ended");
            ensure!(begin.elapsed() < PATIENCE, "`isthmus up` does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    pub(crate) fn kill_daemon(&mut self) -> Result<()> {
        let mut daemon = self.daemon.take().context("no daemon runs")?;
        daemon.kill()?;
        daemon.wait()?;
        Ok(())
    }

    /// Takes everything down and sees that nothing is left.
    pub(crate) fn down(&mut self) -> Result<()> {
        self.take_down()?;
        if let Some(mut daemon) = self.daemon.take() {
            daemon.wait()?;
        }
        self.leftovers()?;
        let state = &self.place.state;
        if state.exists() {
            std::fs::remove_dir_all(state).with_context(|| format!("cannot remove {}", state.display()))?;
        }
        Ok(())
    }

    fn leftovers(&self) -> Result<()> {
        let (run, tag) = (self.place.run_dir(), &self.place.tag);
        ensure!(!run.exists(), "{} is left", run.display());
        for entry in std::fs::read_dir("/run/netns").into_iter().flatten() {
            let name = entry?.file_name().to_string_lossy().into_owned();
            ensure!(!name.starts_with(tag.as_str()), "network namespace {name} is left");
        }
        let mounts = std::fs::read_to_string("/proc/self/mounts")?;
        let state = self.place.state.to_string_lossy().into_owned();
        if let Some(mount) =
            mounts.lines().find(|line| line.contains(&state) || line.contains(&format!("/{tag}/")))
        {
            bail!("a mount is left: {mount}");
        }
        for process in std::fs::read_dir("/proc")? {
            let path = process?.path();
            // A process may end while it is looked at.
            let line = std::fs::read(path.join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            ensure!(!line.contains(&state), "process {} is left: {line}", path.display());
        }
        Ok(())
    }

    /// A command of the program, such as `status`, for this system.
    pub(crate) fn command(&self, line: &str) -> Result<Command, String> {
        let mut words = line.split_whitespace();
        let verb = words.next().ok_or("isthmus wants to know what to do")?;
        let mut command = Command::new(PROGRAM);
        command.arg(verb).arg("--state").arg(&self.place.state).args(words).stdin(Stdio::null());
        Ok(command)
    }

    fn take_down(&self) -> Result<()> {
        let output =
            self.command("down").map_err(anyhow::Error::msg)?.output().context("cannot run isthmus down")?;
        ensure!(output.status.success(), "`isthmus down` failed: {}", text(&output));
        Ok(())
    }

    /// A shell command inside an instance.
    pub(crate) fn exec(&self, instance: &str, line: &str) -> Command {
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after", "1", COMMAND_SECONDS, PROGRAM, "exec", "--state"])
            .arg(&self.place.state);
        command.args([instance, "--", "bash", "-c", line]);
        command
    }

    /// How things stand, and the end of what the daemon has said: for whoever looks into a failure.
    pub(crate) fn account(&self) -> String {
        const LINES: usize = 40;
        let status =
            self.command("status").and_then(|mut status| status.output().map_err(|error| error.to_string()));
        let status = status.as_ref().map_or_else(Clone::clone, text);
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let from = log.lines().count().saturating_sub(LINES);
        let said = log.lines().skip(from).collect::<Vec<_>>().join("\n");
        format!("its status:\n{status}\nits daemon's last words:\n{said}")
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        let _ = self.take_down();
        let _ = std::fs::remove_dir_all(&self.place.state);
        let _ = std::fs::remove_file(self.log());
    }
}

/// What a command printed, on both of its outputs.
pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
