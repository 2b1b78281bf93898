//! Events as lines for people.

use std::time::Duration;

use super::event::{Event, StopReason, WaitingFor};
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
        Event::Opening { .. } => opening(event),
        Event::Warning { text } => format!("warning: {text}"),
        Event::DatabaseUnavailable { reason } => format!("the database can't be read, trying again: {reason}"),
        Event::DatabaseAvailable => "the database can be read again".into(),
        Event::TableCreated { table } => format!("made the table {table}"),
        Event::Waiting { .. } => waiting(event),
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
            format!("{what}, KILL in {}", span(Duration::from_millis(*kill_after_ms)))
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

fn opening(event: &Event) -> String {
    let Event::Opening {
        app,
        app_source,
        fleet,
        release,
        release_source,
        database,
        database_source,
        table,
        timeout_ms,
        timeout_reason,
        ..
    } = event
    else {
        return String::new();
    };
    format!(
        "release {release} (from {release_source}), fleet {fleet}, app {app} (from {app_source}), table {table} in \
         {database} (from {database_source}); waits at most {} ({timeout_reason})",
        span(Duration::from_millis(*timeout_ms)),
    )
}

fn waiting(event: &Event) -> String {
    let Event::Waiting { what, run, release, app, since_start_ms, since_beat_ms, waited_ms, timeout_ms } = event else {
        return String::new();
    };
    let age = |milliseconds: &Option<u64>| ago(milliseconds.map(Duration::from_millis));
    let run = match (run, release, app) {
        (Some(run), Some(release), Some(app)) => format!(
            "run {run} of release {release} by {app}, begun {}, last beat {}",
            age(since_start_ms),
            age(since_beat_ms)
        ),
        _ => "nobody leads".into(),
    };
    let what = match what {
        WaitingFor::Lease => "waiting for the lease",
        WaitingFor::Start => "waiting for a run of this release to begin",
        WaitingFor::End => "waiting for the leader's run to end",
        WaitingFor::Retry => "the last run of this release ended badly; waiting for a retry",
    };
    let (waited, timeout) = (Duration::from_millis(*waited_ms), Duration::from_millis(*timeout_ms));
    format!("{what}: {run} ({} of {})", span(waited), span(timeout))
}

fn stopping(reason: StopReason, signal: Option<&str>) -> String {
    match reason {
        StopReason::Leftovers => "the command left processes behind: sent them TERM".into(),
        StopReason::Signal => format!("told to stop by {}: passed it on to the command", signal.unwrap_or("a signal")),
        StopReason::Fenced => "the lease can't be relied on any more: sent TERM to the command".into(),
        StopReason::Overran => "the command overran its time: sent it TERM".into(),
    }
}
