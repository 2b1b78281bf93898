//! The migration gate: what this app ships, compared with what the framework's own table says is applied.
//!
//! ```text
//!   spec ──► presets ──► folder (what is shipped) ─┐
//!              │                                   ├──► rules ──► standing
//!              └──────► table  (what is applied) ──┘
//! ```
//!
//! A framework is a [`Preset`], a record of names; what can't be said by one is a rule with a file of its own. Only `table`
//! reads the database, and nothing is ever written there.

mod folder;
mod manifest;
mod migration;
mod presets;
mod rules;
mod spec;
mod standing;
mod table;

use std::path::Path;
use std::time::Duration;

pub use self::migration::Migration;
pub use self::presets::Preset;
pub use self::spec::{Kind, Spec, parse};
pub use self::standing::{Comparison, Standing, State};
pub use self::table::{TableError, TableName};
use crate::protocol::gate::Tally;
use crate::store::Store;
use crate::store::url::Location;
use crate::words::migrations;

/// What one framework ships, and its table.
#[derive(Clone, Debug)]
pub struct Source {
    /// The framework.
    pub preset: &'static Preset,
    /// Where the list of migrations comes from.
    pub origin: String,
    /// Its table, where another one than usual was named.
    pub table: Option<TableName>,
    /// What is shipped, in order.
    pub shipped: Vec<Migration>,
    /// What looks like a mistake in it.
    pub doubts: Vec<String>,
}

/// All that this app ships.
#[derive(Clone, Debug)]
pub struct Gate {
    sources: Vec<Source>,
    unknown_is_ahead: bool,
}

/// How a framework's migrations stand.
#[derive(Clone, Debug)]
pub struct Report {
    /// The framework, for people.
    pub title: &'static str,
    /// The framework, in a SPEC.
    pub framework: &'static str,
    /// Where the list of migrations comes from.
    pub origin: String,
    /// Its table.
    pub table: String,
    /// Whether there is one.
    pub has_table: bool,
    /// The comparison.
    pub comparison: Comparison,
}

impl Source {
    /// Its table in such a database.
    fn table(&self, location: &Location) -> TableName {
        self.table.clone().unwrap_or_else(|| TableName::of(self.preset, location))
    }
}

impl Gate {
    /// Finds out what is shipped. The error says what is missing and how to mend it.
    pub fn load(
        specs: &[Spec],
        table: Option<&TableName>,
        unknown_is_ahead: bool,
        here: &Path,
    ) -> Result<Self, String> {
        let mut sources = Vec::new();
        for spec in specs {
            match (spec.kind, &spec.path) {
                (Kind::Manifest, path) => {
                    let file = here.join(path.as_deref().unwrap_or(Path::new("")));
                    sources.extend(manifest::read(&file, &spec.text, table)?);
                }
                (Kind::Framework(preset), path) => {
                    let places = rules::places(preset, path.as_deref(), here)?;
                    let shipped = rules::shipped(preset, &places)?;
                    let doubts = rules::doubts(preset, &places, &shipped)?;
                    let origin = places.shown(here);
                    let is_same = |other: &Source| other.preset.name == preset.name && other.origin == origin;
                    if sources.iter().any(is_same) {
                        continue;
                    }
                    sources.push(Source { preset, origin, table: table.cloned(), shipped, doubts });
                }
            }
        }
        Ok(Self { sources, unknown_is_ahead })
    }

    /// How many frameworks there are.
    pub fn sources(&self) -> usize {
        self.sources.len()
    }

    /// Reads the frameworks' tables and compares, each request within `limit`.
    pub async fn read(&self, store: &mut Store, limit: Duration) -> Result<Vec<Report>, TableError> {
        let mut reports = Vec::new();
        for source in &self.sources {
            let table = source.table(store.location());
            let mut rows = table::read(store, limit, source.preset, &table).await?;
            rows.warnings.extend(source.doubts.iter().cloned());
            reports.push(Report {
                title: source.preset.title,
                framework: source.preset.name,
                origin: source.origin.clone(),
                table: table.to_string(),
                has_table: rows.has_table,
                comparison: rules::compare(source.preset, &source.shipped, &rows, self.unknown_is_ahead),
            });
        }
        Ok(reports)
    }

    /// What is compared with which table, in words.
    pub fn describe(&self, location: &Location) -> Vec<String> {
        let describe = |source: &Source| {
            let Source { preset, origin, shipped, .. } = source;
            format!("{} of {} in {origin}, table {}", migrations(shipped.len()), preset.title, source.table(location))
        };
        self.sources.iter().map(describe).collect()
    }

    /// What looks like a mistake in what is shipped.
    pub fn doubts(&self) -> Vec<String> {
        let all = self.sources.iter().flat_map(|source| source.doubts.iter().map(move |doubt| (source.preset, doubt)));
        all.map(|(preset, doubt)| format!("{}: {doubt}", preset.title)).collect()
    }

    /// The list of all that is shipped, as JSON.
    pub fn manifest(&self) -> String {
        manifest::write(&self.sources)
    }
}

/// What the protocol needs to know of these.
pub fn tally(reports: &[Report]) -> Tally {
    let mut tally = Tally::default();
    for standing in reports.iter().flat_map(|report| &report.comparison.standings) {
        let name = standing.name.clone();
        tally.shipped += 1;
        match standing.state {
            State::Applied => tally.applied += 1,
            State::Pending => tally.pending.push(name),
            State::Running => tally.running.push(name),
            State::Failed => tally.failed.push(name),
            State::NeverRuns => tally.never.push((name, standing.reason.clone().unwrap_or_default())),
            State::Unknown => tally.unknown.push(name),
        }
    }
    tally
}
