//! The bundle that a container is started with: its configuration and the files bound into it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use oci_spec::OciSpecError;
use oci_spec::runtime::{
    Capability, LinuxBuilder, LinuxCapabilitiesBuilder, LinuxNamespace, LinuxNamespaceBuilder,
    LinuxNamespaceType, Mount, MountBuilder, Process, ProcessBuilder, RootBuilder, Spec, SpecBuilder,
    get_default_maskedpaths, get_default_mounts, get_default_readonly_paths,
};

use super::image::Image;
use super::{InstanceError, InstanceSpec, disk};

/// Where an instance finds its boot script, init and user data.
const KIT: &str = "/run/isthmus";
/// Debian's tini, linked statically so that it runs on any image.
const INIT: &str = "/usr/bin/tini-static";
/// The resolvers that every VPC has.
const RESOLV_CONF: &str =
    "nameserver 100.100.2.136\nnameserver 100.100.2.138\noptions timeout:2 attempts:3\n";
/// Annotation that carries the plan's boot number.
const BOOT: &str = "isthmus.boot";
/// Environment of every process that is started in an instance.
pub(super) const ENVIRONMENT: [&str; 3] =
    ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"];

/// A container's usual capabilities. Left out on purpose: making device nodes and opening files by handle (both lead around
/// the overlay to the host's disk), mounting, and changing addresses, links or routes (they belong to the plan).
const CAPABILITIES: [Capability; 13] = [
    Capability::AuditWrite,
    Capability::Chown,
    Capability::DacOverride,
    Capability::Fowner,
    Capability::Fsetid,
    Capability::Kill,
    Capability::NetBindService,
    Capability::NetRaw,
    Capability::Setfcap,
    Capability::Setgid,
    Capability::Setpcap,
    Capability::Setuid,
    Capability::SysChroot,
];

/// The bundle of one instance.
pub(super) struct Bundle(PathBuf);

