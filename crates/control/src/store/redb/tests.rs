use std::io::{Error, Result};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::StorageBackend;

use super::*;
use crate::store::suite::put;
use crate::testing::TempDir;

#[test]
fn what_was_committed_is_there_after_reopening() {
    let directory = TempDir::new();
    let path = directory.join("state.redb");
    RedbStore::open(&path).unwrap().commit(Revision(0), Revision(1), &[put("vpc", "a", "1")]).unwrap();
    let loaded = RedbStore::open(&path).unwrap().load().unwrap();
    assert_eq!((loaded.revision, loaded.rows.len()), (Revision(1), 1));
}

#[test]
fn only_the_owner_can_read_it() {
    let directory = TempDir::new();
    let path = directory.join("state.redb");
    RedbStore::open(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn two_daemons_cannot_share_it() {
    let directory = TempDir::new();
    let path = directory.join("state.redb");
    let _first = RedbStore::open(&path).unwrap();
    let second = RedbStore::open(&path).err().unwrap();
    assert!(second.to_string().contains("in use by another process"), "{second}");
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let directory = TempDir::new();
    let path = directory.join("state.redb");
    RedbStore::open(&path).unwrap().commit(Revision(0), Revision(1), &[put("vpc", "a", "1")]).unwrap();
    let set_schema = |schema: u64| {
        let database = Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(META).unwrap().insert(SCHEMA, schema).unwrap();
        transaction.commit().unwrap();
    };
    set_schema(u64::from(KNOWN_SCHEMA) + 1);
    let error = RedbStore::open(&path).err().unwrap();
    assert!(matches!(error, OpenError::Newer { found: 2, known: 1, .. }), "{error}");
    set_schema(u64::from(KNOWN_SCHEMA));
    assert_eq!(RedbStore::open(&path).unwrap().load().unwrap().revision, Revision(1));
}

#[test]
fn a_file_of_something_else_is_refused() {
    let directory = TempDir::new();
    let path = directory.join("state.redb");
    std::fs::write(&path, "not a database, but a letter to a friend".repeat(200)).unwrap();
    assert!(matches!(RedbStore::open(&path), Err(OpenError::Failed { .. })));
}

/// A disk that fails when it is told to.
#[derive(Debug)]
struct Disk {
    file: FileBackend,
    broken: Arc<AtomicBool>,
}

impl Disk {
    fn check(&self) -> Result<()> {
        if self.broken.load(Ordering::SeqCst) { Err(Error::other("No space left on device")) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64> {
        self.file.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.file.read(offset, out)
    }
    fn set_len(&self, len: u64) -> Result<()> {
        self.check()?;
        self.file.set_len(len)
    }
    fn sync_data(&self) -> Result<()> {
        self.check()?;
        self.file.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.check()?;
        self.file.write(offset, data)
    }
    fn close(&self) -> Result<()> {
        self.file.close()
    }
}

#[test]
fn after_a_full_disk_it_goes_on_where_it_was() {
    let directory = TempDir::new();
    let path = directory.join("state.redb");
    let broken = Arc::new(AtomicBool::new(false));
    let (file, switch) = (path.clone(), broken.clone());
    let opener: Opener = Box::new(move || {
        let disk = Disk { file: FileBackend::new(create(&file)?)?, broken: switch.clone() };
        Database::builder().create_with_backend(disk)
    });
    let mut store = RedbStore::open_with(&path, opener).unwrap();
    store.commit(Revision(0), Revision(1), &[put("vpc", "a", "1")]).unwrap();

    broken.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let failed = store.commit(Revision(1), Revision(2), &[put("vpc", "a", "2")]);
        assert!(matches!(failed, Err(CommitError::Failed(_))));
    }
    broken.store(false, Ordering::SeqCst);

    let loaded = store.load().unwrap();
    assert_eq!((loaded.revision, loaded.rows[0].value.as_slice()), (Revision(1), b"1".as_slice()));
    store.commit(Revision(1), Revision(2), &[put("vpc", "a", "2")]).unwrap();
    drop(store);
    assert_eq!(RedbStore::open(&path).unwrap().load().unwrap().revision, Revision(2));
}
