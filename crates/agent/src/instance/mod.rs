//! Instances: containers that an OCI runtime starts in a network namespace made by the agent.
//!
//! Nothing is remembered in memory. What exists is read from the runtime's state, from the bundle that a container was
//! started with and from the disk, so an agent that was killed takes up running instances without touching them.
//!
//! | where | what |
//! | --- | --- |
//! | `<state>/instances/<id>/` | disk (`upper`, `work` of an overlay on the image) and console; lives until the plan drops it |
//! | `<run>/instances/<id>/` | bundle: `config.json`, mount point of the root, files bound into the container |
//! | `<run>/crun/` | the runtime's own state |
//!
//! All calls block (a start takes some 100 ms, a stop up to five seconds): call them from a blocking thread, one
//! at a time for each instance.

mod bundle;
mod cgroup;
mod console;
mod disk;
mod error;
mod exec;
mod image;
mod runtime;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use model::id::InstanceId;
use model::plan::InstancePlan;
use model::report::{InstanceReport, InstanceState};

pub use error::InstanceError;

use bundle::Bundle;
use cgroup::Cgroup;
use disk::Disk;
use runtime::{Runtime, Status};

/// What one instance is to be.
#[derive(Clone, Copy, Debug)]
pub struct InstanceSpec<'a> {
    /// The instance.
    pub id: &'a InstanceId,
    /// Its plan.
    pub plan: &'a InstancePlan,
    /// Private address of its primary ENI, for its own name.
    pub address: Ipv4Addr,
    /// Network namespace that it lives in; must exist before it starts.
    pub netns: &'a Path,
}

/// The instances of one host.
#[derive(Clone, Debug)]
pub struct Instances {
    state: PathBuf,
    run: PathBuf,
    runtime: Runtime,
}

impl Instances {
    /// The instances whose disks lie under `state` and whose runtime state lies under `run` (both absolute). No instance
    /// sees either directory, whatever its image is. The last name of `run`, which is the agent's tag, begins the names of
    /// cgroups, so that agents of one machine leave each other's instances alone.
    pub fn new(state: &Path, run: &Path) -> Self {
        Self { state: state.into(), run: run.into(), runtime: Runtime::new(&run.join("crun")) }
    }

    /// Makes one instance what `spec` says: creates, starts, stops or starts anew. Does nothing when it is so already.
    /// A failure is the report's state, and is tried again by the next call.
    pub fn ensure(&self, spec: &InstanceSpec<'_>) -> InstanceReport {
        let bundle = self.bundle(spec.id);
        let outcome = self.reconcile(spec, &bundle);
        match outcome {
            Ok(()) => bundle.forget_failure(),
            Err(error) => {
                tracing::warn!(instance = %spec.id, error = &error as &dyn std::error::Error, "instance");
                bundle.note_failure(&crate::reconcile::in_full(&error));
            }
        }
        self.report(&bundle, self.runtime.status(spec.id).ok().flatten())
    }

    fn reconcile(&self, spec: &InstanceSpec<'_>, bundle: &Bundle) -> Result<(), InstanceError> {
        let disk = self.disk(spec.id);
        disk.console().trim();
        let status = self.runtime.status(spec.id)?;
        let running = status == Some(Status::Running);
        let stale = bundle.boot().is_none_or(|boot| boot < spec.plan.boot);
        if running && (!spec.plan.running || stale) {
            self.runtime.stop(spec.id)?;
        }
        if !spec.plan.running || !running || stale {
            self.clear(spec.id, status.is_some())?;
        }
        disk.create()?;
        match spec.plan.running && (!running || stale) {
            true => self.start(spec, bundle, &disk),
            false => Ok(()),
        }
    }

    fn start(&self, spec: &InstanceSpec<'_>, bundle: &Bundle, disk: &Disk) -> Result<(), InstanceError> {
        let hidden = [self.state.clone(), self.run.clone()];
        let image = image::locate(&spec.plan.image, &hidden)?;
        bundle.write(spec, &image)?;
        let cgroup = self.cgroup(spec.id).create(spec.plan);
        self.runtime.start(spec.id, &image, disk, bundle, &cgroup)
    }

