//! Network namespaces, kept as bind mounts in `/run/netns` so that `ip netns` shows them.

use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::{fs, io, thread};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::mount::{MountPropagationFlags, UnmountFlags};
use rustix::thread::{LinkNameSpaceType, UnshareFlags};

const DIRECTORY: &str = "/run/netns";
/// `NSFS_MAGIC` of `linux/magic.h`.
const NSFS_MAGIC: i64 = 0x6e73_6673;

/// A namespace could not be made, entered or removed.
#[derive(Debug, thiserror::Error)]
#[error("network namespace '{name}' could not be {verb}: are you root, and is {DIRECTORY} writable?")]
pub struct NetnsError {
    name: String,
    verb: &'static str,
    #[source]
    source: io::Error,
}

/// A network namespace with a name; it may or may not exist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Netns {
    name: String,
}

impl Netns {
    /// The namespace of this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    /// The name, as `ip netns` shows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that keeps the namespace.
    pub fn path(&self) -> PathBuf {
        Path::new(DIRECTORY).join(&self.name)
    }

    /// Whether it exists. A file that no namespace is mounted on (left behind by a crash) does not count.
    pub fn exists(&self) -> bool {
        rustix::fs::statfs(self.path()).is_ok_and(|stat| stat.f_type == NSFS_MAGIC)
    }

    /// Makes it, without IPv6, unless it exists.
    pub fn create(&self) -> Result<(), NetnsError> {
        if self.exists() {
            return Ok(());
        }
        self.make().map_err(|source| self.error("made", source))
    }

    fn make(&self) -> io::Result<()> {
        prepare_directory()?;
        let path = self.path();
        fs::OpenOptions::new().create(true).append(true).open(&path)?;
        on_new_thread(|| {
            // SAFETY: a new network namespace shares no memory and no descriptors; only this thread moves into it.
            unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET)? };
            disable_ipv6()?;
            Ok(rustix::mount::mount_bind("/proc/thread-self/ns/net", &path)?)
        })?
    }

    /// Removes the name; the namespace itself goes with its last process. Nothing to remove is a success.
    pub fn delete(&self) -> Result<(), NetnsError> {
        let path = self.path();
        while self.exists() {
            rustix::mount::unmount(&path, UnmountFlags::DETACH)
                .map_err(|e| self.error("removed", e.into()))?;
        }
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.error("removed", e)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// A descriptor of the namespace.
    pub fn open(&self) -> Result<OwnedFd, NetnsError> {
        rustix::fs::open(self.path(), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|e| self.error("opened", e.into()))
    }

    /// Runs `work` inside, on a thread of its own; sockets that it makes stay inside.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, NetnsError> {
        let namespace = self.open()?;
        let entered = on_new_thread(|| {
            rustix::thread::move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            io::Result::Ok(work())
        });
        entered.and_then(|result| result).map_err(|e| self.error("entered", e))
    }

    /// Moves the calling thread inside, and with it every thread that it starts.
    pub fn enter(&self) -> Result<(), NetnsError> {
        let entered =
            rustix::thread::move_into_link_name_space(self.open()?.as_fd(), Some(LinkNameSpaceType::Network));
        entered.map_err(|e| self.error("entered", e.into()))
    }

    /// Every name in `/run/netns`, sorted.
    pub fn list() -> Vec<Netns> {
        let entries = fs::read_dir(DIRECTORY).into_iter().flatten().flatten();
        let mut all: Vec<Netns> =
            entries.filter_map(|entry| Some(Self::named(entry.file_name().into_string().ok()?))).collect();
        all.sort();
        all
    }

    fn error(&self, verb: &'static str, source: io::Error) -> NetnsError {
        NetnsError { name: self.name.clone(), verb, source }
    }
}

/// Makes the directory a shared mount of its own, as `ip netns` does before its first namespace, and under the same lock: done
/// later, by whoever comes second, it would cover the mounts that are there, and nobody could remove them.
fn prepare_directory() -> io::Result<()> {
    fs::create_dir_all(DIRECTORY)?;
    let directory = fs::File::open(DIRECTORY)?;
    rustix::fs::flock(&directory, FlockOperation::LockExclusive)?;
    let shared = MountPropagationFlags::SHARED | MountPropagationFlags::REC;
    if rustix::mount::mount_change(DIRECTORY, shared) == Err(rustix::io::Errno::INVAL) {
        rustix::mount::mount_bind_recursive(DIRECTORY, DIRECTORY)?;
        rustix::mount::mount_change(DIRECTORY, shared)?;
    }
    Ok(())
}

fn on_new_thread<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("netns".into()).spawn_scoped(scope, work)?;
        // A panic in the work is the caller's own.
        thread.join().map_err(|panic| std::panic::resume_unwind(panic))
    })
}

/// An interface without IPv6 sends nothing on its own; those that have an address get it back.
fn disable_ipv6() -> io::Result<()> {
    for scope in ["all", "default"] {
        match fs::write(format!("/proc/sys/net/ipv6/conf/{scope}/disable_ipv6"), "1") {
            // A kernel without IPv6 has nothing to switch off.
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
