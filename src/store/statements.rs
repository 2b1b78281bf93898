//! The statements, written once for all databases: they compare for equality and stamp times, and judge nothing.

use std::time::Duration;

use super::dialect::render;
use super::step::{Expect, Step, Value};
use super::table::Table;
use super::url::Dialect;

/// The columns of a run in the order in which `rows` reads them. `{ms:…}` is a time in milliseconds since 1970.
const RUN: &str = "id, release_id, state, active, beats, lease_ms, holder, app, instance, release_source, \
                   command_digest, {ms:started_at}, {ms:beat_at}, {ms:ended_at}, {ms:now}, exit_code, cause, detail, \
                   version";

/// The same columns unconverted, for an inner select.
const RAW: &str = "id, release_id, state, active, beats, lease_ms, holder, app, instance, release_source, \
                   command_digest, started_at, beat_at, ended_at, exit_code, cause, detail, version";

/// A new run's values.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// The fleet whose lease it takes.
    pub fleet: String,
    /// The release that it is for.
    pub release: String,
    /// Where its leader had the release from.
    pub release_source: String,
    /// The lease in its row.
    pub lease: Duration,
    /// The nonce of its leader's process.
    pub holder: String,
    /// The leader's app, a label.
    pub app: String,
    /// The leader's process or container, a label.
    pub instance: String,
    /// A digest of its command.
    pub command_digest: String,
}

/// Makes the statements for one table in one dialect.
#[derive(Clone, Debug)]
pub(super) struct Statements {
    dialect: Dialect,
    table: Table,
}

impl Statements {
    pub(super) fn new(dialect: Dialect, table: Table) -> Self {
        Self { dialect, table }
    }

    /// The release's newest success, its newest run, the fleet's active run and its newest few runs. The first column
    /// says which of them a row is.
    pub(super) fn look(&self, fleet: &str, release: &str) -> Step {
        // Of the newest few only the names are wanted, so their last lines stay where they are.
        let raw = |leg: &str| if leg == "recent" { RAW.replace("detail", "NULL AS detail") } else { RAW.to_owned() };
        let newest = |leg: &str, wanted: &str, limit: u8| {
            let rows = format!("SELECT {} FROM {{table}} WHERE {wanted} ORDER BY id DESC LIMIT {limit}", raw(leg));
            format!("SELECT '{leg}', {RUN} FROM ({rows}) AS {leg}")
        };
        let legs = [
            newest("success", "fleet = ? AND release_id = ? AND state = 'succeeded'", 1),
            newest("newest", "fleet = ? AND release_id = ?", 1),
            newest("active", "fleet = ? AND active = 1", 1),
            newest("recent", "fleet = ?", 10),
        ];
        let values = [fleet, release, fleet, release, fleet, fleet].map(Value::from);
        self.step(&legs.join(" UNION ALL "), values, Expect::Rows)
    }

    /// The newest runs of a fleet, or of one release in it.
    pub(super) fn newest(&self, fleet: &str, release: Option<&str>, limit: u32) -> Step {
        let wanted = if release.is_some() { "fleet = ? AND release_id = ?" } else { "fleet = ?" };
        let sql = format!("SELECT {RUN} FROM {{table}} WHERE {wanted} ORDER BY id DESC LIMIT {limit}");
        self.step(&sql, [fleet].into_iter().chain(release).map(Value::from), Expect::Rows)
    }

    /// The names of all fleets, by hopping from one to the next in the index: as quick with 100,000 rows as with ten.
    pub(super) fn fleets(&self) -> Step {
        let sql = "WITH RECURSIVE fleets (fleet) AS (\
                   SELECT min(fleet) FROM {table} \
                   UNION ALL \
                   SELECT (SELECT min(runs.fleet) FROM {table} AS runs WHERE runs.fleet > fleets.fleet) \
                   FROM fleets WHERE fleets.fleet IS NOT NULL) \
                   SELECT fleet FROM fleets WHERE fleet IS NOT NULL LIMIT 100";
        self.step(sql, [], Expect::Rows)
    }

