//! A store that forgets, for tests of what lies above it.

use std::collections::BTreeMap;

use model::id::Revision;

use super::{CommitError, Edit, LoadError, Loaded, Row, Store};

/// Rows in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    revision: Revision,
    rows: BTreeMap<(String, String), Vec<u8>>,
}

impl Store for MemoryStore {
    fn load(&mut self) -> Result<Loaded, LoadError> {
        let row = |((table, key), value): (&(String, String), &Vec<u8>)| Row {
            table: table.clone(),
            key: key.clone(),
            value: value.clone(),
        };
        Ok(Loaded { revision: self.revision, rows: self.rows.iter().map(row).collect() })
    }

    fn commit(&mut self, base: Revision, next: Revision, edits: &[Edit]) -> Result<(), CommitError> {
        if base != self.revision {
            return Err(CommitError::Beaten { base, found: self.revision });
        }
        for edit in edits {
            let place = (edit.table.clone(), edit.key.clone());
            match &edit.value {
                Some(value) => self.rows.insert(place, value.clone()),
                None => self.rows.remove(&place),
            };
        }
        self.revision = next;
        Ok(())
    }
}
