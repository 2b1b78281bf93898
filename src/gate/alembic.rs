//! Alembic and Flask-Migrate: a graph of revisions, of which the table holds only the heads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::compare::{Comparison, Standing, State};
use super::disk::Migration;
use super::preset::Preset;
use super::python;
use super::table::Record;

/// The folder of the revisions: the given one or the `versions` in it.
pub(super) fn folder(given: PathBuf) -> PathBuf {
    let versions = given.join("versions");
    if versions.is_dir() { versions } else { given }
}

/// The folder that `alembic.ini` names.
pub(super) fn configured(here: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(here.join("alembic.ini")).ok()?;
    let location =
        text.lines().find_map(|line| line.trim().strip_prefix("script_location")?.trim().strip_prefix('='))?;
    let location = location.trim().replace("%(here)s", &here.to_string_lossy());
    let versions = here.join(location).join("versions");
    versions.is_dir().then_some(versions)
}

/// The revisions in a folder. Who they are and what they build on is said in the files.
pub(super) fn shipped(preset: &Preset, folder: &Path) -> Result<Vec<Migration>, String> {
    let unreadable = |error| format!("can't read `{}`: {error}", folder.display());
    let mut migrations = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(stem) = preset.files.capture(&name).filter(|_| path.is_file()) else { continue };
        let text =
            std::fs::read_to_string(&path).map_err(|error| format!("can't read `{}`: {error}", path.display()))?;
        let Some(revision) = python::strings(&text, "revision").and_then(|strings| strings.into_iter().next()) else {
            continue;
        };
        let of = |name| python::strings(&text, name).unwrap_or_default();
        let labels = of("branch_labels").into_iter().map(|label| format!("{LABEL}{label}"));
        let links = of("down_revision").into_iter().chain(of("depends_on")).chain(labels).collect();
        migrations.push(Migration { name: stem.to_owned(), id: revision, links, ..Migration::default() });
    }
    Ok(in_order(migrations))
}

/// Marks a link as the name of a branch, by which others can depend on the revision.
const LABEL: &str = "branch:";

/// A revision comes after those that it builds on.
fn in_order(mut migrations: Vec<Migration>) -> Vec<Migration> {
    migrations.sort_by(|one, other| one.id.cmp(&other.id));
    let graph = Graph::of(&migrations);
    let depth: BTreeMap<String, usize> =
        migrations.iter().map(|migration| (migration.id.clone(), graph.below(&migration.id).len())).collect();
    migrations.sort_by_key(|migration| depth[&migration.id]);
    migrations
}

struct Graph {
    links: BTreeMap<String, Vec<String>>,
}

impl Graph {
    fn of(migrations: &[Migration]) -> Self {
        let labels: BTreeMap<&str, &str> = migrations
            .iter()
            .flat_map(|migration| migration.links.iter().map(move |link| (link, migration)))
            .filter_map(|(link, migration)| Some((link.strip_prefix(LABEL)?, migration.id.as_str())))
            .collect();
        let link = |link: &String| labels.get(link.as_str()).map_or_else(|| link.clone(), |id| (*id).to_owned());
        let links =
            |migration: &Migration| migration.links.iter().filter(|link| !link.starts_with(LABEL)).map(link).collect();
        Self { links: migrations.iter().map(|migration| (migration.id.clone(), links(migration))).collect() }
    }

    /// The revision and all that it builds on, as far as they are known.
    fn below(&self, revision: &str) -> BTreeSet<String> {
        let mut below = BTreeSet::new();
        let mut next = vec![revision.to_owned()];
        while let Some(revision) = next.pop() {
            if let Some(links) = self.links.get(&revision)
                && below.insert(revision)
            {
                next.extend(links.iter().cloned());
            }
        }
        below
    }
}

