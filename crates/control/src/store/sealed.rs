//! The store's edge: whatever is kept is sealed on its way in and opened on its way out, so that no secret can be forgotten.
//! Who copies the store alone learns names and numbers of rows, not what is in them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use model::id::Revision;

use super::master_key::MasterKey;
use super::{Cause, CommitError, Edit, LoadError, Loaded, Store};

/// A store whose values are sealed with AES-256-GCM, each under a random nonce and bound to its table and key.
pub struct SealedStore {
    inner: Box<dyn Store>,
    key: RandomizedNonceKey,
}

/// A value that this key did not seal, or that somebody changed or moved.
#[derive(Debug, thiserror::Error)]
#[error(
    "{table} {key} cannot be opened with this master key: give the key that the store was made with, or the store was changed by somebody else"
)]
struct Unopened {
    table: String,
    key: String,
}

/// The cipher refused to work.
#[derive(Debug, thiserror::Error)]
#[error("a value cannot be sealed")]
struct Unsealed;

impl SealedStore {
    /// Seals what goes into `inner`.
    ///
    /// # Errors
    /// When the cipher cannot be set up.
    pub fn new(inner: Box<dyn Store>, key: &MasterKey) -> Result<Self, Cause> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, key.bytes()).map_err(|_| Unsealed)?;
        Ok(Self { inner, key })
    }

    /// The nonce, then the sealed value with its tag.
    fn seal(&self, edit: &Edit) -> Result<Edit, Cause> {
        let seal = |value: &Vec<u8>| {
            let mut sealed = value.clone();
            let place = Aad::from(place(&edit.table, &edit.key));
            let nonce = self.key.seal_in_place_append_tag(place, &mut sealed).map_err(|_| Unsealed)?;
            Ok::<_, Unsealed>([nonce.as_ref().as_slice(), &sealed].concat())
        };
        let value = edit.value.as_ref().map(seal).transpose()?;
        Ok(Edit { table: edit.table.clone(), key: edit.key.clone(), value })
    }

    fn open(&self, table: &str, key: &str, value: &mut Vec<u8>) -> Result<(), Unopened> {
        let unopened = || Unopened { table: table.to_owned(), key: key.to_owned() };
        let (nonce, sealed) = value.split_at_mut_checked(NONCE_LEN).ok_or_else(unopened)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| unopened())?;
        let place = Aad::from(place(table, key));
        *value = self.key.open_in_place(nonce, place, sealed).map_err(|_| unopened())?.to_vec();
        Ok(())
    }
}

impl Store for SealedStore {
    fn load(&mut self) -> Result<Loaded, LoadError> {
        let mut loaded = self.inner.load()?;
        for row in &mut loaded.rows {
            self.open(&row.table, &row.key, &mut row.value).map_err(|error| LoadError(error.into()))?;
        }
        Ok(loaded)
    }

    fn commit(&mut self, base: Revision, next: Revision, edits: &[Edit]) -> Result<(), CommitError> {
        let sealed = edits.iter().map(|edit| self.seal(edit)).collect::<Result<Vec<_>, _>>();
        self.inner.commit(base, next, &sealed.map_err(CommitError::Failed)?)
    }
}

/// What a value is bound to: moved to another place it cannot be opened.
fn place(table: &str, key: &str) -> Vec<u8> {
    [table.as_bytes(), &[0], key.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::super::memory::MemoryStore;
    use super::super::redb::RedbStore;
    use super::super::suite::put;
    use super::*;
    use crate::testing::TempDir;

    const SECRET: &str = "a secret that nobody else may read";

    fn sealed(inner: Box<dyn Store>, key: u8) -> SealedStore {
        SealedStore::new(inner, &MasterKey::from_bytes([key; 32])).unwrap()
    }

    #[test]
    fn nothing_of_a_value_is_in_the_file() {
        let directory = TempDir::new();
        let path = directory.join("state.redb");
        let mut store = sealed(Box::new(RedbStore::open(&path).unwrap()), 1);
        store.commit(Revision(0), Revision(1), &[put("access_keys", "k", SECRET)]).unwrap();
        assert_eq!(store.load().unwrap().rows[0].value, SECRET.as_bytes());
        drop(store);
        let file = std::fs::read(&path).unwrap();
        assert!(!file.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
        assert!(file.windows(11).any(|window| window == b"access_keys"), "keys of rows are not sealed");
    }

    #[test]
    fn another_key_opens_nothing_and_says_so() {
        let directory = TempDir::new();
        let path = directory.join("state.redb");
        let mut store = sealed(Box::new(RedbStore::open(&path).unwrap()), 1);
        store.commit(Revision(0), Revision(1), &[put("vpcs", "v", SECRET)]).unwrap();
        drop(store);
        let mut other = sealed(Box::new(RedbStore::open(&path).unwrap()), 2);
        let error = other.load().unwrap_err().0.to_string();
        assert!(error.contains("vpcs v cannot be opened with this master key"), "{error}");
    }

    #[test]
    fn a_value_that_was_moved_or_changed_is_not_opened() {
        let store = sealed(Box::new(MemoryStore::default()), 1);
        let value = store.seal(&put("access_keys", "mine", SECRET)).unwrap().value.unwrap();
        assert!(store.open("access_keys", "mine", &mut value.clone()).is_ok());
        assert!(store.open("access_keys", "yours", &mut value.clone()).is_err());
        for at in 0..value.len() {
            let mut changed = value.clone();
            changed[at] ^= 1;
            assert!(store.open("access_keys", "mine", &mut changed).is_err(), "byte {at}");
        }
        assert!(store.open("access_keys", "mine", &mut vec![1, 2, 3]).is_err());
    }
}
