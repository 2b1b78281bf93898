//! What an id may look like, whoever gave it.

/// Words that stand where nobody filled in a commit. As every deploy would share them, an old success would let new
/// followers pass.
const PLACEHOLDERS: [&str; 8] = ["null", "undefined", "unknown", "none", "dev", "local", "head", "latest"];

/// The fewest digits of an abbreviated commit, and the most of a full one.
const HEX_DIGITS: std::ops::RangeInclusive<usize> = 7..=64;

/// Why a value names no release, as the end of a sentence.
pub(super) fn fault(value: &str) -> Option<&'static str> {
    let word = value.trim();
    if word.is_empty() {
        Some("is blank")
    } else if PLACEHOLDERS.iter().any(|placeholder| word.eq_ignore_ascii_case(placeholder)) {
        Some("is a placeholder that every deploy would share")
    } else if holds_unexpanded(word) {
        Some("holds a variable that nothing has expanded (many platforms run this command without a shell)")
    } else if value.chars().any(|character| character.is_control() || character == char::REPLACEMENT_CHARACTER) {
        Some("holds a control character, or bytes that are not UTF-8")
    } else {
        None
    }
}

/// Whether `${NAME}`, `$(command)` or `$NAME` stands in the value.
fn holds_unexpanded(value: &str) -> bool {
    value.split('$').skip(1).any(|rest| {
        rest.starts_with(|character: char| matches!(character, '{' | '(' | '_') || character.is_ascii_alphabetic())
    })
}

/// Whether two different ids look like the same commit, one of them in its short form.
pub fn same_commit_in_short(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.len() < long.len() && is_hex(short) && is_hex(long) && long[..short.len()].eq_ignore_ascii_case(short)
}

fn is_hex(value: &str) -> bool {
    HEX_DIGITS.contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Commits are compared byte for byte, and some tools write them in capitals.
pub(super) fn in_lower_case(value: String) -> String {
    if is_hex(&value) { value.to_ascii_lowercase() } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn values_that_name_no_release() {
        let cases = [
            ("", "is blank"),
            (" ", "is blank"),
            ("Unknown", "is a placeholder"),
            (" null", "is a placeholder"),
            ("undefined", "is a placeholder"),
            ("none", "is a placeholder"),
            ("dev", "is a placeholder"),
            ("local", "is a placeholder"),
            ("HEAD", "is a placeholder"),
            ("latest", "is a placeholder"),
            ("${_self.COMMIT_HASH}", "nothing has expanded"),
            ("v-$(git rev-parse HEAD)", "nothing has expanded"),
            ("$GIT_SHA", "nothing has expanded"),
            ("abc\n", "control character"),
            ("a\u{fffd}", "not UTF-8"),
        ];
        for (value, part) in cases {
            assert!(fault(value).is_some_and(|why| why.contains(part)), "{value}");
        }
        for value in ["abc1234", "V1", " v 1 ", "price-5$", "$5", "devel", "v1-latest"] {
            assert_eq!(fault(value), None, "{value}");
        }
    }

    #[test]
    fn short_forms_of_one_commit() {
        let cases = [
            ("0123456", FULL, true),
            ("012345", FULL, false),
            ("0123457", FULL, false),
            (FULL, FULL, false),
            ("0123456789ABCDEF", FULL, true),
            ("0123456", "0123456_uncommitted_1", false),
            ("release", "release-2", false),
            ("", "", false),
            ("ääää", "äääää", false),
        ];
        for (a, b, expected) in cases {
            assert_eq!((same_commit_in_short(a, b), same_commit_in_short(b, a)), (expected, expected), "{a} {b}");
        }
    }
}
