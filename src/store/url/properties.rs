//! Whatever is put in: no panic, and no password in anything that can be printed.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::{DatabaseUrl, UrlError, parse};

/// Everything that a program could print of an answer.
fn printed(answer: &Result<DatabaseUrl, UrlError>) -> String {
    match answer {
        Ok(parsed) => format!("{parsed} {parsed:?} {parsed:#?} {} {:?}", parsed.location, parsed.location),
        Err(error) => format!("{error} {error:?}"),
    }
}

const RESERVED: &str = "[/#?@%:&=+,;$!{}\\[\\]\"'\\\\ \t\né_-]{0,3}";

/// Places for a password, `{}`, between the other parts of URLs, good and bad.
fn shape() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec![
        "postgres://",
        "postgresql://",
        "mysql2://",
        "mariadb://",
        "sqlite://",
        "sqlite:",
        "postgres:",
        "postgres:/",
        "jdbc:postgresql://",
        "prisma://",
        "cockroachdb://",
        "postgresql+asyncpg://",
        "postgress://",
        "",
        "\"mysql://",
        "${",
        "file:",
        "://",
        "http://",
    ]);
    let before =
        prop::sample::select(vec!["user:{}@", ":{}@", "us%er:{}@", "us@er:{}@", "a:b@user:{}@", "user:12/{}@"]);
    let host = prop::sample::select(vec![
        "host",
        "host:5432",
        "host:x",
        "[::1]:1",
        "::1",
        "[::1",
        "h1:1,h2:2",
        "%2Frun%2Fpg",
        "",
        "ho%st",
        "ho st",
    ]);
    let path = prop::sample::select(vec!["", "/", "/db", "/d/b", "/d:b", "/db%1b", "/db#x"]);
    let query = prop::sample::select(vec![
        "",
        "?",
        "?sslmode=require",
        "?sslmode=bogus",
        "?sslfoo=1",
        "?foo=bar",
        "?foo",
        "?host=a,b",
        "?port=x",
        "?mode=memory",
        "?password={}",
        "?user=u&password={}&foo=bar",
        "?password={}&sslmode=bogus",
        "?foo={}",
        "?sslmode={}",
        "?useSSL={}",
        "?ssl={}",
        "?ssl={\"ca\":\"{}\"}",
        "?sslpassword={}",
        "?application_name={}",
        "?port={}",
        "?sslaccept={}",
    ]);
    (scheme, prop::option::of(before), host, path, query)
        .prop_map(|(scheme, before, host, path, query)| format!("{scheme}{}{host}{path}{query}", before.unwrap_or("")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}", prefix in prop::sample::select(vec!["", "postgres://", "mysql://u:p@", "sqlite:"])) {
        let _ = parse(&format!("{prefix}{text}"), "DATABASE_URL");
    }

    #[test]
    fn no_error_quotes_a_marker_wherever_it_stands(before in "[a-z:/@?#%&=,\\[\\]$.]{0,24}", after in "\\PC{0,24}", known in any::<bool>()) {
        let scheme = if known { "postgres://" } else { "" };
        if let Err(error) = parse(&format!("{scheme}{before}Zq9xKv7w{after}"), "DATABASE_URL") {
            prop_assert!(!format!("{error} {error:?}").contains("Zq9xKv7w"), "{error}");
        }
    }

    #[test]
    fn no_output_contains_any_piece_of_the_password(
        shape in shape(), first in RESERVED, second in RESERVED, third in RESERVED, encoded in any::<bool>(),
    ) {
        let password = format!("{first}Zq9xKv7w{second}Yj4mTb2n{third}");
        let written = if encoded { utf8_percent_encode(&password, NON_ALPHANUMERIC).to_string() } else { password.clone() };
        let url = shape.replace("{}", &written);
        let answer = parse(&url, "DATABASE_URL");
        let text = printed(&answer);
        prop_assert!(!text.contains("Zq9xKv7w") && !text.contains("Yj4mTb2n"), "{url}: {text}");
        if let (Ok(parsed), true, false) = (&answer, encoded, url.starts_with("sqlite")) {
            let given = shape.contains(":{}@") || shape.contains("password={}") && !shape.contains("sslpassword");
            let masked = parsed.secrets().iter().any(|secret| secret.contains(&password));
            prop_assert_eq!(masked, given, "{}", url);
        }
    }
}
