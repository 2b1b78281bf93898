//! Secrets that must not reach the table: passwords in URLs, and the values of variables whose names say so.

/// Parts of a variable's name that say that its value is a secret.
const TELLING: [&str; 11] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "API_KEY",
    "APIKEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "MASTER_KEY",
    "CREDENTIAL",
];
/// A shorter value is no secret, and masking it would tear every text apart.
const SHORTEST: usize = 4;
const MASK: &str = "***";

/// The values that are masked.
#[derive(Clone, Default)]
pub struct Secrets {
    values: Vec<String>,
}

impl Secrets {
    /// Collects the secrets of an environment, given as names and values, and these more.
    pub fn new<'a>(variables: impl Iterator<Item = (&'a str, &'a str)>, more: Vec<String>) -> Self {
        let mut values = more;
        for (name, value) in variables {
            let name = name.to_ascii_uppercase();
            if TELLING.iter().any(|part| name.contains(part)) {
                // A key in several lines is masked line by line as well.
                values.extend(value.lines().map(|line| line.trim().to_owned()));
                values.push(value.to_owned());
            }
            values.extend(passwords(value).map(|(_, password)| password.to_owned()));
        }
        values.retain(|value| value.len() >= SHORTEST);
        // A secret that holds another one must go first.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self { values }
    }

    /// The text with every secret, and every password of a URL in it, masked.
    pub fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for value in &self.values {
            masked = masked.replace(value, MASK);
        }
        let places: Vec<_> = passwords(&masked).map(|(at, password)| at..at + password.len()).collect();
        for place in places.into_iter().rev() {
            masked.replace_range(place, MASK);
        }
        masked
    }
}

/// The passwords of the URLs in a text, each with its place: what stands between `scheme://user:` and the last `@`
/// before a blank, a quote or the next URL.
fn passwords(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("://").filter_map(|(at, scheme)| {
        let begin = at + scheme.len();
        let rest = &text[begin..];
        let blank = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')).unwrap_or(rest.len());
        let end = rest[..blank].find("://").unwrap_or(blank);
        let user_info = &rest[..rest[..end].rfind('@')?];
        let (user, password) = user_info.split_once(':')?;
        (!user.contains('/') && !password.is_empty()).then_some((begin + user.len() + 1, password))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_urls_are_masked_wherever_they_stand() {
        let secrets = Secrets::default();
        for (text, expected) in [
            ("connect postgres://app:s3cr3t@db:5432/x failed", "connect postgres://app:***@db:5432/x failed"),
            ("a://u:p@ss@h b://u:q@h", "a://u:***@h b://u:***@h"),
            ("redis://:only@h", "redis://:***@h"),
            ("https://example.org/a:b@c and http://host:80/", "https://example.org/a:b@c and http://host:80/"),
            ("no url: user@host", "no url: user@host"),
        ] {
            assert_eq!(secrets.mask(text), expected);
        }
    }

    #[test]
    fn values_of_telling_variables_and_passwords_of_url_variables_are_masked() {
        let variables = [
            ("SECRET_KEY_BASE", "abcdef0123"),
            ("DATABASE_URL", "postgres://u:hunter22@h/d"),
            ("KEY_PEM_SECRET", "-----\nline-one\nline-two"),
            ("GREETING", "hello"),
            ("SHORT_TOKEN", "abc"),
        ];
        let secrets = Secrets::new(variables.into_iter(), vec!["raw%2Fpass".into()]);
        let text = "abcdef0123 hunter22 line-two raw%2Fpass hello abc";
        assert_eq!(secrets.mask(text), "*** *** *** *** hello abc");
    }
}
