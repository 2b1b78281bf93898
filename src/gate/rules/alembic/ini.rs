//! A section of an `.ini` file, as Python's `configparser` reads it. The crates that read such files know neither its
//! values over several lines nor its `%(name)s`.

use std::collections::BTreeMap;

/// References to references: `configparser` gives up there, too.
const DEEPEST: usize = 10;

/// The options of a section; those of `[DEFAULT]` are in all of them.
pub(super) fn section(text: &str, wanted: &str) -> BTreeMap<String, String> {
    let mut own = BTreeMap::new();
    let mut defaults = BTreeMap::new();
    let mut here = "";
    let mut option = None;
    let mut indent = usize::MAX;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let content = line.trim();
        if content.starts_with(['#', ';']) {
            continue;
        }
        let begin = line.len() - line.trim_start().len();
        let options = if here == wanted { &mut own } else { &mut defaults };
        if let Some(name) = option.as_ref().filter(|_| content.is_empty() || begin > indent) {
            if let Some(value) = options.get_mut(name) {
                *value = format!("{value}\n{content}");
            }
            continue;
        }
        indent = begin;
        option = None;
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')) {
            here = name.0;
        } else if let Some(at) = content.find(['=', ':'])
            && (here == wanted || here == "DEFAULT")
        {
            let name = content[..at].trim().to_lowercase();
            options.insert(name.clone(), content[at + 1..].trim().to_owned());
            option = Some(name);
        }
    }
    defaults.extend(own);
    defaults.into_iter().map(|(name, value)| (name, value.trim_end().to_owned())).collect()
}

/// Puts the options that a value refers to into it: `%(name)s`, with `%%` for `%`. Nothing if one is not there.
pub(super) fn interpolated(value: &str, options: &BTreeMap<String, String>) -> Option<String> {
    fill(value, options, 0)
}

fn fill(value: &str, options: &BTreeMap<String, String>, depth: usize) -> Option<String> {
    let mut parts = value.split('%');
    let mut filled = parts.next()?.to_owned();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            filled.push('%');
            filled.push_str(parts.next()?);
        } else {
            let (name, rest) = part.strip_prefix('(')?.split_once(")s")?;
            let value = options.get(&name.to_lowercase()).filter(|_| depth < DEEPEST)?;
            filled.push_str(&fill(value, options, depth + 1)?);
            filled.push_str(rest);
        }
    }
    Some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_read_as_python_does() {
        let text = "\u{feff}[DEFAULT]\nroot = r\nshared = d\n[other]\nscript_location = no\n[alembic]\n# script_location = no\n\
                    script_location : a b # kept\n  \nShared=own\nversion_locations =\n    one\n    ; no\n\n  two = 2\nlast = %(root)s/x\n\
                    [more]\nlast = no\n";
        let options = section(text, "alembic");
        let expected = [
            ("last", "%(root)s/x"),
            ("root", "r"),
            ("script_location", "a b # kept"),
            ("shared", "own"),
            ("version_locations", "\none\n\ntwo = 2"),
        ];
        let found: Vec<_> = options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
        assert!(section("[a]\nx = 1", "b").is_empty());
    }

    #[test]
    fn references_are_filled_in() {
        let options = [("a", "x%(b)s"), ("b", "y"), ("c", "%(c)s")].map(|(name, value)| (name.into(), value.into()));
        let options = BTreeMap::from(options);
        for (value, expected) in [
            ("%(A)s/%(b)s", Some("xy/y")),
            ("100%%-%%", Some("100%-%")),
            ("%%(b)s", Some("%(b)s")),
            ("%(c)s", None),
            ("%(d)s", None),
            ("%(a", None),
            ("%d", None),
            ("%", None),
        ] {
            assert_eq!(interpolated(value, &options).as_deref(), expected, "{value}");
        }
    }
}