    /// A silent run becomes lost, if it has not moved since it was seen.
    pub(super) fn mark_lost(&self, run: i64, beats: i64) -> Step {
        let sql = "UPDATE {table} SET state = 'lost', active = NULL, ended_at = {now} \
                   WHERE id = ? AND beats = ? AND active = 1";
        self.step(sql, [run, beats].map(Value::from), Expect::Change)
    }

    pub(super) fn insert(&self, run: &NewRun) -> Step {
        let sql = "INSERT INTO {table} (fleet, release_id, state, active, beats, lease_ms, holder, app, instance, \
                   release_source, command_digest, started_at, beat_at, version) \
                   VALUES (?, ?, 'running', 1, 1, ?, ?, ?, ?, ?, ?, {now}, {now}, ?)";
        let texts =
            [&run.holder, &run.app, &run.instance, &run.release_source, &run.command_digest, env!("CARGO_PKG_VERSION")];
        let head = [run.fleet.as_str().into(), run.release.as_str().into(), milliseconds(run.lease).into()];
        self.step(sql, head.into_iter().chain(texts.map(Value::from)), Expect::Change)
    }

    /// The number of the active run that bears our nonce.
    pub(super) fn own(&self, fleet: &str, holder: &str) -> Step {
        let sql = "SELECT id FROM {table} WHERE fleet = ? AND active = 1 AND holder = ?";
        self.step(sql, [fleet, holder].map(Value::from), Expect::Rows)
    }

    pub(super) fn beat(&self, run: i64, holder: &str) -> Step {
        let sql = "UPDATE {table} SET beats = beats + 1, beat_at = {now} WHERE id = ? AND holder = ? AND active = 1";
        self.step(sql, [run.into(), holder.into()], Expect::Change)
    }

    /// A beat that also cuts the lease down and says why.
    pub(super) fn last_beat(&self, run: i64, holder: &str, lease: Duration) -> Step {
        let sql = "UPDATE {table} SET beats = beats + 1, beat_at = {now}, lease_ms = ?, cause = 'interrupted' \
                   WHERE id = ? AND holder = ? AND active = 1";
        self.step(sql, [milliseconds(lease).into(), run.into(), holder.into()], Expect::Change)
    }

    /// Writes an outcome. That it finds no row is no answer yet: [`Self::recorded`] has the last word.
    pub(super) fn record(&self, run: i64, holder: &str, ending: &Ending<'_>) -> Step {
        let sql = "UPDATE {table} SET state = ?, active = NULL, exit_code = ?, cause = ?, detail = ?, ended_at = {now} \
                   WHERE id = ? AND holder = ? AND active = 1";
        let values = [
            ending.state.into(),
            i64::from(ending.exit_code).into(),
            ending.cause.into(),
            Value::Text(ending.detail.map(str::to_owned)),
            run.into(),
            holder.into(),
        ];
        self.step(sql, values, Expect::Nothing)
    }

    /// Whether this very outcome is in our row, written now or by an earlier try whose answer was lost.
    pub(super) fn recorded(&self, run: i64, holder: &str, ending: &Ending<'_>) -> Step {
        let sql = "SELECT id FROM {table} WHERE id = ? AND holder = ? AND state = ? AND exit_code = ? AND cause = ? \
                   AND active IS NULL";
        let exit_code = i64::from(ending.exit_code);
        let values = [run.into(), holder.into(), ending.state.into(), exit_code.into(), ending.cause.into()];
        self.step(sql, values, Expect::Rows)
    }

    pub(super) fn step(&self, sql: &str, values: impl IntoIterator<Item = Value>, expect: Expect) -> Step {
        Step { sql: render(self.dialect, &self.table, sql), values: values.into_iter().collect(), expect }
    }
}

/// An outcome in the words of the table.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// `succeeded` or `failed`.
    pub state: &'a str,
    /// What the leader exits with.
    pub exit_code: u8,
    /// Why it ended.
    pub cause: &'a str,
    /// The last lines of the command's output.
    pub detail: Option<&'a str>,
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