    /// Takes away what is left of a container that no longer runs.
    fn clear(&self, id: &InstanceId, known: bool) -> Result<(), InstanceError> {
        if known {
            self.runtime.delete(id)?;
        }
        self.cgroup(id).remove();
        Ok(())
    }

    /// Every instance that has a disk or a container here.
    ///
    /// # Errors
    /// When the runtime cannot be asked.
    pub fn observe(&self) -> Result<BTreeMap<InstanceId, InstanceReport>, InstanceError> {
        let mut containers = self.runtime.list()?;
        let mut ids: BTreeSet<InstanceId> = disk::list(&self.state);
        ids.extend(containers.keys().cloned());
        Ok(ids
            .into_iter()
            .map(|id| {
                let report = self.report(&self.bundle(&id), containers.remove(&id));
                (id, report)
            })
            .collect())
    }

    fn report(&self, bundle: &Bundle, status: Option<Status>) -> InstanceReport {
        let state = match (status, bundle.failure()) {
            (Some(Status::Running), _) => InstanceState::Running,
            (Some(Status::Starting), _) => InstanceState::Starting,
            (Some(Status::Stopped) | None, Some(failure)) => InstanceState::Failed(failure),
            (Some(Status::Stopped) | None, None) => InstanceState::Stopped,
        };
        InstanceReport { state, boot: bundle.boot().unwrap_or_default() }
    }

    /// Stops an instance and deletes everything of it, its disk too. Nothing happens when there is none.
    ///
    /// # Errors
    /// When a process or a file cannot be taken away; a later call goes on from there.
    pub fn remove(&self, id: &InstanceId) -> Result<(), InstanceError> {
        self.stop(id)?;
        self.bundle(id).remove()?;
        self.disk(id).remove()
    }

    fn stop(&self, id: &InstanceId) -> Result<(), InstanceError> {
        let status = self.runtime.status(id)?;
        if status == Some(Status::Running) {
            self.runtime.stop(id)?;
        }
        self.clear(id, status.is_some())
    }

    /// Stops every instance, all at the same time, and keeps their disks.
    ///
    /// # Errors
    /// The first failure, after all were tried.
    pub fn stop_all(&self) -> Result<(), InstanceError> {
        self.each(|id| self.stop(id).and_then(|()| self.bundle(id).remove()))
    }

    /// Removes every instance, all at the same time, with their disks.
    ///
    /// # Errors
    /// The first failure, after all were tried.
    pub fn remove_all(&self) -> Result<(), InstanceError> {
        self.each(|id| self.remove(id))
    }

    fn each(
        &self,
        act: impl Fn(&InstanceId) -> Result<(), InstanceError> + Sync,
    ) -> Result<(), InstanceError> {
        let ids: Vec<InstanceId> = self.observe()?.into_keys().collect();
        let act = &act;
        std::thread::scope(|scope| {
            let threads: Vec<_> = ids.iter().map(|id| scope.spawn(move || act(id))).collect();
            threads.into_iter().try_for_each(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })
    }

    /// What an instance has written to its console, the last 64 KiB of it; empty when there is none.
    pub fn console(&self, id: &InstanceId) -> Vec<u8> {
        self.disk(id).console().tail()
    }

    fn bundle(&self, id: &InstanceId) -> Bundle {
        Bundle::new(self.run.join("instances").join(id.as_str()))
    }

    fn cgroup(&self, id: &InstanceId) -> Cgroup {
        let tag = self.run.file_name().unwrap_or_default().to_string_lossy();
        Cgroup::named(&format!("{tag}-{id}"))
    }

    fn disk(&self, id: &InstanceId) -> Disk {
        Disk::new(self.state.join("instances").join(id.as_str()))
    }
}
