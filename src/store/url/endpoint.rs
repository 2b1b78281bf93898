//! Where a server listens: a host and a port, or a Unix socket.

use std::net::Ipv6Addr;
use std::path::PathBuf;

use url::Host;

use super::dialect::Dialect;
use super::error::Flaw;
use super::location::Endpoint;
use super::parameters::Parameters;
use super::text::decode_name;

/// Joins the part of the URL between `@` and `/` with the parameters, which win as in libpq.
pub(super) fn read(written: &str, parameters: &Parameters, dialect: Dialect) -> Result<Endpoint, Flaw> {
    let (host, written_port) = split(written)?;
    let port = match &parameters.port {
        Some(text) => parse_port(text)?,
        None => written_port,
    };
    let port = port.unwrap_or(dialect.default_port());
    if let Some(path) = &parameters.socket {
        return Ok(Endpoint::Socket { path: PathBuf::from(path), port });
    }
    let host = parameters.host.as_ref().unwrap_or(&host);
    if host.contains(',') {
        return Err(Flaw::SeveralHosts);
    }
    if host.starts_with('/') {
        return Ok(Endpoint::Socket { path: PathBuf::from(host), port });
    }
    Ok(Endpoint::Tcp { host: check(host)?, port })
}

/// Splits `HOST:PORT`, `[ADDRESS]:PORT` or either without a port; the host is decoded, the brackets are gone.
fn split(written: &str) -> Result<(String, Option<u16>), Flaw> {
    if written.contains(',') {
        return Err(Flaw::SeveralHosts);
    }
    if let Some(bracketed) = written.strip_prefix('[') {
        let (address, after) = bracketed.split_once(']').ok_or(Flaw::Host)?;
        let address: Ipv6Addr = address.parse().map_err(|_| Flaw::Host)?;
        let port = if after.is_empty() { "" } else { after.strip_prefix(':').ok_or(Flaw::Host)? };
        return Ok((address.to_string(), parse_port(port)?));
    }
    let (host, port) = written.split_once(':').unwrap_or((written, ""));
    // A second colon: an address without brackets, or a password without its `@`.
    if port.contains(':') {
        return Err(Flaw::Host);
    }
    Ok((decode_name(host)?, parse_port(port)?))
}

fn parse_port(text: &str) -> Result<Option<u16>, Flaw> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.contains(',') {
        return Err(Flaw::SeveralHosts);
    }
    // `parse` alone would accept a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| digits && *port != 0);
    port.map(Some).ok_or(Flaw::Port)
}

/// A host name or address as resolvers take it; no host at all is this machine.
fn check(host: &str) -> Result<String, Flaw> {
    if host.is_empty() {
        return Ok("localhost".to_owned());
    }
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        return Ok(address.to_string());
    }
    // `Host::parse` would percent-decode a second time and strip brackets.
    if host.contains(['%', '[', ':']) {
        return Err(Flaw::Host);
    }
    Host::parse(host).map(|host| host.to_string()).map_err(|_| Flaw::Host)
}
