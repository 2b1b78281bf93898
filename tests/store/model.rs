//! The table as it should be, in memory.

use super::FLEETS;
use bellwether::protocol::claim::Seen;
use bellwether::protocol::run::{Reading, Run};
use bellwether::store::Ending;
use std::time::Duration;

/// A row without its times.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) fleet: usize,
    pub(super) release: String,
    pub(super) state: &'static str,
    pub(super) active: bool,
    pub(super) beats: i64,
    pub(super) lease: u64,
    pub(super) holder: &'static str,
    pub(super) exit_code: Option<i64>,
    pub(super) cause: Option<&'static str>,
    pub(super) detail: Option<&'static str>,
}

/// What can be read of a run, without its times.
pub(super) fn readable(run: &Run) -> String {
    let Run { id, release, state, active, beats, lease, holder, exit_code, cause, detail, .. } = run;
    format!(
        "{id} {release:?} {} {active} {beats} {lease:?} {holder} {exit_code:?} {cause:?} {detail:?}",
        state.as_str()
    )
}

impl Row {
    fn readable(&self) -> String {
        let Self { id, release, state, active, beats, lease, holder, exit_code, cause, detail, .. } = self;
        let lease = Duration::from_millis(*lease);
        format!("{id} {release:?} {state} {active} {beats} {lease:?} {holder} {exit_code:?} {cause:?} {detail:?}")
    }
}

/// The table as it should be.
#[derive(Clone, Default)]
pub(super) struct Model {
    pub(super) rows: Vec<Row>,
    /// The number of the last row that was claimed in vain may be used up: databases differ there.
    pub(super) highest: i64,
}

impl Model {
    pub(super) fn newest_first(&self, wanted: impl Fn(&&Row) -> bool, most: usize) -> Vec<String> {
        self.rows.iter().rev().filter(wanted).take(most).map(Row::readable).collect()
    }

    /// The number of the n-th newest run; a number that nobody has if there are not so many.
    pub(super) fn number(&self, from_newest: i64) -> i64 {
        let back = usize::try_from(from_newest).unwrap();
        self.rows.iter().rev().nth(back).map_or(1_000_000, |row| row.id)
    }

    pub(super) fn insert(&mut self, id: i64, fleet: usize, release: &str, holder: &'static str) {
        self.highest = id;
        self.rows.push(Row {
            id,
            fleet,
            release: release.to_owned(),
            state: "running",
            active: true,
            beats: 1,
            lease: 60_000,
            holder,
            exit_code: None,
            cause: None,
            detail: None,
        });
    }

    pub(super) fn own(&mut self, run: i64, holder: &str) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.id == run && row.holder == holder && row.active)
    }

    /// Whether the claim should go through; then the silent run is lost.
    pub(super) fn claim(&mut self, fleet: usize, over: Option<Seen>) -> bool {
        let silent = over
            .map(|seen| self.rows.iter().position(|row| row.id == seen.run && row.beats == seen.beats && row.active));
        let silent = match silent {
            Some(None) => return false,
            Some(found) => found,
            None => None,
        };
        let others =
            self.rows.iter().enumerate().any(|(at, row)| row.fleet == fleet && row.active && Some(at) != silent);
        if !others && let Some(at) = silent {
            self.rows[at].state = "lost";
            self.rows[at].active = false;
        }
        !others
    }

    pub(super) fn record(&mut self, run: i64, holder: &str, ending: &Ending<'static>) -> bool {
        if let Some(row) = self.own(run, holder) {
            row.state = ending.state;
            row.active = false;
            row.exit_code = Some(ending.exit_code.into());
            row.cause = Some(ending.cause);
            row.detail = ending.detail;
        }
        self.rows.iter().any(|row| {
            let same = (row.state, row.exit_code, row.cause)
                == (ending.state, Some(ending.exit_code.into()), Some(ending.cause));
            row.id == run && row.holder == holder && !row.active && same
        })
    }
}

/// What a look shows: the release's newest success, its newest run, the fleet's active run, the fleet's newest three.
pub(super) fn look(reading: &Reading) -> [Vec<String>; 4] {
    let one = |run: &Option<Run>| run.iter().map(readable).collect();
    let recent = reading.recent.iter().map(readable).collect();
    [one(&reading.success), one(&reading.newest), one(&reading.active), recent]
}

pub(super) fn expected_look(model: &Model, fleet: usize, release: &str) -> [Vec<String>; 4] {
    assert!(fleet < FLEETS.len());
    let of_release = |row: &&Row| row.fleet == fleet && row.release == release;
    let mut nameable = model.clone();
    nameable.rows.iter_mut().for_each(|row| row.detail = None);
    [
        model.newest_first(|row| of_release(row) && row.state == "succeeded", 1),
        model.newest_first(of_release, 1),
        model.newest_first(|row| row.fleet == fleet && row.active, 1),
        // Their last lines are not read.
        nameable.newest_first(|row| row.fleet == fleet, 10),
    ]
}
