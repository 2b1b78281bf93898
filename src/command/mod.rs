//! The commands, one a file: each joins the protocol with the store, the supervisor and the reporter.

mod follow;
mod gate;
mod lead;
mod migrations;
mod outage;
mod setup;
mod status;

use std::ffi::OsString;
use std::io::Write;
use std::time::Duration;

pub use self::migrations::migrations;
pub use self::setup::setup;
pub use self::status::status;
use crate::environment::Environment;
use crate::error::Error;
use crate::exit;
use crate::protocol::Role;
use crate::protocol::gate::Tally;
use crate::protocol::run::{Cause, Run};
use crate::report::{Event, Opening, Reporter, Waiting, WaitingFor};
use crate::settings;
use crate::supervise::signals::{self, Signals};
use crate::words::milliseconds;

/// What a run of the program is given beside its settings.
pub struct Context {
    /// The environment.
    pub env: Environment,
    /// Where events go.
    pub reporter: Reporter,
}

/// Leads or follows, and says before what it is about to do. Returns the exit code.
pub async fn run(context: &Context, role: Role, settings: &settings::Run, argv: &[OsString]) -> u8 {
    take_part(context, role, settings, argv).await.unwrap_or_else(|error| {
        let release =
            settings.release.as_ref().map_or_else(|_| String::new(), |release| format!("release {}: ", release.id));
        let what = format!("{release}{error}");
        let next = error.advice().unwrap_or_default().to_owned();
        context.reporter.say(&ended(role, settings, error.exit_code(), None, what, next));
        error.exit_code()
    })
}

async fn take_part(context: &Context, role: Role, settings: &settings::Run, argv: &[OsString]) -> Result<u8, Error> {
    let lease = match role {
        Role::Leader => Some(settings.lease_policy()?),
        Role::Follower => None,
    };
    context.reporter.say(&opening(role, settings));
    if let Some(migrations) = &settings.migrations {
        context.reporter.say(&gate::opening(migrations));
        warn(context, &migrations.database.warnings);
    }
    if let Ok(release) = &settings.release {
        warn(context, &release.warnings);
    }
    warn(context, &settings.fleet.database.warnings);
    let mut signals = Signals::listen().map_err(|source| Error::System { doing: "listen to signals", source })?;
    match lease {
        Some(policy) => {
            let release = settings.release.as_ref().map_err(|why| Error::Usage(why.clone()))?;
            lead::lead(context, settings, release, policy, argv, &mut signals).await
        }
        None => follow::follow(context, settings, &mut signals).await,
    }
}

fn opening(role: Role, settings: &settings::Run) -> Event {
    let fleet = &settings.fleet;
    Event::Opening(Opening {
        role,
        app: fleet.app.value.clone(),
        app_source: fleet.app.source.clone(),
        fleet: fleet.name.clone(),
        release: settings.release.as_ref().ok().map(|release| release.id.clone()),
        release_source: settings.release.as_ref().ok().map(|release| release.source.clone()),
        database: fleet.database.location.to_string(),
        database_source: fleet.database.source.clone(),
        table: fleet.table.to_string(),
        timeout_ms: milliseconds(settings.timeout),
        timeout_reason: settings.timeout_reason.clone(),
    })
}

/// The event of waiting, for a leader and a follower alike.
fn waiting(what: WaitingFor, run: Option<&Run>, tally: Option<&Tally>, waited: Duration, timeout: Duration) -> Event {
    Event::Waiting(Waiting {
        what,
        run: run.map(|run| run.id),
        release: run.map(|run| run.release.clone()),
        app: run.map(|run| run.app.clone()),
        state: run.map(|run| run.state.as_str().to_owned()),
        run_exit_code: run.and_then(|run| run.exit_code),
        since_start_ms: run.and_then(Run::since_start).map(milliseconds),
        since_beat_ms: run.and_then(Run::since_beat).map(milliseconds),
        migrations: tally.map(gate::shown),
        waited_ms: milliseconds(waited),
        timeout_ms: milliseconds(timeout),
    })
}

fn warn(context: &Context, warnings: &[String]) {
    for text in warnings {
        context.reporter.say(&Event::Warning { text: text.clone() });
    }
}

/// The last line.
fn ended(role: Role, settings: &settings::Run, exit_code: u8, run: Option<i64>, what: String, next: String) -> Event {
    Event::Ended {
        role: Some(role),
        exit_code,
        fleet: Some(settings.fleet.name.clone()),
        release: settings.release.as_ref().ok().map(|release| release.id.clone()),
        run,
        what,
        next,
    }
}

/// How a failed run failed, by what its row says.
fn how_it_failed(run: &Run) -> String {
    let code = run.exit_code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
    let signal = run.exit_code.and_then(|code| u8::try_from(code.checked_sub(128)?).ok());
    let by = signal.map_or_else(String::new, |signal| format!(" by {}", signals::name(signal)));
    let Some(cause) = run.cause.as_deref() else { return format!("code {code}") };
    match Cause::parse(cause) {
        Some(Cause::Exited) => format!("its command exited with code {code}"),
        Some(Cause::Signalled) => format!("its command was ended{by} (code {code})"),
        Some(Cause::Interrupted) => format!("its leader was interrupted{by} (code {code})"),
        Some(Cause::Overran) => format!("its command overran its time and was stopped (code {code})"),
        Some(Cause::NotStarted) => format!("its command was not started (code {code})"),
        Some(Cause::Pending) if run.exit_code == Some(i64::from(exit::PENDING)) => {
            format!("its command succeeded and left migrations undone (code {code})")
        }
        Some(Cause::Pending) => {
            format!("its command succeeded, but whether all is applied could not be told (code {code})")
        }
        Some(Cause::Fenced) => {
            format!("its leader could no longer rely on its lease and stopped the command (code {code})")
        }
        None => format!("{cause} (code {code})"),
    }
}

/// Writes data to standard output. A reader that goes away is no error.
fn print(text: &str) -> Result<(), Error> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::System { doing: "write to standard output", source })
        }
        _ => Ok(()),
    }
}
