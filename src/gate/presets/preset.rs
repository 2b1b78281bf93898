//! What there is to know of a framework: where its migrations are, which of a file's name its table holds, and what a row
//! says. A plain framework is a value of [`Preset`] and nothing else.

use super::names::{Capture, Files, Key};

/// A framework, as data. [`PLAIN`] has what most have in common.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name in a SPEC.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Other names in a SPEC.
    pub aliases: &'static [&'static str],
    /// Where its migrations usually are; the first that exists is taken.
    pub paths: &'static [&'static str],
    /// What a migration is on disk.
    pub files: Files,
    /// The schema of its table on PostgreSQL, where it has one of its own.
    pub schema: Option<&'static str>,
    /// Whether `schema=` in the database's URL names another one.
    pub schema_in_url: bool,
    /// Its table.
    pub table: &'static str,
    /// The column that says which migration a row is about.
    pub id: &'static str,
    /// The column of the app or module that the migration belongs to.
    pub scope: Option<&'static str>,
    /// How names of files and rows are made comparable.
    pub key: Key,
    /// Endings that rows may have and files' names, as captured, have not.
    pub row_endings: &'static [&'static str],
    /// When a row means that the migration is applied.
    pub applied: Applied,
    /// Columns that the table must have beside those that are read.
    pub has: &'static [&'static str],
    /// Columns that make it another framework's table.
    pub has_not: &'static [&'static str],
    /// The digest of the file that a row holds.
    pub checksum: Option<Checksum>,
    /// A migration before one that is applied never runs.
    pub never: Option<Never>,
    /// What needs code of its own.
    pub rule: Rule,
}

/// When a row means that its migration is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Always.
    Row,
    /// When this column is true; else it is what `otherwise` says.
    True {
        /// The column.
        column: &'static str,
        /// What the row means if it is not.
        otherwise: RowState,
    },
    /// When this column is not true; else nobody can tell whether it is running or has failed.
    Clean {
        /// The column.
        dirty: &'static str,
    },
    /// When the newest row of the migration, by `order`, has true in `column`.
    Newest {
        /// The column by which rows are ordered.
        order: &'static str,
        /// The column.
        column: &'static str,
    },
    /// When it has an end and was not rolled back; with a log and no end it has failed.
    Ended {
        /// The column of the end.
        end: &'static str,
        /// The column of the rolling back.
        rolled_back: &'static str,
        /// The column of the log.
        log: &'static str,
    },
}

/// What a row says of its migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowState {
    /// It is applied.
    Applied,
    /// It has failed.
    Failed,
    /// It is running, or it was when its runner died: the row is the same.
    Unfinished,
    /// Nothing.
    Void,
}

/// The digest of a file that a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// The column.
    pub column: &'static str,
    /// Of what kind it is.
    pub kind: Digest,
}

/// Kinds of digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256 of the bytes, as hexadecimal digits in a text.
    Sha256,
    /// SHA-384 of the bytes, as bytes.
    Sha384,
    /// CRC-32 of the lines without their ends, as a signed number.
    Crc32OfLines,
}

/// Which migrations never run once a later one is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Never {
    /// Those whose name begins so.
    pub beginning: &'static str,
    /// Why, as a sentence's end.
    pub reason: &'static str,
}

/// What needs code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nothing: a migration has a row.
    Plain,
    /// Apps with packages of migrations, of which one can replace others.
    Django,
    /// A graph of revisions; the table holds its heads.
    Alembic,
    /// A journal, and a runner that looks at the newest row only.
    Drizzle,
    /// Versions with baselines, deletions and undo rows.
    Flyway,
    /// One row with the highest version.
    Highest,
}

/// What most frameworks have in common: every file is a migration, and a row means that it is applied.
pub const PLAIN: Preset = Preset {
    name: "",
    title: "",
    aliases: &[],
    paths: &["migrations"],
    files: Files {
        recursive: false,
        marker: None,
        capture: Capture::Name,
        endings: &[".sql"],
        but_not: &[],
        but_not_beginning: &["."],
    },
    schema: None,
    schema_in_url: false,
    table: "migrations",
    id: "name",
    scope: None,
    key: Key::Verbatim,
    row_endings: &[],
    applied: Applied::Row,
    has: &[],
    has_not: &[],
    checksum: None,
    never: None,
    rule: Rule::Plain,
};

impl Preset {
    /// The columns that are read, whatever they are for.
    pub fn columns(&self) -> Vec<&'static str> {
        let mut columns: Vec<_> = self.scope.into_iter().chain([self.id]).collect();
        columns.extend(self.applied.columns());
        columns.extend(self.checksum.map(|checksum| checksum.column));
        if self.rule == Rule::Flyway {
            columns.extend(["installed_rank", "type"]);
        }
        columns
    }

    /// Whether a table with these columns can be its own.
    pub fn fits(&self, columns: &[String]) -> bool {
        let present = |name: &&str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
        self.columns().iter().chain(self.has).all(present) && !self.has_not.iter().any(present)
    }
}

impl Applied {
    /// The columns that say it.
    pub fn columns(self) -> Vec<&'static str> {
        match self {
            Self::Row => vec![],
            Self::True { column, .. } => vec![column],
            Self::Clean { dirty } => vec![dirty],
            Self::Newest { order, column } => vec![order, column],
            Self::Ended { end, rolled_back, log } => vec![end, rolled_back, log],
        }
    }
}
