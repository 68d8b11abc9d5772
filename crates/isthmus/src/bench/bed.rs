//! What a measurement builds and takes away again: namespaces and processes of its own.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use agent::kernel::netns::Netns;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::fabric::{self, Fabric};

/// What every name made here begins with; the process id follows.
const PREFIX: &str = "isthmus-bench-";

/// The same TCP for every way, whatever the machine's defaults are: a congestion control that does not pace, enough ports
/// for short connections, queues that do not overflow.
const SETTINGS: [(&str, &str); 6] = [
    ("net/ipv4/tcp_congestion_control", super::cubic::NAME),
    ("net/ipv4/ip_local_port_range", "1024 65535"),
    ("net/ipv4/tcp_max_syn_backlog", "65535"),
    ("net/core/somaxconn", "65535"),
    ("net/ipv4/tcp_rmem", "4096 131072 33554432"),
    ("net/ipv4/tcp_wmem", "4096 16384 4194304"),
];

/// The directory of the bed of a name.
pub(super) fn directory(name: &str) -> PathBuf {
    Path::new("/run").join(name)
}

/// The namespaces and processes of one way. Dropping it takes all of them away.
#[derive(Debug)]
pub(super) struct Bed {
    name: String,
    namespaces: Vec<Netns>,
    processes: Vec<Child>,
    fabric: Option<Fabric>,
}

impl Bed {
    /// An empty bed for the way called `way`.
    pub(super) fn new(way: &str) -> Result<Self> {
        let name = format!("{PREFIX}{}-{way}", std::process::id());
        let bed = Self { name, namespaces: Vec::new(), processes: Vec::new(), fabric: None };
        fs::create_dir_all(bed.directory()).context("make a directory for the benchmark")?;
        Ok(bed)
    }

    /// A unique name; what else is named after it must begin with it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A directory for files of servers.
    pub(super) fn directory(&self) -> PathBuf {
        directory(&self.name)
    }

    /// A new namespace, its loopback up.
    pub(super) fn namespace(&mut self, role: &str) -> Result<Netns> {
        let namespace = Netns::named(format!("{}-{role}", self.name));
        self.namespaces.push(namespace.clone());
        namespace.create()?;
        run(&["ip", "-n", namespace.name(), "link", "set", "lo", "up"])?;
        adjust(&namespace)?;
        Ok(namespace)
    }

    /// Takes over namespaces that the agent makes.
    pub(super) fn adopt(&mut self, namespaces: &[&Netns]) {
        self.namespaces.extend(namespaces.iter().copied().cloned());
    }

    /// Keeps a data plane for as long as this lives.
    pub(super) fn keep(&mut self, fabric: Fabric) {
        self.fabric = Some(fabric);
    }

    /// The data plane, if there is one.
    pub(super) fn fabric(&mut self) -> Option<&mut Fabric> {
        self.fabric.as_mut()
    }

    /// Starts a server inside a namespace. It dies with this process, whatever happens to it.
    pub(super) fn spawn(&mut self, namespace: &Netns, command: &[&str]) -> Result<()> {
        let log = fs::File::options().append(true).create(true).open(self.directory().join("log"))?;
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM"])
            .args(enter(namespace))
            .args(command)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("start {}", command.join(" ")))?;
        self.processes.push(child);
        Ok(())
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        for child in &mut self.processes {
            end(child);
        }
        self.namespaces.iter().for_each(empty);
        // Links before the namespaces that they end in, so that nothing vanishes while it is being removed.
        self.fabric = None;
        self.namespaces.iter().for_each(delete);
        // A file that cannot be deleted now is deleted by the next run.
        let _ = fs::remove_dir_all(self.directory());
    }
}

/// Asks a process to end, and kills it when it does not within a second.
fn end(child: &mut Child) {
    let pid = Pid::from_child(child);
    // A process that has ended already cannot be signalled, and need not be.
    let _ = kill_process(pid, Signal::TERM);
    let deadline = Instant::now() + Duration::from_secs(1);
    while Instant::now() < deadline {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Ends every process that lives in a namespace.
fn empty(namespace: &Netns) {
    let listed = Command::new("ip").args(["netns", "pids", namespace.name()]).output();
    let pids = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    for pid in pids.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

fn delete(namespace: &Netns) {
    if let Err(error) = namespace.delete() {
        eprintln!("isthmus: {error}");
    }
}

/// Takes away what a killed run left behind.
pub(super) fn remove_stale() {
    let stale = || Netns::list().into_iter().filter(|namespace| is_stale(namespace.name()));
    stale().for_each(|namespace| empty(&namespace));
    for entry in fs::read_dir("/run").into_iter().flatten().flatten() {
        if let Some(name) = entry.file_name().to_str().filter(|name| is_stale(name)) {
            fabric::remove(name, &entry.path());
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    stale().for_each(|namespace| delete(&namespace));
}

/// Whether a name belongs to a run whose process is gone.
pub(super) fn is_stale(name: &str) -> bool {
    let pid = name.strip_prefix(PREFIX).map(|rest| rest.split('-').next().unwrap_or(rest));
    pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists())
}

/// Gives a namespace the TCP that all of them have.
pub(super) fn adjust(namespace: &Netns) -> Result<()> {
    namespace.within(|| {
        for (key, value) in SETTINGS {
            let file = Path::new("/proc/sys").join(key);
            fs::write(&file, value).with_context(|| format!("set {key} to {value}"))?;
        }
        Ok(())
    })?
}

/// The words that put a command into a namespace. (`ip netns exec` would hide the cgroup tree from it.)
pub(super) fn enter(namespace: &Netns) -> [String; 2] {
    ["nsenter".into(), format!("--net={}", namespace.path().display())]
}

/// Runs a command to its end and gives what it wrote.
pub(super) fn run(words: &[&str]) -> Result<String> {
    let output = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("'{}' could not be run: is it installed?", words[0]))?;
    if !output.status.success() {
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("{}: {} {}", words.join(" "), out.trim(), err.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Waits until a TCP connection to `address` can be made from inside a namespace.
pub(super) fn await_server(client: &Netns, address: std::net::SocketAddr) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let attempt = client.within(|| TcpStream::connect_timeout(&address, Duration::from_secs(1)))?;
        match attempt {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > deadline => {
                return Err(error).with_context(|| format!("no answer from {address} in {}", client.name()));
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_dead_runs_are_stale() {
        assert!(!is_stale(&format!("{PREFIX}{}-wire-client", std::process::id())));
        assert!(is_stale(&format!("{PREFIX}4194999-wire-client")));
        assert!(!is_stale("isthmus"));
    }
}
