//! A real system of its own: state directory, port, daemon. Nothing of it is left at the end, nor by the next run when
//! this one was killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use control::rpc::Product;
use isthmus::client::Client;
use isthmus::place::Place;

const PROGRAM: &str = env!("CARGO_BIN_EXE_isthmus");
/// The account that is there from the start.
const FIRST: &str = "first";
/// Longest wait for the daemon's first answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Seconds that a command inside an instance may take.
const COMMAND_SECONDS: &str = "60";

pub(crate) struct System {
    place: Place,
    listen: String,
    daemon: Option<Child>,
    /// Clients and numbers of accounts, by name.
    accounts: BTreeMap<String, (Client, String)>,
    /// Whose calls are made.
    current: String,
    /// Two runs of the same tests take turns.
    _turn: File,
}

/// A port that nobody listens on, and that no other system of these tests was given: theirs may not listen yet.
fn free_port() -> Result<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        if GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
            return Ok(port);
        }
    }
}

impl System {
    /// A new system, named after the scenario and its own name in it.
    pub(crate) fn start(scenario: &str, name: &str) -> Result<Self> {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scenario-{scenario}-{name}"));
        let turn = File::create(state.with_extension("lock"))?;
        turn.lock()?;
        let listen = format!("127.0.0.1:{}", free_port()?);
        let place = Place::of(&state)?;
        let (accounts, current) = (BTreeMap::new(), FIRST.to_owned());
        let mut system = Self { place, listen, daemon: None, accounts, current, _turn: turn };
        system.down().context("cannot remove what an earlier run has left")?;
        std::fs::create_dir_all(&system.place.state)?;
        let client = system.client_of("dev", "dev");
        system.accounts.insert(FIRST.to_owned(), (client, String::new()));
        system.start_daemon()?;
        let caller = system.client().call(Product::Sts, "GetCallerIdentity", &[])?;
        let number = caller["AccountId"].as_str().unwrap_or_default().to_owned();
        system.accounts.insert(FIRST.to_owned(), (system.client_of("dev", "dev"), number));
        Ok(system)
    }

    fn client_of(&self, key: &str, secret: &str) -> Client {
        Client::new(&format!("http://{}", self.listen), key, secret)
    }

    /// The client of the account whose turn it is.
    pub(crate) fn client(&self) -> &Client {
        &self.accounts[&self.current].0
    }

    /// Calls are this account's from now on; the first time it is made. Gives its number.
    pub(crate) fn turn_to(&mut self, name: &str) -> Result<String> {
        if !self.accounts.contains_key(name) {
            let number = self.told(&format!("account create {name}"))?;
            // `Access key ID, secret SECRET: shown only now.`
            let printed = self.told(&format!("key create {number}"))?;
            let words: Vec<&str> = printed.split([' ', ',', ':']).filter(|word| !word.is_empty()).collect();
            let [_, _, key, _, secret, ..] = words[..] else { bail!("this is no access key: {printed}") };
            self.accounts.insert(name.to_owned(), (self.client_of(key, secret), number));
        }
        name.clone_into(&mut self.current);
        Ok(self.accounts[name].1.clone())
    }

    /// What a command of the program prints.
    fn told(&self, line: &str) -> Result<String> {
        let output = self.command(line).map_err(anyhow::Error::msg)?.output()?;
        ensure!(output.status.success(), "`isthmus {line}` failed: {}", text(&output));
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
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
        while self.accounts[&self.current].0.call(Product::Vpc, "DescribeRegions", &[]).is_err() {
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
