//! PostgreSQL's codes, and `PgBouncer`'s words.

use sqlx::postgres::PgDatabaseError;

use super::{Class, StoreError};

pub(super) fn understand(error: &PgDatabaseError) -> StoreError {
    let code = error.code();
    // Not its `Display`: that appends the line of the server's source.
    let mut message = format!("{} (SQLSTATE {code})", error.message());
    for more in [error.detail(), error.hint()].into_iter().flatten() {
        message.push_str("; ");
        message.push_str(more);
    }
    StoreError::new(class(code, error.message()), message)
}

/// See <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn class(code: &str, message: &str) -> Class {
    match code {
        "42P01" => Class::NoTable,
        "23505" => Class::Beaten,
        "40001" | "40P01" | "55P03" => Class::Contended,
        "08P01" if speaks_of_settings(message) => Class::Refused,
        // A database, a schema; a statement that the server has never heard of, which is a bug of ours or a pooler's.
        "3D000" | "3F000" | "26000" => Class::Refused,
        // Logging in; what the server can't do; a right, a column, our grammar.
        _ if ["28", "0A", "42"].iter().any(|group| code.starts_with(group)) => Class::Refused,
        _ => Class::Transient,
    }
}

/// A pooler has one code for every trouble. These are the ones that waiting does not mend; that its server is gone, it
/// says in many ways.
fn speaks_of_settings(message: &str) -> bool {
    const SETTINGS: [&str; 9] = [
        // The server's own words for a database or a role, handed on.
        "\" does not exist",
        "unsupported startup parameter",
        "no such database",
        "no such user",
        "bouncer config error",
        "not allowed",
        "auth failed",
        "authentication failed",
        "SSL required",
    ];
    SETTINGS.iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_classes() {
        for (class_wanted, codes) in [
            (Class::Transient, "08000 08001 08003 08004 08006 53000 53100 53200 53300 53400 57P01 57P02 57P03 57P05"),
            (Class::Transient, "57014 25006 25P02 XX000 58030"),
            (Class::Contended, "40001 40P01 55P03"),
            (Class::Refused, "28000 28P01 3D000 3F000 42501 0A000 42703"),
            (Class::Refused, "26000 42P05 42601"),
            (Class::NoTable, "42P01"),
            (Class::Beaten, "23505"),
        ] {
            for code in codes.split(' ') {
                assert_eq!(class(code, ""), class_wanted, "{code}");
            }
        }
    }

    #[test]
    fn a_poolers_words_are_told_apart() {
        for message in [
            "query_wait_timeout",
            "server conn crashed?",
            "server login failed: FATAL the database system is shutting down",
            "no more connections allowed (max_client_conn)",
            "pgbouncer cannot connect to server",
            "server_login_retry",
            "the pooler of tomorrow has other words",
        ] {
            assert_eq!(class("08P01", message), Class::Transient, "{message}");
        }
        for message in [
            "unsupported startup parameter: extra_float_digits",
            "no such database: shop",
            "no such user: app",
            "database \"shop\" does not exist",
            "bouncer config error",
            "SASL authentication failed",
        ] {
            assert_eq!(class("08P01", message), Class::Refused, "{message}");
        }
    }
}
