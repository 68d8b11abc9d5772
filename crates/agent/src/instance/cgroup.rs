//! CPU and memory limits, written to the cgroup tree directly: version 2 where it is mounted, else version 1. Where
//! neither can be had, an instance runs without limits, and the log says so.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use model::plan::InstancePlan;

const ROOT: &str = "/sys/fs/cgroup";
/// Period over which CPU time is shared out, microseconds: the kernel's default.
const PERIOD: u64 = 100_000;

/// The cgroups of one instance: one in version 2, one for each controller in version 1.
pub(super) struct Cgroup(Vec<PathBuf>);

impl Cgroup {
    /// Where the cgroups of this name are, whether they exist or not.
    pub(super) fn named(name: &str) -> Self {
        let root = Path::new(ROOT);
        let parents: &[&str] = if is_unified(root) { &["."] } else { &["cpu", "memory"] };
        let existing = parents.iter().map(|parent| root.join(parent)).filter(|path| path.is_dir());
        Self(existing.map(|path| path.join(name)).collect())
    }

    /// Makes the cgroups with the plan's limits; those that cannot be made are left out.
    pub(super) fn create(mut self, plan: &InstancePlan) -> Self {
        if is_unified(Path::new(ROOT)) {
            // Fails harmlessly where a parent has them on already or does not let us.
            let _ = fs::write(Path::new(ROOT).join("cgroup.subtree_control"), "+cpu +memory");
        }
        let limits = limits(plan);
        self.0.retain(|group| match apply(group, &limits) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(cgroup = %group.display(), %error, "runs without this limit");
                false
            }
        });
        self
    }

    /// Cgroups below these, whose processes can be ended apart from the others.
    pub(super) fn child(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|group| group.is_dir()).map(|group| group.join(name)).collect())
    }

    /// Makes the cgroups without limits of their own.
    pub(super) fn create_unlimited(self) -> io::Result<Self> {
        self.0.iter().try_for_each(fs::create_dir_all)?;
        Ok(self)
    }

    /// The files that a process writes itself to in order to join.
    pub(super) fn join_files(&self) -> impl Iterator<Item = PathBuf> {
        self.0.iter().map(|group| group.join("cgroup.procs")).filter(|file| file.exists())
    }

    /// Kills whatever is left in the cgroups and removes them.
    pub(super) fn remove(&self) {
        self.0.iter().for_each(|group| remove(group));
    }

    /// Removes those that nobody is in.
    pub(super) fn remove_empty(&self) {
        for group in &self.0 {
            // What is left running in them keeps them.
            let _ = fs::remove_dir(group);
        }
    }
}

/// Kills whatever is left in a cgroup and below it. The kernel takes a moment to let go of dead processes.
fn remove(group: &Path) {
    let below = fs::read_dir(group).into_iter().flatten().flatten().map(|entry| entry.path());
    below.filter(|path| path.is_dir()).for_each(|child| remove(&child));
    let tries = (0..100).map(|_| std::time::Duration::from_millis(10));
    for pause in tries {
        kill_all(group);
        match fs::remove_dir(group) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => std::thread::sleep(pause),
            Ok(()) | Err(_) => break,
        }
    }
}

fn is_unified(root: &Path) -> bool {
    root.join("cgroup.controllers").exists()
}

/// File names and values of both versions; a cgroup has those of its own.
fn limits(plan: &InstancePlan) -> [(&'static str, String); 4] {
    let quota = u64::from(plan.cpus) * PERIOD;
    let bytes = (plan.memory_mib << 20).to_string();
    [
        ("cpu.max", format!("{quota} {PERIOD}")),
        ("memory.max", bytes.clone()),
        ("cpu.cfs_quota_us", quota.to_string()),
        ("memory.limit_in_bytes", bytes),
    ]
}

fn apply(group: &Path, limits: &[(&'static str, String)]) -> io::Result<()> {
    fs::create_dir_all(group)?;
    let known =
        limits.iter().map(|(name, value)| (group.join(name), value)).filter(|(file, _)| file.exists());
    known.into_iter().try_for_each(|(file, value)| fs::write(file, value))
}

fn kill_all(group: &Path) {
    let members = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    let pids = members.lines().filter_map(|line| rustix::process::Pid::from_raw(line.parse().ok()?));
    for pid in pids {
        // Already dead is as good.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}
