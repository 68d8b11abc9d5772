//! Rows of the model as rows of a store: JSON under the table's name and the key's text.

use model::state::State;
use model::tables::{Change, Op, Row};

use crate::store::{self, Edit, Loaded};

/// A stored row that this version does not understand.
#[derive(Debug, thiserror::Error)]
#[error("the stored row {table}/{key} is not understood: was the store written by another version?")]
pub struct ForeignRow {
    /// Its table.
    pub table: String,
    /// Its key.
    pub key: String,
    /// Why.
    #[source]
    pub source: serde_json::Error,
}

/// The state that a store's rows make up.
pub(super) fn decode(loaded: Loaded) -> Result<State, ForeignRow> {
    let rows: Result<Vec<Row>, ForeignRow> = loaded.rows.into_iter().map(decode_row).collect();
    Ok(State::replay(loaded.revision, rows?))
}

fn decode_row(row: store::Row) -> Result<Row, ForeignRow> {
    let mut value = serde_json::Deserializer::from_slice(&row.value);
    Row::decode(&row.table, &mut value).map_err(|source| ForeignRow {
        table: row.table,
        key: row.key,
        source,
    })
}

/// What a change does to a store.
pub(super) fn encode(change: &Change) -> Result<Vec<Edit>, ForeignRow> {
    change.ops.iter().map(encode_op).collect()
}

fn encode_op(op: &Op) -> Result<Edit, ForeignRow> {
    let key = match op {
        Op::Put(row) => row.key(),
        Op::Delete(key) => key.clone(),
    };
    let (table, key) = (key.kind().table().to_owned(), key.to_string());
    let value = match op {
        Op::Put(row) => serde_json::to_vec(row).map(Some),
        Op::Delete(_) => Ok(None),
    };
    match value {
        Ok(value) => Ok(Edit { table, key, value }),
        Err(source) => Err(ForeignRow { table, key, source }),
    }
}
