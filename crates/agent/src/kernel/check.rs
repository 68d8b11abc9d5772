//! What this machine must have, asked before anything is changed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use aya::Btf;
use aya::maps::{HashMap, MapData};
use aya::programs::{ProgramType, SchedClassifier};
use aya::sys::is_program_supported;
use rustix::process::{Resource, getrlimit};
use serde::{Deserialize, Serialize};

use super::bpffs;
use super::links::{self, Veth, services_veth};
use super::netns::Netns;

/// One thing that the machine must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What is needed, and what for.
    pub name: String,
    /// It is there.
    pub ok: bool,
    /// What was found, or what is missing.
    pub found: String,
    /// What to do when it is missing.
    pub remedy: String,
}

/// Open files that a thousand instances need.
const OPEN_FILES: u64 = 4096;

/// Every check. Makes short-lived namespaces, links and mounts of its own and removes them again.
pub fn all() -> Vec<Check> {
    remove_stale();
    vec![
        check("root", "run as root", root()),
        check("open files", "raise the limit: ulimit -n 20000", open_files()),
        check(
            "BPF programs",
            "needs CONFIG_BPF_SYSCALL and CONFIG_NET_CLS_ACT, and CAP_BPF, CAP_NET_ADMIN",
            programs(),
        ),
        check("BPF maps", "needs CAP_BPF; before Linux 5.11 also: ulimit -l unlimited", maps()),
        check("BTF", "needs a kernel with CONFIG_DEBUG_INFO_BTF (Debian's own has it)", btf()),
        check("bpffs", "needs CONFIG_BPF_SYSCALL and CAP_SYS_ADMIN", bpffs()),
        check("network namespaces", "needs CONFIG_NET_NS and CAP_SYS_ADMIN", namespaces()),
        check("veth, tcx or clsact", "needs CONFIG_VETH and CONFIG_NET_CLS_BPF", attachable()),
        check("overlay file system", "needs CONFIG_OVERLAY_FS: modprobe overlay", overlay()),
        check("container runtime", "apt-get install crun", crun()),
    ]
}

fn check(name: &str, remedy: &str, outcome: Result<String, String>) -> Check {
    let (ok, found) = match outcome {
        Ok(found) => (true, found),
        Err(missing) => (false, missing),
    };
    Check { name: name.to_owned(), ok, found, remedy: remedy.to_owned() }
}

fn root() -> Result<String, String> {
    match rustix::process::geteuid() {
        user if user.is_root() => Ok("user 0".to_owned()),
        user => Err(format!("user {}", user.as_raw())),
    }
}

fn open_files() -> Result<String, String> {
    match getrlimit(Resource::Nofile).current {
        Some(limit) if limit < OPEN_FILES => Err(format!("{limit}, at least {OPEN_FILES} needed")),
        Some(limit) => Ok(limit.to_string()),
        None => Ok("no limit".to_owned()),
    }
}

fn programs() -> Result<String, String> {
    match is_program_supported(ProgramType::SchedClassifier) {
        Ok(true) => Ok("traffic control programs can be loaded".to_owned()),
        Ok(false) => Err("the kernel has no traffic control programs".to_owned()),
        Err(error) => Err(in_full(&error)),
    }
}

fn maps() -> Result<String, String> {
    HashMap::<MapData, u32, u32>::create(1, 0).map(|_| "maps can be made".to_owned()).map_err(|e| in_full(&e))
}

fn btf() -> Result<String, String> {
    Btf::from_sys_fs().map(|_| "/sys/kernel/btf/vmlinux".to_owned()).map_err(|e| in_full(&e))
}

fn bpffs() -> Result<String, String> {
    let path = Path::new("/run").join(temporary());
    let mounted = bpffs::mount(&path).and_then(|()| bpffs::unmount(&path)).map_err(|e| in_full(&e));
    // What cannot be removed was never made.
    let _ = fs::remove_dir(&path);
    mounted.map(|()| "can be mounted".to_owned())
}

fn namespaces() -> Result<String, String> {
    let namespace = Netns::named(temporary());
    let outcome = namespace.create().and_then(|()| namespace.delete()).map_err(|e| in_full(&e));
    outcome.map(|()| "can be made".to_owned())
}

fn attachable() -> Result<String, String> {
    let (fabric, other) = (Netns::named(temporary()), Netns::named(format!("{}-peer", temporary())));
    let outcome = try_attach(&fabric, services_veth(other.clone(), []));
    // Their absence is what is wanted; `namespaces` reports what is wrong with them.
    let _ = fabric.delete().and_then(|()| other.delete());
    outcome
}

fn try_attach(fabric: &Netns, veth: Veth) -> Result<String, String> {
    fabric.create().and_then(|()| veth.namespace.create()).map_err(|e| in_full(&e))?;
    let outcome =
        links::ensure(fabric, std::slice::from_ref(&veth), Duration::MAX).map_err(|e| in_full(&e))?;
    if let Some(fault) = outcome.faults.first() {
        return Err(in_full(fault));
    }
    let tcx = fabric
        .within(|| SchedClassifier::query_tcx(&veth.host, aya::programs::TcAttachType::Ingress).is_ok());
    let clsact = fabric.within(|| aya::programs::tc::qdisc_add_clsact(&veth.host));
    match (tcx, clsact) {
        (Ok(true), _) => Ok("tcx".to_owned()),
        (_, Ok(Ok(()))) => Ok("clsact (Linux 6.6 and later have tcx, which costs less)".to_owned()),
        (_, Ok(Err(error))) => Err(in_full(&error)),
        (_, Err(error)) => Err(in_full(&error)),
    }
}

fn overlay() -> Result<String, String> {
    let known = fs::read_to_string("/proc/filesystems").map_err(|e| e.to_string())?;
    let has = known.lines().any(|line| line.split_whitespace().next_back() == Some("overlay"));
    if has { Ok("known to the kernel".to_owned()) } else { Err("not in /proc/filesystems".to_owned()) }
}

fn crun() -> Result<String, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|directory| directory.join("crun")).find(|file| file.is_file());
    found.map(|file| file.display().to_string()).ok_or_else(|| "no crun in PATH".to_owned())
}

/// Begins the names of everything that checks make.
const TEMPORARY: &str = "isthmus-check-";

/// A name that no other process uses.
fn temporary() -> String {
    format!("{TEMPORARY}{}", std::process::id())
}

/// Removes the namespaces of checks that were killed half-way.
fn remove_stale() {
    for namespace in Netns::list() {
        let process = namespace.name().strip_prefix(TEMPORARY).and_then(|rest| rest.split('-').next());
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            // `doctor` lists what stays.
            let _ = namespace.delete();
        }
    }
}

fn in_full(error: &dyn std::error::Error) -> String {
    crate::reconcile::in_full(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_pass_here_and_leave_nothing() {
        let failed: Vec<Check> = all().into_iter().filter(|check| !check.ok).collect();
        assert_eq!(failed, []);
        assert!(Netns::list().iter().all(|namespace| !namespace.name().starts_with(&temporary())));
        assert!(!Path::new("/run").join(temporary()).exists());
    }
}
