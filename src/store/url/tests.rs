//! What each spelling comes to, as tables.

use super::{DatabaseUrl, Endpoint, Location, Server, TlsMode, UrlError, parse};

fn parsed(url: &str) -> DatabaseUrl {
    parse(url, "DATABASE_URL").unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn refused(url: &str) -> UrlError {
    parse(url, "DATABASE_URL").map(|parsed| parsed.to_string()).expect_err(url)
}

fn server(url: &str) -> Server {
    match parsed(url).location {
        Location::Server(server) => *server,
        Location::File(file) => panic!("{url}: a file, {file:?}"),
    }
}

#[test]
fn urls_are_understood() {
    for (url, shown) in [
        ("postgres://u:pw@h/db", "postgres://u:***@h:5432/db"),
        ("  postgres://u:pw@h/db\n", "postgres://u:***@h:5432/db"),
        ("PostgreSQL://u:pw@H.example:6432/db", "postgres://u:***@h.example:6432/db"),
        ("postgis://u@h/db", "postgres://u@h:5432/db"),
        ("pgsql://h", "postgres://h:5432"),
        // SQLAlchemy's.
        ("postgresql+psycopg2://u:pw@h/db", "postgres://u:***@h:5432/db"),
        ("postgresql+asyncpg://u:pw@h/db?ssl=require", "postgres://u:***@h:5432/db"),
        ("mysql+pymysql://u:pw@h/db?charset=utf8mb4", "mysql://u:***@h:3306/db"),
        ("mariadb+mariadbconnector://u:pw@h/db", "mysql://u:***@h:3306/db"),
        ("sqlite+aiosqlite:///x.db", "sqlite:/x.db"),
        ("sqlite+pysqlite:////x.db", "sqlite:/x.db"),
        ("mysql://u:pw@h:/db", "mysql://u:***@h:3306/db"),
        ("mysql2://u:pw@my_db/db", "mysql://u:***@my_db:3306/db"),
        ("trilogy://u@127.0.0.1:3307", "mysql://u@127.0.0.1:3307"),
        ("mariadb://h/db", "mysql://h:3306/db"),
        ("mysqlgis://h/db", "mysql://h:3306/db"),
        ("postgres:///db", "postgres://localhost:5432/db"),
        ("postgres://", "postgres://localhost:5432"),
        ("postgres://:pw@h/db", "postgres://:***@h:5432/db"),
        ("postgres://u:@h/db", "postgres://u@h:5432/db"),
        ("postgres://u%20x:pw@h/d%2Fb", "postgres://u%20x:***@h:5432/d%2Fb"),
        // Several `@`: the host begins after the last.
        ("postgres://u:p@ss@h/db", "postgres://u:***@h:5432/db"),
        ("postgres://me@server:pw@h/db", "postgres://me%40server:***@h:5432/db"),
        ("postgres://u:p,w:x@h/db", "postgres://u:***@h:5432/db"),
        // IPv6.
        ("postgres://u:pw@[::1]:5433/db", "postgres://u:***@[::1]:5433/db"),
        ("mysql://[2001:db8::1]/db", "mysql://[2001:db8::1]:3306/db"),
        ("postgres:///db?host=::1", "postgres://[::1]:5432/db"),
        // libpq's parameters win over the rest of the URL.
        ("postgres://a@b:1/c?host=h&port=2&user=u&password=pw&dbname=db", "postgres://u:***@h:2/db"),
        ("postgres://u:pw@h?dbname=db", "postgres://u:***@h:5432/db"),
        ("postgres://u:pw@h/db?password=pw", "postgres://u:***@h:5432/db"),
        // Sockets.
        ("postgres:///db?host=/run/postgresql", "postgres:///db?host=/run/postgresql"),
        ("postgres://u:pw@/db?host=/run/pg&port=5433", "postgres://u:***@/db?host=/run/pg&port=5433"),
        ("postgres://u@%2Frun%2Fpostgresql/db", "postgres://u@/db?host=/run/postgresql"),
        ("postgres://u:pw@localhost/db?host=/cloudsql/p:r:i", "postgres://u:***@/db?host=/cloudsql/p:r:i"),
        ("mysql://u@%2Frun%2Fmy.sock/db", "mysql://u@/db?socket=/run/my.sock"),
        ("mysql://u@localhost/db?socket=/run/my.sock", "mysql://u@/db?socket=/run/my.sock"),
        ("mysql://u@/db?unix_socket=%2Frun%2Fmy.sock", "mysql://u@/db?socket=/run/my.sock"),
        // SQLite.
        ("sqlite:x.db", "sqlite:x.db"),
        ("sqlite://x.db", "sqlite:x.db"),
        ("sqlite:/x.db", "sqlite:/x.db"),
        ("sqlite:///x.db", "sqlite:/x.db"),
        ("sqlite:////x.db", "sqlite:/x.db"),
        ("sqlite3:db/x.sqlite3", "sqlite:db/x.sqlite3"),
        ("spatialite:///data/geo%20x.db", "sqlite:/data/geo x.db"),
        ("sqlite:db/app#1@x.sqlite3?timeout=5000&pool=5", "sqlite:db/app#1@x.sqlite3"),
    ] {
        assert_eq!(parsed(url).to_string(), shown, "{url}");
    }
}

/// Checks that each URL is refused with these words, and with nothing of the password that all these URLs have.
fn assert_refused(cases: &[(&str, &str)]) {
    for (url, part) in cases {
        let text = refused(url).to_string();
        assert!(text.starts_with("DATABASE_URL: "), "{url}: {text}");
        assert!(text.contains(part), "{url}: {text}");
        assert!(!text.contains("p@ss") && !text.contains("w:rd") && !text.contains("pw"), "{url}: {text}");
    }
}

#[test]
fn values_that_are_no_database_url_are_refused() {
    assert_refused(&[
        ("", "is empty"),
        (" ", "is empty"),
        ("null", "placeholder"),
        ("${DATABASE_URL}", "placeholder"),
        ("postgres://u:${PASSWORD}@h/db", "placeholder"),
        ("$DATABASE_URL", "placeholder"),
        ("The database is being created", "does not begin with"),
        ("u:pw@h/db", "does not begin with"),
        ("\"postgres://h/db\"", "quotation mark"),
        ("jdbc:postgresql://h/db?user=u&password=pw", "leave jdbc: out"),
        ("prisma://accelerate.example/?api_key=pw", "direct URL"),
        ("prisma+postgres://accelerate.example/?api_key=pw", "direct URL"),
        ("cockroachdb://u:pw@h/db", "CockroachDB"),
        ("file:./dev.db", "write sqlite:"),
        ("mongodb://h/db", "mongodb: are not supported"),
        (
            "postgressql://u:pw@h/db",
            "the scheme postgressql: of the database URL is not supported; did you mean postgresql:?",
        ),
        ("ftp://h/db", "the scheme ftp: of the database URL is not supported; use one of postgres"),
        ("pw9://h/db", "the scheme of the database URL"),
        ("postgres:h/db", "two slashes"),
        ("mysql:/h/db", "two slashes"),
    ]);
}

#[test]
fn urls_that_do_not_split_safely_are_refused() {
    assert_refused(&[
        // Reserved characters in the password, unescaped.
        ("postgres://u:p@ss/w:rd#1@h/db", "/ as %2F, # as %23"),
        ("postgres://u:p@ss/w:rd#1", "/ as %2F, # as %23"),
        ("postgres://u:p/w@h/db", "/ as %2F"),
        ("postgres://u:1/w@h/db", "/ as %2F"),
        ("postgres://u:p?w@h/db", "? as %3F"),
        ("postgres://u:p#w@h/db", "# as %23"),
        ("postgres://u:p%w@h/db", "% as %25"),
        ("postgres://u:p%2@h/db", "% as %25"),
        ("postgres://u:p%@h/db", "% as %25"),
        ("postgres://u:p%00w@h/db", "control character"),
        ("postgres://u:p%FFw@h/db", "no UTF-8"),
        ("postgres://u:p%é@h/db", "% as %25"),
        ("postgres://u:pw@h/db#fragment", "# as %23"),
        ("postgres://u:pw@h/db?application_name=a@b", "@ as %40"),
        ("postgres://u:p@ss/w:rd", "as %2F and %3A"),
        ("postgres://u:pw@h/a/b", "as %2F and %3A"),
        ("postgres://u:pw", "port"),
        ("postgres://h:0/db", "port"),
        ("postgres://h:+1/db", "port"),
        ("postgres://h:65536/db", "port"),
        ("postgres:///db?port=x", "port"),
        ("postgres://u:pw@h1:1,h2:2/db", "several hosts"),
        ("postgres://u:pw@/db?host=h1,h2", "several hosts"),
        ("postgres://u:pw@h/db?port=1,2", "several hosts"),
        ("postgres://::1/db", "[::1]"),
        ("postgres://[::1/db", "[::1]"),
        ("postgres://[h]/db", "[::1]"),
        ("postgres://[::1]5432/db", "[::1]"),
        ("postgres://h x/db", "not a valid name"),
        ("postgres://u:pw@h/db?host=a%25b", "not a valid name"),
        ("postgres://u:pw@h/db%1B[2J", "control character"),
        ("postgres://u:pw@h/db?password=other", "two different passwords"),
    ]);
}

#[test]
fn sqlite_urls_without_a_shared_file_are_refused() {
    assert_refused(&[
        ("sqlite:", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite::memory:", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:file::memory:?cache=shared", "in memory"),
        ("sqlite://x.db?cache=shared&mode=memory", "in memory"),
        ("sqlite:file:x.db", "without file:"),
        ("sqlite://u:pw@h/db", "SQLite is a file"),
        ("sqlite:u:p/w@h/db", "SQLite is a file"),
    ]);
}

#[test]
fn tls_words_mean_what_libpq_means() {
    use TlsMode::{Disable, Prefer, Require, VerifyCa, VerifyFull};
    for (url, mode, root) in [
        ("postgres://h/db", Prefer, None),
        ("postgres://h/db?sslmode=disable", Disable, None),
        ("postgres://h/db?sslmode=allow", Prefer, None),
        ("postgres://h/db?sslmode=require", Require, None),
        ("postgres://h/db?sslmode=no-verify", Require, None),
        ("postgres://h/db?sslmode=no-verify&sslrootcert=ca.pem", Require, Some("ca.pem")),
        ("postgres://h/db?sslmode=require&sslrootcert=ca.pem", VerifyCa, Some("ca.pem")),
        ("postgres://h/db?sslrootcert=ca.pem", Prefer, Some("ca.pem")),
        ("postgres://h/db?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem", VerifyFull, Some("/etc/ca.pem")),
        ("postgres://h/db?sslmode=verify-ca", VerifyFull, None),
        ("postgres://h/db?sslrootcert=system", VerifyFull, None),
        ("postgres://h/db?sslmode=require&sslrootcert=system", VerifyFull, None),
        ("postgres://h/db?ssl=true", Require, None),
        ("postgres://h/db?ssl=false", Disable, None),
        ("postgres://h/db?ssl=true&sslmode=verify-full", VerifyFull, None),
        ("postgres://h/db?sslmode=verify-full&ssl=0", VerifyFull, None),
        ("postgres://h/db?sslmode=require&sslmode=require", Require, None),
        ("postgres://h/db?sslmode=require&sslaccept=strict", VerifyFull, None),
        ("postgres://h/db?sslmode=require&sslaccept=accept_invalid_certs", Require, None),
        ("postgres:///db?host=/run/pg&sslmode=verify-full&sslrootcert=ca.pem", Disable, None),
        ("postgres://h/db?sslmode=disable&ssl=true", Require, None),
        ("postgres://h/db?sslmode=no-verify&sslaccept=strict", VerifyFull, None),
        ("mysql://h/db?ssl=true&useSSL=false", Require, None),
        ("mysql://h/db?sslaccept=strict&verifyServerCertificate=false", VerifyFull, None),
        ("mysql://h/db", Prefer, None),
        ("mysql://h/db?ssl-mode=REQUIRED", Require, None),
        ("mysql://h/db?ssl_mode=VERIFY_IDENTITY", VerifyFull, None),
        ("mysql://h/db?sslMode=verify_ca", VerifyFull, None),
        ("mysql://h/db?sslmode=Preferred", Prefer, None),
        ("mysql://h/db?sslmode=verify-full", VerifyFull, None),
        ("mysql://h/db?ssl-mode=DISABLED", Disable, None),
        ("mysql://h/db?ssl-mode=REQUIRED&ssl-ca=ca.pem", VerifyCa, Some("ca.pem")),
        ("mysql://h/db?sslca=ca.pem", VerifyCa, Some("ca.pem")),
        ("mysql://h/db?sslca=ca.pem&ssl-mode=preferred", Prefer, Some("ca.pem")),
        ("mysql://h/db?useSSL=true&verifyServerCertificate=false", Require, None),
        ("mysql://h/db?useSSL=true&verifyServerCertificate=true", VerifyFull, None),
        ("mysql://h/db?useSSL=true&requireSSL=false", Require, None),
        ("mysql://h/db?useSSL=false&verifyServerCertificate=true", Disable, None),
        ("mysql://h/db?ssl={\"rejectUnauthorized\":true}", VerifyFull, None),
        ("mysql://h/db?ssl=%7B%22rejectUnauthorized%22:false%7D", Require, None),
        ("mysql://h/db?ssl={}", VerifyFull, None),
        ("mysql://h/db?sslaccept=strict", VerifyFull, None),
        ("mysql://h/db?socket=/run/my.sock&ssl-mode=REQUIRED", Disable, None),
    ] {
        let tls = server(url).tls;
        assert_eq!((tls.mode, tls.root_cert.as_deref()), (mode, root.map(std::path::Path::new)), "{url}");
    }
    let tls = server("postgres://h/db?sslcert=c.pem&sslkey=k.pem").tls;
    assert_eq!(format!("{:?} {:?}", tls.client_cert, tls.client_key), r#"Some("c.pem") Some("k.pem")"#);
}

#[test]
fn tls_that_is_not_understood_is_refused() {
    for (url, part) in [
        (
            "postgres://h/db?sslmode=verify-fully",
            "the unknown word `verify-fully` for TLS (sslmode); use one of disable",
        ),
        ("mysql://h/db?ssl_mode=maybe", "the unknown word `maybe` for TLS (sslmode); use one of DISABLED"),
        ("postgres://h/db?sslmode=", "an unknown word for TLS"),
        ("postgres://h/db?sslmode=s3cret", "an unknown word for TLS"),
        ("mysql://h/db?useSSL=perhaps", "`perhaps` for TLS (useSSL); use one of true and false"),
        ("mysql://h/db?ssl=Amazon", "`Amazon` for TLS (ssl)"),
        ("mysql://h/db?sslaccept=lax", "`lax` for TLS (sslaccept)"),
        ("mysql://h/db?ssl={\"ca\":\"x\"}", "sslrootcert=FILE"),
        ("mysql://h/db?ssl={\"rejectUnauthorized\":\"no\"}", "sslrootcert=FILE"),
        ("mysql://h/db?ssl={", "sslrootcert=FILE"),
        ("postgres://h/db?sslcrl=x.pem", "(`sslcrl`)"),
        ("postgres://h/db?ssl_mod=require", "(`ssl_mod`)"),
        ("mysql://h/db?useTls=true", "(`useTls`)"),
        ("postgres://h/db?password=a&sslpw=x", "TLS parameter that is not understood; ignoring"),
        ("postgres://h/db?sslmode=require&sslmode=disable", "two different TLS modes"),
        ("postgres://h/db?sslmode=require&sslmode=no-verify", "two different TLS modes"),
    ] {
        let text = refused(url).to_string();
        assert!(text.contains(part), "{url}: {text}");
    }
}

#[test]
fn parameters_of_other_libraries_are_ignored() {
    let silent = "pool=5&pgbouncer=true&schema=public&connection_limit=1&connect_timeout=3&pool_timeout=2&\
                  channel_binding=require&application_name=a%zz&statement_cache_size=0&prepared_statements=false&\
                  keepalives_idle=1&keepalives=1&mode=x&uselibpqcompat=true&serverVersion=16&charset=utf8&";
    assert_eq!(parsed(&format!("postgres://h/db?{silent}")).warnings, Vec::<String>::new());
    for (url, warning) in [
        ("postgres://h/db?flavour=sweet", "the unknown parameter `flavour` of the URL is ignored"),
        ("postgres://h/db?flavour", "an unknown parameter of the URL is ignored"),
        ("postgres://h/db?k3y=sweet", "an unknown parameter of the URL is ignored"),
        ("postgres://h/db?password=half&half=x", "an unknown parameter of the URL is ignored"),
        ("postgres://h/db?socket=/run/x", "the unknown parameter `socket` of the URL is ignored"),
        ("postgres://h/db?sslmode=allow", "the TLS mode `allow` is taken as `prefer`: encrypted if the server can"),
    ] {
        assert_eq!(parsed(url).warnings, [format!("DATABASE_URL: {warning}")], "{url}");
    }
}

#[test]
fn a_socket_keeps_its_path_and_port() {
    let endpoint = server("postgres://u@%2Frun%2Fpg:5433/db").endpoint;
    assert_eq!(endpoint, Endpoint::Socket { path: "/run/pg".into(), port: 5433 });
}

#[test]
fn passwords_are_decoded_and_every_spelling_of_them_is_a_secret() {
    for (url, password) in [
        ("postgres://u:p%40s%2fs@h/db", "p@s/s"),
        ("postgres://u:p@s:s@h/db", "p@s:s"),
        ("postgres://u:a+b@h/db", "a+b"),
        ("mysql://u:100%25@h/db", "100%"),
        ("postgres://h/db?user=u&password=p%26s?", "p&s?"),
    ] {
        let revealed = server(url).password.map(|password| password.reveal().to_owned());
        assert_eq!(revealed.as_deref(), Some(password), "{url}");
    }
    let secrets = parsed("postgres://u:p%40s%2fs%20(1)@h/db").secrets();
    for spelling in ["p@s/s (1)", "p%40s%2fs%20(1)", "p%40s%2Fs%20%281%29", "p%40s%2Fs%20(1)", "p%40s%2Fs+%281%29"] {
        assert!(secrets.iter().any(|secret| secret == spelling), "{spelling}: {secrets:?}");
    }
    assert_eq!(parsed("postgres://u:pw@h/db").secrets(), ["pw"]);
    assert_eq!(parsed("sqlite:x.db").secrets(), Vec::<String>::new());
}
