//! `migrations`: what this app ships against what its framework has applied.

use std::time::Duration;

use serde::Serialize;

use super::Context;
use crate::cli::MigrationsArgs;
use crate::error::Error;
use crate::exit;
use crate::gate::{Report, Standing, State, TableError, tally};
use crate::report::escaped;
use crate::settings::{self, Migrations};
use crate::words::clean;

/// One request, connect included.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Shows how the migrations stand. Returns the exit code.
pub async fn migrations(context: &Context, args: &MigrationsArgs) -> Result<u8, Error> {
    let missing =
        || Error::Usage("no migrations to compare: give `--migrations SPEC` or set `BELLWETHER_MIGRATIONS`".into());
    if args.manifest {
        let gate = settings::load_gate(&args.gate, &context.env)?.ok_or_else(missing)?;
        super::warn(context, &gate.doubts());
        super::print(&gate.manifest())?;
        return Ok(exit::GO);
    }
    let migrations = Migrations::resolve(&args.gate, args.database_url.as_ref(), &context.env)?.ok_or_else(missing)?;
    let reports = read(&migrations, ATTEMPT).await.map_err(|error| super::gate::unreadable(&migrations, error))?;
    super::print(&if args.json { json(&migrations, &reports) } else { text(&migrations, &reports) })?;
    let applied = tally(&reports).is_complete();
    Ok(if args.exit_code && !applied { exit::PENDING } else { exit::GO })
}

/// Reads once, and leaves no connection open.
pub(super) async fn read(migrations: &Migrations, limit: Duration) -> Result<Vec<Report>, TableError> {
    let mut store = migrations.store();
    let reports = migrations.gate.read(&mut store, limit).await;
    store.disconnect().await;
    reports
}

fn text(migrations: &Migrations, reports: &[Report]) -> String {
    let database = &migrations.database;
    let mut lines = vec![format!("database  {} (from {})", database.location, database.source)];
    for report in reports {
        lines.push(String::new());
        let table = if report.has_table { "table" } else { "no table" };
        lines.push(format!("{} in {}, {table} {}", report.title, report.origin, report.table));
        lines.extend(report.comparison.standings.iter().map(line));
        let rows = report.comparison.others;
        if rows > 0 {
            let plural = if rows == 1 { "row is" } else { "rows are" };
            lines.push(format!(
                "{rows} more {plural} about none of these: another app's, or newer or older than this one"
            ));
        }
        lines.extend(report.comparison.warnings.iter().map(|warning| format!("warning: {warning}")));
    }
    lines.push(String::new());
    lines.push(summary(reports));
    lines.iter().map(|line| clean(line) + "\n").collect()
}

fn line(standing: &Standing) -> String {
    let why = standing.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{:<10}  {}{why}", word(standing.state), standing.name)
}

fn word(state: State) -> &'static str {
    match state {
        State::Applied => "applied",
        State::Pending => "pending",
        State::Failed => "failed",
        State::Running => "running",
        State::NeverRuns => "never runs",
        State::Unknown => "unknown",
    }
}

fn summary(reports: &[Report]) -> String {
    let tally = tally(reports);
    let counts = [
        (tally.pending.len(), "pending"),
        (tally.running.len(), "running, or left by a runner that died"),
        (tally.failed.len(), "failed"),
        (tally.never.len(), "will never run"),
        (tally.unknown.len(), "unknown"),
    ];
    let head = format!("{} of {} migrations applied", tally.applied, tally.shipped);
    let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("; {count} {word}"));
    std::iter::once(head).chain(counts).collect()
}

#[derive(Serialize)]
struct Document<'a> {
    database: String,
    database_source: &'a str,
    complete: bool,
    shipped: usize,
    applied: usize,
    summary: String,
    sources: Vec<Source<'a>>,
}

#[derive(Serialize)]
struct Source<'a> {
    framework: &'a str,
    origin: &'a str,
    table: &'a str,
    has_table: bool,
    migrations: Vec<Migration<'a>>,
    other_rows: usize,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Migration<'a> {
    name: &'a str,
    state: State,
    reason: Option<&'a str>,
}

fn json(migrations: &Migrations, reports: &[Report]) -> String {
    let tally = tally(reports);
    let document = Document {
        database: migrations.database.location.to_string(),
        database_source: &migrations.database.source,
        complete: tally.is_complete(),
        shipped: tally.shipped,
        applied: tally.applied,
        summary: summary(reports),
        sources: reports.iter().map(source).collect(),
    };
    escaped(&serde_json::to_string_pretty(&document).unwrap_or_default()) + "\n"
}

fn source(report: &Report) -> Source<'_> {
    Source {
        framework: report.framework,
        origin: &report.origin,
        table: &report.table,
        has_table: report.has_table,
        migrations: report.comparison.standings.iter().map(migration).collect(),
        other_rows: report.comparison.others,
        warnings: &report.comparison.warnings,
    }
}

fn migration(standing: &Standing) -> Migration<'_> {
    Migration { name: &standing.name, state: standing.state, reason: standing.reason.as_deref() }
}
