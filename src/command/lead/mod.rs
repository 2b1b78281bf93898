//! `lead`: claim the lease, run the command under it, record how it ended.

mod check;
mod claim;
mod drive;
mod farewell;
mod orphans;
mod requests;

use std::ffi::OsString;
use std::time::Duration;

use self::claim::{Claimed, Claiming};
use self::drive::{Drive, Job};
use super::gate::{Look, missing};
use super::{Context, ended};
use crate::error::Error;
use crate::exit;
use crate::gate::TableError;
use crate::identity::Release;
use crate::protocol::Role;
use crate::protocol::leader::{Leader, Limits};
use crate::protocol::policy::LeasePolicy;
use crate::report::Event;
use crate::settings;
use crate::store::{Class, NewRun};
use crate::supervise::signals::{self, Signals};
use crate::words::span;

/// Leads this release. Returns the exit code.
pub(super) async fn lead(
    context: &Context,
    settings: &settings::Run,
    release: &Release,
    policy: LeasePolicy,
    argv: &[OsString],
    signals: &mut Signals,
) -> Result<u8, Error> {
    if settings.timeout < settings.lease {
        context.reporter.say(&Event::Warning {
            text: format!(
                "--timeout {} is shorter than the lease: the lease of a leader that died can't be taken over in it",
                span(settings.timeout)
            ),
        });
    }
    let bid = NewRun {
        fleet: settings.fleet.name.clone(),
        release: release.id.clone(),
        release_source: release.source.clone(),
        lease: policy.lease(),
        holder: nonce().map_err(|source| Error::System { doing: "draw a random number", source })?,
        app: settings.fleet.app.value.clone(),
        instance: settings.instance.clone(),
        command_digest: settings::command_digest(argv),
    };
    preflight(context, settings, policy.beat_interval()).await?;
    // No request may take longer than a beat interval.
    let mut store = settings.fleet.store();
    let claiming = Claiming::new(context, settings, &bid, policy.beat_interval(), &mut store);
    match claiming.run(signals).await? {
        Claimed::Won { run, sent, told } => {
            let limits = Limits { command: settings.command_timeout, recording: settings.timeout };
            let job = Job { context, settings, policy: &policy, bid: &bid, argv, run };
            let leader = Leader::new(policy.clone(), limits, sent);
            let leader = if settings.migrations.is_some() { leader.gated() } else { leader };
            Ok(Drive::new(&job, store, leader).run(signals, told).await)
        }
        Claimed::Shared { run, app } => {
            let what =
                format!("run {run} of release {} by {app} succeeded with the same command while we waited", release.id);
            share(context, settings, policy.beat_interval(), run, &what).await
        }
        Claimed::TimedOut { what, run } => {
            let next = "wait for it or stop it, then release again; `bellwether status` shows it";
            Ok(leave(context, settings, exit::TIMED_OUT, run, what, next.into()))
        }
        Claimed::Interrupted { signal } => {
            let what =
                format!("told to stop by {} while waiting for the lease; nothing was run", signals::name(signal));
            Ok(leave(context, settings, exit::by_signal(signal), None, what, "release this app again".into()))
        }
    }
}

/// Leaves with another leader's success, unless it ran other code and migrations of ours are missing.
async fn share(
    context: &Context,
    settings: &settings::Run,
    beat_interval: Duration,
    run: i64,
    what: &str,
) -> Result<u8, Error> {
    if let Some(migrations) = &settings.migrations {
        let mut look = Look::new(&context.reporter, migrations);
        let tally = look.tally(request_limit(beat_interval)).await.map_err(|error| look.unreadable(error))?;
        if !tally.missing().is_empty() {
            let next = "it ran other code: release this app again, to run its own command".into();
            return Ok(leave(
                context,
                settings,
                exit::PENDING,
                Some(run),
                format!("{what}, but not all is applied: {}", missing(&tally)),
                next,
            ));
        }
    }
    Ok(leave(context, settings, exit::GO, Some(run), format!("{what}; nothing to run"), String::new()))
}

/// A look at the migrations before anything is claimed: what waiting makes no better is told before the command runs. An
/// outage is not; the check after the command has time for one.
async fn preflight(context: &Context, settings: &settings::Run, beat_interval: Duration) -> Result<(), Error> {
    let Some(migrations) = &settings.migrations else { return Ok(()) };
    let mut look = Look::new(&context.reporter, migrations);
    match look.tally(request_limit(beat_interval)).await {
        Err(error) if is_final(&error) => Err(look.unreadable(error)),
        _ => Ok(()),
    }
}

/// Whether waiting makes it no better.
fn is_final(error: &TableError) -> bool {
    match error {
        TableError::Shape(_) => true,
        TableError::Store(error) => error.class == Class::Refused,
    }
}

fn leave(context: &Context, settings: &settings::Run, code: u8, run: Option<i64>, what: String, next: String) -> u8 {
    context.reporter.say(&ended(Role::Leader, settings, code, run, what, next));
    code
}

/// Tells this process from all others: in containers every pid is 1.
fn nonce() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    let mut filled = 0;
    while filled < bytes.len() {
        filled += rustix::rand::getrandom(&mut bytes[filled..], rustix::rand::GetRandomFlags::empty())?;
    }
    Ok(hex::encode(bytes))
}

/// The time limit of one request of a leader, connect included.
fn request_limit(beat_interval: Duration) -> Duration {
    beat_interval.min(Duration::from_secs(5))
}
