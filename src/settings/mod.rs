//! The command line and the environment, checked and put together: what the program needs, or a usage error that names
//! the option, the value and the fix.

mod database;
mod duration;
mod gate;
mod role;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use sha2::{Digest, Sha256};

pub use self::database::Database;
pub use self::gate::{Migrations, load as load_gate};
pub use self::role::{Choice, choose as choose_role};
use crate::cli::{FleetOptions, RunOptions};
use crate::environment::Environment;
use crate::error::Error;
use crate::identity::{self, IdentityError, Label, Platform, Release, Wanted};
use crate::protocol::Role;
use crate::protocol::policy::{BEATS_PER_LEASE, LeasePolicy, MARGIN, WaitPolicy};
use crate::store::{Store, Table};
use crate::words::exactly;

/// The longest fleet, as the narrowest column has it, in characters.
const LONGEST_NAME: usize = 255;

/// A value and the option or variable that gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Given {
    fn variable(env: &Environment, name: &str) -> Option<Self> {
        env.get(name).map(|value| Self { name: name.to_owned(), value: value.to_owned() })
    }

    /// The flag if it was given, else its variable: that of `--start-timeout` is `BELLWETHER_START_TIMEOUT`.
    fn find(flag: Option<&String>, option: &str, env: &Environment) -> Option<Self> {
        let flag = flag.map(|value| Self { name: option.to_owned(), value: value.clone() });
        let word = option.trim_start_matches('-').replace('-', "_").to_ascii_uppercase();
        flag.or_else(|| Self::variable(env, &format!("BELLWETHER_{word}")))
    }

    /// Its value as a duration.
    fn duration(&self) -> Result<Duration, Error> {
        duration::parse(&self.value).map_err(|why| self.refused(why))
    }

    /// Its value as a duration that must not be zero.
    fn positive(&self) -> Result<Duration, Error> {
        match self.duration()? {
            Duration::ZERO => Err(self.refused("it must be longer than zero")),
            duration => Ok(duration),
        }
    }

    fn refused(&self, why: impl std::fmt::Display) -> Error {
        let sign = if self.name.starts_with('-') { ' ' } else { '=' };
        Error::Usage(format!("`{}{sign}{}`: {why}", self.name, self.value))
    }
}

/// Where the runs are, and who asks.
#[derive(Clone)]
pub struct Fleet {
    /// The database.
    pub database: Database,
    /// The fleet's name.
    pub name: String,
    /// The runs table.
    pub table: Table,
    /// This app.
    pub app: Label,
}

impl Fleet {
    /// Checks what all commands have in common.
    pub fn resolve(options: &FleetOptions, env: &Environment) -> Result<Self, Error> {
        let url = Given::find(options.database_url.as_ref(), "--database-url", env);
        let database = database::resolve(url, env).map_err(Error::Usage)?;
        let table = match Given::find(options.table.as_ref(), "--table", env) {
            Some(given) => Table::parse(&given.value).map_err(|error| given.refused(error))?,
            None => Table::default(),
        };
        if table.names_a_schema() && matches!(database.location, crate::store::url::Location::File(_)) {
            return Err(Error::Usage(format!("`--table {table}`: SQLite has no schemas; name the table alone")));
        }
        let name = match Given::find(options.fleet.as_ref(), "--fleet", env) {
            Some(given) if given.value.trim().is_empty() => return Err(given.refused("a fleet needs a name")),
            Some(given) if given.value.chars().count() > LONGEST_NAME => {
                return Err(given.refused(format!("a fleet's name has at most {LONGEST_NAME} characters")));
            }
            Some(given) => given.value,
            None => "default".to_owned(),
        };
        let app = identity::app(options.app.as_deref(), env).map_err(|error| Error::Usage(error.to_string()))?;
        Ok(Self { database, name, table, app })
    }

    /// The store of its runs, not connected yet.
    pub fn store(&self) -> Store {
        Store::new(self.database.location.clone(), self.table.clone())
    }
}

/// Everything that release, lead and follow can be told.
#[derive(Clone)]
pub struct Run {
    /// Where the runs are, and who asks.
    pub fleet: Fleet,
    /// The process or container that this is, a label.
    pub instance: String,
    /// What is being deployed, or why that is not known: a follower with a migration gate can do without.
    pub release: Result<Release, String>,
    /// The migration gate.
    pub migrations: Option<Migrations>,
    /// A follower's probe; none if empty.
    pub probe: Vec<OsString>,
    /// Follower: the whole wait. Leader: each of its waits.
    pub timeout: Duration,
    /// Where the timeout comes from.
    pub timeout_reason: String,
    /// The shortest sleep between polls.
    pub poll_interval: Duration,
    /// A follower's other durations.
    pub wait: WaitPolicy,
    /// The lease, unchecked: only a leader needs one that fits.
    pub lease: Duration,
    /// From TERM to KILL.
    pub kill_after: Duration,
    /// How long the command may run.
    pub command_timeout: Option<Duration>,
    /// Whether the command's last lines go into the table.
    pub share_output: bool,
}

