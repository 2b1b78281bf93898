//! The parameters behind the `?` of a server's URL.

use super::dialect::Dialect;
use super::error::Flaw;
use super::location::Password;
use super::text::{decode_name, decode_optional, word};
use super::tls::Wishes;

/// What the parameters say; those of other libraries that don't concern us are gone.
#[derive(Default)]
pub(super) struct Parameters {
    pub(super) host: Option<String>,
    pub(super) port: Option<String>,
    pub(super) socket: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<Password>,
    pub(super) database: Option<String>,
    pub(super) schema: Option<String>,
    pub(super) tls: Wishes,
    pub(super) notes: Vec<String>,
}

/// Reads `KEY=VALUE&…`. Keys are compared without case, `-` and `_`: `ssl-mode`, `ssl_mode` and `sslMode` are one.
pub(super) fn read(query: &str, dialect: Dialect) -> Result<Parameters, Flaw> {
    let pairs = || query.split('&').filter(|pair| !pair.is_empty());
    // Behind an unescaped `&` in a password the next "key" is its second half.
    let secret = pairs()
        .map(|pair| plain_key(pair.split_once('=').unwrap_or((pair, "")).0))
        .any(|key| key.contains("pass") || key.contains("pwd"));
    let mut parameters = Parameters::default();
    for pair in pairs() {
        let (written, value) = pair.split_once('=').unwrap_or((pair, ""));
        let nameable = !secret && pair.contains('=');
        let shown = word(written).filter(|_| nameable);
        parameters.take(&plain_key(written), value, shown, dialect)?;
    }
    Ok(parameters)
}

fn plain_key(written: &str) -> String {
    written.chars().filter(|character| !matches!(character, '-' | '_')).collect::<String>().to_ascii_lowercase()
}

impl Parameters {
    fn take(&mut self, key: &str, value: &str, shown: Option<String>, dialect: Dialect) -> Result<(), Flaw> {
        match key {
            "host" => self.host = decode_optional(value)?,
            "port" => self.port = Some(decode_name(value)?),
            "user" => self.user = decode_optional(value)?,
            "password" => self.password = Password::decode(value)?,
            "dbname" => self.database = decode_optional(value)?,
            "schema" => self.schema = decode_optional(value)?,
            "socket" | "unixsocket" if dialect == Dialect::MySql => self.socket = decode_optional(value)?,
            _ if self.tls.take(key, value, shown.is_some(), dialect, &mut self.notes)? => {}
            _ if is_harmless(key) => {}
            _ if key.contains("ssl") || key.contains("tls") => return Err(Flaw::TlsKey { shown }),
            _ => self.notes.push(shown.map_or_else(
                || "an unknown parameter of the URL is ignored".to_owned(),
                |name| format!("the unknown parameter `{name}` of the URL is ignored"),
            )),
        }
        Ok(())
    }
}

/// Parameters that platforms and other libraries put into URLs, and that change nothing for one short statement at a
/// time.
fn is_harmless(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "adapter",
        "allowpublickeyretrieval",
        "applicationname",
        "autoreconnect",
        "cache",
        "channelbinding",
        "characterencoding",
        "charset",
        "checkouttimeout",
        "clientencoding",
        "collation",
        "connectionlimit",
        "connectiontimeout",
        "connecttimeout",
        "connhealthchecks",
        "connmaxage",
        "currentschema",
        "encoding",
        "fallbackapplicationname",
        "gssencmode",
        "idletimeout",
        "loadbalancehosts",
        "loc",
        "maxconnections",
        "minconnections",
        "mode",
        "multistatements",
        "options",
        "parsetime",
        "pgbouncer",
        "pool",
        "poolsize",
        "poolmode",
        "pooltimeout",
        "preparedstatements",
        "preparethreshold",
        "readtimeout",
        "reapingfrequency",
        "reconnect",
        "schemasearchpath",
        "searchpath",
        "servertimezone",
        "serverversion",
        "sockettimeout",
        // Compression and the name sent in the handshake don't weaken what is verified.
        "sslcompression",
        "sslnegotiation",
        "sslsni",
        "statementcachesize",
        "statementtimeout",
        "targetsessionattrs",
        "tcpusertimeout",
        "timeout",
        "timezone",
        "uselibpqcompat",
        "useunicode",
        "variables",
        "writetimeout",
    ];
    key.starts_with("keepalives") || KEYS.contains(&key)
}
