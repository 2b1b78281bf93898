//! TLS as the URL asks for it, against servers that insist on it and one that has none.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::outcome::Outcome;
use crate::support::servers::Server;
use crate::support::workspace::Workspace;
use std::process::Command;
use std::time::Duration;

/// Certificates of an authority of our own: one for the name `localhost`, and another authority's.
struct Certificates(Workspace);

impl Certificates {
    fn new() -> Self {
        let workspace = Workspace::new();
        workspace.write("san", "subjectAltName = DNS:localhost\n");
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        for line in [
            format!("req -x509 {key} -days 2 -subj /CN=ours -keyout ca.key -out ca.pem"),
            format!("req -x509 {key} -days 2 -subj /CN=other -keyout other.key -out other.pem"),
            format!("req {key} -subj /CN=localhost -keyout server.key -out server.csr"),
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem"
                .into(),
        ] {
            let output = Command::new("openssl").args(line.split(' ')).current_dir(workspace.path()).output().unwrap();
            assert!(output.status.success(), "openssl {line}\n{}", String::from_utf8_lossy(&output.stderr));
        }
        Self(workspace)
    }

    /// The text with the paths of the files in it.
    fn fill(&self, text: &str) -> String {
        let file = |name| self.0.file(name).display().to_string();
        text.replace("{ca}", &file("ca.pem"))
            .replace("{other}", &file("other.pem"))
            .replace("{none}", &file("none.pem"))
    }
}

/// The database's URL at this host with these parameters.
fn url(database: &Database, host: &str, parameters: &str) -> String {
    format!("{}?{parameters}", database.url().replace("127.0.0.1", host))
}

fn follow(url: &str) -> Outcome {
    let follower = Bellwether::bare(["follow", "--release", "r1", "--start-timeout", "0s"]);
    follower.args(["--timeout", "10m", "--database-url", url]).run()
}

/// Connects; that the server takes nothing unencrypted shows that it was encrypted.
fn assert_connects(certificates: &Certificates, database: &Database, cases: &[(&str, &str)]) {
    for (host, parameters) in cases {
        let _ = follow(&certificates.fill(&url(database, host, parameters))).exits(120);
    }
}

/// Stops at once, although there would be ten minutes, and names the parameter.
fn assert_stops(certificates: &Certificates, database: &Database, cases: &[(&str, &str, &str)]) {
    for (host, parameters, words) in cases {
        let outcome = follow(&certificates.fill(&url(database, host, parameters))).exits(125);
        let _ = outcome.within(Duration::from_secs(20)).says_last(&certificates.fill(words));
    }
}

#[test]
fn postgres() {
    let (certificates, server) = (Certificates::new(), Server::start(Db::Postgres, &[]));
    let file = |name| server.entrust(&certificates.0.file(name)).display().to_string();
    let (certificate, key) = (file("server.pem"), file("server.key"));
    server.stop();
    server.admit("hostssl all all 127.0.0.1/32 scram-sha-256");
    server.start_again(&["ssl=on", &format!("ssl_cert_file={certificate}"), &format!("ssl_key_file={key}")]);
    let database = server.database();
    assert_connects(
        &certificates,
        &database,
        &[
            ("127.0.0.1", ""),
            ("127.0.0.1", "sslmode=prefer"),
            ("127.0.0.1", "sslmode=require"),
            ("127.0.0.1", "sslmode=no-verify"),
            ("127.0.0.1", "sslmode=no-verify&sslrootcert={other}"),
            ("127.0.0.1", "sslmode=require&sslrootcert={ca}"),
            ("127.0.0.1", "sslmode=verify-ca&sslrootcert={ca}"),
            ("localhost", "sslmode=verify-full&sslrootcert={ca}"),
        ],
    );
    assert_stops(
        &certificates,
        &database,
        &[
            ("127.0.0.1", "sslmode=disable", "no encryption"),
            (
                "127.0.0.1",
                "sslmode=verify-ca&sslrootcert={other}",
                "sslmode=verify-ca: its authority must be in sslrootcert",
            ),
            ("127.0.0.1", "sslmode=require&sslrootcert={other}", "sslrootcert={other}"),
            ("127.0.0.1", "sslmode=verify-full&sslrootcert={ca}", "not valid for name \"127.0.0.1\""),
            ("localhost", "sslmode=verify-full", "unless sslrootcert=FILE names another"),
            (
                "localhost",
                "sslmode=verify-full&sslrootcert={none}",
                "can't read the file `{none}` that sslrootcert names",
            ),
        ],
    );
}

#[test]
fn mysql() {
    let (certificates, server) = (Certificates::new(), Server::start(Db::MySql, &[]));
    let file = |name| server.entrust(&certificates.0.file(name)).display().to_string();
    let (certificate, key) = (file("server.pem"), file("server.key"));
    server.stop();
    server.start_again(&[
        "--require-secure-transport",
        &format!("--ssl-cert={certificate}"),
        &format!("--ssl-key={key}"),
    ]);
    let database = server.database();
    assert_connects(
        &certificates,
        &database,
        &[
            ("127.0.0.1", ""),
            ("127.0.0.1", "ssl-mode=PREFERRED"),
            ("127.0.0.1", "ssl_mode=REQUIRED"),
            ("127.0.0.1", "useSSL=true"),
            ("127.0.0.1", "useSSL=true&verifyServerCertificate=false"),
            ("127.0.0.1", "sslMode=VERIFY_CA&ssl-ca={ca}"),
            ("127.0.0.1", "useSSL=true&verifyServerCertificate=true&ssl_ca={ca}"),
            ("localhost", "ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}"),
        ],
    );
    assert_stops(
        &certificates,
        &database,
        &[
            ("127.0.0.1", "ssl-mode=DISABLED", "Access denied"),
            (
                "127.0.0.1",
                "ssl-mode=VERIFY_CA&ssl-ca={other}",
                "ssl-mode=VERIFY_CA: its authority must be in ssl-ca={other}",
            ),
            ("127.0.0.1", "ssl_mode=VERIFY_IDENTITY&ssl-ca={ca}", "not valid for name \"127.0.0.1\""),
            ("127.0.0.1", "useSSL=true&verifyServerCertificate=true", "unless ssl-ca=FILE names another"),
            ("127.0.0.1", "ssl-mode=VERIFY_CA&ssl-ca={none}", "can't read the file `{none}` that ssl-ca names"),
        ],
    );
}

#[test]
fn a_server_without_it_is_refused_where_it_is_wanted() {
    let certificates = Certificates::new();
    let (postgres, mysql) = (Db::Postgres.fresh(), Db::MySql.fresh());
    for (database, wanted, words) in [
        (&postgres, "sslmode=require", "sslmode=require asks for it"),
        (&postgres, "sslmode=verify-full", "sslmode=verify-full asks for it"),
        (&mysql, "ssl-mode=REQUIRED", "ssl-mode=REQUIRED asks for it"),
        (&mysql, "useSSL=true", "ssl-mode=REQUIRED asks for it"),
    ] {
        assert_stops(&certificates, database, &[("127.0.0.1", wanted, words)]);
    }
    assert_connects(&certificates, &postgres, &[("127.0.0.1", "sslmode=prefer")]);
    assert_connects(&certificates, &mysql, &[("127.0.0.1", "ssl-mode=PREFERRED")]);
}
