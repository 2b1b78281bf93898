//! Where Alembic's revisions are: `alembic.ini`, `[tool.alembic]` of `pyproject.toml`, or the usual folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::ini;
use crate::gate::migration::Places;
use crate::gate::presets::Preset;

/// What the configuration says.
#[derive(Default)]
struct Options {
    location: Option<Location>,
    versions: Vec<Location>,
    recursive: Option<bool>,
}

/// A folder, and who names it.
struct Location {
    file: &'static str,
    option: &'static str,
    text: String,
}

const INI: &str = "alembic.ini";
const TOML: &str = "pyproject.toml";

/// The folders of the revisions: in the given one, else those that the configuration names, else the usual one.
pub(in super::super) fn places(preset: &Preset, given: Option<&Path>, here: &Path) -> Result<Option<Places>, String> {
    if let Some(given) = given.map(|given| here.join(given)) {
        // Where to look is said, whatever a configuration says or lacks. How to look, only that says: here, or with
        // Flask-Migrate in the folder itself.
        let beside = [Some(given.as_path()), given.parent()].into_iter().flatten();
        let all = beside.map(from_ini).chain([options(here)]);
        let recursive = all.flatten().any(|options| options.recursive == Some(true));
        let versions = given.join("versions");
        let folder = if versions.is_dir() { versions } else { given };
        return Ok(Some(Places { folder, more: Vec::new(), recursive }));
    }
    let options = options(here)?;
    if options.location.is_some() || !options.versions.is_empty() {
        return configured(&options, here).map(Some);
    }
    for versions in preset.paths.iter().map(|path| here.join(path)) {
        let own = versions.parent().map(from_ini).transpose()?.unwrap_or_default();
        if !own.versions.is_empty() {
            return configured(&own, here).map(Some);
        }
        if versions.is_dir() {
            let recursive = own.recursive.or(options.recursive) == Some(true);
            return Ok(Some(Places { folder: versions, more: Vec::new(), recursive }));
        }
    }
    Ok(None)
}

/// The folders that the configuration names. One that is not there is a mistake: what is in it would not be missed.
fn configured(options: &Options, here: &Path) -> Result<Places, String> {
    let mut folders = Vec::new();
    if let Some(location) = &options.location {
        let root = resolved(&location.text, here);
        location.there(&root, here)?;
        if options.versions.is_empty() {
            folders.push(location.there(&root.join("versions"), here)?);
        }
    }
    for location in &options.versions {
        folders.push(location.there(&resolved(&location.text, here), here)?);
    }
    Ok(Places { folder: folders.remove(0), more: folders, recursive: options.recursive == Some(true) })
}

impl Location {
    fn there(&self, folder: &Path, here: &Path) -> Result<PathBuf, String> {
        if folder.is_dir() {
            return Ok(folder.to_owned());
        }
        let Self { file, option, text } = self;
        let missing = folder.strip_prefix(here).unwrap_or(folder).display();
        Err(format!(
            "`{file}` says `{option} = {text}`, and there is no folder `{missing}`; mend it, or name the folder of the \
             revisions with `alembic:PATH`"
        ))
    }
}

/// A path, or `package.of.python:path`.
fn resolved(location: &str, here: &Path) -> PathBuf {
    match location.split_once(':') {
        Some((package, path)) if !location.starts_with('/') => {
            here.join(package.replace('.', "/")).join(path.replace(':', "/"))
        }
        _ => here.join(location),
    }
}

/// Each option is taken from `alembic.ini`, else from `pyproject.toml`.
fn options(here: &Path) -> Result<Options, String> {
    let ini = from_ini(here)?;
    let toml = from_toml(here)?;
    let versions = if ini.versions.is_empty() { toml.versions } else { ini.versions };
    Ok(Options { location: ini.location.or(toml.location), versions, recursive: ini.recursive.or(toml.recursive) })
}

/// The text of a file, if there is one.
fn text(file: &Path) -> Result<Option<String>, String> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("can't read `{}`: {error}", file.display())),
    }
}

fn from_ini(folder: &Path) -> Result<Options, String> {
    let Some(text) = text(&folder.join(INI))? else { return Ok(Options::default()) };
    let mut section = ini::section(&text, "alembic");
    section.entry("here".into()).or_insert_with(|| folder.display().to_string());
    let value = |name: &str| filled(INI, name, section.get(name), &section);
    let location = value("script_location")?.filter(|location| !location.is_empty());
    let location = location.map(|text| Location { file: INI, option: "script_location", text });
    let versions = match value("version_locations")? {
        Some(locations) => {
            let separator = value("path_separator")?.or(value("version_path_separator")?);
            split(&locations, separator.as_deref())?
        }
        None => Vec::new(),
    };
    let recursive = value("recursive_version_locations")?.map(|text| text == "true");
    let versions = versions.into_iter().map(|text| Location { file: INI, option: "version_locations", text });
    Ok(Options { location, versions: versions.collect(), recursive })
}

