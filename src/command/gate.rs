//! How the migrations stand, as leader and follower read it: once a look, over a connection that is closed again.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::error::Error;
use crate::gate::{Report, TableError, tally};
use crate::protocol::gate::Tally;
use crate::report::{Event, Migrations as Shown, Reporter};
use crate::settings::Migrations;
use crate::store::StoreError;
use crate::words::listed;

/// Looks at the tables, and warns of what looks wrong there, once each.
pub(super) struct Look<'a> {
    reporter: &'a Reporter,
    migrations: &'a Migrations,
    told: BTreeSet<String>,
}

impl<'a> Look<'a> {
    pub(super) fn new(reporter: &'a Reporter, migrations: &'a Migrations) -> Self {
        Self { reporter, migrations, told: BTreeSet::new() }
    }

    /// One look, within this time.
    pub(super) async fn tally(&mut self, limit: Duration) -> Result<Tally, TableError> {
        let reports = read(self.migrations, limit).await?;
        for text in warnings(&reports) {
            if self.told.insert(text.clone()) {
                self.reporter.say(&Event::Warning { text });
            }
        }
        Ok(tally(&reports))
    }

    /// What it comes to that a look failed.
    pub(super) fn unreadable(&self, error: TableError) -> Error {
        unreadable(self.migrations, error)
    }
}

/// Reads the tables once, within this time.
pub(super) async fn read(migrations: &Migrations, limit: Duration) -> Result<Vec<Report>, TableError> {
    let read = super::migrations::read(migrations, limit);
    let timed_out = |_| Err(TableError::Store(StoreError::timed_out(limit)));
    tokio::time::timeout(limit, read).await.unwrap_or_else(timed_out)
}

/// What it comes to that the frameworks' tables could not be read.
pub(super) fn unreadable(migrations: &Migrations, error: TableError) -> Error {
    match error {
        TableError::Shape(why) => Error::Usage(why),
        TableError::Store(source) => Error::unreadable(&migrations.database.location, source),
    }
}

/// What looks wrong in the tables or on disk.
pub(super) fn warnings(reports: &[Report]) -> Vec<String> {
    let of = |report: &Report| -> Vec<String> {
        report.comparison.warnings.iter().map(|warning| format!("{}: {warning}", report.title)).collect()
    };
    reports.iter().flat_map(of).collect()
}

/// The line that says what is compared with what.
pub(super) fn opening(migrations: &Migrations) -> Event {
    let database = &migrations.database;
    Event::Gate {
        sources: migrations.gate.describe(&database.location),
        database: database.location.to_string(),
        database_source: database.source.clone(),
    }
}

/// A tally as the lines show it.
pub(super) fn shown(tally: &Tally) -> Shown {
    Shown {
        shipped: tally.shipped,
        applied: tally.applied,
        current: tally.current().map(str::to_owned),
        failed: tally.failed.clone(),
        probe: tally.probe.clone(),
    }
}

/// What is missing, by name, in words.
pub(super) fn missing(tally: &Tally) -> String {
    let undone = [
        ("pending", &tally.pending),
        ("running, or left by a runner that died", &tally.running),
        ("failed", &tally.failed),
        ("at a place that this app does not know", &tally.unknown),
    ];
    let applied = (tally.shipped > 0).then(|| format!("{} of {} migrations applied", tally.applied, tally.shipped));
    let undone = undone
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("{} {word}: {}", names.len(), listed(names)));
    let mut parts: Vec<String> = applied.into_iter().chain(undone).collect();
    parts.extend(tally.never.iter().map(|(name, reason)| format!("{name} will never run: {reason}")));
    parts.extend(tally.probe.clone());
    parts.join("; ")
}
