//! Where one system lives on this machine: its state directory, its run directory, and the daemon that holds both.

use std::ffi::OsStr;
use std::fs::{DirBuilder, DirEntry, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agent::AgentConfig;
use agent::plan_cache;
use anyhow::Context as _;
use clap::Args;
use model::id::HostId;
use model::plan::HostPlan;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// State directory when none is given.
const DEFAULT_STATE: &str = "/var/lib/isthmus";
/// Run directories of all systems of this machine.
const RUN: &str = "/run/isthmus";
/// A file that tells that a directory holds the state of a system, and may be purged.
pub const MARK: &str = "isthmus.state";
/// The file in a run directory whose lock is the hold.
const LOCK: &str = "lock";
/// Bytes of the path's hash in a tag.
const HASH_BYTES: usize = 3;

/// Which system a command means.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// Directory of the system's state; each is a system of its own.
    #[arg(long, value_name = "DIR", env = "ISTHMUS_STATE", default_value = DEFAULT_STATE)]
    pub state: PathBuf,
}

impl Which {
    /// Its place.
    ///
    /// # Errors
    /// When the path of the state directory cannot be resolved.
    pub fn place(&self) -> io::Result<Place> {
        Place::of(&self.state)
    }
}

/// Where a system lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The state directory: absolute, without symbolic links. It need not exist.
    pub state: PathBuf,
    /// Names its network namespaces and its run directory: `isthmus` for the default state directory.
    pub tag: String,
}

/// A running daemon, as it has written itself down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daemon {
    /// Its process id.
    pub pid: i32,
    /// Its state directory.
    pub state: PathBuf,
    /// Where its API is.
    pub endpoint: String,
    /// Whether it opens with the key dev/dev.
    pub dev: bool,
}

/// The right to be the daemon of a place; given back when dropped, also by a process that is killed. A run directory that
/// nothing was put into goes with it.
#[derive(Debug)]
pub struct Hold {
    _file: File,
    run: PathBuf,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let is_lock = |entry: io::Result<DirEntry>| entry.is_ok_and(|entry| entry.file_name() == LOCK);
        if self.run.read_dir().is_ok_and(|mut entries| entries.all(is_lock)) {
            // What cannot be removed is harmless.
            let _ = std::fs::remove_dir_all(&self.run);
        }
    }
}

impl Place {
    /// The place of a state directory.
    ///
    /// # Errors
    /// When the path cannot be resolved.
    pub fn of(state: &Path) -> io::Result<Self> {
        let state = resolve(&std::path::absolute(state)?)?;
        let hash = hex::encode(&Sha256::digest(state.as_os_str().as_bytes())[..HASH_BYTES]);
        let tag =
            if state == Path::new(DEFAULT_STATE) { "isthmus".to_owned() } else { format!("isthmus-{hash}") };
        Ok(Self { state, tag })
    }

    /// Places that have a run directory on this machine, whether a daemon runs or not.
    ///
    /// # Errors
    /// When the run directories cannot be listed.
    pub fn all() -> io::Result<Vec<(String, Option<Daemon>)>> {
        let entries = match std::fs::read_dir(RUN) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let tags = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut tags = tags.collect::<io::Result<Vec<_>>>()?;
        tags.sort();
        Ok(tags.into_iter().map(|tag| (tag.clone(), record(&Path::new(RUN).join(tag)))).collect())
    }

