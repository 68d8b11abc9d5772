//! A cpu cgroup of its own with the highest weight, so that other work on the machine takes little from a measurement.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::bed::is_stale;

/// Directory of the cpu controller and the file that holds the weight, with its highest value: versions 2 and 1.
const TREES: [(&str, &str, &str); 2] =
    [("/sys/fs/cgroup", "cpu.weight", "10000"), ("/sys/fs/cgroup/cpu", "cpu.shares", "262144")];

/// Membership in the cgroup; given up when dropped. Without the privilege for it there is none, and figures are noisier.
pub(super) struct Share(Option<PathBuf>);

impl Share {
    pub(super) fn take() -> Self {
        Self(TREES.into_iter().find_map(|(tree, file, weight)| enter(Path::new(tree), file, weight)))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(group) = &self.0 {
            let parent = group.parent().unwrap_or(group).join("cgroup.procs");
            // A cgroup that cannot be removed now is removed by the next run.
            let _ = fs::write(parent, std::process::id().to_string());
            let _ = fs::remove_dir(group);
        }
    }
}

fn enter(tree: &Path, file: &str, weight: &str) -> Option<PathBuf> {
    for entry in fs::read_dir(tree).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_stale) {
            let _ = fs::remove_dir(entry.path());
        }
    }
    let group = tree.join(format!("isthmus-bench-{}-share", std::process::id()));
    fs::create_dir(&group).ok()?;
    match join(&group, file, weight) {
        Ok(()) => Some(group),
        Err(_) => {
            let _ = fs::remove_dir(&group);
            None
        }
    }
}

fn join(group: &Path, file: &str, weight: &str) -> io::Result<()> {
    // Only into files that the kernel has put there: without the controller this is an ordinary directory.
    let put = |file: &str, value: &str| {
        OpenOptions::new().write(true).open(group.join(file))?.write_all(value.as_bytes())
    };
    put(file, weight)?;
    put("cgroup.procs", &std::process::id().to_string())
}
