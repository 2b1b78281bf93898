//! Python's literals, as far as migration frameworks need them: strings, `None`, and lists of such.

use tree_sitter::Node;

use super::children;

/// Brackets deeper than Python itself takes them are nobody's migration.
const DEEPEST: usize = 200;

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Literal {
    /// `None`.
    None,
    /// `True` or `False`.
    Truth(bool),
    /// A string of any kind.
    Text(String),
    /// A tuple, a list or a set.
    List(Vec<Literal>),
}

impl Literal {
    /// The value of an expression, unless some part of it has to be run.
    pub(super) fn of(node: Node, text: &str) -> Option<Self> {
        value(node, text, 0)
    }

    /// The strings of one, or of a list of them; nothing else may be there.
    pub(in super::super) fn strings(self) -> Option<Vec<String>> {
        match self {
            Self::None => Some(Vec::new()),
            Self::Truth(_) => None,
            Self::Text(text) => Some(vec![text]),
            Self::List(list) => list.into_iter().map(Self::text).collect(),
        }
    }

    /// The string.
    pub(in super::super) fn text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

fn value(node: Node, text: &str, depth: usize) -> Option<Literal> {
    if depth > DEEPEST {
        return None;
    }
    let values =
        |node| children(node).into_iter().map(|child| value(child, text, depth + 1)).collect::<Option<Vec<_>>>();
    match node.kind() {
        "none" => Some(Literal::None),
        "true" => Some(Literal::Truth(true)),
        "false" => Some(Literal::Truth(false)),
        "string" => string(&text[node.byte_range()]).map(Literal::Text),
        "concatenated_string" => {
            Some(Literal::Text(values(node)?.into_iter().map(Literal::text).collect::<Option<_>>()?))
        }
        "tuple" | "list" | "set" | "expression_list" => values(node).map(Literal::List),
        "parenthesized_expression" => value(children(node).into_iter().next()?, text, depth + 1),
        "binary_operator" if node.child_by_field_name("operator")?.kind() == "+" => {
            let side = |name| value(node.child_by_field_name(name)?, text, depth + 1);
            match (side("left")?, side("right")?) {
                (Literal::Text(left), Literal::Text(right)) => Some(Literal::Text(left + &right)),
                (Literal::List(left), Literal::List(right)) => Some(Literal::List([left, right].concat())),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The value of a string, from its prefix to its last quote. Those in which expressions stand have to be run.
fn string(source: &str) -> Option<String> {
    let begin = source.find(['"', '\''])?;
    let prefix = source[..begin].to_lowercase();
    let quotes = if source[begin..].starts_with("\"\"\"") || source[begin..].starts_with("'''") { 3 } else { 1 };
    let inner = source.get(begin + quotes..source.len().checked_sub(quotes)?)?.replace("\r\n", "\n");
    if prefix.contains(['f', 't']) {
        None
    } else if prefix.contains('r') {
        Some(inner)
    } else {
        unescaped(&inner)
    }
}

fn unescaped(inner: &str) -> Option<String> {
    let mut value = String::new();
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let escape = rest.chars().next()?;
        let (digits, radix) = match escape {
            'x' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            '0'..='7' => (rest.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count(), 8),
            // The names of characters are a book of their own.
            'N' => return None,
            _ => (0, 0),
        };
        let skipped = if radix == 8 { 0 } else { escape.len_utf8() };
        let number = rest.get(skipped..skipped + digits)?;
        rest = &rest[skipped + digits..];
        match escape {
            _ if radix > 0 => value.push(char::from_u32(u32::from_str_radix(number, radix).ok()?)?),
            '\n' => {}
            '\\' | '\'' | '"' => value.push(escape),
            'a' => value.push('\x07'),
            'b' => value.push('\x08'),
            'f' => value.push('\x0c'),
            'n' => value.push('\n'),
            'r' => value.push('\r'),
            't' => value.push('\t'),
            'v' => value.push('\x0b'),
            _ => value.extend(['\\', escape]),
        }
    }
    Some(value + rest)
}

#[cfg(test)]
mod tests {
    use super::super::{File, Said};
    use super::*;

    fn said(value: &str) -> Said {
        let file = File::parse(format!("x = {value}\n")).unwrap_or_else(|line| panic!("line {line} of {value}"));
        file.module().say("x")
    }

    #[test]
    fn strings_are_read_in_all_the_ways_they_are_written() {
        for (value, expected) in [
            ("'a1'", "a1"),
            ("\"it's\"", "it's"),
            ("'''a\n\"b\"'''", "a\n\"b\""),
            ("\"\"\"\"\"\"", ""),
            ("('a'  # one\n    \"b\" r'c')", "abc"),
            ("'a' \\\n    'b'", "ab"),
            ("'a' + ('b' + u\"c\")", "abc"),
            ("b'a' Rb'\\n'", "a\\n"),
            (r"'\x41\u0042\103\0\'\\\n\q'", "ABC\0'\\\n\\q"),
            ("'a\\\nb'", "ab"),
            ("'é\\té'", "é\té"),
        ] {
            assert_eq!(said(value), Said::Literal(Literal::Text(expected.into())), "{value}");
        }
    }

    #[test]
    fn lists_are_read_whole_or_not_at_all() {
        let text = |text: &str| Literal::Text(text.into());
        for (value, expected) in [
            ("None", Literal::None),
            ("(True)", Literal::Truth(true)),
            ("()", Literal::List(vec![])),
            ("('a',)", Literal::List(vec![text("a")])),
            ("'a', 'b'", Literal::List(vec![text("a"), text("b")])),
            ("{\n    'a',  # don't\n}", Literal::List(vec![text("a")])),
            ("[('a', 'b')] + [(\"c\", None),]", {
                let pair = |one, other| Literal::List(vec![one, other]);
                Literal::List(vec![pair(text("a"), text("b")), pair(text("c"), Literal::None)])
            }),
        ] {
            assert_eq!(said(value), Said::Literal(expected), "{value}");
        }
        let deep = format!("{}'a'{}", "(".repeat(1000), ")".repeat(1000));
        for value in [
            "[('a', 'b')] + MORE",
            "[('a', 'b'), OTHER]",
            "[*OTHER]",
            "['a' for _ in x]",
            "f'a'",
            "'a' f'{b}'",
            "'a' 'b'.lower()",
            "'a' % 'b'",
            "'a' - 'b'",
            "'a' + ['b']",
            "'a' if x else 'b'",
            "tuple('a')",
            "{'a': 'b'}",
            "'\\N{BULLET}'",
            "y",
            "1",
            deep.as_str(),
        ] {
            assert_eq!(said(value), Said::Other, "{value}");
        }
    }
}
