//! The last plan, kept on disk: an agent that starts without a controller goes on with it.
//!
//! To write a large plan takes longer than to follow it. So the old one is forgotten before a new one is followed (what it
//! allowed may be revoked), and the new one is written beside, once it is followed. An agent that dies in between starts
//! without a plan: packets go on as they are until the controller sends one.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::plan::HostPlan;
use tokio::sync::watch;

/// Time between two plans that are written: of several changes in a row the last one is kept.
const QUIET: Duration = Duration::from_millis(200);

/// The plan could not be kept or read back.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The disk said no.
    #[error("the last plan could not be {verb} at {}: is the disk full or read-only?", path.display())]
    Disk {
        /// Kept, forgotten or read.
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
    /// The only plan that may be kept.
    newest: Arc<Mutex<Option<Arc<HostPlan>>>>,
}

/// Keeps what `plans` shows, until they end.
pub(crate) async fn keep(cache: PlanCache, mut plans: watch::Receiver<Option<Arc<HostPlan>>>) {
    while plans.changed().await.is_ok() {
        tokio::time::sleep(QUIET).await;
        let Some(plan) = plans.borrow_and_update().clone() else { continue };
        let cache = cache.clone();
        let stored = tokio::task::spawn_blocking(move || cache.store(&plan)).await;
        if let Ok(Err(error)) = stored {
            tracing::warn!(error = crate::reconcile::in_full(&error), "plan cache");
        }
    }
}

impl PlanCache {
    /// The cache in this state directory.
    pub fn new(state_dir: &Path) -> Self {
        Self { path: state_dir.join("plan.json"), newest: Arc::default() }
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

    /// Forgets the plan before `plan`. After a crash there is none, until `plan` itself is kept.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn supersede(&self, plan: &Arc<HostPlan>) -> Result<(), CacheError> {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = Some(Arc::clone(plan));
        match fs::remove_file(&self.path) {
            Ok(()) => self.sync_directory().map_err(|e| self.disk("forgotten", e)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.disk("forgotten", error)),
        }
    }

    /// Keeps a plan, unless another one has superseded it: after a crash there is the whole of it or nothing.
    ///
    /// # Errors
    /// When the disk refuses; then there is no plan, which is better than one that would open again what has been
    /// revoked since.
    pub fn store(&self, plan: &Arc<HostPlan>) -> Result<(), CacheError> {
        let bytes = serde_json::to_vec(plan.as_ref())
            .map_err(|source| CacheError::Content { path: self.path.clone(), source })?;
        self.write(&bytes).map_err(|e| self.disk("kept", e))?;
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.as_ref().is_some_and(|newest| Arc::ptr_eq(newest, plan)) {
            let renamed = fs::rename(self.fresh(), &self.path).and_then(|()| self.sync_directory());
            renamed.map_err(|e| self.disk("kept", e))?;
        }
        Ok(())
    }

    fn fresh(&self) -> PathBuf {
        self.path.with_extension("new")
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(self.directory())?;
        match fs::remove_file(self.fresh()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        // A plan holds private keys of certificates.
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.fresh())?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    fn sync_directory(&self) -> io::Result<()> {
        fs::File::open(self.directory())?.sync_all()
    }

    fn disk(&self, verb: &'static str, source: io::Error) -> CacheError {
        CacheError::Disk { verb, path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(revision: u64) -> Arc<HostPlan> {
        let host = "host-test".parse().unwrap();
        let empty = model::planner::plan(&model::state::State::default(), &host);
        Arc::new(HostPlan { revision: model::id::Revision(revision), ..empty })
    }

    #[test]
    fn only_the_newest_plan_is_ever_kept() {
        let directory = std::env::temp_dir().join(format!("isthmus-test-plan-cache-{}", std::process::id()));
        let cache = PlanCache::new(&directory);
        let (old, new) = (plan(1), plan(2));
        cache.supersede(&old).unwrap();
        cache.store(&old).unwrap();
        assert_eq!(cache.load().unwrap().as_deref(), Some(&*old));
        cache.supersede(&new).unwrap();
        assert_eq!(cache.load().unwrap(), None);
        // It was still being written when the new one came.
        cache.store(&old).unwrap();
        assert_eq!(cache.load().unwrap(), None);
        cache.store(&new).unwrap();
        assert_eq!(cache.load().unwrap().as_deref(), Some(&*new));
        fs::remove_dir_all(directory).unwrap();
    }
}
