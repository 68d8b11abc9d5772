//! What can go wrong with an instance.

use std::io;
use std::path::{Path, PathBuf};

use model::id::InstanceId;

/// Why an instance is not what the plan says.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// The plan names an image that cannot be used.
    #[error(
        "image '{image}' cannot be used: {reason}; give 'host' or the absolute path of a root file system"
    )]
    Image {
        /// What the plan says.
        image: String,
        /// Why not.
        reason: &'static str,
    },
    /// A file of the instance could not be read, written or deleted.
    #[error("{} could not be {action}", path.display())]
    File {
        /// What was tried: `written`, `deleted` and so on.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The container's configuration could not be made.
    #[error("the configuration of the container could not be made")]
    Configuration(#[from] oci_spec::OciSpecError),
    /// A program that the agent needs could not be run.
    #[error("'{program}' could not be run: install it (Debian packages: crun, util-linux, mount, tini)")]
    Program {
        /// Its name.
        program: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The runtime refused.
    #[error("instance {id} could not be {action}: {output}")]
    Runtime {
        /// The instance.
        id: InstanceId,
        /// What was tried: `started`, `stopped` and so on.
        action: &'static str,
        /// What the runtime wrote, or how it ended when it wrote nothing.
        output: String,
    },
    /// The runtime's answer is not what it should be.
    #[error("crun's list of containers cannot be read")]
    Answer(#[from] serde_json::Error),
}

impl InstanceError {
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { action, path: path.into(), source }
    }
}
