//! `status`: read once, show.

mod json;
mod text;

use std::time::Duration;

use super::Context;
use super::gate;
use crate::cli::StatusArgs;
use crate::error::Error;
use crate::exit;
use crate::gate::tally;
use crate::identity::{self, Release, Wanted};
use crate::protocol::gate::Tally;
use crate::protocol::run::{Run, State};
use crate::settings::{self, Choice, Fleet, Migrations};
use crate::store::{Class, StoreError};
use crate::words::{ago, span};

/// One attempt to read, connect included.
const ATTEMPT: Duration = Duration::from_secs(5);

/// All that there is to show.
struct Overview {
    fleet: Fleet,
    /// The role that a deploy here would have, or why it would be refused.
    role: Result<Choice, String>,
    /// The release that a deploy here would have, or why it would be refused.
    release: Result<Release, String>,
    /// The release that was asked for.
    filter: Option<String>,
    /// Nothing if there is no table.
    rows: Option<Rows>,
    /// How the migrations stand, or why that can't be told; nothing without a migration gate.
    migrations: Option<Result<Gate, String>>,
}

/// How the migrations stand, and what looks wrong there.
struct Gate {
    tally: Tally,
    warnings: Vec<String>,
}

#[derive(Default)]
struct Rows {
    /// The run that decides: a success of the release that was asked for, else the newest run.
    deciding: Option<Run>,
    /// The newest runs, newest first.
    runs: Vec<Run>,
    other_fleets: Vec<String>,
}

/// Shows the fleet's runs on standard output. Returns the exit code.
pub async fn status(context: &Context, args: &StatusArgs) -> Result<u8, Error> {
    let fleet = Fleet::resolve(&args.fleet, &context.env)?;
    super::warn(context, &fleet.database.warnings);
    let read = read(&fleet, args).await;
    let rows = match read {
        Ok(rows) => Some(rows),
        Err(error) if error.class == Class::NoTable => None,
        Err(source) => return Err(Error::store(&fleet.database.location, source)),
    };
    let overview = Overview {
        fleet,
        role: settings::choose_role(None, &context.env),
        release: identity::release(&Wanted::default(), &context.env).map_err(|error| error.to_string()),
        filter: args.release.clone(),
        rows,
        migrations: migrations(context, args).await,
    };
    let shown = if args.json { json::render(&overview) } else { text::render(&overview) };
    super::print(&shown)?;
    Ok(if args.exit_code { overview.standing().exit_code() } else { exit::GO })
}

/// What is wrong with the gate must not keep the runs from being shown.
async fn migrations(context: &Context, args: &StatusArgs) -> Option<Result<Gate, String>> {
    let migrations = match Migrations::resolve(&args.gate, args.fleet.database_url.as_ref(), &context.env) {
        Ok(migrations) => migrations?,
        Err(error) => return Some(Err(error.to_string())),
    };
    let reports = gate::read(&migrations, ATTEMPT).await;
    let gate = reports.map(|reports| Gate { tally: tally(&reports), warnings: gate::warnings(&reports) });
    Some(gate.map_err(|error| gate::unreadable(&migrations, error).to_string()))
}

async fn read(fleet: &Fleet, args: &StatusArgs) -> Result<Rows, StoreError> {
    let mut store = fleet.store();
    let release = args.release.as_deref();
    let runs = store.newest(ATTEMPT, &fleet.name, release, args.limit).await?;
    let success = match release {
        Some(release) => store.look(ATTEMPT, &fleet.name, release).await?.success,
        None => None,
    };
    let deciding = success.or_else(|| runs.first().cloned());
    let mut other_fleets = store.fleets(ATTEMPT).await?;
    other_fleets.retain(|name| *name != fleet.name);
    store.disconnect().await;
    Ok(Rows { deciding, runs, other_fleets })
}

/// How things stand, in one word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing<'a> {
    NoRun,
    Running,
    Silent,
    Succeeded,
    Failed,
    Lost,
    Unknown(&'a str),
}

impl<'a> Standing<'a> {
    fn of(run: &'a Run) -> Self {
        match &run.state {
            State::Running if run.overdue() => Self::Silent,
            State::Running => Self::Running,
            State::Succeeded => Self::Succeeded,
            State::Failed => Self::Failed,
            State::Lost => Self::Lost,
            State::Unknown(word) => Self::Unknown(word),
        }
    }

    fn word(self) -> &'a str {
        match self {
            Self::NoRun => "none",
            Self::Running => "running",
            Self::Silent => "silent",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::Unknown(word) => word,
        }
    }

    /// A state of a version to come has not ended as far as we know; it is never a go.
    fn exit_code(self) -> u8 {
        match self {
            Self::NoRun => exit::NO_RUN,
            Self::Running | Self::Unknown(_) => exit::RUNNING,
            Self::Succeeded => exit::GO,
            Self::Failed => exit::FAILED,
            Self::Silent | Self::Lost => exit::LOST,
        }
    }
}

impl Overview {
    fn deciding(&self) -> Option<&Run> {
        self.rows.as_ref()?.deciding.as_ref()
    }

    fn standing(&self) -> Standing<'_> {
        self.deciding().map_or(Standing::NoRun, Standing::of)
    }

    /// How things stand, in one sentence.
    fn sentence(&self) -> String {
        let of = match &self.filter {
            Some(release) => format!(" of release {release}"),
            None => String::new(),
        };
        let Some(run) = self.deciding() else {
            let why = if self.rows.is_some() { "" } else { ", the table does not exist" };
            return format!("no run{of} yet{why}");
        };
        let who = format!("run {} of release {} by {}", run.id, run.release, run.app);
        let took = run.took().map(|took| format!(", it took {}", span(took))).unwrap_or_default();
        match Standing::of(run) {
            Standing::NoRun => String::new(),
            Standing::Running => format!(
                "{} leads release {} (run {}) since {}, last beat {}",
                run.app,
                run.release,
                run.id,
                run.since_start().map(span).unwrap_or_default(),
                ago(run.since_beat())
            ),
            Standing::Silent => format!(
                "{who} is silent: last beat {}, its lease of {} is over; the next leader takes it over",
                ago(run.since_beat()),
                span(run.lease)
            ),
            Standing::Succeeded => format!("{who} succeeded {}{took}", ago(run.since_end())),
            Standing::Failed => format!("{who} failed {}: {}{took}", ago(run.since_end()), super::how_it_failed(run)),
            Standing::Lost => {
                format!("{who} was lost: marked so {}, last beat {}", ago(run.since_end()), ago(run.since_beat()))
            }
            Standing::Unknown(word) => format!("{who} is `{word}`, a state that this version does not know"),
        }
    }
}
