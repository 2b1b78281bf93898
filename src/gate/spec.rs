//! SPECs, as the user writes them: `FRAMEWORK`, `FRAMEWORK:PATH` or `manifest:FILE`.

use std::path::PathBuf;

use super::presets::{Preset, all, find};

/// What to compare with the table.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The migrations of a framework.
    Framework(&'static Preset),
    /// A list that was written at build time.
    Manifest,
}

/// A SPEC that was understood.
#[derive(Clone, Debug)]
pub struct Spec {
    /// As it was written.
    pub text: String,
    /// Of what it speaks.
    pub kind: Kind,
    /// The path that it names.
    pub path: Option<PathBuf>,
}

/// Reads a SPEC. The error says what is wrong with it and how to write it.
pub fn parse(text: &str) -> Result<Spec, String> {
    let text = text.trim();
    let (name, path) = match text.split_once(':') {
        Some((name, path)) => (name.trim(), Some(path.trim())),
        None => (text, None),
    };
    if path.is_some_and(str::is_empty) {
        return Err(format!("no path follows the colon; write `{name}` for the default, or `{name}:PATH`"));
    }
    let path = path.map(PathBuf::from);
    if name == "manifest" {
        if path.is_none() {
            return Err("a manifest is a file; write `manifest:FILE`".into());
        }
        return Ok(Spec { text: text.to_owned(), kind: Kind::Manifest, path });
    }
    match find(name) {
        Some(preset) => Ok(Spec { text: text.to_owned(), kind: Kind::Framework(preset), path }),
        None => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> String {
    let names: Vec<_> = all().map(|preset| preset.name).chain(["manifest"]).collect();
    let all_names = all().flat_map(|preset| preset.aliases.iter().chain([&preset.name]).copied());
    let lower = name.to_lowercase();
    let nearest = all_names.map(|known| (strsim::levenshtein(&lower, known), known)).min();
    let hint = match nearest {
        Some((distance, known)) if distance <= 1 + known.len() / 3 => format!(" (did you mean `{known}`?)"),
        _ => String::new(),
    };
    format!("`{name}` is no framework that can be read{hint}; there are {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_a_framework_with_or_without_a_path_or_a_manifest() {
        let spec = parse(" Rails:db/cache_migrate ").expect("a spec");
        assert!(matches!(spec.kind, Kind::Framework(preset) if preset.name == "rails"));
        assert_eq!(spec.path, Some(PathBuf::from("db/cache_migrate")));
        assert!(parse("activerecord").expect("a spec").path.is_none());
        assert!(matches!(parse("manifest:m.json").expect("a spec").kind, Kind::Manifest));
    }

    #[test]
    fn mistakes_are_named_with_the_fix() {
        for (text, part) in [
            ("rials", "did you mean `rails`?"),
            ("cobol", "there are rails, "),
            ("", "no framework"),
            ("rails:", "`rails:PATH`"),
            ("manifest", "`manifest:FILE`"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