impl Run {
    /// Checks all options but those that only a leader must have right.
    pub fn resolve(role: Role, options: &RunOptions, probe: &[OsString], env: &Environment) -> Result<Self, Error> {
        let platform = Platform::detect(env);
        let given = |flag: &Option<String>, option| Given::find(flag.as_ref(), option, env);
        let timeout = given(&options.timeout, "--timeout");
        let start_timeout = given(&options.start_timeout, "--start-timeout");
        let retry_window = given(&options.retry_window, "--retry-window");
        let poll_interval = given(&options.poll_interval, "--poll-interval");
        let lease = given(&options.lease, "--lease");
        let kill_after = given(&options.kill_after, "--kill-after");
        let command_timeout = given(&options.command_timeout, "--command-timeout");
        let wanted = Wanted { release: options.release.as_deref(), fingerprint: &options.fingerprint };
        let migrations = Migrations::resolve(&options.gate, options.fleet.database_url.as_ref(), env)?;
        let release = match identity::release(&wanted, env) {
            Err(error @ IdentityError::NotFound { .. })
                if role == Role::Follower && (migrations.is_some() || !probe.is_empty()) =>
            {
                Err(error.to_string())
            }
            release => Ok(release.map_err(|error| Error::Usage(error.to_string()))?),
        };
        Ok(Self {
            timeout: timeout.as_ref().map_or(Ok(platform.follower_timeout()), Given::duration)?,
            timeout_reason: timeout.map_or_else(|| platform.why().to_owned(), |given| given.name),
            poll_interval: poll_interval.map_or(Ok(Duration::from_secs(1)), |given| given.positive())?,
            wait: WaitPolicy {
                start_timeout: start_timeout.map_or(Ok(platform.start_timeout()), |given| given.duration())?,
                retry_window: retry_window.map_or(Ok(Duration::from_mins(1)), |given| given.duration())?,
            },
            lease: lease.map_or(Ok(Duration::from_mins(1)), |given| given.positive())?,
            kill_after: kill_after.map_or(Ok(Duration::from_secs(10)), |given| given.positive())?,
            command_timeout: command_timeout.map(|given| given.positive()).transpose()?,
            share_output: !options.no_share_output && switch(env, "BELLWETHER_SHARE_OUTPUT")?.unwrap_or(true),
            fleet: Fleet::resolve(&options.fleet, env)?,
            instance: identity::instance(env),
            release,
            migrations,
            probe: probe.to_vec(),
        })
    }

    /// A leader's lease, if it fits.
    pub fn lease_policy(&self) -> Result<LeasePolicy, Error> {
        LeasePolicy::new(self.lease, self.kill_after).map_err(|error| {
            let half = BEATS_PER_LEASE / 2;
            Error::Usage(format!(
                "`--lease {}` is too short for `--kill-after {}`: half a lease ({half} beats) must hold kill-after and {}; \
                 make the lease at least {} or kill-after shorter",
                exactly(self.lease),
                exactly(self.kill_after),
                exactly(MARGIN),
                exactly(error.shortest),
            ))
        })
    }
}

/// A command and the digest by which two leaders know whether they run the same one.
pub fn command_digest(argv: &[OsString]) -> String {
    let mut digest = Sha256::new();
    for argument in argv {
        digest.update((argument.len() as u64).to_be_bytes());
        digest.update(argument.as_bytes());
    }
    hex::encode(digest.finalize())
}

/// Whether the log is for machines.
pub fn log_is_json(options: &RunOptions, env: &Environment) -> Result<bool, Error> {
    match Given::find(options.log_format.as_ref(), "--log-format", env) {
        None => Ok(false),
        Some(given) => match given.value.as_str() {
            "text" => Ok(false),
            "json" => Ok(true),
            _ => Err(given.refused("a log format is `text` or `json`")),
        },
    }
}

/// Whether the operator's emergency exit is open.
pub fn skip(env: &Environment) -> Result<bool, Error> {
    Ok(switch(env, "BELLWETHER_SKIP")?.unwrap_or(false))
}

fn switch(env: &Environment, name: &str) -> Result<Option<bool>, Error> {
    let Some(given) = Given::variable(env, name) else { return Ok(None) };
    match role::switch(&given.value) {
        Some(on) => Ok(Some(on)),
        None => Err(given.refused("write `true` or `false`")),
    }
}
