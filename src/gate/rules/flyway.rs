//! Flyway: what a version's rows come to, taken by rank, and the baseline below which nothing is run.

use std::collections::{BTreeMap, BTreeSet};

use super::plain;
use crate::gate::migration::Migration;
use crate::gate::presets::{Preset, RowState};
use crate::gate::standing::{Comparison, State};
use crate::gate::table::Record;

/// Rows without a version are repeatables, which are not looked at.
pub(super) fn compare(preset: &Preset, shipped: &[Migration], records: &[Record]) -> Comparison {
    let versioned: Vec<&Record> = records.iter().filter(|record| !record.id.is_empty()).collect();
    let mut effective: BTreeMap<&str, &Record> = BTreeMap::new();
    let mut by_rank = versioned.clone();
    by_rank.sort_by_key(|record| rank(record));
    for record in by_rank {
        if is_undoing(kind(record)) {
            effective.remove(record.id.as_str());
        } else {
            effective.insert(&record.id, record);
        }
    }
    let records: Vec<Record> = effective.into_values().map(without_foreign_checksum).collect();
    let order = |id: &str| preset.key.order(id);
    let baseline = records
        .iter()
        .filter(|record| is_baseline(kind(record)) && record.state == RowState::Applied)
        .map(|record| order(&record.id))
        .max();
    let mut comparison = plain::compare(preset, shipped, &records);
    for (standing, migration) in comparison.standings.iter_mut().zip(shipped) {
        let below = baseline.as_ref().is_some_and(|baseline| order(&migration.id) <= *baseline);
        if below && matches!(standing.state, State::Pending | State::NeverRuns) {
            standing.state = State::Applied;
            standing.reason = None;
        }
    }
    // The schema's own row and the baseline belong to the database, not to another app.
    let ours: BTreeSet<&str> = shipped.iter().map(|migration| migration.id.as_str()).collect();
    let others = |record: &&Record| {
        !(ours.contains(record.id.as_str()) || is_baseline(kind(record)) || kind(record) == "SCHEMA")
    };
    comparison.others = records.iter().filter(others).count();
    comparison
}

fn rank(record: &Record) -> i64 {
    record.more.first().cloned().flatten().and_then(|rank| rank.parse().ok()).unwrap_or(0)
}

fn kind(record: &Record) -> &str {
    record.more.get(1).and_then(Option::as_deref).unwrap_or_default()
}

/// `BASELINE`, and a baseline migration (`B2__…`) by its language, such as `SQL_BASELINE`.
fn is_baseline(kind: &str) -> bool {
    kind.ends_with("BASELINE")
}

fn is_undoing(kind: &str) -> bool {
    kind == "DELETE" || kind.starts_with("UNDO")
}

/// Only the row of a script that is applied has a checksum that its file can be held against.
fn without_foreign_checksum(record: &Record) -> Record {
    let is_of_file = kind(record) == "SQL" && record.state == RowState::Applied;
    Record { checksum: record.checksum.clone().filter(|_| is_of_file), ..record.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::presets::find;
    use crate::gate::rules::plain::tests::{record, states};

    fn row(rank: i64, version: &str, kind: &str, state: RowState) -> Record {
        Record { more: vec![Some(rank.to_string()), Some(kind.to_owned())], ..record(version, state) }
    }

    fn shipped() -> Vec<Migration> {
        let migration = |id: &str| Migration { name: format!("V{id}__x"), id: id.to_owned(), ..Migration::default() };
        ["1", "1.1", "2", "10"].into_iter().map(migration).collect()
    }

    #[test]
    fn rows_are_folded_by_rank() {
        use RowState::{Applied as Yes, Failed as No};
        use State::{Applied, Failed, NeverRuns, Pending};
        let flyway = find("flyway").expect("a framework");
        for (rows, expected) in [
            (vec![], [Pending; 4]),
            (vec![row(1, "1", "SQL", Yes), row(2, "1.1", "SQL", No)], [Applied, Failed, Pending, Pending]),
            (vec![row(1, "1.1", "BASELINE", Yes)], [Applied, Applied, Pending, Pending]),
            (vec![row(1, "2", "SQL_BASELINE", Yes), row(2, "10", "SQL", Yes)], [Applied; 4]),
            (vec![row(1, "2", "SQL_BASELINE", No)], [Pending, Pending, Failed, Pending]),
            (vec![row(2, "1", "DELETE", Yes), row(1, "1", "SQL", Yes)], [Pending; 4]),
            (
                vec![row(1, "1", "SQL", Yes), row(2, "1", "UNDO_SQL", Yes), row(3, "1", "SQL", Yes)],
                [Applied, Pending, Pending, Pending],
            ),
            (vec![row(1, "1", "SQL", Yes), row(2, "2", "SQL", Yes)], [Applied, NeverRuns, Applied, Pending]),
            (vec![row(1, "", "SQL", Yes)], [Pending; 4]),
        ] {
            assert_eq!(states(&compare(flyway, &shipped(), &rows)), expected, "{rows:?}");
        }
        let rows = [row(1, "1", "SQL", Yes), row(2, "2", "SQL", Yes)];
        let relaxed = find("flyway-out-of-order").expect("a framework");
        assert_eq!(states(&compare(relaxed, &shipped(), &rows)), [Applied, Pending, Applied, Pending]);
    }
}
