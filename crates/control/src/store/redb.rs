//! The embedded store: one file, durable before the answer.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use model::id::Revision;
use redb::backends::FileBackend;
use redb::{Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, Table, TableDefinition};

use super::{Cause, CommitError, Edit, LoadError, Loaded, OpenError, Row, Store};

/// Rows: table, NUL, key.
const ROWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");
/// Facts about the store itself.
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const SCHEMA: &str = "schema";
const REVISION: &str = "revision";
/// The layout written here. Raised whenever an older version could not read what is written.
const KNOWN_SCHEMA: u32 = 1;
const SEPARATOR: u8 = 0;

/// Opens the engine on its file, or says why not.
type Opener = Box<dyn Fn() -> Result<Database, DatabaseError> + Send>;

/// Rows in a file of its own, which no second process can open.
pub struct RedbStore {
    path: PathBuf,
    open: Opener,
    /// `None` after a failure: the engine refuses all work until it is opened again.
    database: Option<Database>,
}

impl RedbStore {
    /// Opens the store in this file, or makes it, readable by its owner only.
    ///
    /// # Errors
    /// When another process has it, a newer version wrote it, or the file cannot be used.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let file = path.to_owned();
        Self::open_with(
            path,
            Box::new(move || Database::builder().create_with_backend(FileBackend::new(create(&file)?)?)),
        )
    }

    fn open_with(path: &Path, open: Opener) -> Result<Self, OpenError> {
        let mut store = Self { path: path.to_owned(), open, database: None };
        let database = (store.open)().map_err(|error| store.refused(error))?;
        let found = schema(&database).map_err(|source| store.unusable(source))?;
        if found > KNOWN_SCHEMA {
            return Err(OpenError::Newer { path: store.path, found, known: KNOWN_SCHEMA });
        }
        store.database = Some(database);
        Ok(store)
    }

    fn refused(&self, error: DatabaseError) -> OpenError {
        match error {
            DatabaseError::DatabaseAlreadyOpen => OpenError::InUse { path: self.path.clone() },
            other => self.unusable(other.into()),
        }
    }

    fn unusable(&self, source: Cause) -> OpenError {
        OpenError::Failed { path: self.path.clone(), source }
    }

    /// Runs an operation on the engine; a failed one closes it, so that the next opens it again.
    fn with<T>(&mut self, operation: impl FnOnce(&Database) -> Result<T, Cause>) -> Result<T, Cause> {
        let database = match self.database.take() {
            Some(database) => database,
            None => (self.open)()?,
        };
        let outcome = operation(&database)?;
        self.database = Some(database);
        Ok(outcome)
    }
}

impl Store for RedbStore {
    fn load(&mut self) -> Result<Loaded, LoadError> {
        self.with(read).map_err(LoadError)
    }

    fn commit(&mut self, base: Revision, next: Revision, edits: &[Edit]) -> Result<(), CommitError> {
        let found = self.with(|database| write(database, base, next, edits)).map_err(CommitError::Failed)?;
        if found == base { Ok(()) } else { Err(CommitError::Beaten { base, found }) }
    }
}

fn create(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// The schema that the file was written with; a new file gets the one known here.
fn schema(database: &Database) -> Result<u32, Cause> {
    let transaction = begin(database)?;
    let found = {
        let mut meta = transaction.open_table(META)?;
        transaction.open_table(ROWS)?;
        let found = meta.get(SCHEMA)?.map(|schema| schema.value());
        match found {
            Some(schema) => u32::try_from(schema)?,
            None => {
                meta.insert(SCHEMA, u64::from(KNOWN_SCHEMA))?;
                KNOWN_SCHEMA
            }
        }
    };
    transaction.commit()?;
    Ok(found)
}

fn begin(database: &Database) -> Result<redb::WriteTransaction, Cause> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

fn read(database: &Database) -> Result<Loaded, Cause> {
    let transaction = database.begin_read()?;
    let revision = transaction.open_table(META)?.get(REVISION)?.map_or(0, |revision| revision.value());
    let mut rows = Vec::new();
    for entry in transaction.open_table(ROWS)?.iter()? {
        let (place, value) = entry?;
        rows.push(row(place.value(), value.value())?);
    }
    Ok(Loaded { revision: Revision(revision), rows })
}

/// Writes the edits if the store is at `base`; says where it was.
fn write(database: &Database, base: Revision, next: Revision, edits: &[Edit]) -> Result<Revision, Cause> {
    let transaction = begin(database)?;
    let found = {
        let mut meta = transaction.open_table(META)?;
        let found = Revision(meta.get(REVISION)?.map_or(0, |revision| revision.value()));
        if found == base {
            meta.insert(REVISION, next.0)?;
            apply(transaction.open_table(ROWS)?, edits)?;
        }
        found
    };
    if found == base {
        transaction.commit()?;
    } else {
        transaction.abort()?;
    }
    Ok(found)
}

fn apply(mut rows: Table<'_, &[u8], &[u8]>, edits: &[Edit]) -> Result<(), Cause> {
    for edit in edits {
        let place = place(&edit.table, &edit.key);
        match &edit.value {
            Some(value) => rows.insert(place.as_slice(), value.as_slice())?,
            None => rows.remove(place.as_slice())?,
        };
    }
    Ok(())
}

fn place(table: &str, key: &str) -> Vec<u8> {
    [table.as_bytes(), &[SEPARATOR], key.as_bytes()].concat()
}

fn row(place: &[u8], value: &[u8]) -> Result<Row, Cause> {
    let at = place.iter().position(|byte| *byte == SEPARATOR).ok_or("a row without a table")?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
    Ok(Row { table: text(&place[..at])?, key: text(&place[at + 1..])?, value: value.to_vec() })
}

#[cfg(test)]
mod tests;
