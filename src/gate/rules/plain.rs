//! A row each, as most frameworks have it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::gate::migration::Migration;
use crate::gate::presets::{Preset, RowState};
use crate::gate::standing::{Comparison, Standing, State};
use crate::gate::table::Record;

type Key = (Option<String>, String);

fn key_of(migration: &Migration) -> Key {
    (migration.scope.clone(), migration.id.clone())
}

/// A row each.
pub fn compare(preset: &Preset, shipped: &[Migration], records: &[Record]) -> Comparison {
    let mut by_key: BTreeMap<Key, Vec<&Record>> = BTreeMap::new();
    for record in records {
        by_key.entry((record.scope.clone(), record.id.clone())).or_default().push(record);
    }
    let own: BTreeSet<Key> = shipped.iter().map(key_of).collect();
    let others = by_key.keys().filter(|key| !own.contains(key)).count();
    let applied = records.iter().filter(|record| record.state == RowState::Applied);
    let highest = applied.map(|record| preset.key.order(&record.id)).max();
    let mut comparison = Comparison { others, ..Comparison::default() };
    for migration in shipped {
        let rows = by_key.get(&key_of(migration)).map(Vec::as_slice).unwrap_or_default();
        let mut standing = Standing { name: migration.name.clone(), state: state(rows), reason: None };
        if let (State::Pending, Some(never)) = (standing.state, preset.never)
            && migration.name.starts_with(never.beginning)
            && highest.as_ref().is_some_and(|highest| preset.key.order(&migration.id) < *highest)
        {
            standing.state = State::NeverRuns;
            standing.reason = Some(never.reason.to_owned());
        }
        comparison.warnings.extend(changed(migration, rows));
        comparison.standings.push(standing);
    }
    comparison
}

/// What the rows of one migration come to: one that is applied outweighs the tries before it.
fn state(rows: &[&Record]) -> State {
    let some = |state| rows.iter().any(|record| record.state == state);
    if some(RowState::Applied) {
        State::Applied
    } else if some(RowState::Failed) {
        State::Failed
    } else if some(RowState::Unfinished) {
        State::Running
    } else {
        State::Pending
    }
}

/// The warning about a file that is not the one that was applied.
pub fn changed(migration: &Migration, rows: &[&Record]) -> Option<String> {
    let own = migration.checksum.as_ref()?;
    let mut applied = rows.iter().filter(|record| record.state == RowState::Applied).peekable();
    let differ =
        applied.peek().is_some() && applied.all(|record| record.checksum.as_ref().is_some_and(|theirs| theirs != own));
    differ.then(|| format!("`{}` is applied, but from a file with other contents", migration.name))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::gate::presets::find;

    pub(in crate::gate::rules) fn migration(id: &str) -> Migration {
        Migration { name: format!("{id}_name"), id: id.to_owned(), ..Migration::default() }
    }

    pub(in crate::gate::rules) fn record(id: &str, state: RowState) -> Record {
        Record { scope: None, id: id.to_owned(), state, checksum: None, more: Vec::new() }
    }

    pub(in crate::gate::rules) fn states(comparison: &Comparison) -> Vec<State> {
        comparison.standings.iter().map(|standing| standing.state).collect()
    }

    #[test]
    fn each_migration_stands_as_its_rows_say_and_other_rows_are_counted() {
        let rails = find("rails").expect("a framework");
        let shipped = ["1", "2", "3", "4"].map(migration);
        let records = vec![
            record("1", RowState::Applied),
            record("2", RowState::Failed),
            record("3", RowState::Unfinished),
            record("7", RowState::Applied),
            record("8", RowState::Void),
        ];
        let comparison = compare(rails, &shipped, &records);
        assert_eq!(states(&comparison), [State::Applied, State::Failed, State::Running, State::Pending]);
        assert_eq!(comparison.others, 2);
    }

    #[test]
    fn one_success_outweighs_the_tries_before_it() {
        let rails = find("rails").expect("a framework");
        let records = vec![record("1", RowState::Failed), record("1", RowState::Applied)];
        assert_eq!(states(&compare(rails, &[migration("1")], &records)), [State::Applied]);
    }

    #[test]
    fn another_checksum_is_a_warning() {
        let sqlx = find("sqlx").expect("a framework");
        let shipped = [Migration { checksum: Some("aa".into()), ..migration("1") }];
        let other = Record { checksum: Some("bb".into()), ..record("1", RowState::Applied) };
        let comparison = compare(sqlx, &shipped, &[other]);
        assert_eq!(states(&comparison), [State::Applied]);
        assert!(comparison.warnings[0].contains("`1_name`"), "{:?}", comparison.warnings);
        let same = Record { checksum: Some("aa".into()), ..record("1", RowState::Applied) };
        assert!(compare(sqlx, &shipped, &[same]).warnings.is_empty());
    }
}
