//! Assignments of literals in Python files, as migration frameworks write them. Nothing is executed.

/// The strings that a name is assigned, in their order: of `name = "a"`, `name: str = 'a'` and `name = [("a", "b")]`.
/// Empty for `None` or an empty list; nothing if the name is not assigned at the beginning of a line.
pub(super) fn strings(text: &str, name: &str) -> Option<Vec<String>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        let trimmed = line.trim_start();
        let Some(rest) = trimmed.strip_prefix(name) else { continue };
        if !rest.trim_start().starts_with([':', '=']) || rest.trim_start().starts_with("==") {
            continue;
        }
        let value = begin + (line.len() - rest.len()) + rest.find('=')? + 1;
        return Some(literal(&text[value..]));
    }
    None
}

/// The strings up to the end of the value: its line's end, or the bracket that closes it.
fn literal(text: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let mut depth = 0_i32;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '#' => rest = &rest[rest.find('\n').unwrap_or(rest.len())..],
            '\n' if depth <= 0 => break,
            '"' | '\'' => {
                let end = rest.find(c).unwrap_or(rest.len());
                strings.push(rest[..end].to_owned());
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            _ => {}
        }
    }
    strings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_in_all_the_ways_they_are_written() {
        for (text, expected) in [
            ("revision = 'a1'", Some(vec!["a1"])),
            ("revision: str = \"a1\"  # it's ours", Some(vec!["a1"])),
            ("\"\"\"Revision ID: b\"\"\"\nrevision : str='a1'\n", Some(vec!["a1"])),
            ("revision: Union[str, None] = None\nother = 'x'", Some(vec![])),
            ("revision = (\n    'a1',  # don't\n    \"b2\",\n)\nother = 'x'", Some(vec!["a1", "b2"])),
            ("    revision = [('shop', '0001'), ('shop', '0002')]\n", Some(vec!["shop", "0001", "shop", "0002"])),
            ("down_revision = 'x'\nrevisions = 'y'", None),
            ("if revision == 'x':", None),
        ] {
            let expected = expected.map(|strings| strings.into_iter().map(str::to_owned).collect());
            assert_eq!(strings(text, "revision"), expected, "{text}");
        }
    }
}
