//! Django: every app has a package of migrations, and one migration can stand for others that were squashed into it.

mod app;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::python::{File, Literal, Said};
use crate::gate::migration::Migration;
use crate::gate::presets::Preset;
use crate::gate::standing::{Comparison, Standing, State};
use crate::gate::table::Record;

/// Folders in which no app of this project lives.
const NOT_OURS: [&str; 3] = ["node_modules", "site-packages", "__pycache__"];

/// The migrations of every app below the project's folder; or of the app that the folder belongs to.
pub(super) fn shipped(preset: &Preset, folder: &Path) -> Result<Vec<Migration>, String> {
    let mut labels: BTreeMap<PathBuf, String> = BTreeMap::new();
    let mut migrations = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(is_ours) {
        let entry = entry.map_err(|error| format!("can't read `{}`: {error}", folder.display()))?;
        let path = entry.path();
        let package = path.parent().filter(|parent| parent.file_name().is_some_and(|name| name == "migrations"));
        let (Some(package), true) = (package, path.is_file()) else { continue };
        let name = entry.file_name().to_string_lossy();
        // A module has no dot in its name.
        let stem = preset.files.capture(&name).filter(|stem| !stem.contains('.'));
        let (Some(stem), Some(app)) = (stem, package.parent()) else { continue };
        let Some(links) = replaces(path)? else { continue };
        if !labels.contains_key(app) {
            labels.insert(app.to_owned(), app::label(app)?);
        }
        let label = labels[app].clone();
        let name = format!("{label}.{stem}");
        migrations.push(Migration { name, id: stem.to_owned(), scope: Some(label), checksum: None, links });
    }
    Ok(once(migrations))
}

/// A build leaves copies, which share a row. Where they don't agree on what they stand for, only the row speaks for them.
fn once(mut migrations: Vec<Migration>) -> Vec<Migration> {
    migrations.sort_by(|one, other| one.name.cmp(&other.name));
    migrations.dedup_by(|copy, first| {
        let same = copy.name == first.name;
        if same && copy.links != first.links {
            first.links.clear();
        }
        same
    });
    migrations
}

/// Whether the project's own apps can be in a folder: a virtual environment holds those of others, whatever its name.
fn is_ours(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.depth() == 0
        || !(name.starts_with('.') || NOT_OURS.contains(&name.as_ref()) || entry.path().join("pyvenv.cfg").is_file())
}

/// What a migration stands for; nothing if the file is none, such as Alembic's in a folder of that name. A list of which
/// some part is no literal may be longer than what can be read of it, so then the migration stands for itself only.
fn replaces(path: &Path) -> Result<Option<Vec<String>>, String> {
    let file = File::read(path)?;
    let module = file.module();
    if !module.has("Migration") {
        return Ok(None);
    }
    let said = module.class("Migration").map_or(Said::Nothing, |class| class.say("replaces"));
    let name = |pair: Literal| pair.strings().filter(|pair| pair.len() == 2).map(|pair| pair.join("."));
    let names = match said {
        Said::Literal(Literal::List(pairs)) => pairs.into_iter().map(name).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    Ok(Some(names.unwrap_or_default()))
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
    use super::*;
    use crate::gate::presets::RowState;
    use crate::gate::presets::find;
    use crate::gate::rules::plain::tests::{record, states};

    const MIGRATION: &str = "class Migration(migrations.Migration):\n    pass\n";

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
            ("build/env/migrations/0001_initial.py", MIGRATION),
            ("build/lib/shop/migrations/0001_initial.py", MIGRATION),
            ("python/pyvenv.cfg", ""),
            ("python/src/auth/migrations/0001_initial.py", MIGRATION),
            (".hidden/auth/migrations/0001_initial.py", MIGRATION),
            ("lib/site-packages/auth/migrations/0001_initial.py", MIGRATION),
            ("node_modules/auth/migrations/0001_initial.py", MIGRATION),
            ("other/migrations/env.py", "from alembic import context\n'class Migration:'\n"),
            ("other/migrations/0001.old.py", MIGRATION),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        let django = find("django").expect("a framework");
        let mut migrations = shipped(django, folder.path()).expect("migrations");
        migrations.sort_by(|one, other| one.name.cmp(&other.name));
        let names: Vec<_> = migrations.iter().map(|migration| migration.name.as_str()).collect();
        assert_eq!(names, ["env.0001_initial", "money.0001_initial", "shop.0001_initial", "shop.0003_squashed"]);
        assert_eq!(migrations[3].links, ["shop.0001_initial", "shop.0002_b"]);
    }

    #[test]
    fn what_a_migration_replaces_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("0001_a.py");
        let class = |body: &str| format!("class  Migration ( Base ):\n    {body}\n");
        let both: &[&str] = &["shop.1", "shop.2"];
        for (text, expected) in [
            (class("replaces = [('shop', '1'), ('shop', '2')]"), Some(both)),
            (class("replaces: list = (['shop', '1'],) + (('sh' 'op', r'2'),)"), Some(both)),
            (class("replaces = [('shop', '1')] + MORE"), Some(&[])),
            (class("replaces = [('shop', '1'), OTHER]"), Some(&[])),
            (class("replaces = [('shop', '1', '2')]"), Some(&[])),
            (class("replaces = ['shop', '1']"), Some(&[])),
            (class("replaces = [('shop', '1')]\n    replaces += MORE"), Some(&[])),
            (class("def f(self):\n        replaces = [('shop', '1')]"), Some(&[])),
            (class("'''replaces = [('shop', '1')]'''"), Some(&[])),
            ("replaces = [('shop', '1')]\nclass Migration: pass\n".into(), Some(&[])),
            ("class Base:\n    replaces = [('shop', '1')]\nMigration = Base\n".into(), Some(&[])),
            ("from .base import Base as Migration\n".into(), Some(&[])),
            ("if x:\n    class Migration: pass\n".into(), Some(&[])),
            ("'''\nclass Migration:\n'''\nclass Migrations: pass\n".into(), None),
            ("def f():\n    class Migration: pass\n".into(), None),
        ] {
            std::fs::write(&path, &text).expect("a file");
            let expected = expected.map(|names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect());
            assert_eq!(replaces(&path), Ok(expected), "{text}");
        }
        std::fs::write(&path, "class Migration(:\n").expect("a file");
        assert!(replaces(&path).expect_err("no Python").contains("0001_a.py` can't be read as Python: line 1"));
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
    fn copies_of_a_migration_count_once() {
        let copies = vec![migration("a.2", &["a.1"]), migration("b.1", &["a.1"]), migration("a.2", &[])];
        assert_eq!(once(copies), [migration("a.2", &[]), migration("b.1", &["a.1"])]);
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
