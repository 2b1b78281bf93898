//! URLs of PostgreSQL, MySQL and MariaDB servers.

use super::dialect::Dialect;
use super::endpoint;
use super::error::Flaw;
use super::location::{Endpoint, Password, Server};
use super::parameters::{self, Parameters};
use super::text::decode_optional;
use super::tls::Tls;

/// Reads what follows the scheme; returns the server and notes for the user.
pub(super) fn read(dialect: Dialect, rest: &str) -> Result<(Server, Vec<String>), Flaw> {
    let scheme = dialect.scheme();
    let text = rest.strip_prefix("//").ok_or(Flaw::NoSlashes { scheme })?;
    let parts = Parts::split(text).ok_or(Flaw::Reserved { scheme })?;
    if parts.database.contains(['/', ':']) {
        return Err(Flaw::Database);
    }
    let (user, password) = parts.user_info.split_once(':').unwrap_or((parts.user_info, ""));
    let (user, password) = (decode_optional(user)?, Password::decode(password)?);
    let database = decode_optional(parts.database)?;

    let mut given: Parameters = parameters::read(parts.query, dialect)?;
    let endpoint = endpoint::read(parts.host, &given, dialect)?;
    let wished = given.tls.resolve(dialect);
    // No client encrypts on a socket, whatever it was told, and servers refuse to.
    let tls = if matches!(endpoint, Endpoint::Socket { .. }) { Tls::off() } else { wished };
    let server = Server {
        dialect,
        endpoint,
        user: given.user.take().or(user),
        password: one_password(password, given.password.take())?,
        database: given.database.take().or(database),
        schema: given.schema.take(),
        tls,
    };
    Ok((server, given.notes))
}

/// The URL's pieces, still encoded.
struct Parts<'a> {
    user_info: &'a str,
    host: &'a str,
    database: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    /// Splits where there is one way to. The host begins after the last `@`, so an `@` in the password does no harm;
    /// but an `@` behind the first `/`, `?` or `#` may mean that these belong to a password, whose pieces would then
    /// be taken for a host and a database.
    fn split(text: &'a str) -> Option<Self> {
        let (authority, tail) = text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()));
        if tail.contains(['@', '#']) {
            return None;
        }
        let (user_info, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        Some(Self { user_info, host, database: path.strip_prefix('/').unwrap_or(path), query })
    }
}

/// Two different passwords are refused: whichever lost would not be known as a secret.
fn one_password(before: Option<Password>, parameter: Option<Password>) -> Result<Option<Password>, Flaw> {
    match (before, parameter) {
        (Some(one), Some(other)) if one.reveal() != other.reveal() => Err(Flaw::TwoPasswords),
        (one, other) => Ok(one.or(other)),
    }
}