/// The locations in a value, between separators. Without one, older versions took commas and blanks.
fn split(locations: &str, separator: Option<&str>) -> Result<Vec<String>, String> {
    let separators: &[char] = match separator {
        None => &[',', ' ', '\n'],
        Some("space") => &[' '],
        Some("newline") => &['\n'],
        Some("os" | ":") => &[':'],
        Some(";") => &[';'],
        Some(other) => {
            return Err(format!("`{INI}` says `path_separator = {other}`; write `os`, `space`, `newline`, `:` or `;`"));
        }
    };
    Ok(locations.split(separators).map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect())
}

fn from_toml(folder: &Path) -> Result<Options, String> {
    let Some(text) = text(&folder.join(TOML))? else { return Ok(Options::default()) };
    let file: toml::Table =
        text.parse().map_err(|error: toml::de::Error| format!("`{TOML}` is no TOML: {}; mend it", error.message()))?;
    let Some(table) = file.get("tool").and_then(|tool| tool.get("alembic")) else { return Ok(Options::default()) };
    let here = BTreeMap::from([("here".to_owned(), folder.display().to_string())]);
    let wrong = |name: &str, kind: &str| format!("`{name}` in [tool.alembic] of `{TOML}` is no {kind}; write one");
    let location = |option: &'static str, kind: &str, value: &toml::Value| {
        let text = value.as_str().map(str::to_owned).ok_or_else(|| wrong(option, kind))?;
        let text = filled(TOML, option, Some(&text), &here)?.unwrap_or_default();
        Ok::<_, String>(Location { file: TOML, option, text })
    };
    let one = |value: &toml::Value| location("script_location", "string", value);
    let many = |value: &toml::Value| {
        let (option, kind) = ("version_locations", "list of strings");
        let values = value.as_array().ok_or_else(|| wrong(option, kind))?;
        values.iter().map(|value| location(option, kind, value)).collect::<Result<Vec<_>, _>>()
    };
    let option = "recursive_version_locations";
    let truth = |value: &toml::Value| value.as_bool().ok_or_else(|| wrong(option, "boolean"));
    Ok(Options {
        location: table.get("script_location").map(one).transpose()?,
        versions: table.get("version_locations").map(many).transpose()?.unwrap_or_default(),
        recursive: table.get(option).map(truth).transpose()?,
    })
}

