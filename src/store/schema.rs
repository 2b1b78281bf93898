//! The runs table, in each database's own words.
//!
//! Columns are only ever added. Readers name the columns that they read, so apps on different versions work together.
//! The unique index on (`fleet`, `active`) is what refuses a second active run: `active` is 1 while running, else
//! NULL, and all three databases allow many NULLs. Text compares byte for byte.

use super::table::Table;
use super::url::Dialect;

/// The statements that make the table where it is missing, to be run in one transaction, in this order.
pub(super) fn create(dialect: Dialect, table: &Table) -> Vec<String> {
    let name = table.quoted(dialect);
    let columns = match dialect {
        Dialect::Postgres => POSTGRES,
        // It has no `CREATE INDEX IF NOT EXISTS`, and commits after each such statement.
        Dialect::MySql => return vec![format!("CREATE TABLE IF NOT EXISTS {name} ({MYSQL}")],
        Dialect::Sqlite => SQLITE,
    };
    let indexes = INDEXES.map(|(purpose, columns)| {
        let unique = if purpose == "active" { "UNIQUE " } else { "" };
        format!("CREATE {unique}INDEX IF NOT EXISTS {} ON {name} ({columns})", table.index(dialect, purpose))
    });
    [format!("CREATE TABLE IF NOT EXISTS {name} ({columns})")].into_iter().chain(indexes).collect()
}

/// What each statement is quick by: the active run, a release's newest run, its newest success, a fleet's newest runs.
const INDEXES: [(&str, &str); 4] = [
    ("active", "fleet, active"),
    ("release", "fleet, release_id, id"),
    ("success", "fleet, release_id, state, id"),
    ("recent", "fleet, id"),
];

const POSTGRES: &str = "
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fleet          text COLLATE \"C\" NOT NULL,
    release_id     text COLLATE \"C\" NOT NULL,
    state          text COLLATE \"C\" NOT NULL,
    active         smallint,
    beats          bigint NOT NULL,
    lease_ms       bigint NOT NULL,
    holder         text COLLATE \"C\" NOT NULL,
    app            text NOT NULL,
    instance       text NOT NULL,
    release_source text NOT NULL,
    command_digest text NOT NULL,
    started_at     timestamptz NOT NULL,
    beat_at        timestamptz NOT NULL,
    ended_at       timestamptz,
    exit_code      integer,
    cause          text,
    detail         text,
    version        text NOT NULL
";

const SQLITE: &str = "
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    fleet          TEXT NOT NULL,
    release_id     TEXT NOT NULL,
    state          TEXT NOT NULL,
    active         INTEGER,
    beats          INTEGER NOT NULL,
    lease_ms       INTEGER NOT NULL,
    holder         TEXT NOT NULL,
    app            TEXT NOT NULL,
    instance       TEXT NOT NULL,
    release_source TEXT NOT NULL,
    command_digest TEXT NOT NULL,
    started_at     TEXT NOT NULL,
    beat_at        TEXT NOT NULL,
    ended_at       TEXT,
    exit_code      INTEGER,
    cause          TEXT,
    detail         TEXT,
    version        TEXT NOT NULL
";

/// The collations compare bytes and pad nothing; the servers have different names for that, and each reads only the
/// comment that is meant for it.
const MYSQL: &str = "
    id             bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    fleet          varchar(255) NOT NULL,
    release_id     varchar(255) NOT NULL,
    state          varchar(32) NOT NULL,
    active         tinyint,
    beats          bigint NOT NULL,
    lease_ms       bigint NOT NULL,
    holder         varchar(255) NOT NULL,
    app            varchar(255) NOT NULL,
    instance       varchar(255) NOT NULL,
    release_source varchar(255) NOT NULL,
    command_digest varchar(255) NOT NULL,
    started_at     datetime(6) NOT NULL,
    beat_at        datetime(6) NOT NULL,
    ended_at       datetime(6),
    exit_code      integer,
    cause          varchar(32),
    detail         text,
    version        varchar(255) NOT NULL,
    UNIQUE KEY active_run (fleet, active),
    KEY release_runs (fleet, release_id, id),
    KEY release_successes (fleet, release_id, state, id),
    KEY recent_runs (fleet, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE /*M! utf8mb4_nopad_bin */ /*!80017 utf8mb4_0900_bin */";