/// Applied is what a head builds on. A head that is not on disk may build on everything or on nothing of ours.
pub(super) fn compare(shipped: &[Migration], records: &[Record], ahead: bool) -> Comparison {
    let graph = Graph::of(shipped);
    let applied: BTreeSet<String> = records.iter().flat_map(|record| graph.below(&record.id)).collect();
    let unknown: Vec<_> =
        records.iter().map(|record| record.id.as_str()).filter(|id| !graph.links.contains_key(*id)).collect();
    let standings = shipped.iter().map(|migration| {
        let state = match (applied.contains(&migration.id), unknown.is_empty()) {
            (true, _) => State::Applied,
            (false, true) => State::Pending,
            (false, false) if ahead => State::Applied,
            (false, false) => State::Unknown,
        };
        Standing { name: migration.name.clone(), state, reason: None }
    });
    let standings: Vec<_> = standings.collect();
    let mut warnings = Vec::new();
    if standings.iter().any(|standing| standing.state == State::Unknown) {
        warnings.push(format!(
            "THE DATABASE IS AHEAD OF THIS CODE, OR ELSEWHERE: it is at revision `{}`, which this app does not ship; if \
             whoever migrates always ships all that this app does, say so with `--unknown-revision ahead`",
            unknown.join("`, `")
        ));
    }
    Comparison { standings, others: unknown.len(), warnings }
}

#[cfg(test)]
mod tests {
    use super::super::compare::tests::{record, states};
    use super::super::preset::RowState;
    use super::*;
    use crate::gate::presets::find;

    fn migration(id: &str, links: &[&str]) -> Migration {
        let links = links.iter().map(|link| (*link).to_owned()).collect();
        Migration { name: id.into(), id: id.into(), links, ..Migration::default() }
    }

    #[test]
    fn a_head_speaks_for_all_that_it_builds_on() {
        use State::{Applied, Pending, Unknown};
        let shipped = [
            migration("r0", &[]),
            migration("r1", &["r0"]),
            migration("r2", &["r0", "branch:side"]),
            migration("r3", &["r1", "side"]),
        ];
        for (heads, ahead, expected) in [
            (vec![], false, [Pending, Pending, Pending, Pending]),
            (vec!["r1"], false, [Applied, Applied, Pending, Pending]),
            (vec!["r1", "r2"], false, [Applied, Applied, Applied, Pending]),
            (vec!["r3"], false, [Applied; 4]),
            (vec!["x9"], false, [Unknown; 4]),
            (vec!["x9"], true, [Applied; 4]),
            (vec!["x9", "r1"], false, [Applied, Applied, Unknown, Unknown]),
            (vec!["x9", "r3"], false, [Applied; 4]),
        ] {
            let records: Vec<_> = heads.iter().map(|head| record(head, RowState::Applied)).collect();
            let comparison = compare(&shipped, &records, ahead);
            assert_eq!(states(&comparison), expected, "{heads:?}");
            assert_eq!(!comparison.warnings.is_empty(), expected.contains(&Unknown), "{heads:?}");
        }
    }

    #[test]
    fn revisions_are_what_the_files_say_in_the_order_of_the_graph() {
        let folder = tempfile::tempdir().expect("a folder");
        let versions = folder.path().join("alembic/versions");
        std::fs::create_dir_all(&versions).expect("a folder");
        let file = |name: &str, text: &str| std::fs::write(versions.join(name), text).expect("a file");
        file("a_second.py", "revision: str = 'aa'\ndown_revision: str | None = 'ff'\nbranch_labels = ('main',)\n");
        file("z_first.py", "revision = 'ff'\ndown_revision = None\n");
        file("helper.py", "x = 1\n");
        file("__init__.py", "");
        std::fs::write(folder.path().join("alembic.ini"), "[alembic]\nscript_location = %(here)s/alembic\n")
            .expect("a file");
        let alembic = find("alembic").expect("a framework");
        let found = configured(folder.path()).expect("a folder");
        let migrations = shipped(alembic, &found).expect("revisions");
        let ids: Vec<_> = migrations.iter().map(|migration| migration.id.as_str()).collect();
        assert_eq!(ids, ["ff", "aa"]);
        assert_eq!(super::folder(folder.path().join("alembic")), versions);
    }
}
