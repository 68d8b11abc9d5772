//! Where the state lives: rows of bytes under a revision. An engine needs to know nothing of the model.

pub mod master_key;
pub mod memory;
pub mod redb;
pub mod sealed;
#[cfg(test)]
mod suite;

use std::error::Error;
use std::path::{Path, PathBuf};

use model::id::Revision;

use master_key::MasterKey;
use sealed::SealedStore;

/// What the engine itself says about a failure.
pub type Cause = Box<dyn Error + Send + Sync>;

/// A place that keeps rows. A commit that was answered with `Ok` survives a crash of the process and of the machine.
pub trait Store: Send {
    /// Everything that was committed.
    ///
    /// # Errors
    /// When the engine cannot read. A later call tries again from the start.
    fn load(&mut self) -> Result<Loaded, LoadError>;

    /// Replaces revision `base` by `next` with all of the edits, or changes nothing.
    ///
    /// # Errors
    /// [`CommitError::Beaten`] changes nothing. After [`CommitError::Failed`] only `load` can tell which of the two
    /// revisions is kept.
    fn commit(&mut self, base: Revision, next: Revision, edits: &[Edit]) -> Result<(), CommitError>;
}

/// Opens the store of a state directory, or makes it. What is in it is sealed with the master key.
///
/// # Errors
/// When another process has it, a newer version wrote it, or the directory cannot be used.
pub fn open(state_dir: &Path, key: &MasterKey) -> Result<Box<dyn Store>, OpenError> {
    let path = file_in(state_dir);
    let store = Box::new(redb::RedbStore::open(&path)?);
    let sealed = SealedStore::new(store, key).map_err(|source| OpenError::Failed { path, source })?;
    Ok(Box::new(sealed))
}

fn file_in(state_dir: &Path) -> PathBuf {
    state_dir.join("state.redb")
}

/// Everything that a store keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The newest commit; 0 when there was none.
    pub revision: Revision,
    /// Its rows, ordered by table and key.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its table.
    pub table: String,
    /// Its key within the table.
    pub key: String,
    /// Its value.
    pub value: Vec<u8>,
}

/// A changed row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The row's table. Without NUL characters.
    pub table: String,
    /// Its key within the table.
    pub key: String,
    /// Its new value; `None` removes the row.
    pub value: Option<Vec<u8>>,
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody else has it.
    #[error(
        "{} is in use by another process: stop that daemon first, or choose another directory with --state",
        path.display()
    )]
    InUse {
        /// The store.
        path: PathBuf,
    },
    /// A later version wrote it.
    #[error(
        "{} was written by a newer version (schema {found}, this one knows up to {known}): start the newer version, or \
         choose another directory with --state",
        path.display()
    )]
    Newer {
        /// The store.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
    /// It cannot be read or made.
    #[error("cannot open the store {}: check that its directory exists, is writable and has space", path.display())]
    Failed {
        /// The store.
        path: PathBuf,
        /// What the engine says.
        source: Cause,
    },
}

/// Why nothing could be loaded.
#[derive(Debug, thiserror::Error)]
#[error("the store cannot be read")]
pub struct LoadError(#[source] pub Cause);

/// Why a commit did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another writer was first.
    #[error("the store is at revision {found:?}, not at {base:?}")]
    Beaten {
        /// What was expected.
        base: Revision,
        /// What is there.
        found: Revision,
    },
    /// The engine failed; whether the change is kept is not known.
    #[error("the store cannot be written: check that its disk works and has space")]
    Failed(#[source] Cause),
}
