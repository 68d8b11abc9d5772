//! The last plan, kept on disk: an agent that starts without a controller goes on with it.
//!
//! To write a large plan takes longer than to follow it. So the old one is forgotten before a new one is followed (what it
//! allowed may be revoked), and the new one is written beside, once it is followed. An agent that dies in between starts
//! without a plan: packets go on as they are until the controller sends one.
//!
//! What of it is secret lies there sealed. Who only looks at it (`isthmus trace`) needs no key, and sees none of that.

mod secrets;

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::plan::HostPlan;
use openssl::error::ErrorStack;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

pub use secrets::PlanKey;
use secrets::Secrets;

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
    /// The cipher refused to work.
    #[error("the secrets of the last plan could not be sealed, so it is not kept")]
    Unsealed(#[source] ErrorStack),
    /// The secrets were sealed with another key, or somebody changed them.
    #[error("the secrets in {} cannot be opened with this master key; a new plan replaces it", .0.display())]
    Unopened(PathBuf),
}

/// A plan as it lies on disk.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Without its secrets.
    plan: HostPlan,
    /// Those, hexadecimal.
    sealed: String,
}

impl Kept {
    fn read(path: &Path) -> Result<Option<Self>, CacheError> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|source| CacheError::Content { path: path.to_owned(), source }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(CacheError::Disk { verb: "read", path: path.to_owned(), source: e }),
        }
    }

    fn opened(mut self, key: &PlanKey) -> Option<HostPlan> {
        let sealed = hex::decode(&self.sealed).ok()?;
        let text = secrets::open(key, (&self.plan.host, self.plan.revision), &sealed)?;
        serde_json::from_slice::<Secrets>(&text).ok()?.put_back(&mut self.plan);
        Some(self.plan)
    }
}

/// The last plan in a state directory, without its secrets; `None` before the first.
///
/// # Errors
/// When the disk refuses, or what is there is no plan.
pub fn read(state_dir: &Path) -> Result<Option<HostPlan>, CacheError> {
    Ok(Kept::read(&file_in(state_dir))?.map(|kept| kept.plan))
}

fn file_in(state_dir: &Path) -> PathBuf {
    state_dir.join("plan.json")
}

/// Where the last plan is kept.
#[derive(Clone, Debug)]
pub struct PlanCache {
    path: PathBuf,
    key: PlanKey,
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
    pub fn new(state_dir: &Path, key: PlanKey) -> Self {
        Self { path: file_in(state_dir), key, newest: Arc::default() }
    }

    /// The last plan; `None` before the first.
    pub fn load(&self) -> Result<Option<Arc<HostPlan>>, CacheError> {
        let Some(kept) = Kept::read(&self.path)? else { return Ok(None) };
        let plan = kept.opened(&self.key).ok_or_else(|| CacheError::Unopened(self.path.clone()))?;
        Ok(Some(Arc::new(plan)))
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
        let bytes = self.sealed(plan)?;
        self.write(&bytes).map_err(|e| self.disk("kept", e))?;
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.as_ref().is_some_and(|newest| Arc::ptr_eq(newest, plan)) {
            let renamed = fs::rename(self.fresh(), &self.path).and_then(|()| self.sync_directory());
            renamed.map_err(|e| self.disk("kept", e))?;
        }
        Ok(())
    }

    fn sealed(&self, plan: &HostPlan) -> Result<Vec<u8>, CacheError> {
        let content = |source| CacheError::Content { path: self.path.clone(), source };
        let mut plan = plan.clone();
        let secrets = serde_json::to_vec(&Secrets::take(&mut plan)).map_err(content)?;
        let sealed = secrets::seal(&self.key, (&plan.host, plan.revision), &secrets);
        let sealed = hex::encode(sealed.map_err(CacheError::Unsealed)?);
        serde_json::to_vec(&Kept { plan, sealed }).map_err(content)
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
        // A plan tells who may talk to whom.
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
mod tests;
