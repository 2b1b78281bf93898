//! Why a database URL is refused, in words that carry nothing secret.

use thiserror::Error;

/// The schemes to name to a user; the spellings of other libraries are understood too.
const SUPPORTED: &str = "postgres, postgresql, postgis, mysql, mysql2, trilogy, mariadb, sqlite and sqlite3";

/// A database URL that can't be used as it is written. A usage error: waiting does not make it better.
///
/// The text names where the URL was written, what is wrong and how to mend it. It quotes a scheme, a parameter's name
/// or a TLS word, and these only where they can't be a piece of a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{origin}: {flaw}")]
pub struct UrlError {
    origin: String,
    flaw: Flaw,
}

impl UrlError {
    pub(super) fn new(source: &str, flaw: Flaw) -> Self {
        Self { origin: source.to_owned(), flaw }
    }
}

/// What is wrong with a URL. Text from the URL enters only through [`super::text::word`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Flaw {
    #[error("the database URL is empty; set it to a URL such as postgres://USER:PASSWORD@HOST/DATABASE")]
    Empty,
    #[error(
        "the value is a placeholder, not a database URL; the database may not be ready yet, or a variable was not \
         filled in (if a $ belongs to the password, percent-encode it as %24)"
    )]
    Placeholder,
    #[error(
        "the value is not a database URL: it does not begin with postgres://, mysql:// or sqlite: (a provider may set \
         it only when the database is ready)"
    )]
    NoScheme,
    #[error("the database URL begins with a quotation mark; set the value without quotation marks around it")]
    Quoted,
    #[error("{}", unknown_scheme(shown.as_deref(), *nearest))]
    UnknownScheme { shown: Option<String>, nearest: Option<&'static str> },
    #[error("URLs that begin with {scheme}: are not supported; {advice}")]
    Refused { scheme: &'static str, advice: &'static str },
    #[error("the {scheme}: URL needs two slashes, as in {scheme}://USER:PASSWORD@HOST/DATABASE")]
    NoSlashes { scheme: &'static str },
    #[error(
        "the {scheme}: URL can't be split safely; percent-encode the reserved characters in the user, the password and \
         the parameters: / as %2F, # as %23, ? as %3F, @ as %40, : as %3A, % as %25"
    )]
    Reserved { scheme: &'static str },
    #[error(
        "the database URL has a % that is not followed by two hexadecimal digits; percent-encode a literal % as %25"
    )]
    Percent,
    #[error(
        "the database URL holds a character that can't be used there (a control character or text that is no UTF-8)"
    )]
    Unprintable,
    #[error("the database URL names several hosts; name the one that accepts writes")]
    SeveralHosts,
    #[error(
        "the host of the database URL is not a valid name or address; put an IPv6 address in brackets, as in [::1], \
         and percent-encode reserved characters in the password: / as %2F, @ as %40, : as %3A"
    )]
    Host,
    #[error(
        "the port of the database URL is not a number from 1 to 65535; if that text belongs to a password, write \
         USER:PASSWORD@HOST and percent-encode reserved characters: / as %2F, @ as %40, : as %3A"
    )]
    Port,
    #[error(
        "the database name in the URL holds a / or a :; percent-encode them as %2F and %3A if they belong to the name \
         (or to the password)"
    )]
    Database,
    #[error("the database URL gives two different passwords; keep the one before the @ or the password parameter")]
    TwoPasswords,
    #[error("{} for TLS ({key}); use one of {allowed}", unknown_word(word.as_deref()))]
    TlsWord { key: &'static str, word: Option<String>, allowed: &'static str },
    #[error("the database URL gives two different TLS modes; keep one")]
    TwoTlsModes,
    #[error(
        "the ssl parameter holds settings that can't be used here; write ssl=true, or sslmode with sslrootcert=FILE, \
         sslcert=FILE and sslkey=FILE"
    )]
    TlsObject,
    #[error(
        "the database URL has a TLS parameter that is not understood{}; ignoring it could weaken the connection, so \
         remove it, or set BELLWETHER_DATABASE_URL to a URL without it",
        shown.as_ref().map(|name| format!(" (`{name}`)")).unwrap_or_default()
    )]
    TlsKey { shown: Option<String> },
    #[error("the sqlite: URL names no file; write sqlite:PATH")]
    NoPath,
    #[error("a SQLite database in memory can't be shared, each process would have its own; name a file: sqlite:PATH")]
    Memory,
    #[error("the sqlite: URL holds another URL; write sqlite: and the path, without file:")]
    NestedFile,
    #[error(
        "the sqlite: URL has a user and a host, but SQLite is a file; write sqlite:PATH, with a : as %3A and an @ as %40"
    )]
    SqliteServer,
}

fn unknown_scheme(shown: Option<&str>, nearest: Option<&str>) -> String {
    let name = shown.map(|name| format!(" {name}:")).unwrap_or_default();
    let hint = nearest.map(|name| format!("did you mean {name}:? ")).unwrap_or_default();
    format!("the scheme{name} of the database URL is not supported; {hint}use one of {SUPPORTED}")
}

fn unknown_word(word: Option<&str>) -> String {
    word.map_or_else(
        || "the database URL has an unknown word".to_owned(),
        |word| format!("the database URL has the unknown word `{word}`"),
    )
}
