//! Secrets that must not be stored or shown: passwords in URLs, and the values of variables whose names say so.

/// Parts of a variable's name that say that its value is a secret.
const TELLING: [&str; 7] = ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "CREDENTIAL"];
/// Ends of one that say so, and the length from which the value is believed to be one: a `SORT_KEY` may be a word.
const TELLING_ENDS: [(&str, usize); 3] = [("_PASS", SHORTEST), ("_PWD", SHORTEST), ("_KEY", 8)];
/// Query parameters of a URL that hold a password.
const PARAMETERS: [&str; 4] = ["password=", "passwd=", "pwd=", "sslpassword="];
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
            if is_telling(&name.to_ascii_uppercase(), value) {
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
        // One after the other: a password before an `@` can swallow the parameters before it.
        let masked = without(&masked, in_user_info(&masked));
        without(&masked, in_queries(&masked))
    }
}

/// The text with these parts masked, which don't overlap.
fn without<'a>(text: &'a str, parts: impl Iterator<Item = (usize, &'a str)>) -> String {
    let mut places: Vec<_> = parts.map(|(at, part)| at..at + part.len()).collect();
    places.sort_by_key(|place| place.start);
    let mut masked = text.to_owned();
    for place in places.into_iter().rev() {
        masked.replace_range(place, MASK);
    }
    masked
}

fn is_telling(name: &str, value: &str) -> bool {
    let ends = |(end, shortest): (&str, usize)| name.ends_with(end) && value.len() >= shortest;
    TELLING.iter().any(|part| name.contains(part)) || TELLING_ENDS.into_iter().any(ends)
}

/// The passwords of the URLs in a text, each with its place.
fn passwords(text: &str) -> impl Iterator<Item = (usize, &str)> {
    in_user_info(text).chain(in_queries(text))
}

/// What stands between `scheme://user:` and the last `@` before a blank, a quote or the next URL.
fn in_user_info(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("://").filter_map(|(at, scheme)| {
        let begin = at + scheme.len();
        let rest = &text[begin..];
        let blank = end_of_word(rest);
        let end = rest[..blank].find("://").unwrap_or(blank);
        let user_info = &rest[..rest[..end].rfind('@')?];
        let (user, password) = user_info.split_once(':')?;
        (!user.contains('/') && !password.is_empty()).then_some((begin + user.len() + 1, password))
    })
}

/// What stands behind `?password=` and its like.
fn in_queries(text: &str) -> impl Iterator<Item = (usize, &str)> {
    PARAMETERS.into_iter().flat_map(move |parameter| {
        text.match_indices(parameter).filter_map(move |(at, _)| {
            let begin = at + parameter.len();
            let rest = &text[begin..];
            let value = &rest[..rest.find('&').unwrap_or(rest.len()).min(end_of_word(rest))];
            (text[..at].ends_with(['?', '&']) && !value.is_empty() && value != MASK).then_some((begin, value))
        })
    })
}

fn end_of_word(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')).unwrap_or(text.len())
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
            ("postgres://h/d?user=u&password=secret&x=1 end", "postgres://h/d?user=u&password=***&x=1 end"),
            ("a://u:p@h/d?pwd=q", "a://u:***@h/d?pwd=***"),
            ("a://u:p@h/d?pwd=q@r b", "a://u:***@r b"),
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
            ("MYSQL_PWD", "mysqlpwd"),
            ("PWD", "/srv/app"),
            ("STRIPE_KEY", "sk_live_abc"),
            ("SORT_KEY", "name"),
        ];
        let secrets = Secrets::new(variables.into_iter(), vec!["raw%2Fpass".into()]);
        let text = "abcdef0123 hunter22 line-two raw%2Fpass hello abc mysqlpwd /srv/app sk_live_abc name";
        assert_eq!(secrets.mask(text), "*** *** *** *** hello abc *** /srv/app *** name");
    }
}