    /// Makes the state directory, readable for its owner alone, and marks it.
    ///
    /// # Errors
    /// When it cannot be made, or holds something else than a state of Isthmus.
    pub fn make_state(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.state)?;
        let mark = self.state.join(MARK);
        if !mark.exists() && self.state.read_dir()?.next().is_some() {
            let foreign = format!("{} is not empty and holds no state of Isthmus", self.state.display());
            return Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, foreign));
        }
        std::fs::write(mark, "This directory holds the state of an Isthmus system.\n")
    }

    /// What lives only as long as the machine is up: pins, bundles, sockets.
    pub fn run_dir(&self) -> PathBuf {
        Path::new(RUN).join(&self.tag)
    }

    /// What its agent follows: the last plan on disk, without its secrets.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn plan(&self) -> anyhow::Result<Arc<HostPlan>> {
        let plan = plan_cache::read(&self.state).context("cannot read the plan")?;
        plan.map(Arc::new).context("there is no plan on disk: does `isthmus up` run, or has it just begun?")
    }

    /// Names and paths of the agent's things here.
    pub fn agent_config(&self, host: HostId) -> AgentConfig {
        // The running program itself, wherever its file has gone.
        let proxy_command = [OsStr::new("/proc/self/exe"), OsStr::new("proxy"), OsStr::new("--state")];
        AgentConfig {
            tag: self.tag.clone(),
            state_dir: self.state.clone(),
            run_dir: self.run_dir(),
            host,
            connections: agent::config::CONNECTIONS,
            proxy_command: proxy_command
                .into_iter()
                .chain([self.state.as_os_str()])
                .map(Into::into)
                .collect(),
        }
    }

    /// Where the daemon tells its status to whoever connects.
    pub fn status_socket(&self) -> PathBuf {
        self.run_dir().join("status.sock")
    }

    /// Where the daemon answers its operator.
    pub fn admin_socket(&self) -> PathBuf {
        self.run_dir().join("admin.sock")
    }

    /// The right to be this place's daemon; `None` while another process has it.
    ///
    /// # Errors
    /// When the run directory cannot be made or written.
    pub fn hold(&self) -> io::Result<Option<Hold>> {
        let run = self.run_dir();
        std::fs::create_dir_all(&run)?;
        let path = run.join(LOCK);
        let file = match OpenOptions::new().create(true).truncate(false).write(true).open(&path) {
            Ok(file) => file,
            // Whoever had the hold has just removed the directory.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // Or has removed the file between our opening and our locking it: then the next one will not see this lock.
            Ok(()) => Ok(is_at(&file, &path)?.then_some(Hold { _file: file, run })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The daemon that runs here. Only who has the hold writes the record, so a record under a hold is true.
    ///
    /// # Errors
    /// When the run directory cannot be read.
    pub fn daemon(&self) -> io::Result<Option<Daemon>> {
        if !self.run_dir().exists() || self.hold()?.is_some() {
            return Ok(None);
        }
        Ok(record(&self.run_dir()))
    }

    /// Writes down who the daemon is; asks for the hold, so that nobody else can.
    ///
    /// # Errors
    /// When the run directory cannot be written.
    pub fn write_record(&self, _hold: &Hold, endpoint: &str, dev: bool) -> io::Result<()> {
        let pid = rustix::process::getpid().as_raw_nonzero().get();
        let daemon = Daemon { pid, state: self.state.clone(), endpoint: endpoint.to_owned(), dev };
        std::fs::write(self.run_dir().join("daemon.json"), serde_json::to_vec_pretty(&daemon)?)
    }
}

/// Whether `file` is the one that `path` leads to.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let number = file.metadata()?.ino();
    Ok(path.metadata().is_ok_and(|metadata| metadata.ino() == number))
}

fn record(run: &Path) -> Option<Daemon> {
    serde_json::from_slice(&std::fs::read(run.join("daemon.json")).ok()?).ok()
}

/// The path without symbolic links, as far as it exists.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(path), _, _) => Ok(path),
        (Err(error), Some(parent), Some(name)) if error.kind() == io::ErrorKind::NotFound => {
            Ok(resolve(parent)?.join(name))
        }
        (Err(error), _, _) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_state_has_the_plain_tag_and_every_other_its_own() {
        let default = Place::of(Path::new("/var/lib/isthmus")).expect("absolute");
        let other = Place::of(Path::new("/var/lib/isthmus-2")).expect("absolute");
        let third = Place::of(Path::new("/var/lib/isthmus-3")).expect("absolute");
        assert_eq!(default.tag, "isthmus");
        assert!(other.tag.starts_with("isthmus-") && other.tag.len() == "isthmus-".len() + 6);
        assert_ne!(other.tag, third.tag);
    }

    #[test]
    fn a_hold_is_the_only_one_and_leaves_nothing_where_nothing_was_made() {
        let state = std::env::temp_dir().join(format!("isthmus-hold-{}", std::process::id()));
        let place = Place::of(&state).expect("absolute");
        let hold = place.hold().expect("root may").expect("nobody else holds it");
        assert!(place.hold().expect("root may").is_none());
        drop(hold);
        assert!(!place.run_dir().exists());

        let hold = place.hold().expect("root may").expect("it was given back");
        place.write_record(&hold, "http://127.0.0.1:1", false).expect("root may");
        drop(hold);
        assert!(place.run_dir().exists());
        std::fs::remove_dir_all(place.run_dir()).expect("ours");
    }

    #[test]
    fn the_tag_does_not_depend_on_how_the_path_is_written() {
        let plain = Place::of(Path::new("/var/lib/isthmus")).expect("absolute");
        assert_eq!(Place::of(Path::new("/var/../var/lib/./isthmus")).expect("absolute"), plain);
    }
}
