//! What can go wrong between us and the database, told by code, never by wording.

use std::path::Path;
use std::time::Duration;

use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

use crate::words::span;

/// What a failure means for who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It may be over in a moment: asked again with backoff.
    Transient,
    /// Two writers met: rolled back, asked again, what was seen before stays seen.
    Contended,
    /// Waiting makes it no better: a password, a right, a name.
    Refused,
    /// The runs table is not there.
    NoTable,
    /// A unique index refused the row: somebody was faster.
    Beaten,
}

/// A failed request: what it means, and the database's own words for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    /// What it means.
    pub class: Class,
    message: String,
}

impl StoreError {
    fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }

    pub(super) fn no_table() -> Self {
        Self::new(Class::NoTable, "there is no runs table yet")
    }

    pub(super) fn missing_folder(folder: &Path) -> Self {
        Self::new(Class::Refused, format!("the folder `{}` does not exist", folder.display()))
    }

    pub(super) fn timed_out(limit: Duration) -> Self {
        Self::new(Class::Transient, format!("no answer within {}", span(limit)))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(database) => {
                if let Some(error) = database.try_downcast_ref::<PgDatabaseError>() {
                    postgres(error)
                } else if let Some(error) = database.try_downcast_ref::<SqliteError>() {
                    sqlite(error)
                } else if let Some(error) = database.try_downcast_ref::<MySqlDatabaseError>() {
                    mysql(error)
                } else {
                    Self::new(Class::Transient, database.message())
                }
            }
            // A certificate that does not verify arrives as bad data.
            sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                Self::new(Class::Refused, format!("TLS: {error}"))
            }
            sqlx::Error::Io(error) => Self::new(Class::Transient, error.to_string()),
            sqlx::Error::Tls(error) => Self::new(Class::Refused, format!("TLS: {error}")),
            sqlx::Error::Configuration(error) => Self::new(Class::Refused, error.to_string()),
            other => Self::new(Class::Transient, other.to_string()),
        }
    }
}

fn postgres(error: &PgDatabaseError) -> StoreError {
    let code = error.code();
    let class = match code {
        "42P01" => Class::NoTable,
        "23505" => Class::Beaten,
        "40001" | "40P01" | "55P03" => Class::Contended,
        "3D000" | "3F000" | "42501" => Class::Refused,
        _ if code.starts_with("28") || code.starts_with("0A") || code.starts_with("42") => Class::Refused,
        _ => Class::Transient,
    };
    // Not its `Display`: that appends the line of the server's source.
    let mut message = format!("{} (SQLSTATE {code})", error.message());
    for more in [error.detail(), error.hint()].into_iter().flatten() {
        message.push_str("; ");
        message.push_str(more);
    }
    StoreError::new(class, message)
}

/// By number alone: "too many connections" comes with the SQLSTATE of a broken connection, a lock timeout with none.
fn mysql(error: &MySqlDatabaseError) -> StoreError {
    let number = error.number();
    let class = match number {
        1146 => Class::NoTable,
        1062 => Class::Beaten,
        1020 | 1205 | 1213 => Class::Contended,
        1044 | 1045 | 1049 | 1054 | 1064 | 1142 | 1143 | 1227 | 1698 => Class::Refused,
        _ => Class::Transient,
    };
    StoreError::new(class, format!("{} (error {number})", error.message()))
}

fn sqlite(error: &SqliteError) -> StoreError {
    let message = sqlx::error::DatabaseError::message(error);
    let code = sqlx::error::DatabaseError::code(error).and_then(|code| code.parse::<u32>().ok()).unwrap_or(0);
    // The low byte is the primary code; see <https://www.sqlite.org/rescode.html>.
    let class = match (code & 0xff, code) {
        (_, 2067 | 1555) => Class::Beaten,
        (1, _) if message.contains("no such table") => Class::NoTable,
        (5 | 6, _) => Class::Contended,
        (1 | 3 | 8 | 14 | 23 | 26, _) => Class::Refused,
        _ => Class::Transient,
    };
    StoreError::new(class, format!("{message} (SQLite {code})"))
}