impl Bundle {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self(directory)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.0
    }

    /// Writes everything that the runtime reads.
    pub(super) fn write(&self, spec: &InstanceSpec<'_>, image: &Image) -> Result<(), InstanceError> {
        let root = self.0.join("root");
        fs::create_dir_all(&root).map_err(InstanceError::file("made", &root))?;
        let name = &spec.plan.host_name;
        let hosts = format!("127.0.0.1 localhost\n::1 localhost ip6-localhost\n{} {name}\n", spec.address);
        self.put("hosts", hosts.as_bytes())?;
        self.put("hostname", format!("{name}\n").as_bytes())?;
        self.put("resolv.conf", RESOLV_CONF.as_bytes())?;
        self.put("boot", include_bytes!("boot.sh"))?;
        self.put("user-data", spec.plan.user_data.as_deref().unwrap_or_default())?;
        let key = spec.plan.authorized_key.as_ref().map(|line| format!("{line}\n")).unwrap_or_default();
        self.put("authorized-key", key.as_bytes())?;
        let configuration = self.configuration(spec, image)?;
        // Last: it carries the boot number by which the container is known.
        Ok(configuration.save(self.0.join("config.json"))?)
    }

    fn put(&self, name: &str, content: &[u8]) -> Result<(), InstanceError> {
        let file = self.0.join(name);
        fs::write(&file, content).map_err(InstanceError::file("written", &file))
    }

    /// The boot number of the last container, if there was one.
    pub(super) fn boot(&self) -> Option<u64> {
        let spec = Spec::load(self.0.join("config.json")).ok()?;
        spec.annotations().as_ref()?.get(BOOT)?.parse().ok()
    }

    /// Why the last start failed, if it did.
    pub(super) fn failure(&self) -> Option<String> {
        fs::read_to_string(self.0.join("failure")).ok()
    }

    pub(super) fn note_failure(&self, failure: &str) {
        let noted = fs::create_dir_all(&self.0).and_then(|()| fs::write(self.0.join("failure"), failure));
        if let Err(error) = noted {
            tracing::warn!(bundle = %self.0.display(), %error, "failure could not be noted");
        }
    }

    pub(super) fn forget_failure(&self) {
        // Seldom there.
        let _ = fs::remove_file(self.0.join("failure"));
    }

    pub(super) fn remove(&self) -> Result<(), InstanceError> {
        disk::remove_tree(&self.0)
    }

    fn configuration(&self, spec: &InstanceSpec<'_>, image: &Image) -> Result<Spec, OciSpecError> {
        let masked = image.hidden.iter().map(|path| path.to_string_lossy().into_owned());
        let linux = LinuxBuilder::default()
            .namespaces(namespaces(spec.netns)?)
            .masked_paths(get_default_maskedpaths().into_iter().chain(masked).collect::<Vec<_>>())
            .readonly_paths(get_default_readonly_paths())
            .build()?;
        SpecBuilder::default()
            .hostname(spec.plan.host_name.clone())
            .root(RootBuilder::default().path("root").readonly(false).build()?)
            .mounts(self.mounts()?)
            .process(process()?)
            .linux(linux)
            .annotations(HashMap::from([(BOOT.to_owned(), spec.plan.boot.to_string())]))
            .build()
    }

    fn mounts(&self) -> Result<Vec<Mount>, OciSpecError> {
        let mut mounts = get_default_mounts();
        // Limits are the agent's affair; an instance has no cgroups to manage.
        mounts.retain(|mount| mount.destination() != Path::new("/sys/fs/cgroup"));
        mounts.push(tmpfs("/run", "mode=755")?);
        mounts.push(tmpfs("/tmp", "mode=1777")?);
        for (file, target) in [
            ("hosts", "/etc"),
            ("hostname", "/etc"),
            ("resolv.conf", "/etc"),
            ("boot", KIT),
            ("user-data", KIT),
            ("authorized-key", KIT),
        ] {
            mounts.push(bind(&self.0.join(file), &Path::new(target).join(file))?);
        }
        mounts.push(bind(Path::new(INIT), &Path::new(KIT).join("init"))?);
        Ok(mounts)
    }
}

fn tmpfs(target: &str, mode: &str) -> Result<Mount, OciSpecError> {
    let options = ["nosuid", "nodev", mode].map(String::from);
    MountBuilder::default().destination(target).typ("tmpfs").source("tmpfs").options(options).build()
}

fn bind(source: &Path, target: &Path) -> Result<Mount, OciSpecError> {
    let options = ["bind", "ro"].map(String::from);
    MountBuilder::default().destination(target).typ("bind").source(source).options(options).build()
}

fn namespaces(netns: &Path) -> Result<Vec<LinuxNamespace>, OciSpecError> {
    use LinuxNamespaceType::{Ipc, Mount, Network, Pid, Uts};
    let mut namespaces = Vec::new();
    for kind in [Pid, Mount, Uts, Ipc] {
        namespaces.push(LinuxNamespaceBuilder::default().typ(kind).build()?);
    }
    namespaces.push(LinuxNamespaceBuilder::default().typ(Network).path(netns).build()?);
    Ok(namespaces)
}

fn process() -> Result<Process, OciSpecError> {
    let set: std::collections::HashSet<Capability> = CAPABILITIES.into();
    let capabilities = LinuxCapabilitiesBuilder::default()
        .bounding(set.clone())
        .effective(set.clone())
        .permitted(set)
        .inheritable([])
        .ambient([])
        .build()?;
    let arguments = [&format!("{KIT}/init"), "--", "/bin/sh", &format!("{KIT}/boot")].map(str::to_owned);
    let mut process = ProcessBuilder::default()
        .args(arguments)
        .env(ENVIRONMENT.map(String::from))
        .cwd("/")
        .capabilities(capabilities)
        .no_new_privileges(false)
        .build()?;
    // The limits that the agent itself has: raising them needs a privilege that it may lack.
    process.set_rlimits(None);
    Ok(process)
}
