//! Alembic and Flask-Migrate: a graph of revisions, of which the table holds only the heads.

mod config;
mod graph;
mod ini;

use std::collections::BTreeSet;
use std::path::Path;

use walkdir::WalkDir;

pub(super) use self::config::places;
pub(super) use self::graph::compare;
use super::python::{File, Literal, Said, Scope};
use crate::gate::migration::{Migration, Places};
use crate::gate::presets::Preset;

/// The revisions in these places. Who they are and what they build on is said in the files.
pub(super) fn shipped(preset: &Preset, places: &Places) -> Result<Vec<Migration>, String> {
    let mut migrations = Vec::new();
    let mut seen = BTreeSet::new();
    for folder in [&places.folder].into_iter().chain(&places.more) {
        let depth = if places.recursive { usize::MAX } else { 1 };
        // Of two files with one revision the last one counts, so the order is Alembic's: files before folders, by name.
        let entries = WalkDir::new(folder).min_depth(1).max_depth(depth).sort_by(|one, other| {
            let key = |entry: &walkdir::DirEntry| (entry.file_type().is_dir(), entry.file_name().to_owned());
            key(one).cmp(&key(other))
        });
        let ours = |entry: &walkdir::DirEntry| !entry.file_name().to_string_lossy().ends_with("__pycache__");
        for entry in entries.into_iter().filter_entry(ours) {
            let entry = entry.map_err(|error| format!("can't read `{}`: {error}", folder.display()))?;
            let path = entry.path();
            let name = entry.file_name().to_string_lossy();
            let Some(stem) = preset.files.capture(&name).filter(|_| path.is_file()) else { continue };
            let real = path.canonicalize().map_err(|error| format!("can't read `{}`: {error}", path.display()))?;
            if seen.insert(real) {
                migrations.extend(revision(path, stem)?);
            }
        }
    }
    Ok(graph::in_order(migrations))
}

/// The revision in a file. A file that says nothing of one is none.
fn revision(path: &Path, stem: &str) -> Result<Option<Migration>, String> {
    let file = File::read(path)?;
    let module = file.module();
    let unclear = |name: &str| {
        format!(
            "`{}` doesn't say its `{name}` as a literal; write it as one, or ship a list of the revisions and name that \
             with `manifest:FILE`, or ask Alembic itself: `bellwether follow -- alembic current --check-heads`",
            path.display()
        )
    };
    let id = match module.say("revision") {
        Said::Literal(Literal::Text(id)) => id,
        Said::Nothing if is_revision(&module) && is_legacy(stem) => stem.to_owned(),
        Said::Nothing if !is_revision(&module) => return Ok(None),
        _ => return Err(unclear("revision")),
    };
    let of = |name| match module.say(name) {
        Said::Nothing => Ok(Vec::new()),
        Said::Literal(literal) => literal.strings().ok_or_else(|| unclear(name)),
        Said::Other => Err(unclear(name)),
    };
    let labels = of("branch_labels")?;
    let labels = labels.iter().map(|label| format!("{}{label}", graph::LABEL));
    let links = of("down_revision")?.into_iter().chain(of("depends_on")?).chain(labels).collect();
    Ok(Some(Migration { name: stem.to_owned(), id, links, ..Migration::default() }))
}

/// Whether a file without a `revision` is one nevertheless.
fn is_revision(module: &Scope) -> bool {
    module.has("down_revision") || module.has_star
}

/// Before `revision` there were only file names.
fn is_legacy(stem: &str) -> bool {
    stem.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::presets::find;

    /// What is shipped in a folder with these files.
    fn read(files: &[(&str, &str)], recursive: bool) -> Result<Vec<Migration>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, text) in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        let more = vec![folder.path().join("more")].into_iter().filter(|more| more.is_dir()).collect();
        let places = Places { folder: folder.path().to_owned(), more, recursive };
        shipped(find("alembic").expect("a framework"), &places)
    }

    fn ids(files: &[(&str, &str)], recursive: bool) -> Vec<String> {
        read(files, recursive).expect("revisions").into_iter().map(|migration| migration.id).collect()
    }

    #[test]
    fn revisions_are_what_the_files_say_in_the_order_of_the_graph() {
        let third = "'''\nrevision = \"no\"\n'''\nrevision = 'bb'\ndown_revision = ('aa', 'ff')\ndepends_on = ['x']";
        let files = [
            ("a_second.py", "revision: str = 'aa'\ndown_revision: str | None = 'ff'\nbranch_labels = ('main',)\n"),
            ("z_first.py", "revision = 'ff'\ndown_revision = None\n"),
            ("b_third.py", third),
            ("0a1b.py", "down_revision = 'bb'\n"),
            ("helper.py", "x = 1\n"),
            ("__init__.py", ""),
            (".#lock.py", "revision = 'lock'"),
            ("more/c.py", "revision = 'cc'\ndown_revision = '0a1b'"),
            ("deep/deeper/d.py", "revision = 'dd'\ndown_revision = 'cc'"),
            ("__pycache__/e.py", "revision = 'ee'"),
        ];
        assert_eq!(ids(&files, false), ["ff", "aa", "bb", "0a1b", "cc"]);
        assert_eq!(ids(&files, true), ["ff", "aa", "bb", "0a1b", "cc", "dd"]);
        assert_eq!(read(&files, false).expect("revisions")[2].links, ["aa", "ff", "x"]);
        assert_eq!(read(&files, false).expect("revisions")[1].links, ["ff", "branch:main"]);
    }

    #[test]
    fn what_only_running_the_file_would_tell_is_an_error_with_the_fix() {
        for (text, attribute) in [
            ("revision = ID", "revision"),
            ("revision = ('a', 'b')", "revision"),
            ("if x:\n    revision = 'a'", "revision"),
            ("from .base import revision", "revision"),
            ("from .base import *", "revision"),
            ("down_revision = 'a'", "revision"),
            ("revision = 'a'\ndown_revision = f'b'", "down_revision"),
            ("revision = 'a'\ndown_revision = ('b', OTHER)", "down_revision"),
            ("revision = 'a'\ndepends_on = ['b'] + MORE", "depends_on"),
            ("revision = 'a'\nbranch_labels = [LABEL]", "branch_labels"),
        ] {
            let error = read(&[("x_file.py", text)], false).expect_err(text);
            for part in ["x_file.py` doesn't say", &format!("its `{attribute}` as"), "`manifest:FILE`", "follow --"] {
                assert!(error.contains(part), "{text}: {error}");
            }
        }
        assert!(read(&[("x_file.py", "revision = 'a")], false).expect_err("no Python").contains("line 1"));
    }
}
