//! Events as lines for people.

use std::time::Duration;

use super::event::{Event, Migrations, Opening, StopReason, Waiting, WaitingFor};
use crate::words::{ago, clean, span};

/// The lines of an event, without the prefix.
pub(super) fn lines(event: &Event) -> Vec<String> {
    match event {
        Event::LastLines { run, lines } => {
            let head = format!("the last lines of run {run}:");
            std::iter::once(head).chain(lines.iter().map(|line| format!("| {}", clean(line)))).collect()
        }
        other => vec![clean(&line(other))],
    }
}

fn line(event: &Event) -> String {
    match event {
        Event::Role { role, reason } => format!("{role}, because {reason}"),
        Event::Skipped => "SKIPPED, because BELLWETHER_SKIP is set: nothing was run, nothing was waited for, and the \
                           schema may be old; unset it as soon as the emergency is over"
            .into(),
        Event::Opening(opening) => opening_line(opening),
        Event::Gate { sources, database, database_source } => {
            format!("migration gate: {}, in {database} (from {database_source})", sources.join(" and "))
        }
        Event::Warning { text } => format!("warning: {text}"),
        Event::DatabaseUnavailable { reason, lasting_ms: 0..1000 } => {
            format!("the database can't be used, trying again: {reason}")
        }
        Event::DatabaseUnavailable { reason, lasting_ms } => {
            format!("the database can't be used for {} now, trying again: {reason}", span(duration(*lasting_ms)))
        }
        Event::DatabaseAvailable => "the database can be used again".into(),
        Event::TableCreated { table } => format!("made the table {table}"),
        Event::Waiting(waiting) => {
            let (waited, timeout) = (duration(waiting.waited_ms), duration(waiting.timeout_ms));
            format!("{} ({} of {})", what_for(waiting), span(waited), span(timeout))
        }
        Event::Claimed { run, took_over: None } => format!("run {run} is ours"),
        Event::Claimed { run, took_over: Some(lost) } => {
            format!("run {run} is ours; run {lost} fell silent for its whole lease and is marked lost")
        }
        Event::EndingSessions { sessions } => {
            format!("ending the database sessions that earlier runs left behind: {}", sessions.join(", "))
        }
        Event::Starting { run, program } => format!("run {run}: starting {program}"),
        Event::BeatFailed { reason } => format!("can't renew the lease, trying again: {reason}"),
        Event::BeatLanded => "the lease is renewed again".into(),
        Event::Stopping { reason, signal, kill_after_ms } => {
            let what = stopping(*reason, signal.as_deref());
            format!("{what}, KILL in {}", span(duration(*kill_after_ms)))
        }
        Event::Killed => "sent KILL to the command's process group".into(),
        Event::CommandEnded { how } => format!("the command {how}"),
        Event::RecordFailed { reason } => format!("can't record the outcome, trying again: {reason}"),
        Event::LastLines { .. } => String::new(),
        Event::Ended { role, exit_code, what, next, .. } => {
            let who = role.map_or_else(String::new, |role| format!("{role}: "));
            let next = if next.is_empty() { String::new() } else { format!("; {next}") };
            format!("{who}{what}{next} (exit code {exit_code})")
        }
    }
}

fn opening_line(opening: &Opening) -> String {
    let Opening { app, app_source, fleet, database, database_source, table, .. } = opening;
    let release = match (&opening.release, &opening.release_source) {
        (Some(release), Some(source)) => format!("release {release} (from {source})"),
        _ => "no release, the migrations alone decide".to_owned(),
    };
    format!(
        "{release}, fleet {fleet}, app {app} (from {app_source}), table {table} in \
         {database} (from {database_source}); waits at most {} ({})",
        span(duration(opening.timeout_ms)),
        opening.timeout_reason,
    )
}

/// A wait without its clock, which a terminal's spinner has itself.
pub(super) fn what_for(waiting: &Waiting) -> String {
    let age = |milliseconds: Option<u64>| ago(milliseconds.map(duration));
    let run = match waiting {
        Waiting { run: Some(run), release: Some(release), app: Some(app), .. } => format!(
            "run {run} of release {release} by {app}, begun {}, last beat {}",
            age(waiting.since_start_ms),
            age(waiting.since_beat_ms)
        ),
        _ => "nobody leads".into(),
    };
    let migrations = waiting.migrations.as_ref().map(applied).unwrap_or_default();
    let run = format!("{migrations}{run}");
    match waiting.what {
        WaitingFor::Lease => format!("waiting for the lease: {run}"),
        WaitingFor::Start => format!("waiting for a run of this release to begin: {run}"),
        WaitingFor::End => format!("waiting for the leader's run to end: {run}"),
        WaitingFor::Migrations => format!("waiting for the migrations: {run}"),
        WaitingFor::Retry => {
            let code = waiting.run_exit_code.map_or_else(String::new, |code| format!(" (exit code {code})"));
            let ended = match waiting.state.as_deref() {
                Some("failed") => "had failed",
                Some("lost") => "was lost",
                _ => "had fallen silent",
            };
            format!("waiting for a retry, as the last run of this release {ended}{code} before we came: {run}")
        }
    }
}

fn duration(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn applied(migrations: &Migrations) -> String {
    let Migrations { shipped, applied, current, failed, probe } = migrations;
    let said = probe.as_ref().map(|said| format!("{said}; ")).unwrap_or_default();
    if *shipped == 0 {
        return said;
    }
    let now = current.as_ref().map(|name| format!(", now {name}")).unwrap_or_default();
    let bad = if failed.is_empty() { String::new() } else { format!(", FAILED: {}", failed.join(", ")) };
    format!("{said}{applied} of {shipped} migrations applied{now}{bad}; ")
}

fn stopping(reason: StopReason, signal: Option<&str>) -> String {
    match reason {
        StopReason::Leftovers => "the command left processes behind: sent them TERM".into(),
        StopReason::Signal => format!("told to stop by {}: passed it on to the command", signal.unwrap_or("a signal")),
        StopReason::Fenced => "the lease can't be relied on any more: sent TERM to the command".into(),
        StopReason::Overran => "the command overran its time: sent it TERM".into(),
    }
}
