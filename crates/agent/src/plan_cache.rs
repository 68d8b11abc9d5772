//! The last plan, kept on disk: an agent that starts without a controller goes on with it.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::plan::HostPlan;

/// The plan could not be kept or read back.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The disk said no.
    #[error("the last plan could not be {verb} at {}: is the disk full or read-only?", path.display())]
    Disk {
        /// Kept or read.
        verb: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is not a plan of this version.
    #[error("{} is not a plan of this version; a new one replaces it", path.display())]
    Content {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// Where the last plan is kept.
#[derive(Clone, Debug)]
pub struct PlanCache {
    path: PathBuf,
}

impl PlanCache {
    /// The cache in this state directory.
    pub fn new(state_dir: &Path) -> Self {
        Self { path: state_dir.join("plan.json") }
    }

    /// The last plan; `None` before the first.
    pub fn load(&self) -> Result<Option<Arc<HostPlan>>, CacheError> {
        match fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(|plan| Some(Arc::new(plan)))
                .map_err(|source| CacheError::Content { path: self.path.clone(), source }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.disk("read", e)),
        }
    }

    /// Keeps a plan: after a crash there is either the old one or the new one, whole; after an error there is none.
    pub fn store(&self, plan: &HostPlan) -> Result<(), CacheError> {
        let bytes = serde_json::to_vec(plan)
            .map_err(|source| CacheError::Content { path: self.path.clone(), source })?;
        self.replace(&bytes).map_err(|e| {
            // No plan at all is better than one that would open again what has been revoked since.
            let _ = fs::remove_file(&self.path);
            self.disk("kept", e)
        })
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(directory)?;
        let fresh = self.path.with_extension("new");
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        // A plan holds private keys of certificates.
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        fs::File::open(directory)?.sync_all()
    }

    fn disk(&self, verb: &'static str, source: io::Error) -> CacheError {
        CacheError::Disk { verb, path: self.path.clone(), source }
    }
}
