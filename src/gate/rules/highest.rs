//! One row with the highest version, as golang-migrate and Sequel's numbered migrations keep it: what is below it is taken
//! for applied. A file that was added later with a lower number never runs, and nobody can tell.

use crate::gate::migration::Migration;
use crate::gate::presets::{Preset, RowState};
use crate::gate::standing::{Comparison, Standing, State};
use crate::gate::table::Record;

pub(super) fn compare(preset: &Preset, shipped: &[Migration], records: &[Record]) -> Comparison {
    let order = |id: &str| preset.key.order(id);
    let current = records.iter().max_by_key(|record| order(&record.id));
    let is_dirty = current.is_some_and(|record| record.state == RowState::Unfinished);
    let mut comparison = Comparison::default();
    for migration in shipped {
        let place = current.map(|record| order(&migration.id).cmp(&order(&record.id)));
        let state = match place {
            Some(std::cmp::Ordering::Less) => State::Applied,
            Some(std::cmp::Ordering::Equal) if !is_dirty => State::Applied,
            Some(std::cmp::Ordering::Equal) => State::Running,
            Some(std::cmp::Ordering::Greater) | None => State::Pending,
        };
        comparison.standings.push(Standing { name: migration.name.clone(), state, reason: None });
    }
    if let Some(record) = current.filter(|record| shipped.iter().all(|migration| migration.id != record.id)) {
        comparison.others = 1;
        if is_dirty {
            comparison.warnings.push(format!(
                "version {} is dirty: it is running or has failed; this app does not ship it",
                record.id
            ));
        }
    }
    comparison
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::presets::find;
    use crate::gate::rules::plain::tests::{migration, record, states};

    #[test]
    fn what_is_below_the_version_is_applied() {
        use State::{Applied, Pending, Running};
        let preset = find("golang-migrate").expect("a framework");
        let shipped = ["1", "2", "10"].map(migration);
        for (row, expected, warned) in [
            (None, [Pending, Pending, Pending], false),
            (Some(("2", RowState::Applied)), [Applied, Applied, Pending], false),
            (Some(("2", RowState::Unfinished)), [Applied, Running, Pending], false),
            (Some(("10", RowState::Applied)), [Applied; 3], false),
            (Some(("11", RowState::Applied)), [Applied; 3], false),
            (Some(("11", RowState::Unfinished)), [Applied; 3], true),
            (Some(("-1", RowState::Applied)), [Pending; 3], false),
            (Some(("-1", RowState::Unfinished)), [Pending; 3], true),
            (Some(("5", RowState::Unfinished)), [Applied, Applied, Pending], true),
        ] {
            let records: Vec<_> = row.into_iter().map(|(id, state)| record(id, state)).collect();
            let comparison = compare(preset, &shipped, &records);
            assert_eq!((states(&comparison).as_slice(), !comparison.warnings.is_empty()), (&expected[..], warned));
        }
    }
}
