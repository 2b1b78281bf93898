//! Django: every app has a package of migrations, and one migration can stand for others that were squashed into it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use walkdir::WalkDir;

use super::compare::{Comparison, Standing, State};
use super::disk::Migration;
use super::preset::Preset;
use super::python;
use super::table::Record;

/// Folders in which no app of this project lives.
const NOT_OURS: [&str; 7] = ["node_modules", "site-packages", "__pycache__", "venv", "env", "build", "dist"];

/// The migrations of every app below the project's folder; or of the app that the folder belongs to.
pub(super) fn shipped(preset: &Preset, folder: &Path) -> Result<Vec<Migration>, String> {
    let ours = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name.starts_with('.') || NOT_OURS.contains(&name.as_ref()))
    };
    let mut migrations = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(ours) {
        let entry = entry.map_err(|error| format!("can't read `{}`: {error}", folder.display()))?;
        let path = entry.path();
        let package = path.parent().filter(|parent| parent.file_name().is_some_and(|name| name == "migrations"));
        let (Some(package), true) = (package, entry.file_type().is_file()) else { continue };
        let name = entry.file_name().to_string_lossy();
        let (Some(stem), Some(app)) = (preset.files.capture(&name), package.parent()) else { continue };
        let Some(label) = label(app) else { continue };
        let text = read(path)?;
        // What else is in a folder of that name, such as Alembic's revisions, has no migration class.
        if !text.contains("class Migration") {
            continue;
        }
        let replaces = python::strings(&text, "replaces").unwrap_or_default();
        migrations.push(Migration {
            name: format!("{label}.{stem}"),
            id: stem.to_owned(),
            scope: Some(label),
            checksum: None,
            links: replaces.chunks_exact(2).map(|pair| pair.join(".")).collect(),
        });
    }
    Ok(migrations)
}

/// The label of an app: what its configuration says, else the name of its folder.
fn label(app: &Path) -> Option<String> {
    let named = std::fs::read_to_string(app.join("apps.py")).ok().and_then(|text| python::strings(&text, "label"));
    let named = named.and_then(|strings| strings.into_iter().next());
    // The project may be the folder that we are in.
    let folder = app.canonicalize().ok()?;
    named.or_else(|| Some(folder.file_name()?.to_string_lossy().into_owned()))
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("can't read `{}`: {error}", file.display()))
}

/// A migration is applied if it has a row, or if all that it stands for are.
pub(super) fn compare(shipped: &[Migration], records: &[Record]) -> Comparison {
    let rows: BTreeSet<String> = records.iter().map(|record| name(record.scope.as_deref(), &record.id)).collect();
    let links: BTreeMap<&str, &[String]> =
        shipped.iter().map(|migration| (migration.name.as_str(), migration.links.as_slice())).collect();
    let standings = shipped.iter().map(|migration| {
        let applied = is_applied(&migration.name, &rows, &links, 0);
        let state = if applied { State::Applied } else { State::Pending };
        Standing { name: migration.name.clone(), state, reason: None }
    });
    let others = rows.iter().filter(|row| !links.contains_key(row.as_str())).count();
    Comparison { standings: standings.collect(), others, warnings: Vec::new() }
}

fn is_applied(name: &str, rows: &BTreeSet<String>, links: &BTreeMap<&str, &[String]>, depth: usize) -> bool {
    // A squash of itself is a mistake that must not hang us.
    const DEEPEST: usize = 32;
    let replaced = links.get(name).copied().unwrap_or_default();
    rows.contains(name)
        || depth < DEEPEST
            && !replaced.is_empty()
            && replaced.iter().all(|replaced| is_applied(replaced, rows, links, depth + 1))
}

fn name(scope: Option<&str>, id: &str) -> String {
    format!("{}.{id}", scope.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::compare::tests::{record, states};
    use super::super::preset::RowState;
    use super::*;
    use crate::gate::presets::find;

    const MIGRATION: &str = "class Migration(migrations.Migration):\n";

    #[test]
    fn apps_are_found_with_their_labels() {
        let folder = tempfile::tempdir().expect("a folder");
        let squash = format!("{MIGRATION}    replaces = [('shop', '0001_initial'), ('shop', '0002_b')]\n");
        for (path, text) in [
            ("shop/migrations/0001_initial.py", MIGRATION),
            ("shop/migrations/0003_squashed.py", squash.as_str()),
            ("shop/migrations/__init__.py", ""),
            ("shop/migrations/~0001_old.py", MIGRATION),
            ("lib/billing/migrations/0001_initial.py", MIGRATION),
            ("lib/billing/apps.py", "class Config(AppConfig):\n    name = 'lib.billing'\n    label = 'money'\n"),
            (".venv/lib/site-packages/auth/migrations/0001_initial.py", MIGRATION),
            ("other/migrations/env.py", "from alembic import context"),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        let django = find("django").expect("a framework");
        let mut migrations = shipped(django, folder.path()).expect("migrations");
        migrations.sort_by(|one, other| one.name.cmp(&other.name));
        let names: Vec<_> = migrations.iter().map(|migration| migration.name.as_str()).collect();
        assert_eq!(names, ["money.0001_initial", "shop.0001_initial", "shop.0003_squashed"]);
        assert_eq!(migrations[2].links, ["shop.0001_initial", "shop.0002_b"]);
    }

    fn migration(name: &str, links: &[&str]) -> Migration {
        let (scope, id) = name.split_once('.').expect("a label");
        Migration {
            name: name.into(),
            id: id.into(),
            scope: Some(scope.into()),
            checksum: None,
            links: links.iter().map(|link| (*link).to_owned()).collect(),
        }
    }

    fn row(name: &str) -> Record {
        let (scope, id) = name.split_once('.').expect("a label");
        Record { scope: Some(scope.into()), ..record(id, RowState::Applied) }
    }

    #[test]
    fn a_squash_is_applied_when_all_that_it_replaces_are() {
        let shipped = [migration("a.3", &["a.1", "a.2"]), migration("a.4", &["a.3"]), migration("b.1", &[])];
        for (rows, expected) in [
            (vec!["a.1", "a.2"], [State::Applied, State::Applied, State::Pending]),
            (vec!["a.1", "b.1", "c.1"], [State::Pending, State::Pending, State::Applied]),
            (vec!["a.3"], [State::Applied, State::Applied, State::Pending]),
        ] {
            let records: Vec<_> = rows.into_iter().map(row).collect();
            assert_eq!(states(&compare(&shipped, &records)), expected);
        }
        let itself = [migration("a.1", &["a.1"])];
        assert_eq!(states(&compare(&itself, &[])), [State::Pending]);
    }
}
