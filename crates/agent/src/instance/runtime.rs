//! The OCI runtime, crun: starting, asking, stopping.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use model::id::InstanceId;
use serde::Deserialize;

use super::InstanceError;
use super::bundle::Bundle;
use super::cgroup::Cgroup;
use super::disk::Disk;
use super::image::Image;

/// How long an instance may take to stop by itself.
const GRACE: Duration = Duration::from_secs(5);
/// How long a killed process may take to go.
const KILL: Duration = Duration::from_secs(5);
/// How often a spoilt list is read again.
const LIST_TRIES: u32 = 50;
/// How often a stopping container is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// What the runtime says of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// Being made; after a crash also what was half made.
    #[serde(alias = "created", alias = "creating", alias = "configured")]
    Starting,
    #[serde(alias = "paused")]
    Running,
    Stopped,
}

#[derive(Deserialize)]
struct Container {
    id: String,
    status: Status,
}

/// crun with a state directory of our own.
#[derive(Clone, Debug)]
pub(super) struct Runtime {
    state: PathBuf,
}

impl Runtime {
    pub(super) fn new(state: &Path) -> Self {
        Self { state: state.into() }
    }

    pub(super) fn state(&self) -> &Path {
        &self.state
    }

    /// Every container. One that goes while crun reads them spoils the list: then it is read again.
    pub(super) fn list(&self) -> Result<BTreeMap<InstanceId, Status>, InstanceError> {
        if !self.state.is_dir() {
            return Ok(BTreeMap::new());
        }
        let mut tries = 0..LIST_TRIES;
        let containers: Option<Vec<Container>> = loop {
            let output = self.crun(&["list", "--format", "json"])?;
            match serde_json::from_slice(&output.stdout) {
                Ok(containers) => break containers,
                Err(_) if tries.next().is_some() => thread::sleep(PAUSE),
                Err(error) => return Err(error.into()),
            }
        };
        let known =
            containers.into_iter().flatten().map(|container| (container.id.parse(), container.status));
        Ok(known.filter_map(|(id, status)| Some((id.ok()?, status))).collect())
    }

    /// One container; `None` when there is none.
    pub(super) fn status(&self, id: &InstanceId) -> Result<Option<Status>, InstanceError> {
        Ok(self.list()?.remove(id))
    }

    /// Starts a container on a disk over an image.
    pub(super) fn start(
        &self,
        id: &InstanceId,
        image: &Image,
        disk: &Disk,
        bundle: &Bundle,
        cgroup: &Cgroup,
    ) -> Result<(), InstanceError> {
        let mut command = Command::new("unshare");
        command.args([
            "--mount",
            "--propagation",
            "private",
            "/bin/sh",
            "-c",
            include_str!("start.sh"),
            "isthmus",
        ]);
        command
            .arg(&image.root)
            .arg(disk.directory())
            .arg(bundle.directory())
            .arg(&self.state)
            .arg(id.as_str());
        command.arg(disk.console().path()).args(cgroup.join_files());
        let output = run("unshare", &mut command)?;
        accept(id, "started", output)
    }

    /// Ends a container's processes: asks first, kills when the grace is over.
    pub(super) fn stop(&self, id: &InstanceId) -> Result<(), InstanceError> {
        for (signal, patience) in [("TERM", GRACE), ("KILL", KILL)] {
            // A container that ends meanwhile makes this fail, which is what was wanted.
            self.crun(&["kill", id.as_str(), signal])?;
            let deadline = Instant::now() + patience;
            while Instant::now() < deadline {
                if self.status(id)? != Some(Status::Running) {
                    return Ok(());
                }
                thread::sleep(PAUSE);
            }
        }
        Err(InstanceError::Runtime { id: id.clone(), action: "stopped", output: "it does not end".into() })
    }

    /// Forgets a container, killing what is left of it.
    pub(super) fn delete(&self, id: &InstanceId) -> Result<(), InstanceError> {
        let output = self.crun(&["delete", "--force", id.as_str()])?;
        accept(id, "deleted", output)
    }

    fn crun(&self, arguments: &[&str]) -> Result<Output, InstanceError> {
        let mut command = Command::new("crun");
        command.arg("--root").arg(&self.state).arg("--cgroup-manager=disabled").args(arguments);
        run("crun", &mut command)
    }
}

fn run(program: &'static str, command: &mut Command) -> Result<Output, InstanceError> {
    command.output().map_err(|source| InstanceError::Program { program, source })
}

fn accept(id: &InstanceId, action: &'static str, output: Output) -> Result<(), InstanceError> {
    match output.status.success() {
        true => Ok(()),
        false => Err(InstanceError::Runtime { id: id.clone(), action, output: words(&output) }),
    }
}

/// What a program that failed wrote, or else how it ended: one that is killed says nothing.
fn words(output: &Output) -> String {
    match String::from_utf8_lossy(&output.stderr).trim() {
        "" => output.status.to_string(),
        words => words.to_owned(),
    }
}
