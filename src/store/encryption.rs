//! What goes wrong with TLS, said in the words of the URL that asked for it.

use std::path::Path;

use super::failure::StoreError;
use super::url::{Dialect, Endpoint, Server, TlsMode};

/// Opens nothing yet, but refuses what the drivers would ignore or take for an outage: a missing file, a certificate
/// without its key.
pub(super) fn check(server: &Server) -> Result<(), StoreError> {
    let words = Words::of(server.dialect);
    if server.tls.client_cert.is_some() != server.tls.client_key.is_some() {
        return Err(StoreError::refused(format!(
            "{} and {} go together: a client's certificate and its key",
            words.certificate, words.key
        )));
    }
    for (option, file, holds) in [
        (words.root, &server.tls.root_cert, "CERTIFICATE"),
        (words.certificate, &server.tls.client_cert, "CERTIFICATE"),
        (words.key, &server.tls.client_key, "PRIVATE KEY"),
    ] {
        if let Some(file) = file {
            check_file(option, file, holds)?;
        }
    }
    Ok(())
}

fn check_file(option: &str, file: &Path, holds: &str) -> Result<(), StoreError> {
    let shown = file.display();
    let text = std::fs::read(file)
        .map_err(|error| StoreError::refused(format!("can't read the file `{shown}` that {option} names: {error}")))?;
    if String::from_utf8_lossy(&text).contains(&format!("{holds}-----")) {
        Ok(())
    } else {
        let holds = holds.to_lowercase();
        Err(StoreError::refused(format!("the file `{shown}` that {option} names holds no {holds} in the PEM format")))
    }
}

/// Why a connection could not be opened, naming the parameters of the URL if it was for TLS.
pub(super) fn explain(error: sqlx::Error, server: &Server) -> StoreError {
    let words = Words::of(server.dialect);
    let (option, mode) = (words.mode, words.name(server.tls.mode));
    let advice = match &error {
        sqlx::Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => {
            let roots = server.tls.root_cert.as_ref().map_or_else(
                || format!("the built-in authorities count, unless {}=FILE names another", words.root),
                |file| format!("its authority must be in {}={}", words.root, file.display()),
            );
            format!("the server's certificate does not pass {option}={mode}: {roots}")
        }
        sqlx::Error::Tls(_) => {
            format!("{option}={mode} asks for it: see that the server offers TLS, or choose another {option}")
        }
        sqlx::Error::Configuration(_) if server.dialect == Dialect::MySql && server.tls.mode < TlsMode::Require => {
            format!("this account's password is only sent encrypted: write {option}={}", words.name(TlsMode::Require))
        }
        sqlx::Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused && is_mysqls_localhost(server) => {
            "other clients take `localhost` for a Unix socket: add ?socket=PATH, or write 127.0.0.1".to_owned()
        }
        _ => return error.into(),
    };
    StoreError::from(error).advising(&advice)
}

fn is_mysqls_localhost(server: &Server) -> bool {
    server.dialect == Dialect::MySql && matches!(&server.endpoint, Endpoint::Tcp { host, .. } if host == "localhost")
}

/// What the parameters are called by each database's own clients.
struct Words {
    mode: &'static str,
    modes: [&'static str; 5],
    root: &'static str,
    certificate: &'static str,
    key: &'static str,
}

impl Words {
    fn of(dialect: Dialect) -> Self {
        if dialect == Dialect::MySql {
            let modes = ["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"];
            Self { mode: "ssl-mode", modes, root: "ssl-ca", certificate: "ssl-cert", key: "ssl-key" }
        } else {
            let modes = ["disable", "prefer", "require", "verify-ca", "verify-full"];
            Self { mode: "sslmode", modes, root: "sslrootcert", certificate: "sslcert", key: "sslkey" }
        }
    }

    fn name(&self, mode: TlsMode) -> &'static str {
        self.modes[mode as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::super::url::{Location, parse};
    use super::*;

    fn server(url: &str) -> Server {
        match parse(url, "DATABASE_URL").expect("a URL").location {
            Location::Server(server) => *server,
            Location::File(_) => panic!("a file"),
        }
    }

    #[test]
    fn every_failure_names_the_parameter_in_the_databases_own_spelling() {
        let bad_certificate = || sqlx::Error::Io(std::io::ErrorKind::InvalidData.into());
        let no_tls = || sqlx::Error::Tls("server does not support TLS".into());
        let no_rsa = || sqlx::Error::Configuration("RSA auth backend disabled".into());
        let refused = || sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into());
        for (url, error, words) in [
            ("postgres://h/d?sslmode=verify-full", bad_certificate(), "sslmode=verify-full: the built-in authorities"),
            ("postgres://h/d?sslmode=verify-ca&sslrootcert=a", bad_certificate(), "sslrootcert=a"),
            ("mysql://h/d?ssl-mode=VERIFY_CA&ssl-ca=a", bad_certificate(), "ssl-mode=VERIFY_CA: its authority"),
            ("postgres://h/d?sslmode=require", no_tls(), "sslmode=require asks for it"),
            ("mysql://h/d?useSSL=true", no_tls(), "ssl-mode=REQUIRED asks for it"),
            ("mysql://h/d?ssl-mode=DISABLED", no_rsa(), "ssl-mode=REQUIRED"),
            ("mysql://localhost/d", refused(), "?socket=PATH"),
        ] {
            let text = explain(error, &server(url)).to_string();
            assert!(text.contains(words), "{url}: {text}");
        }
        assert!(!explain(refused(), &server("mysql://db/d")).to_string().contains("socket"));
    }

    #[test]
    fn files_are_looked_at_before_anything_is_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "").expect("a file");
        let missing = folder.path().join("missing.pem");
        for (url, words) in [
            (format!("postgres://h/d?sslrootcert={}", missing.display()), "that sslrootcert names"),
            (format!("mysql://h/d?ssl-ca={}", missing.display()), "that ssl-ca names"),
            (format!("postgres://h/d?sslrootcert={}", empty.display()), "holds no certificate"),
            (format!("postgres://h/d?sslcert={}", empty.display()), "sslcert and sslkey go together"),
            (format!("mysql://h/d?ssl-key={}", empty.display()), "ssl-cert and ssl-key go together"),
        ] {
            let error = check(&server(&url)).expect_err(&url);
            assert_eq!(error.class, super::super::Class::Refused);
            assert!(error.to_string().contains(words), "{url}: {error}");
        }
        assert_eq!(check(&server("postgres://h/d?sslmode=require")), Ok(()));
    }
}
