//! What a database URL comes to.

use std::fmt;
use std::path::PathBuf;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::dialect::Dialect;
use super::error::Flaw;
use super::text::decode;
use super::tls::Tls;

/// A database URL, understood. `Debug` and `Display` never show the password.
#[derive(Debug, Clone)]
pub struct DatabaseUrl {
    /// Where the runs table lives.
    pub location: Location,
    /// What the user should know about how the URL was understood; nothing secret in it.
    pub warnings: Vec<String>,
}

/// Where the runs table lives.
#[derive(Debug, Clone)]
pub enum Location {
    /// A PostgreSQL, MySQL or MariaDB server.
    Server(Box<Server>),
    /// A SQLite file.
    File(SqliteFile),
}

/// A database server and who connects to it.
#[derive(Debug, Clone)]
pub struct Server {
    /// PostgreSQL or MySQL.
    pub dialect: Dialect,
    /// Where it listens.
    pub endpoint: Endpoint,
    /// Who connects; unset where the URL leaves it to the client's default.
    pub user: Option<String>,
    /// The password, if there is one.
    pub password: Option<Password>,
    /// The database on the server.
    pub database: Option<String>,
    /// The schema of `schema=`, with which Prisma says where its tables are. Ours are not there.
    pub schema: Option<String>,
    /// How the connection is encrypted; disabled on a socket.
    pub tls: Tls,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A host name or address (IPv6 without brackets) and its port.
    Tcp {
        /// The name or address.
        host: String,
        /// The port.
        port: u16,
    },
    /// A Unix socket: for PostgreSQL the directory that holds it, for MySQL the socket itself.
    Socket {
        /// The directory or socket.
        path: PathBuf,
        /// The port, which is a part of the socket's name in PostgreSQL.
        port: u16,
    },
}

/// A SQLite database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteFile {
    /// The path as given: decoded, not resolved.
    pub path: PathBuf,
}

/// A password that does not show itself.
#[derive(Clone)]
pub struct Password {
    clear: String,
    /// As the URL has it, because that is how it appears in a client's error messages.
    written: String,
}

/// Characters that would make a shown name look like another part of the URL.
const NAME: &AsciiSet =
    &CONTROLS.add(b' ').add(b'#').add(b'%').add(b'/').add(b':').add(b'?').add(b'@').add(b'[').add(b']');
/// The same for a path behind the `?`.
const PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'%').add(b'&').add(b'?');
/// What RFC 3986 has encoded: everything but letters, digits and four marks.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What JavaScript's `encodeURIComponent` encodes.
const COMPONENT: &AsciiSet = &STRICT.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');

impl DatabaseUrl {
    /// The texts to mask wherever something is stored or printed: the password as it is, as the URL has it, and in the
    /// ways in which libraries encode it; the longest first.
    pub fn secrets(&self) -> Vec<String> {
        let Location::Server(server) = &self.location else { return Vec::new() };
        let Some(password) = &server.password else { return Vec::new() };
        let encoded = |set| utf8_percent_encode(&password.clear, set).to_string();
        let form = url::form_urlencoded::byte_serialize(password.clear.as_bytes()).collect();
        let mut secrets = vec![
            password.clear.clone(),
            password.written.clone(),
            encoded(STRICT),
            encoded(COMPONENT),
            encoded(NON_ALPHANUMERIC),
            encoded(NAME),
            form,
        ];
        secrets.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        secrets.dedup();
        secrets
    }
}

impl Location {
    /// The schema that `schema=` names.
    pub fn schema(&self) -> Option<&str> {
        match self {
            Self::Server(server) => server.schema.as_deref(),
            Self::File(_) => None,
        }
    }

    /// Which SQL is spoken there.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Server(server) => server.dialect,
            Self::File(_) => Dialect::Sqlite,
        }
    }
}

impl Password {
    /// Decodes a password; an empty one is none.
    pub(super) fn decode(written: &str) -> Result<Option<Self>, Flaw> {
        let clear = decode(written)?;
        Ok((!clear.is_empty()).then(|| Self { clear, written: written.to_owned() }))
    }

    /// The password itself, for the one place that logs in with it.
    pub fn reveal(&self) -> &str {
        &self.clear
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.location.fmt(formatter)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(server) => server.fmt(formatter),
            Self::File(file) => write!(formatter, "sqlite:{}", file.path.display()),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |text| utf8_percent_encode(text, NAME);
        write!(formatter, "{}://", self.dialect.scheme())?;
        if let Some(user) = &self.user {
            write!(formatter, "{}", name(user))?;
        }
        if let Some(password) = &self.password {
            write!(formatter, ":{password}")?;
        }
        if self.user.is_some() || self.password.is_some() {
            formatter.write_str("@")?;
        }
        match &self.endpoint {
            Endpoint::Tcp { host, port } if host.contains(':') => write!(formatter, "[{host}]:{port}")?,
            Endpoint::Tcp { host, port } => write!(formatter, "{host}:{port}")?,
            Endpoint::Socket { .. } => {}
        }
        let database = self.database.as_deref().unwrap_or_default();
        if !database.is_empty() || matches!(self.endpoint, Endpoint::Socket { .. }) {
            write!(formatter, "/{}", name(database))?;
        }
        if let Endpoint::Socket { path, port } = &self.endpoint {
            let path = path.to_string_lossy();
            let key = if self.dialect == Dialect::MySql { "socket" } else { "host" };
            write!(formatter, "?{key}={}", utf8_percent_encode(&path, PATH))?;
            if *port != self.dialect.default_port() {
                write!(formatter, "&port={port}")?;
            }
        }
        Ok(())
    }
}
