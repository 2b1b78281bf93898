//! What keeps bellwether from doing its work, in words that say what was tried and how to mend it.

use crate::exit;
use crate::store::{Class, StoreError};

/// An error that ends the program; [`Error::exit_code`] says with which code.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line or the environment is wrong.
    #[error("{0}")]
    Usage(String),
    /// The database refuses, and waiting makes that no better.
    #[error("{database} refuses: {source}")]
    Refused {
        /// Where, without its password.
        database: String,
        /// The database's words.
        source: StoreError,
    },
    /// The database could not be reached in the time there was.
    #[error("{database} can't be read: {source}")]
    Unreachable {
        /// Where, without its password.
        database: String,
        /// What happened at the last try.
        source: StoreError,
    },
    /// The table is missing, and we may not make it.
    #[error("{database} has no table {table}, and it can't be made: {source}")]
    Uncreated {
        /// Where, without its password.
        database: String,
        /// The table's name.
        table: String,
        /// The database's words.
        source: StoreError,
    },
    /// A framework's table is not given to read.
    #[error("{database} does not let the frameworks' tables be read: {source}")]
    Unreadable {
        /// Where, without its password.
        database: String,
        /// The database's words.
        source: StoreError,
    },
    /// The probe of a follower can't be run.
    #[error("can't run the probe {program}: {source}")]
    Probe {
        /// The program.
        program: String,
        /// 126 or 127, or ours.
        code: u8,
        /// The system's words.
        source: std::io::Error,
    },
    /// The operating system refused something that we can't do without.
    #[error("can't {doing}: {source}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// The system's words.
        source: std::io::Error,
    },
}

impl Error {
    /// What a failed request to a database, named without its password, comes to.
    pub fn store(database: &impl ToString, source: StoreError) -> Self {
        let database = database.to_string();
        match source.class {
            Class::Refused => Self::Refused { database, source },
            _ => Self::Unreachable { database, source },
        }
    }

    /// What a failed creation of a table comes to.
    pub fn uncreated(database: &impl ToString, table: &impl ToString, source: StoreError) -> Self {
        match source.class {
            Class::Refused => Self::Uncreated { database: database.to_string(), table: table.to_string(), source },
            _ => Self::store(database, source),
        }
    }

    /// What a failed look at the frameworks' tables comes to.
    pub fn unreadable(database: &impl ToString, source: StoreError) -> Self {
        match source.class {
            Class::Refused => Self::Unreadable { database: database.to_string(), source },
            _ => Self::store(database, source),
        }
    }

    /// The documented exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => exit::USAGE,
            Self::Probe { code, .. } => *code,
            Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::Uncreated { .. }
            | Self::Unreadable { .. }
            | Self::System { .. } => exit::UNABLE,
        }
    }

    /// What to do about it; nothing where the message says it already.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Usage(_) | Self::System { .. } => None,
            Self::Probe { .. } => Some("correct what follows `--`, then release again"),
            Self::Refused { .. } => Some("mend that, then try again"),
            Self::Unreachable { source, .. } if source.class == Class::Contended => Some(
                "look for a process that is stopped or writes for long while it holds the database, then try again",
            ),
            Self::Uncreated { .. } => Some(
                "run the SQL of `bellwether setup --print` as a role that may, in a schema that exists, grant this one \
                 SELECT, INSERT and UPDATE on the table, then release again",
            ),
            Self::Unreadable { .. } => Some(
                "see that the URL is right (`--migrations-database-url`, else `DATABASE_URL`) and grant its role SELECT on \
                 the framework's table, then try again",
            ),
            Self::Unreachable { .. } => {
                Some("see that the database is up and can be reached from here, then try again")
            }
        }
    }
}
