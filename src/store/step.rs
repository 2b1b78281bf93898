//! What goes to a database and what comes back, whichever it is.

use sqlx::Database;

/// A value that is sent.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

/// What is expected of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// It answers with rows.
    Rows,
    /// It changes something, or not.
    Nothing,
    /// It must change a row, or the whole transaction is rolled back.
    Change,
}

/// One statement of a transaction.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    pub(super) expect: Expect,
}

/// A value that came back. Text that is not UTF-8 has its bad bytes replaced: anybody may have written it.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Text(String),
}

/// One row of an answer.
#[derive(Clone, Debug)]
pub(super) struct Row(pub(super) Vec<Cell>);

impl Row {
    pub(super) fn int(&self, index: usize) -> Option<i64> {
        match self.0.get(index)? {
            Cell::Int(value) => Some(*value),
            Cell::Text(text) => text.parse().ok(),
            Cell::Null => None,
        }
    }

    pub(super) fn text(&self, index: usize) -> Option<String> {
        match self.0.get(index)? {
            Cell::Int(value) => Some(value.to_string()),
            Cell::Text(text) => Some(text.clone()),
            Cell::Null => None,
        }
    }
}

/// What differs between the drivers of sqlx.
pub(super) trait Driver: Database + sqlx::database::HasStatementCache {
    /// Whether statements are prepared under a name and kept. Names don't survive a transaction pooler.
    const PERSISTENT: bool;

    fn changed(result: &Self::QueryResult) -> u64;
    fn cell(row: &Self::Row, index: usize) -> Result<Cell, sqlx::Error>;
}
