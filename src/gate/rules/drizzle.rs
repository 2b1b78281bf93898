//! Drizzle: a journal of migrations, and a runner that looks at nothing but the newest row; from 1.0 on a folder each.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::plain::changed;
use crate::gate::folder;
use crate::gate::migration::Migration;
use crate::gate::presets::{Digest, Preset};
use crate::gate::standing::{Comparison, Standing, State};
use crate::gate::table::Record;

#[derive(Deserialize)]
struct Journal {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    when: i64,
    tag: String,
}

/// The entries of the journal; nothing where there is none, as from Drizzle 1.0 on.
pub(super) fn journal(folder: &Path) -> Result<Option<Vec<Migration>>, String> {
    let file = folder.join("meta/_journal.json");
    if !file.is_file() {
        return Ok(None);
    }
    let shown = file.display();
    let bytes = std::fs::read(&file).map_err(|error| format!("can't read `{shown}`: {error}"))?;
    let journal: Journal =
        serde_json::from_slice(&bytes).map_err(|error| format!("`{shown}` is no journal of Drizzle's: {error}"))?;
    let migration = |entry: Entry| {
        let checksum = folder::digest(Digest::Sha256, &folder.join(format!("{}.sql", entry.tag)))?;
        Ok(Migration { name: entry.tag, id: entry.when.to_string(), checksum: Some(checksum), ..Migration::default() })
    };
    journal.entries.into_iter().map(migration).collect::<Result<_, _>>().map(Some)
}

/// Found by its time, its digest or, from 1.0 on, its name. What is missing below the newest row is never run.
pub(super) fn compare(preset: &Preset, shipped: &[Migration], records: &[Record]) -> Comparison {
    let newest = records.iter().filter_map(|record| record.id.parse::<i64>().ok()).max();
    // A table that was brought to 1.0 has times cut to seconds, and its runner goes by names.
    let by_name = records.iter().any(|record| name_of(record).is_some());
    let is_at = |migration: &Migration, record: &Record| {
        let when = migration.id.parse::<i64>().ok();
        let created = record.id.parse::<i64>().ok();
        name_of(record) == Some(migration.name.as_str())
            || when.is_some_and(|when| created == Some(when) || by_name && created == Some(when / 1000 * 1000))
    };
    // The digest is for rows that were made by hand: two files may have the same contents.
    let is_of = |migration: &Migration, record: &Record| {
        is_at(migration, record)
            || migration.checksum.is_some()
                && record.checksum == migration.checksum
                && !shipped.iter().any(|other| is_at(other, record))
    };
    let mut comparison = Comparison::default();
    let mut taken = BTreeSet::new();
    for migration in shipped {
        let of_it = |(index, record): &(usize, &Record)| is_of(migration, record) && !taken.contains(index);
        let found: Vec<_> = records.iter().enumerate().filter(of_it).collect();
        // One row speaks for one file, even if others have the same contents.
        taken.extend(found.first().map(|(index, _)| *index));
        let rows: Vec<_> = found.into_iter().map(|(_, record)| record).collect();
        let when = migration.id.parse::<i64>().ok();
        let passed_over = !by_name && when.zip(newest).is_some_and(|(when, newest)| when <= newest);
        let (state, reason) = match (rows.is_empty(), passed_over) {
            (false, _) => (State::Applied, None),
            (true, false) => (State::Pending, None),
            (true, true) => (State::NeverRuns, preset.never.map(|never| never.reason.to_owned())),
        };
        comparison.warnings.extend(changed(migration, &rows));
        comparison.standings.push(Standing { name: migration.name.clone(), state, reason });
    }
    let ours = |record: &&Record| shipped.iter().any(|migration| is_of(migration, record));
    comparison.others = records.len() - records.iter().filter(ours).count();
    comparison
}

fn name_of(record: &Record) -> Option<&str> {
    record.more.first()?.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::presets::RowState;
    use crate::gate::presets::find;
    use crate::gate::rules::plain::tests::{record, states};

    fn migration(when: &str, name: &str) -> Migration {
        let checksum = Some(format!("hash of {name}"));
        Migration { name: name.into(), id: when.into(), checksum, ..Migration::default() }
    }

    fn row(when: &str, hash: &str, name: Option<&str>) -> Record {
        let more = vec![name.map(str::to_owned)];
        Record { checksum: Some(format!("hash of {hash}")), more, ..record(when, RowState::Applied) }
    }

    #[test]
    fn what_is_missing_below_the_newest_row_never_runs() {
        use State::{Applied, NeverRuns, Pending};
        let drizzle = find("drizzle").expect("a framework");
        let shipped = [migration("1000", "a"), migration("2000", "b"), migration("3000", "c")];
        for (rows, expected) in [
            (vec![], [Pending, Pending, Pending]),
            (vec![row("1000", "a", None)], [Applied, Pending, Pending]),
            (vec![row("1000", "a", None), row("3000", "c", None)], [Applied, NeverRuns, Applied]),
            // Its file has the contents of another one.
            (vec![row("1000", "b", None)], [Applied, Pending, Pending]),
            // A row that was made by hand has the hash and the time of that day.
            (vec![row("9999", "a", None), row("9999", "b", None)], [Applied, Applied, NeverRuns]),
        ] {
            assert_eq!(states(&compare(drizzle, &shipped, &rows)), expected, "{rows:?}");
        }
    }

    #[test]
    fn one_row_speaks_for_one_file() {
        let drizzle = find("drizzle").expect("a framework");
        let twin = |when: &str| Migration { checksum: Some("hash of twin".into()), ..migration(when, when) };
        let by_hand = row("1500", "twin", None);
        let comparison = compare(drizzle, &[twin("1000"), twin("2000")], &[by_hand]);
        assert_eq!(states(&comparison), [State::Applied, State::Pending]);
    }

    #[test]
    fn from_1_0_on_names_decide() {
        use State::{Applied, Pending};
        let drizzle = find("drizzle").expect("a framework");
        let shipped =
            [migration("20250101000000_a", "20250101000000_a"), migration("20250102000000_b", "20250102000000_b")];
        let rows = [row("5000", "x", Some("20250102000000_b"))];
        assert_eq!(states(&compare(drizzle, &shipped, &rows)), [Pending, Applied]);
        let old = [migration("1234", "0000_a")];
        assert_eq!(states(&compare(drizzle, &old, &[row("1000", "x", Some("other"))])), [Applied], "cut to seconds");
    }

    #[test]
    fn the_journal_names_the_files() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(journal(folder.path()), Ok(None));
        std::fs::create_dir(folder.path().join("meta")).expect("a folder");
        let text =
            r#"{"version":"7","entries":[{"idx":0,"version":"7","when":1700,"tag":"0000_a","breakpoints":true}]}"#;
        std::fs::write(folder.path().join("meta/_journal.json"), text).expect("a file");
        assert!(journal(folder.path()).expect_err("no file").contains("0000_a.sql"));
        std::fs::write(folder.path().join("0000_a.sql"), "SELECT 1").expect("a file");
        let migrations = journal(folder.path()).expect("a journal").expect("migrations");
        assert_eq!((migrations[0].id.as_str(), migrations[0].name.as_str()), ("1700", "0000_a"));
    }
}
