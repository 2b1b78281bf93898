//! URLs of SQLite files.

use std::path::PathBuf;

use super::error::Flaw;
use super::location::SqliteFile;
use super::text::decode_name;

/// Reads what follows `sqlite:`. Two slashes are a relative path's, as in Rails; one, three or four make it absolute.
pub(super) fn read(rest: &str) -> Result<SqliteFile, Flaw> {
    // A server's URL under the wrong scheme: its password must not become a path, which would be shown.
    if rest.split_once(':').is_some_and(|(_, after)| after.contains('@')) {
        return Err(Flaw::SqliteServer);
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = decode_name(path.strip_prefix("//").unwrap_or(path))?;
    if path.contains(":memory:") || query.split('&').any(|pair| matches!(pair, "mode=memory" | "vfs=memdb")) {
        return Err(Flaw::Memory);
    }
    if path.starts_with("file:") {
        return Err(Flaw::NestedFile);
    }
    // Four slashes are how Django and SQLAlchemy write an absolute path.
    let name = path.trim_start_matches('/');
    if name.is_empty() {
        return Err(Flaw::NoPath);
    }
    let path = if path.starts_with('/') { PathBuf::from(format!("/{name}")) } else { PathBuf::from(name) };
    Ok(SqliteFile { path })
}
