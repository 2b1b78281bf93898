//! SQLite: one file on one host, whose clock is the database's.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteQueryResult, SqliteRow};
use sqlx::{ConnectOptions, Row, Sqlite, TypeInfo, ValueRef};

use super::failure::StoreError;
use super::step::{Cell, Driver};

pub(super) async fn connect(path: &Path, create: bool, limit: Duration) -> Result<SqliteConnection, StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(StoreError::missing_folder(folder));
    }
    if !create && !path.exists() {
        return Err(StoreError::no_table());
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(create)
        // Nobody asked for it, and on somebody else's file it would be a surprise.
        .foreign_keys(false)
        // A call that waits for a lock must be answered before we give it up: its thread can't be stopped.
        .busy_timeout(limit / 2);
    Ok(options.connect().await?)
}

impl Driver for Sqlite {
    const PERSISTENT: bool = true;

    fn changed(result: &SqliteQueryResult) -> u64 {
        result.rows_affected()
    }

    fn cell(row: &SqliteRow, index: usize) -> Result<Cell, sqlx::Error> {
        let value = row.try_get_raw(index)?;
        if value.is_null() {
            return Ok(Cell::Null);
        }
        if value.type_info().name() == "INTEGER" {
            return Ok(Cell::Int(row.try_get_unchecked(index)?));
        }
        let bytes: Vec<u8> = row.try_get_unchecked(index)?;
        Ok(Cell::Text(String::from_utf8_lossy(&bytes).into_owned()))
    }
}
