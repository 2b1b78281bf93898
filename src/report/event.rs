//! Everything that the program ever says while it works. The same events become lines for people and JSON for machines.
//!
//! The names are documented in `docs/events.md`, and a test holds the two together.

use serde::Serialize;

use crate::protocol::Role;

/// One thing to say. Durations are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first line: the role, and why.
    Role {
        /// `leader` or `follower`.
        role: Role,
        /// The flag or variable that said so.
        reason: String,
    },
    /// Nothing is done because `BELLWETHER_SKIP` is set.
    Skipped,
    /// What this process is about to do.
    Opening(Opening),
    /// What the migration gate compares.
    Gate {
        /// Each framework, where its migrations are and its table.
        sources: Vec<String>,
        /// The database of the tables, without its password.
        database: String,
        /// Which option or variable named it.
        database_source: String,
    },
    /// Something that looks like a mistake.
    Warning {
        /// What, and what to do about it.
        text: String,
    },
    /// The database can't be used now; told when that begins, when its reason changes, and now
    /// and then while it lasts.
    DatabaseUnavailable {
        /// The last error.
        reason: String,
        /// For how long it has been so.
        lasting_ms: u64,
    },
    /// The database can be used again.
    DatabaseAvailable,
    /// The runs table was made.
    TableCreated {
        /// Its name.
        table: String,
    },
    /// A leader or a follower waits.
    Waiting(Waiting),
    /// The lease is ours.
    Claimed {
        /// Our run.
        run: i64,
        /// The silent run that was marked lost for it.
        took_over: Option<i64>,
    },
    /// Database sessions of earlier runs are ended before the command starts.
    EndingSessions {
        /// Their names.
        sessions: Vec<String>,
    },
    /// The command is started now.
    Starting {
        /// Our run.
        run: i64,
        /// The program, without its arguments.
        program: String,
    },
    /// A beat did not land; told when that begins.
    BeatFailed {
        /// The last error.
        reason: String,
    },
    /// Beats land again.
    BeatLanded,
    /// The command, or what is left of it, is being stopped.
    Stopping {
        /// Why.
        reason: StopReason,
        /// The signal that told us to, if it was one.
        signal: Option<String>,
        /// How long it has until KILL.
        kill_after_ms: u64,
    },
    /// KILL was sent.
    Killed,
    /// The command's own process ended.
    CommandEnded {
        /// How.
        how: String,
    },
    /// The outcome could not be recorded yet.
    RecordFailed {
        /// The last error.
        reason: String,
    },
    /// The last lines of a bad run.
    LastLines {
        /// The run.
        run: i64,
        /// Its last lines.
        lines: Vec<String>,
    },
    /// The last line: enough by itself.
    Ended {
        /// The role, if there is one yet.
        role: Option<Role>,
        /// What this process exits with.
        exit_code: u8,
        /// The fleet.
        fleet: Option<String>,
        /// The release.
        release: Option<String>,
        /// The run that decided.
        run: Option<i64>,
        /// What happened.
        what: String,
        /// What to do next; empty if nothing.
        next: String,
    },
}

/// A process and its settings, before it does anything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Opening {
    /// Its role.
    pub role: Role,
    /// This app.
    pub app: String,
    /// Where its name comes from.
    pub app_source: String,
    /// The fleet.
    pub fleet: String,
    /// What is being deployed; unknown to a follower whose migrations alone decide.
    pub release: Option<String>,
    /// Where that comes from.
    pub release_source: Option<String>,
    /// The database, without its password.
    pub database: String,
    /// Which option or variable named it.
    pub database_source: String,
    /// The runs table.
    pub table: String,
    /// How long it waits.
    pub timeout_ms: u64,
    /// Where the timeout comes from.
    pub timeout_reason: String,
}

/// A wait, and the run that it is about, if there is one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waiting {
    /// What for.
    #[serde(rename = "for")]
    pub what: WaitingFor,
    /// The run that it waits for or behind.
    pub run: Option<i64>,
    /// That run's release.
    pub release: Option<String>,
    /// That run's app.
    pub app: Option<String>,
    /// That run's state.
    pub state: Option<String>,
    /// What that run's leader exited with.
    pub run_exit_code: Option<i64>,
    /// How long ago that run began, by the database.
    pub since_start_ms: Option<u64>,
    /// How long ago that run last beat, by the database.
    pub since_beat_ms: Option<u64>,
    /// How this app's migrations stand, with a migration gate.
    pub migrations: Option<Migrations>,
    /// How long this process has waited.
    pub waited_ms: u64,
    /// How long it will wait at most.
    pub timeout_ms: u64,
}

/// How this app's migrations stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Migrations {
    /// How many it ships.
    pub shipped: usize,
    /// How many of them are applied.
    pub applied: usize,
    /// The one that is being applied, or is next.
    pub current: Option<String>,
    /// Those that are recorded as failed.
    pub failed: Vec<String>,
    /// What a probe said, unless it was satisfied.
    pub probe: Option<String>,
}

/// What a process waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WaitingFor {
    /// A leader, for the lease.
    Lease,
    /// A follower, for a run of its release to begin.
    Start,
    /// A follower, for that run to end.
    End,
    /// A follower, for an old bad ending to be retried.
    Retry,
    /// A follower, for its migrations to be applied.
    Migrations,
}

/// Why a command is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StopReason {
    /// It ended and left processes behind.
    Leftovers,
    /// We were told to stop.
    Signal,
    /// The lease is lost or can't be relied on any more.
    Fenced,
    /// It ran longer than `--command-timeout`.
    Overran,
}
