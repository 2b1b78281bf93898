//! Database URLs as users and platforms write them, read once into plain data.
//!
//! The text comes from many worlds (libpq, Rails, Django, Prisma, Node, JDBC), whose words differ and whose readers
//! disagree about unescaped characters. Two rules stand above convenience: nothing that could be a part of a password
//! ever becomes a host, a database or a message, and no spelling weakens the TLS that was asked for. What is ambiguous
//! is refused with the way to write it.

mod dialect;
mod endpoint;
mod error;
mod location;
mod parameters;
mod scheme;
mod server;
mod sqlite;
mod text;
mod tls;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use dialect::Dialect;
pub use error::UrlError;
pub use location::{DatabaseUrl, Endpoint, Location, Password, Server, SqliteFile};
pub use tls::{Tls, TlsMode};

use error::Flaw;

/// Reads a database URL. `source` is where the user wrote it (`--database-url`, `DATABASE_URL`); every error and
/// warning begins with it.
pub fn parse(url: &str, source: &str) -> Result<DatabaseUrl, UrlError> {
    match read(url) {
        Ok((location, notes)) => {
            let warnings = notes.into_iter().map(|note| format!("{source}: {note}")).collect();
            Ok(DatabaseUrl { location, warnings })
        }
        Err(flaw) => Err(UrlError::new(source, flaw)),
    }
}

/// The location, and what the user should know about how it was understood.
fn read(url: &str) -> Result<(Location, Vec<String>), Flaw> {
    // A variable filled from a file often ends in a newline.
    let url = url.trim();
    text::refuse_placeholder(url)?;
    let (dialect, rest) = scheme::split(url)?;
    match dialect {
        Dialect::Sqlite => Ok((Location::File(sqlite::read(rest)?), Vec::new())),
        Dialect::Postgres | Dialect::MySql => {
            let (server, notes) = server::read(dialect, rest)?;
            Ok((Location::Server(Box::new(server)), notes))
        }
    }
}
