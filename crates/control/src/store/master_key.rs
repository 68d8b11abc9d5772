//! The master key, which seals the store: beside it, or wherever the operator keeps it.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;

use super::{Cause, file_in};

/// The key file in the state directory.
const FILE: &str = "master.key";
/// The key as 64 hexadecimal digits.
const VARIABLE: &str = "ISTHMUS_MASTER_KEY";
/// Where systemd puts the credentials of a unit.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// The credential's name there.
const CREDENTIAL: &str = "isthmus.master-key";

const LENGTH: usize = 32;

/// 256 bits. Never shown.
pub struct MasterKey([u8; LENGTH]);

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// What is there is no key.
    #[error("the master key in {0} is not 64 hexadecimal digits")]
    Malformed(String),
    /// The store is older than the key would be.
    #[error(
        "the store was sealed with a master key that is gone: put {} back, or give the key as {VARIABLE}",
        .0.display()
    )]
    Gone(PathBuf),
    /// Others can read it.
    #[error("others can read the master key {}: chmod 600 it", .0.display())]
    Open(PathBuf),
    /// It cannot be read or made.
    #[error("the master key {} cannot be read or made", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Cause,
    },
}

impl MasterKey {
    /// The key of a state directory: from the environment, from a credential, or from the key file, which is made when
    /// there is no store yet.
    ///
    /// # Errors
    /// When there is a store and no key, or what is there is no key that only its owner can read.
    pub fn of(state_dir: &Path) -> Result<Self, MasterKeyError> {
        if let Ok(text) = std::env::var(VARIABLE) {
            return Self::parse(&text).ok_or_else(|| MasterKeyError::Malformed(VARIABLE.to_owned()));
        }
        let credential =
            std::env::var_os(CREDENTIALS).map(|directory| Path::new(&directory).join(CREDENTIAL));
        match credential.filter(|path| path.exists()) {
            Some(path) => Self::read(&path),
            None => Self::in_file(&state_dir.join(FILE), &file_in(state_dir)),
        }
    }

    fn in_file(path: &Path, store: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::Failed { path: path.to_owned(), source };
        match path.metadata() {
            Ok(file) if file.permissions().mode() & 0o077 != 0 => Err(MasterKeyError::Open(path.to_owned())),
            Ok(_) => Self::read(path),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error.into())),
            Err(_) if store.exists() => Err(MasterKeyError::Gone(path.to_owned())),
            Err(_) => Self::make(path).map_err(failed),
        }
    }

    fn read(path: &Path) -> Result<Self, MasterKeyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| MasterKeyError::Failed { path: path.to_owned(), source: error.into() })?;
        Self::parse(&text).ok_or_else(|| MasterKeyError::Malformed(path.display().to_string()))
    }

    /// Durable before anything is sealed with it.
    fn make(path: &Path) -> Result<Self, Cause> {
        let mut bytes = [0; LENGTH];
        crate::random::fill(&mut bytes)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", hex::encode(bytes))?;
        file.sync_all()?;
        if let Some(directory) = path.parent() {
            std::fs::File::open(directory)?.sync_all()?;
        }
        Ok(Self(bytes))
    }

    fn parse(text: &str) -> Option<Self> {
        Some(Self(hex::decode(text.trim()).ok()?.try_into().ok()?))
    }

    /// A key for something else than the store; the master key cannot be told from it.
    pub fn derive(&self, purpose: &str) -> [u8; LENGTH] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), purpose.as_bytes());
        let mut key = [0; LENGTH];
        key.copy_from_slice(tag.as_ref());
        key
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    #[cfg(test)]
    pub(super) fn from_bytes(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TempDir;

    #[test]
    fn the_key_is_made_once_for_its_owner_alone() {
        let directory = TempDir::new();
        let (path, store) = (directory.join(FILE), directory.join("state.redb"));
        let made = MasterKey::in_file(&path, &store).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(MasterKey::in_file(&path, &store).unwrap().0, made.0);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(MasterKey::in_file(&path, &store), Err(MasterKeyError::Open(_))));
    }

    #[test]
    fn a_store_without_its_key_gets_no_new_one() {
        let directory = TempDir::new();
        let (path, store) = (directory.join(FILE), directory.join("state.redb"));
        std::fs::write(&store, "").unwrap();
        assert!(matches!(MasterKey::in_file(&path, &store), Err(MasterKeyError::Gone(_))));
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let directory = TempDir::new();
        let path = directory.join(FILE);
        std::fs::write(&path, "secret").unwrap();
        assert!(matches!(MasterKey::read(&path), Err(MasterKeyError::Malformed(_))));
        assert!(MasterKey::parse(&"0f".repeat(32)).is_some());
    }
}
