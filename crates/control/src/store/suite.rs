//! What every store must do, whatever its engine.

use model::id::Revision;

use super::master_key::MasterKey;
use super::memory::MemoryStore;
use super::redb::RedbStore;
use super::{CommitError, Edit, Row, Store};
use crate::testing::TempDir;

pub(super) fn put(table: &str, key: &str, value: &str) -> Edit {
    Edit { table: table.into(), key: key.into(), value: Some(value.into()) }
}

pub(super) fn remove(table: &str, key: &str) -> Edit {
    Edit { table: table.into(), key: key.into(), value: None }
}

fn on_every_engine(check: impl Fn(&mut dyn Store)) {
    check(&mut MemoryStore::default());
    let directory = TempDir::new();
    check(&mut RedbStore::open(&directory.join("state.redb")).unwrap());
    check(super::open(TempDir::new().path(), &MasterKey::from_bytes([1; 32])).unwrap().as_mut());
}

#[test]
fn a_new_store_is_empty_and_at_revision_0() {
    on_every_engine(|store| {
        let loaded = store.load().unwrap();
        assert_eq!((loaded.revision, loaded.rows), (Revision(0), Vec::new()));
    });
}

#[test]
fn committed_rows_are_loaded_in_order_with_the_newest_values() {
    on_every_engine(|store| {
        store.commit(Revision(0), Revision(1), &[put("vpc", "b", "1"), put("vpc", "a", "1")]).unwrap();
        store
            .commit(
                Revision(1),
                Revision(5),
                &[put("vpc", "a", "2"), remove("vpc", "b"), put("eni", "z", "3")],
            )
            .unwrap();
        let loaded = store.load().unwrap();
        let row = |table: &str, key: &str, value: &str| Row {
            table: table.into(),
            key: key.into(),
            value: value.into(),
        };
        assert_eq!(loaded.revision, Revision(5));
        assert_eq!(loaded.rows, vec![row("eni", "z", "3"), row("vpc", "a", "2")]);
    });
}

#[test]
fn a_commit_on_an_old_revision_changes_nothing() {
    on_every_engine(|store| {
        store.commit(Revision(0), Revision(1), &[put("vpc", "a", "1")]).unwrap();
        let before = store.load().unwrap();
        let beaten = store.commit(Revision(0), Revision(2), &[put("vpc", "a", "2"), put("vpc", "b", "2")]);
        assert!(matches!(beaten, Err(CommitError::Beaten { base: Revision(0), found: Revision(1) })));
        assert_eq!(store.load().unwrap(), before);
        store.commit(Revision(1), Revision(2), &[remove("vpc", "a")]).unwrap();
        assert_eq!(store.load().unwrap().rows, Vec::new());
    });
}

#[test]
fn tables_do_not_run_into_each_other() {
    on_every_engine(|store| {
        store
            .commit(
                Revision(0),
                Revision(1),
                &[put("a", "b/c", "1"), put("a/b", "c", "2"), put("ab", "c", "3")],
            )
            .unwrap();
        assert_eq!(store.load().unwrap().rows.len(), 3);
    });
}
