//! What can go wrong between us and the database, told by code, never by wording where there is a code.

mod mysql;
mod network;
mod postgres;
mod sqlite;

use std::path::Path;
use std::time::Duration;

use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

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

    /// A refusal that needs no server.
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::new(Class::Refused, message)
    }

    pub(super) fn missing_folder(folder: &Path) -> Self {
        Self::refused(format!("the folder `{}` does not exist", folder.display()))
    }

    /// No answer in this time.
    pub fn timed_out(limit: Duration) -> Self {
        // Finer than this it would be another message at every try.
        let limit = Duration::from_millis(u64::try_from(limit.as_millis().next_multiple_of(100)).unwrap_or(u64::MAX));
        Self::new(Class::Transient, format!("no answer within {}", humantime::format_duration(limit)))
    }

    /// The same failure with more to say about it.
    pub(super) fn advising(mut self, advice: &str) -> Self {
        self.message.push_str("; ");
        self.message.push_str(advice);
        self
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::Database(database) => {
                if let Some(error) = database.try_downcast_ref::<PgDatabaseError>() {
                    postgres::understand(error)
                } else if let Some(error) = database.try_downcast_ref::<SqliteError>() {
                    sqlite::understand(error)
                } else if let Some(error) = database.try_downcast_ref::<MySqlDatabaseError>() {
                    mysql::understand(error)
                } else {
                    Self::new(Class::Transient, database.message())
                }
            }
            E::Io(error) => network::understand(&error),
            E::Tls(error) => Self::refused(format!("TLS: {error}")),
            E::Configuration(error) => Self::refused(error.to_string()),
            // The only one of them that waiting can't mend; it has no code.
            E::Protocol(text) if text.starts_with("unknown authentication plugin") => Self::refused(text),
            // The table is not as we made it, or a statement is wrong.
            E::ColumnNotFound(_)
            | E::ColumnIndexOutOfBounds { .. }
            | E::ColumnDecode { .. }
            | E::Decode(_)
            | E::TypeNotFound { .. }
            | E::RowNotFound => Self::refused(format!("unexpected answer: {error}")),
            other => Self::new(Class::Transient, other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_driver_are_told_apart() {
        for (error, class) in [
            (sqlx::Error::Tls("x".into()), Class::Refused),
            (sqlx::Error::Configuration("x".into()), Class::Refused),
            (sqlx::Error::Protocol("unknown authentication plugin: client_ed25519".into()), Class::Refused),
            (sqlx::Error::Protocol("unexpected packet".into()), Class::Transient),
            (sqlx::Error::ColumnNotFound("x".into()), Class::Refused),
            (sqlx::Error::RowNotFound, Class::Refused),
            (sqlx::Error::WorkerCrashed, Class::Transient),
        ] {
            let understood = StoreError::from(error);
            assert_eq!(understood.class, class, "{understood}");
        }
    }

    #[test]
    fn a_time_limit_reads_alike_at_every_try() {
        let text = |micros| StoreError::timed_out(Duration::from_micros(micros)).to_string();
        assert_eq!((text(4_999_017), text(5_000_000)), ("no answer within 5s".into(), "no answer within 5s".into()));
    }
}
