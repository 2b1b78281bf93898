//! Status for machines: one object with stable names, documented in `docs/operating.md`.

use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;

use super::{Gate, Overview, Standing};
use crate::protocol::run::Run;
use crate::report::escaped;
use crate::words::milliseconds;

#[derive(Serialize)]
struct Status<'a> {
    database: String,
    database_source: &'a str,
    table: String,
    fleet: &'a str,
    app: &'a str,
    app_source: &'a str,
    role: Option<String>,
    role_reason: &'a str,
    release: Option<&'a str>,
    release_source: Option<&'a str>,
    state: &'a str,
    summary: String,
    migrations: Option<Migrations<'a>>,
    runs: Vec<RunRow<'a>>,
    other_fleets: &'a [String],
}

/// How the migrations of this app stand.
#[derive(Default, Serialize)]
struct Migrations<'a> {
    /// Nothing if it can't be told.
    complete: Option<bool>,
    shipped: Option<usize>,
    applied: Option<usize>,
    current: Option<&'a str>,
    pending: &'a [String],
    running: &'a [String],
    failed: &'a [String],
    never_runs: Vec<&'a str>,
    unknown: &'a [String],
    warnings: &'a [String],
    error: Option<&'a str>,
}

/// A run; times are RFC 3339 in UTC, ages and durations are milliseconds by the database's clock.
#[derive(Serialize)]
struct RunRow<'a> {
    run: i64,
    release: &'a str,
    release_source: &'a str,
    state: &'a str,
    active: bool,
    app: &'a str,
    instance: &'a str,
    started_at: Option<String>,
    beat_at: Option<String>,
    ended_at: Option<String>,
    since_start_ms: Option<u64>,
    since_beat_ms: Option<u64>,
    took_ms: Option<u64>,
    lease_ms: u64,
    beats: i64,
    exit_code: Option<i64>,
    cause: Option<&'a str>,
    detail: Option<&'a str>,
    version: &'a str,
}

pub(super) fn render(overview: &Overview) -> String {
    let fleet = &overview.fleet;
    let rows = overview.rows.as_ref();
    let release = overview.release.as_ref().ok();
    let status = Status {
        database: fleet.database.location.to_string(),
        database_source: &fleet.database.source,
        table: fleet.table.to_string(),
        fleet: &fleet.name,
        app: &fleet.app.value,
        app_source: &fleet.app.source,
        role: overview.role.as_ref().ok().map(|choice| choice.role.to_string()),
        role_reason: overview.role.as_ref().map_or_else(|why| why, |choice| &choice.reason),
        release: release.map(|release| release.id.as_str()),
        release_source: release.map(|release| release.source.as_str()),
        state: overview.standing().word(),
        summary: overview.sentence(),
        migrations: overview.migrations.as_ref().map(migrations),
        runs: rows.map(|rows| rows.runs.iter().map(row).collect()).unwrap_or_default(),
        other_fleets: rows.map(|rows| rows.other_fleets.as_slice()).unwrap_or_default(),
    };
    let json = serde_json::to_string_pretty(&status).unwrap_or_default();
    escaped(&json) + "\n"
}

fn migrations(read: &Result<Gate, String>) -> Migrations<'_> {
    match read {
        Ok(Gate { tally, warnings }) => Migrations {
            complete: Some(tally.is_complete()),
            shipped: Some(tally.shipped),
            applied: Some(tally.applied),
            current: tally.current(),
            pending: &tally.pending,
            running: &tally.running,
            failed: &tally.failed,
            never_runs: tally.never.iter().map(|(name, _)| name.as_str()).collect(),
            unknown: &tally.unknown,
            warnings,
            error: None,
        },
        Err(why) => Migrations { error: Some(why), ..Migrations::default() },
    }
}

fn row(run: &Run) -> RunRow<'_> {
    RunRow {
        run: run.id,
        release: &run.release,
        release_source: &run.release_source,
        state: Standing::of(run).word(),
        active: run.active,
        app: &run.app,
        instance: &run.instance,
        started_at: time(run.started_at),
        beat_at: time(run.beat_at),
        ended_at: time(run.ended_at),
        since_start_ms: run.since_start().map(milliseconds),
        since_beat_ms: run.since_beat().map(milliseconds),
        took_ms: run.took().map(milliseconds),
        lease_ms: milliseconds(run.lease),
        beats: run.beats,
        exit_code: run.exit_code,
        cause: run.cause.as_deref(),
        detail: run.detail.as_deref(),
        version: &run.version,
    }
}

/// RFC 3339 in UTC; nothing for a time that can't be written so.
fn time(milliseconds: Option<i64>) -> Option<String> {
    /// The end of the year 9999.
    const LAST: u64 = 253_402_300_799_999;
    let milliseconds = u64::try_from(milliseconds?).ok().filter(|milliseconds| *milliseconds <= LAST)?;
    let time = UNIX_EPOCH + Duration::from_millis(milliseconds);
    Some(humantime::format_rfc3339_millis(time).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_or_nothing() {
        assert_eq!(time(Some(1_700_000_000_123)).as_deref(), Some("2023-11-14T22:13:20.123Z"));
        for strange in [None, Some(-1), Some(i64::MAX)] {
            assert_eq!(time(strange), None);
        }
    }
}
