//! Which files and folders are migrations, which part of their names counts, and how that is compared with a row.

/// What Node's frameworks load as a module.
pub const MODULES: &[&str] = &[".js", ".cjs", ".mjs", ".ts", ".cts", ".mts"];
/// Type declarations, which are no migrations.
pub const DECLARATIONS: &[&str] = &[".d.ts", ".d.cts", ".d.mts"];

/// What a migration is on disk.
#[derive(Clone, Copy, Debug)]
pub struct Files {
    /// Whether folders within are searched.
    pub recursive: bool,
    /// A migration is a folder that holds this file.
    pub marker: Option<&'static str>,
    /// Which part of the name counts.
    pub capture: Capture,
    /// The endings that make a file a migration, in any case.
    pub endings: &'static [&'static str],
    /// Endings that rule it out.
    pub but_not: &'static [&'static str],
    /// Beginnings that rule it out.
    pub but_not_beginning: &'static [&'static str],
}

/// Which part of a name counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// All of it, ending included.
    Name,
    /// All of it up to its ending.
    Stem,
    /// All of it up to its ending, if that begins so and goes on with a digit.
    Numbered(&'static str),
    /// All of it up to its ending, if there is an underscore in it.
    Words,
    /// The digits that it begins with; this must follow them.
    Digits(&'static str),
    /// The digits that it begins with, before a hyphen, or the thirteen that its stem ends with: a time.
    Time,
    /// As `Digits("_")`, in a name of which the rest is lower-case words.
    DigitsOfWords,
    /// All of it, with its ending, if it begins with digits and an underscore.
    NumberedName,
    /// What stands before the first underscore, or all.
    ToUnderscore,
    /// What stands between one of these letters and two underscores.
    Version(&'static [char]),
}

/// How names are made comparable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// As they are.
    Verbatim,
    /// As numbers: zeros in front don't count.
    Integer,
    /// As lists of numbers: zeros at the end don't count, and an underscore is a dot.
    Dotted,
    /// In lower case.
    Lower,
    /// Without hyphens.
    NoHyphens,
    /// What follows the last backslash: a class without its namespace.
    Class,
}

impl Files {
    /// The part of a file's or folder's name that counts; nothing if it is no migration.
    pub fn capture<'n>(&self, name: &'n str) -> Option<&'n str> {
        let stem = self.stem(name)?;
        let digits = &name[..name.bytes().take_while(u8::is_ascii_digit).count()];
        let numbered = |then: &str| !digits.is_empty() && name[digits.len()..].starts_with(then);
        match self.capture {
            Capture::Name => Some(name),
            Capture::Stem => Some(stem),
            Capture::Numbered(begin) => {
                stem.strip_prefix(begin).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).map(|_| stem)
            }
            Capture::Words => stem.contains('_').then_some(stem),
            Capture::Digits(then) => numbered(then).then_some(digits),
            Capture::Time if numbered("-") => Some(digits),
            Capture::Time => {
                let begin = stem.len().checked_sub(13).filter(|begin| stem.is_char_boundary(*begin))?;
                Some(&stem[begin..]).filter(|time| time.bytes().all(|byte| byte.is_ascii_digit()))
            }
            Capture::DigitsOfWords => (numbered("_") && is_words(&stem[digits.len() + 1..])).then_some(digits),
            Capture::NumberedName => numbered("_").then_some(name),
            Capture::ToUnderscore => stem.split('_').next().filter(|part| !part.is_empty()),
            Capture::Version(letters) => {
                let (version, _) = stem.strip_prefix(letters)?.split_once("__")?;
                let numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | '_');
                (!version.is_empty() && version.chars().all(numeric)).then_some(version)
            }
        }
    }

    /// Whether a file looks like a migration, but is none by its name: perhaps somebody wrote it wrong.
    pub fn is_nearly(&self, name: &str) -> bool {
        let begins = match self.capture {
            // The others are undo scripts, repeatables and callbacks.
            Capture::Version(letters) => name.starts_with(letters),
            _ => true,
        };
        begins && self.marker.is_none() && self.stem(name).is_some() && self.capture(name).is_none()
    }

    /// The name without its ending; nothing if that is another one, or if something rules the name out.
    fn stem<'n>(&self, name: &'n str) -> Option<&'n str> {
        let ends = |ending: &&&str| {
            name.len() > ending.len()
                && name.get(name.len() - ending.len()..).is_some_and(|end| end.eq_ignore_ascii_case(ending))
        };
        if self.but_not.iter().any(|ending| ends(&ending))
            || self.but_not_beginning.iter().any(|beginning| name.starts_with(beginning))
        {
            return None;
        }
        if self.marker.is_some() {
            return Some(name);
        }
        let ending = self.endings.iter().filter(ends).max_by_key(|ending| ending.len())?;
        Some(&name[..name.len() - ending.len()])
    }
}

/// Lower-case words, and perhaps the name of the engine that they were copied from.
fn is_words(text: &str) -> bool {
    let (words, engine) = text.split_once('.').unwrap_or((text, ""));
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !words.is_empty() && words.chars().chain(engine.chars()).all(word)
}

impl Key {
    /// What is compared.
    pub fn of(self, text: &str) -> String {
        match self {
            Self::Verbatim => text.to_owned(),
            Self::Integer => without_zeros(text).to_owned(),
            Self::Dotted => {
                let mut parts: Vec<_> = text.split(['.', '_']).map(without_zeros).collect();
                while parts.len() > 1 && parts.last() == Some(&"0") {
                    parts.pop();
                }
                parts.join(".")
            }
            Self::Lower => text.to_lowercase(),
            Self::NoHyphens => text.replace('-', ""),
            Self::Class => text.rsplit('\\').next().unwrap_or(text).to_owned(),
        }
    }

    /// By which compared names are ordered: numbers by their length first.
    pub fn order(self, key: &str) -> Vec<(usize, String)> {
        match self {
            // A number below zero stands for "before the first" wherever a framework writes one.
            Self::Integer if key.starts_with('-') => vec![],
            Self::Integer => vec![(key.len(), key.to_owned())],
            Self::Dotted => key.split('.').map(|part| (part.len(), part.to_owned())).collect(),
            Self::Verbatim | Self::Lower | Self::NoHyphens | Self::Class => vec![(0, key.to_owned())],
        }
    }
}

fn without_zeros(text: &str) -> &str {
    let rest = text.trim().trim_start_matches('0');
    if rest.is_empty() { "0" } else { rest }
}
