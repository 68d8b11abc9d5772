//! Takes away everything that carries a tag. Can be run again and again, and after any crash.

use std::error::Error;
use std::time::Duration;
use std::{fs, io};

use crate::config::AgentConfig;
use crate::instance::Instances;
use crate::kernel::{bpffs, links};
use crate::proxy;

/// Something could not be taken away; running `down` again goes on from there.
#[derive(Debug, thiserror::Error)]
#[error("{what} could not be removed; run `isthmus down` again")]
pub struct DownError {
    what: String,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

fn failed(what: impl Into<String>) -> impl FnOnce(Box<dyn Error + Send + Sync>) -> DownError {
    |source| DownError { what: what.into(), source }
}

/// Removes containers, links, namespaces, kernel objects, mounts and the run directory of this tag. The state directory
/// stays: `up` goes on from it.
pub fn down(config: &AgentConfig) -> Result<(), DownError> {
    if config.run_dir.join("crun").exists() {
        let instances = Instances::new(&config.state_dir, &config.run_dir);
        instances.stop_all().map_err(|e| failed("an instance")(e.into()))?;
    }
    proxy::kill_all(config).map_err(|e| failed("the proxy")(e.into()))?;
    // Links go first, so that none is left when this returns: a namespace takes its own away later.
    if config.fabric().exists() {
        links::ensure(&config.fabric(), &[], Duration::MAX).map_err(|e| failed("a link")(e.into()))?;
    }
    let instances = config.instance_namespaces().into_iter().map(|(_, namespace)| namespace);
    for namespace in instances.chain([config.services(), config.fabric()]) {
        namespace.delete().map_err(|e| failed(namespace.name())(e.into()))?;
    }
    bpffs::unmount(&config.bpf_dir()).map_err(|e| failed("bpffs")(e.into()))?;
    remove_run_dir(config).map_err(|e| failed(config.run_dir.display().to_string())(e.into()))
}

fn remove_run_dir(config: &AgentConfig) -> io::Result<()> {
    match fs::remove_dir_all(&config.run_dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        Ok(()) | Err(_) => Ok(()),
    }
}
