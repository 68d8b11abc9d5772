//! The disk of an instance: the writable directories of an overlay, and its console, in the state directory.
//!
//! The disk lies on the file system that it is an overlay of. That is legal (Linux 5.12 and later): the kernel refuses
//! look-ups that would lead from the overlay into its own upper directory, and the state directory is masked anyway.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use model::id::InstanceId;

use super::InstanceError;
use super::console::Console;

/// The disk of one instance.
pub(super) struct Disk(PathBuf);

impl Disk {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self(directory)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.0
    }

    pub(super) fn console(&self) -> Console {
        Console::new(self.0.join("console.log"))
    }

    /// Makes an empty disk, unless there is one.
    pub(super) fn create(&self) -> Result<(), InstanceError> {
        // Instances have users of their own: nobody on the host but root may look in.
        let private = |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        // The upper directory is the instance's `/`: every user in it passes through.
        let open = |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o755).create(path);
        private(&self.0).map_err(InstanceError::file("made", &self.0))?;
        for part in ["upper", "work"].map(|name| self.0.join(name)) {
            open(&part).map_err(InstanceError::file("made", &part))?;
        }
        Ok(())
    }

    /// Deletes the disk and the console, if they are there.
    pub(super) fn remove(&self) -> Result<(), InstanceError> {
        remove_tree(&self.0)
    }
}

/// Instances that have a disk.
pub(super) fn list(state: &Path) -> BTreeSet<InstanceId> {
    let entries = fs::read_dir(state.join("instances")).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Deletes a directory, if it is there.
pub(super) fn remove_tree(path: &Path) -> Result<(), InstanceError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(InstanceError::file("deleted", path)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
