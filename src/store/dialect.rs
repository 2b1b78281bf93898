//! The few words that the databases say differently.

use std::time::Duration;

use super::table::Table;
use super::url::Dialect;

/// Begins a transaction that only reads, in which no statement may take longer than `limit` where that can be said.
pub(super) fn begin_reading(dialect: Dialect, limit: Duration) -> String {
    match dialect {
        Dialect::Postgres => format!("BEGIN READ ONLY; {}", limits(limit)),
        Dialect::MySql => "START TRANSACTION READ ONLY".to_owned(),
        Dialect::Sqlite => "BEGIN".to_owned(),
    }
}

/// Begins a transaction that writes, likewise.
pub(super) fn begin_writing(dialect: Dialect, limit: Duration) -> String {
    match dialect {
        // Zero rows must mean that the row has moved, whatever isolation is the server's default. Not `READ WRITE`: where
        // somebody has made the default read-only, on a standby or a full disk, that is to be told, not overridden.
        Dialect::Postgres => format!("BEGIN ISOLATION LEVEL READ COMMITTED; {}", limits(limit)),
        Dialect::MySql => "START TRANSACTION".to_owned(),
        // Takes the lock first, so that no stamp is older than a wait for it.
        Dialect::Sqlite => "BEGIN IMMEDIATE".to_owned(),
    }
}

/// A lock for the length of a transaction, where two first starts at once would collide in the catalogue.
pub(super) fn creation_lock(dialect: Dialect, table: &Table) -> Option<String> {
    (dialect == Dialect::Postgres)
        .then(|| format!("SELECT pg_advisory_xact_lock(hashtext('bellwether {table}'))::text"))
}

/// PostgreSQL's limits for one transaction; they are forgotten with it, as a pooler wants.
fn limits(limit: Duration) -> String {
    let limit = limit.as_millis().max(1);
    format!("SET LOCAL lock_timeout = {limit}; SET LOCAL statement_timeout = {limit}")
}

/// Puts a dialect's words where a text has placeholders: `{table}`, `{now}` for a time to store, `{ms:COLUMN}` and
/// `{ms:now}` for a time in milliseconds since 1970, and `?` for a value.
pub(super) fn render(dialect: Dialect, table: &Table, sql: &str) -> String {
    let mut rendered = sql.replace("{table}", &table.quoted(dialect));
    for column in ["started_at", "beat_at", "ended_at"] {
        rendered = rendered.replace(&format!("{{ms:{column}}}"), &milliseconds(dialect, column));
    }
    // The clock at this moment, not at the transaction's start.
    let (now, to_read) = match dialect {
        Dialect::Postgres => ("clock_timestamp()", "clock_timestamp()"),
        Dialect::MySql => ("UTC_TIMESTAMP(6)", "UTC_TIMESTAMP(6)"),
        Dialect::Sqlite => ("strftime('%Y-%m-%d %H:%M:%f', 'now')", "'now'"),
    };
    rendered = rendered.replace("{ms:now}", &milliseconds(dialect, to_read)).replace("{now}", now);
    if dialect == Dialect::Postgres { numbered(&rendered) } else { rendered }
}

fn milliseconds(dialect: Dialect, time: &str) -> String {
    match dialect {
        // An infinite time is no number.
        Dialect::Postgres => {
            format!("CASE WHEN isfinite({time}) THEN (extract(epoch FROM {time}) * 1000)::bigint END")
        }
        Dialect::MySql => format!("CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {time}) DIV 1000 AS SIGNED)"),
        Dialect::Sqlite => format!("CAST(round(unixepoch({time}, 'subsec') * 1000) AS INTEGER)"),
    }
}

/// Turns `?` into `$1`, `$2`, …; none of our texts holds a question mark of its own.
fn numbered(sql: &str) -> String {
    let mut parts = sql.split('?');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.zip(1..).fold(first, |sql, (part, number)| format!("{sql}${number}{part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_each_databases_words() {
        let table = Table::parse("ops.runs").expect("a name");
        let sql = "UPDATE {table} SET beat_at = {now} WHERE id = ? AND holder = ?";
        for (dialect, expected) in [
            (Dialect::Postgres, r#"UPDATE "ops"."runs" SET beat_at = clock_timestamp() WHERE id = $1 AND holder = $2"#),
            (Dialect::MySql, "UPDATE `ops`.`runs` SET beat_at = UTC_TIMESTAMP(6) WHERE id = ? AND holder = ?"),
        ] {
            assert_eq!(render(dialect, &table, sql), expected);
        }
    }
}
