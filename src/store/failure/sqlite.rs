//! SQLite's codes.

use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

use super::{Class, StoreError};

pub(super) fn understand(error: &SqliteError) -> StoreError {
    let message = error.message();
    let code = error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or(0);
    StoreError::new(class(code, message), format!("{message} (SQLite {code})"))
}

/// The low byte is the primary code; see <https://www.sqlite.org/rescode.html>.
fn class(code: u32, message: &str) -> Class {
    match (code & 0xff, code) {
        (_, 2067 | 1555) => Class::Beaten,
        // It has one code for a missing table and for bad grammar.
        (1, _) if message.contains("no such table") => Class::NoTable,
        (5 | 6, _) => Class::Contended,
        (1 | 3 | 8 | 14 | 21 | 23 | 26, _) => Class::Refused,
        _ => Class::Transient,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_classes() {
        for (code, message, wanted) in [
            (1, "no such table: bellwether_runs", Class::NoTable),
            (1, "no such column: beats", Class::Refused),
            (5, "", Class::Contended),
            (261, "", Class::Contended),
            (517, "", Class::Contended),
            (6, "", Class::Contended),
            (10, "", Class::Transient),
            (13, "", Class::Transient),
            (8, "", Class::Refused),
            (14, "", Class::Refused),
            (21, "", Class::Refused),
            (23, "", Class::Refused),
            (26, "", Class::Refused),
            (2067, "", Class::Beaten),
            (1555, "", Class::Beaten),
        ] {
            assert_eq!(class(code, message), wanted, "{code} {message}");
        }
    }
}