fn filled(
    file: &str,
    name: &str,
    value: Option<&String>,
    options: &BTreeMap<String, String>,
) -> Result<Option<String>, String> {
    let Some(value) = value else { return Ok(None) };
    let filled = ini::interpolated(value, options).ok_or_else(|| {
        format!("`{file}` says `{name} = {value}`, whose `%` can't be filled in; write `%(here)s`, or `%%` for a `%`")
    });
    filled.map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::presets::find;

    /// The places that are found among these files and folders, or the error.
    fn found(files: &[(&str, &str)], given: Option<&str>) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, text) in files {
            let path = folder.path().join(file);
            let parent = if file.ends_with('/') { path.as_path() } else { path.parent().expect("a parent") };
            std::fs::create_dir_all(parent).expect("a folder");
            if !file.ends_with('/') {
                std::fs::write(&path, text).expect("a file");
            }
        }
        let alembic = find("alembic").expect("a framework");
        match places(alembic, given.map(Path::new), folder.path()) {
            Ok(Some(places)) => places.shown(folder.path()) + if places.recursive { " and below" } else { "" },
            Ok(None) => "nothing".into(),
            Err(error) => error,
        }
    }

    #[test]
    fn alembic_ini_says_where_the_revisions_are() {
        let folders = [("a/versions/", ""), ("b/c/", ""), ("migrations/versions/", "")];
        for (section, expected) in [
            ("", "migrations/versions"),
            ("script_location = a", "a/versions"),
            ("script_location : %(here)s/a", "a/versions"),
            ("script_location = a\nrecursive_version_locations = true", "a/versions and below"),
            ("recursive_version_locations = true", "migrations/versions and below"),
            ("script_location = a\nversion_locations = b/c a/versions", "b/c, a/versions"),
            ("version_locations = b/c, a/versions", "b/c, a/versions"),
            ("root = b\nversion_locations = %(root)s/c:a/versions\npath_separator = os", "b/c, a/versions"),
            ("version_path_separator = ;\nversion_locations = b/c; a/versions;", "b/c, a/versions"),
            ("path_separator = newline\nversion_locations =\n  b/c\n\n  # no\n  b:c\n", "b/c, b/c"),
            ("path_separator = space\nversion_locations = b/c  b.x:../c", "b/c, b/x/../c"),
        ] {
            let ini = format!("[alembic]\n{section}\n[x]\nscript_location = no\n");
            let files = [&folders[..], &[("alembic.ini", ini.as_str()), ("b/x/", "")]].concat();
            assert_eq!(found(&files, None), expected, "{section}");
        }
        let ini = "[alembic]\nscript_location = b.d:versions\n";
        assert_eq!(found(&[("alembic.ini", ini), ("b/d/versions/versions/", "")], None), "b/d/versions/versions");
    }

    #[test]
    fn pyproject_toml_says_the_rest() {
        let folders = [("a/versions/", ""), ("b/", ""), ("migrations/versions/", "")];
        for (toml, ini, expected) in [
            ("[project]\nname = 'x'", "", "migrations/versions"),
            ("[tool.alembic]\nscript_location = '%(here)s/a'", "", "a/versions"),
            ("[tool.alembic]\nscript_location = 'b'", "script_location = a", "a/versions"),
            ("tool.alembic.version_locations = ['a/versions', 'b']", "script_location = a", "a/versions, b"),
            ("[tool.alembic]\nrecursive_version_locations = true", "script_location = a", "a/versions and below"),
            (
                "tool.alembic.recursive_version_locations = true",
                "recursive_version_locations = false",
                "migrations/versions",
            ),
        ] {
            let ini = format!("[alembic]\n{ini}\n");
            let files = [&folders[..], &[("pyproject.toml", toml), ("alembic.ini", &ini)]].concat();
            assert_eq!(found(&files, None), expected, "{toml}");
        }
    }

    #[test]
    fn the_usual_folders_and_a_given_one_need_no_configuration() {
        assert_eq!(found(&[("alembic/versions/", "")], None), "alembic/versions");
        assert_eq!(found(&[("versions/", "")], None), "nothing");
        let flask = ("migrations/alembic.ini", "[alembic]\nrecursive_version_locations = true\n");
        let ini = ("alembic.ini", "[alembic]\nscript_location = missing\n");
        let versions = ("migrations/versions/", "");
        assert_eq!(found(&[flask, versions], None), "migrations/versions and below");
        for given in ["migrations", "migrations/versions"] {
            assert_eq!(found(&[flask, versions, ini], Some(given)), "migrations/versions and below");
        }
        let located = ("migrations/alembic.ini", "[alembic]\nversion_locations = a b\n");
        assert_eq!(found(&[located, versions, ("a/", ""), ("b/", "")], None), "a, b");
    }

    #[test]
    fn mistakes_are_named_with_the_file_and_the_fix() {
        for (file, text, part) in [
            (
                "alembic.ini",
                "script_location = x",
                "`alembic.ini` says `script_location = x`, and there is no folder `x`",
            ),
            ("alembic.ini", "script_location = a", "no folder `a/versions`"),
            ("alembic.ini", "script_location = p.q:x", "no folder `p/q/x`"),
            ("alembic.ini", "version_locations = a x", "`version_locations = x`, and there is no folder `x`"),
            ("alembic.ini", "version_locations = a\npath_separator = |", "`path_separator = |`; write `os`"),
            ("alembic.ini", "script_location = %(home)s", "`script_location = %(home)s`, whose `%`"),
            ("pyproject.toml", "script_location = 'x'", "`pyproject.toml` says `script_location = x`"),
            (
                "pyproject.toml",
                "script_location = 1",
                "`script_location` in [tool.alembic] of `pyproject.toml` is no string",
            ),
            ("pyproject.toml", "version_locations = 'a'", "is no list of strings"),
            ("pyproject.toml", "recursive_version_locations = 'true'", "is no boolean"),
            ("pyproject.toml", "x = ", "`pyproject.toml` is no TOML: "),
        ] {
            let section = if file == INI { "[alembic]" } else { "[tool.alembic]" };
            let error =
                found(&[(file, &format!("{section}\n{text}\n")), ("a/", ""), ("migrations/versions/", "")], None);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
