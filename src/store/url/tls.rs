//! TLS as a URL asks for it. The words mean what libpq means by them; other spellings are translated.

use std::path::PathBuf;

use super::dialect::Dialect;
use super::error::Flaw;
use super::text::{decode_name, decode_optional, word};

/// How a connection is encrypted and whom it trusts. Ordered: a later mode asks for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsMode {
    /// Never encrypt.
    Disable,
    /// Encrypt if the server can; verify nothing.
    Prefer,
    /// Encrypt or fail; verify nothing.
    Require,
    /// Encrypt, and verify who signed the server's certificate.
    VerifyCa,
    /// Encrypt, and verify the certificate and the host name in it.
    VerifyFull,
}

/// TLS settings of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// What is asked for.
    pub mode: TlsMode,
    /// The file with the certificates to trust; without it the built-in ones count where the mode verifies.
    pub root_cert: Option<PathBuf>,
    /// The client's certificate.
    pub client_cert: Option<PathBuf>,
    /// The key of the client's certificate.
    pub client_key: Option<PathBuf>,
}

impl Tls {
    pub(super) fn off() -> Self {
        Self { mode: TlsMode::Disable, root_cert: None, client_cert: None, client_key: None }
    }
}

/// What a URL's parameters say about TLS, before it is known how they fit together.
#[derive(Default)]
pub(super) struct Wishes {
    /// The mode by its own word.
    mode: Option<Wish>,
    /// The mode as implied by a yes or no, which a word beats.
    switch: Option<bool>,
    /// Whether certificates are to be verified, said apart from the mode.
    verify: Option<Verify>,
    root_cert: Option<String>,
    client_cert: Option<String>,
    client_key: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Mode(TlsMode),
    /// Encrypt, and don't verify even if there is a root certificate.
    NoVerify,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verify {
    Nothing,
    Authority,
    Everything,
}

impl Wishes {
    /// Takes a parameter; false if it isn't one about TLS.
    pub(super) fn take(
        &mut self,
        key: &str,
        value: &str,
        quotable: bool,
        dialect: Dialect,
        notes: &mut Vec<String>,
    ) -> Result<bool, Flaw> {
        let refusal = |key, text: &str, allowed| Flaw::TlsWord { key, word: word(text).filter(|_| quotable), allowed };
        let yes_or_no = |key| {
            let text = decode_name(value)?;
            switch(&text).ok_or_else(|| refusal(key, &text, "true and false"))
        };
        match key {
            "sslmode" => {
                let text = decode_name(value)?;
                let wish = mode(&text, notes).ok_or_else(|| refusal("sslmode", &text, mode_words(dialect)))?;
                self.set_mode(wish)?;
            }
            "ssl" => {
                let text = decode_name(value)?;
                if text.starts_with('{') {
                    self.set_switch(true);
                    self.set_verify(node_object(&text)?);
                } else if let Some(on) = switch(&text) {
                    self.set_switch(on);
                } else {
                    let wish = mode(&text, notes).ok_or_else(|| refusal("ssl", &text, "true and false"))?;
                    self.set_mode(wish)?;
                }
            }
            "usessl" => self.set_switch(yes_or_no("useSSL")?),
            // A no takes nothing back: it only allows to go on unencrypted, which is the default.
            "requiressl" if yes_or_no("requireSSL")? => self.set_switch(true),
            "requiressl" => {}
            "verifyservercertificate" => {
                let on = yes_or_no("verifyServerCertificate")?;
                self.set_verify(if on { Verify::Authority } else { Verify::Nothing });
            }
            "sslaccept" => {
                self.set_verify(match decode_name(value)?.as_str() {
                    "strict" => Verify::Everything,
                    "accept_invalid_certs" => Verify::Nothing,
                    text => return Err(refusal("sslaccept", text, "strict and accept_invalid_certs")),
                });
            }
            "sslrootcert" | "sslca" => self.root_cert = decode_optional(value)?,
            "sslcert" => self.client_cert = decode_optional(value)?,
            "sslkey" => self.client_key = decode_optional(value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set_mode(&mut self, wish: Wish) -> Result<(), Flaw> {
        if self.mode.is_some_and(|earlier| earlier != wish) {
            return Err(Flaw::TwoTlsModes);
        }
        self.mode = Some(wish);
        Ok(())
    }

    fn set_switch(&mut self, on: bool) {
        self.switch = self.switch.max(Some(on));
    }

    fn set_verify(&mut self, verify: Verify) {
        self.verify = self.verify.max(Some(verify));
    }

    /// Puts the wishes together; where they disagree, the one that asks for more counts.
    pub(super) fn resolve(&self, dialect: Dialect) -> Tls {
        let path = |text: &Option<String>| text.as_ref().map(PathBuf::from);
        // libpq's word for the roots that the system brings along; it refuses to do anything less than verify with them.
        let system = self.root_cert.as_deref() == Some("system");
        let mode = self.mode_with_roots(dialect);
        // The public authorities sign for everybody: without a look at the name they would verify nothing.
        let by_public_authorities = mode == TlsMode::VerifyCa && self.root_cert.is_none();
        Tls {
            mode: if system || by_public_authorities { TlsMode::VerifyFull } else { mode },
            root_cert: path(&self.root_cert).filter(|_| !system),
            client_cert: path(&self.client_cert),
            client_key: path(&self.client_key),
        }
    }

    fn mode_with_roots(&self, dialect: Dialect) -> TlsMode {
        let word = self.mode.map(|wish| match wish {
            Wish::Mode(mode) => mode,
            Wish::NoVerify => TlsMode::Require,
        });
        let mode = match (word, self.switch) {
            (None, None) => TlsMode::Prefer,
            (None, Some(false)) => TlsMode::Disable,
            (Some(mode), None | Some(false)) => mode,
            (word, Some(true)) => word.unwrap_or(TlsMode::Require).max(TlsMode::Require),
        };
        if mode == TlsMode::Disable {
            return mode;
        }
        // libpq's `require` verifies once it is given an authority; MySQL's clients do unless a mode says otherwise.
        let silent = word.is_none() && self.switch.is_none();
        let verifies_by_root =
            (mode == TlsMode::Require && self.mode != Some(Wish::NoVerify)) || (silent && dialect == Dialect::MySql);
        match self.verify {
            Some(Verify::Everything) => TlsMode::VerifyFull,
            Some(Verify::Authority) => mode.max(TlsMode::VerifyCa),
            None if self.root_cert.is_some() && verifies_by_root => TlsMode::VerifyCa,
            Some(Verify::Nothing) | None => mode,
        }
    }
}

fn mode_words(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::MySql => "DISABLED, PREFERRED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY",
        Dialect::Postgres | Dialect::Sqlite => "disable, allow, prefer, require, no-verify, verify-ca and verify-full",
    }
}

/// A mode's word, libpq's, MySQL's or Node's, in any case.
fn mode(text: &str, notes: &mut Vec<String>) -> Option<Wish> {
    Some(Wish::Mode(match text.to_ascii_lowercase().replace('_', "-").as_str() {
        "disable" | "disabled" => TlsMode::Disable,
        "allow" => {
            notes.push("the TLS mode `allow` is taken as `prefer`: encrypted if the server can".to_owned());
            TlsMode::Prefer
        }
        "prefer" | "preferred" => TlsMode::Prefer,
        "require" | "required" => TlsMode::Require,
        "no-verify" => return Some(Wish::NoVerify),
        "verify-ca" => TlsMode::VerifyCa,
        "verify-full" | "verify-identity" => TlsMode::VerifyFull,
        _ => return None,
    }))
}

fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Node's `ssl={"rejectUnauthorized":true}`. Keys and certificates written into the object itself can't be used.
fn node_object(text: &str) -> Result<Verify, Flaw> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).map_err(|_| Flaw::TlsObject)?;
    if object.keys().any(|key| key != "rejectUnauthorized") {
        return Err(Flaw::TlsObject);
    }
    match object.get("rejectUnauthorized") {
        // Node verifies unless told otherwise.
        None | Some(serde_json::Value::Bool(true)) => Ok(Verify::Everything),
        Some(serde_json::Value::Bool(false)) => Ok(Verify::Nothing),
        Some(_) => Err(Flaw::TlsObject),
    }
}
