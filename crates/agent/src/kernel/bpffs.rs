//! The file system that keeps programs, maps and links alive without a process.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rustix::mount::{MountFlags, UnmountFlags};

/// `BPF_FS_MAGIC` of `linux/magic.h`.
const BPF_FS_MAGIC: i64 = 0xcafe_4a11;

/// The file system could not be mounted or unmounted.
#[derive(Debug, thiserror::Error)]
#[error("bpffs could not be {verb} at {}: is this process root, with CAP_SYS_ADMIN?", path.display())]
pub struct BpffsError {
    verb: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Whether bpffs is mounted here.
pub fn is_mounted(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|stat| stat.f_type == BPF_FS_MAGIC)
}

/// Mounts bpffs here unless it is.
pub fn mount(path: &Path) -> Result<(), BpffsError> {
    if is_mounted(path) {
        return Ok(());
    }
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    let mounted = fs::create_dir_all(path)
        .and_then(|()| Ok(rustix::mount::mount("bpf", path, "bpf", flags, Some(c"mode=0700"))?));
    mounted.map_err(|source| BpffsError { verb: "mounted", path: path.into(), source })
}

/// Unmounts it, and with it goes everything that only its pins kept. Nothing mounted is a success.
pub fn unmount(path: &Path) -> Result<(), BpffsError> {
    while is_mounted(path) {
        rustix::mount::unmount(path, UnmountFlags::DETACH).map_err(|e| BpffsError {
            verb: "unmounted",
            path: path.into(),
            source: e.into(),
        })?;
    }
    Ok(())
}
