//! Schemes: the spellings of three databases, and what to say of the others.

use super::dialect::Dialect;
use super::error::Flaw;
use super::text::word;

const SPELLINGS: [(&str, Dialect); 12] = [
    ("postgres", Dialect::Postgres),
    ("postgresql", Dialect::Postgres),
    ("postgis", Dialect::Postgres),
    ("pgsql", Dialect::Postgres),
    ("mysql", Dialect::MySql),
    ("mysql2", Dialect::MySql),
    ("trilogy", Dialect::MySql),
    ("mariadb", Dialect::MySql),
    ("mysqlgis", Dialect::MySql),
    ("sqlite", Dialect::Sqlite),
    ("sqlite3", Dialect::Sqlite),
    ("spatialite", Dialect::Sqlite),
];

const OTHER_DATABASE: &str = "the runs can be kept in PostgreSQL, MySQL, MariaDB or SQLite";
const REFUSED: [(&str, &str); 14] = [
    ("jdbc", "leave jdbc: out and write USER:PASSWORD@ before the host"),
    ("prisma", "use the direct URL of the database behind Prisma, which begins with postgres:// or mysql://"),
    ("prisma+postgres", "use the direct URL of the database behind Prisma, which begins with postgres://"),
    ("cockroachdb", "CockroachDB was never tested for the guarantees that the lease needs"),
    ("cockroach", "CockroachDB was never tested for the guarantees that the lease needs"),
    ("file", "write sqlite: and the path of the file"),
    ("libsql", OTHER_DATABASE),
    ("redis", OTHER_DATABASE),
    ("rediss", OTHER_DATABASE),
    ("mongodb", OTHER_DATABASE),
    ("mongodb+srv", OTHER_DATABASE),
    ("sqlserver", OTHER_DATABASE),
    ("mssql", OTHER_DATABASE),
    ("oracle", OTHER_DATABASE),
];

/// Splits the scheme off and says which database it means; the rest begins after the colon.
pub(super) fn split(url: &str) -> Result<(Dialect, &str), Flaw> {
    if url.starts_with(['"', '\'']) {
        return Err(Flaw::Quoted);
    }
    let (name, rest) = url.split_once(':').ok_or(Flaw::NoScheme)?;
    let name = name.to_ascii_lowercase();
    // SQLAlchemy names its driver behind a `+`, which means nothing here.
    let (base, driver) = name.split_once('+').unwrap_or((&name, ""));
    let names_a_driver = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if let Some(dialect) = dialect(base).filter(|_| names_a_driver(driver)) {
        return Ok((dialect, rest));
    }
    if let Some((scheme, advice)) = REFUSED.iter().find(|(scheme, _)| *scheme == name) {
        return Err(Flaw::Refused { scheme, advice });
    }
    // Without the slashes it is more likely `USER:PASSWORD@HOST` with the scheme forgotten: nothing to quote.
    if !rest.starts_with("//") {
        return Err(Flaw::NoScheme);
    }
    Err(Flaw::UnknownScheme { nearest: nearest(&name), shown: word(&name) })
}

fn dialect(name: &str) -> Option<Dialect> {
    SPELLINGS.iter().find(|(spelling, _)| *spelling == name).map(|(_, dialect)| *dialect)
}

/// The spelling that at most two slips of the finger turn into `name`.
fn nearest(name: &str) -> Option<&'static str> {
    SPELLINGS
        .iter()
        .map(|(spelling, _)| (distance(name, spelling), *spelling))
        .min()
        .filter(|(slips, _)| *slips <= 2)
        .map(|(_, spelling)| spelling)
}

/// Levenshtein's distance, row by row.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, letter) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (column, other) in right.bytes().enumerate() {
            let substituted = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}
