//! The rules: what is shipped and how it stands, by the framework. Most are plain; those that are not have a file of
//! their own, which nobody but this one knows.

mod alembic;
mod django;
mod drizzle;
mod flyway;
mod highest;
mod plain;
mod python;

use std::collections::BTreeMap;
use std::path::Path;

use super::folder;
use super::migration::{Migration, Places};
use super::presets::{Preset, Rule};
use super::standing::Comparison;
use super::table::Rows;
use crate::words::listed;

/// The places of a framework's migrations: the given folder, else the first usual one that exists.
pub fn places(preset: &Preset, given: Option<&Path>, here: &Path) -> Result<Places, String> {
    if let Some(given) = given.filter(|given| !here.join(given).is_dir()) {
        return Err(format!(
            "there is no folder `{}`; name the one that holds the migrations of {}",
            given.display(),
            preset.title
        ));
    }
    let places = match (preset.rule, given) {
        (Rule::Alembic, given) => alembic::places(preset, given, here)?,
        (_, Some(given)) => Some(here.join(given).into()),
        (_, None) => preset.paths.iter().map(|path| here.join(path)).find(|path| path.is_dir()).map(Places::from),
    };
    places.ok_or_else(|| {
        format!(
            "no migrations of {}: there is no folder `{}` here; name theirs with `{}:PATH`, or ship a list of them and \
             name that with `manifest:FILE`",
            preset.title,
            preset.paths.join("` or `"),
            preset.name
        )
    })
}

/// The migrations in these places, in their order. None at all is an error: of nothing it would always be true that all is
/// applied.
pub fn shipped(preset: &Preset, places: &Places) -> Result<Vec<Migration>, String> {
    let folder = &places.folder;
    let migrations = match preset.rule {
        Rule::Django => folder::sorted(preset, django::shipped(preset, folder)?),
        Rule::Alembic => alembic::shipped(preset, places)?,
        Rule::Drizzle => match drizzle::journal(folder)? {
            Some(migrations) => migrations,
            None => folder::sorted(preset, folder::migrations(preset, folder)?),
        },
        Rule::Plain | Rule::Flyway | Rule::Highest => folder::sorted(preset, folder::migrations(preset, folder)?),
    };
    if migrations.is_empty() {
        return Err(format!(
            "no migration of {} in `{}`; name the folder that holds them with `{}:PATH`, or ship a list of them and \
             name that with `manifest:FILE`",
            preset.title,
            folder.display(),
            preset.name
        ));
    }
    Ok(migrations)
}

/// What looks like a mistake in what is shipped: a file that is passed over for its name, or two migrations that one row
/// would speak for.
pub fn doubts(preset: &Preset, places: &Places, shipped: &[Migration]) -> Result<Vec<String>, String> {
    let mut doubts = Vec::new();
    if matches!(preset.rule, Rule::Plain | Rule::Flyway | Rule::Highest) {
        let names = folder::passed_over(preset, &places.folder)?;
        if !names.is_empty() {
            doubts.push(format!("passed over, because by their names they are no migrations: {}", listed(&names)));
        }
    }
    let mut seen: BTreeMap<(Option<&str>, &str), &str> = BTreeMap::new();
    // Alembic's own rule tells of revisions that are there twice.
    for migration in shipped.iter().filter(|_| preset.rule != Rule::Alembic) {
        if let Some(other) = seen.insert((migration.scope.as_deref(), &migration.id), &migration.name) {
            doubts.push(format!("`{other}` and `{}` are the same to the framework: one row is both", migration.name));
        }
    }
    Ok(doubts)
}

/// Compares. `ahead` is whether a revision that is not on disk counts as newer than all that are.
pub fn compare(preset: &Preset, shipped: &[Migration], rows: &Rows, ahead: bool) -> Comparison {
    let records = &rows.records;
    let mut comparison = match preset.rule {
        Rule::Plain => plain::compare(preset, shipped, records),
        Rule::Django => django::compare(shipped, records),
        Rule::Alembic => alembic::compare(shipped, records, ahead),
        Rule::Drizzle => drizzle::compare(preset, shipped, records),
        Rule::Flyway => flyway::compare(preset, shipped, records),
        Rule::Highest => highest::compare(preset, shipped, records),
    };
    let mut warnings = rows.warnings.clone();
    warnings.append(&mut comparison.warnings);
    Comparison { warnings, ..comparison }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::presets::find;

    /// What a framework makes of these files.
    fn ids(framework: &str, files: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, "").expect("a file");
        }
        let preset = find(framework).expect("a framework");
        let migrations = shipped(preset, &folder.path().to_owned().into()).unwrap_or_default();
        migrations.into_iter().map(|migration| migration.id).collect()
    }

    #[test]
    fn each_framework_knows_its_own_files() {
        let rails =
            ["2_b.rb", "001_a.rb", "engines/10_c.shop.rb", "3_Bad.rb", "x.rb", "4_a.md", ".keep", ".git/5_a.rb"];
        assert_eq!(ids("rails", &rails), ["1", "2", "10"]);
        let sqlx = ["1_a.sql", "0002_b.up.sql", "0002_b.down.sql", "sub/3_c.sql", "readme.sql"];
        assert_eq!(ids("sqlx", &sqlx), ["1", "2"]);
        let typeorm = ["1700000000001-A.ts", "B1700000000002.ts", "index.ts", "C.ts", "1700000000001-A.d.ts"];
        assert_eq!(ids("typeorm", &typeorm), ["1700000000001", "1700000000002"]);
        assert_eq!(ids("laravel", &["2024_a.php", "helper.php"]), ["2024_a"]);
        assert_eq!(ids("sea-orm", &["m2024_a.rs", "lib.rs", "more.rs"]), ["m2024_a"]);
    }

    #[test]
    fn nothing_to_compare_is_an_error_with_the_fix() {
        let folder = tempfile::tempdir().expect("a folder");
        let rails = find("rails").expect("a framework");
        assert!(shipped(rails, &folder.path().to_owned().into()).expect_err("empty").contains("`rails:PATH`"));
        assert!(places(rails, None, folder.path()).expect_err("missing").contains("`db/migrate`"));
        let given = places(rails, Some(Path::new("elsewhere")), folder.path());
        assert!(given.expect_err("missing").contains("`elsewhere`"));
    }

    #[test]
    fn what_looks_like_a_mistake_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["1_a.rb", "01_b.rb", "2_Bad.rb", "README.md"] {
            std::fs::write(folder.path().join(file), "").expect("a file");
        }
        let rails = find("rails").expect("a framework");
        let migrations = shipped(rails, &folder.path().to_owned().into()).expect("migrations");
        let doubts = doubts(rails, &folder.path().to_owned().into(), &migrations).expect("a folder");
        assert_eq!(doubts.len(), 2, "{doubts:?}");
        assert!(doubts[0].ends_with("no migrations: `2_Bad.rb`"), "{doubts:?}");
        assert!(doubts[1].contains("`01_b` and `1_a`"), "{doubts:?}");
    }
}
