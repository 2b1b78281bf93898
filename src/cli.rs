//! Every flag and its help, and no behaviour: values are read and checked in `settings`, which also knows the
//! environment variables.

#![expect(clippy::doc_markdown, reason = "these comments are the help text, shown as they stand")]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// One app migrates, the others wait: a leader runs the migrations under a lease in the shared database, and followers
/// hold their release until that run has ended.
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, disable_help_subcommand = true, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 go, 2 usage, 120 timed out waiting, 121 the leader's run failed, 122 the leader was lost, 123 migrations \
are missing although the leader succeeded, 124 the command overran, 125 bellwether could not do its work, 126 or 127 \
the command can't be executed or was not found, 128+n ended by signal n, else the command's own.

BELLWETHER_SKIP=1 makes release, lead and follow exit 0 at once, without touching the database or running anything.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The one Procfile line of every app: lead or follow, as the environment says
    ///
    /// The role is that of --role, else of BELLWETHER_ROLE, else RUN_MIGRATIONS=true (or 1, yes, on) makes the leader
    /// and everything else a follower.
    Release(ReleaseArgs),
    /// Run COMMAND under the fleet's lease and record how it ended
    Lead(LeadArgs),
    /// Wait for the leader's run of this release, or for its migrations
    Follow(FollowArgs),
    /// Show the fleet's runs
    Status(StatusArgs),
    /// Compare the migrations that this app ships with those that its framework has applied
    Migrations(MigrationsArgs),
    /// Create the runs table
    Setup(SetupArgs),
    /// Waits for the word to become the command.
    #[command(hide = true)]
    InternalExec {
        /// The command and its arguments.
        #[arg(last = true, required = true)]
        argv: Vec<OsString>,
    },
    /// Kills the command when the leader is gone.
    #[command(hide = true)]
    InternalGuard,
}

/// Where the runs are, and who asks.
#[derive(Debug, Args)]
pub struct FleetOptions {
    /// The shared database [env: BELLWETHER_DATABASE_URL, then DATABASE_URL]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// The apps that deploy together on this database [env: BELLWETHER_FLEET] [default: default]
    #[arg(long, value_name = "NAME")]
    pub fleet: Option<String>,
    /// The name of this app, a label [env: BELLWETHER_APP, then the platform's] [default: the host name]
    #[arg(long, value_name = "NAME")]
    pub app: Option<String>,
    /// The runs table, `schema.table` allowed [env: BELLWETHER_TABLE] [default: bellwether_runs]
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
}

/// The migration gate.
#[derive(Debug, Args)]
pub struct GateOptions {
    /// Compare what this app ships with the framework's own table: FRAMEWORK, FRAMEWORK:PATH or manifest:FILE;
    /// repeatable [env: BELLWETHER_MIGRATIONS, separated by commas]
    #[arg(long, value_name = "SPEC")]
    pub migrations: Vec<String>,
    /// The framework's table, if it has another name than usual; `schema.table` allowed
    /// [env: BELLWETHER_MIGRATIONS_TABLE]
    #[arg(long, value_name = "NAME")]
    pub migrations_table: Option<String>,
    /// The database of that table [env: BELLWETHER_MIGRATIONS_DATABASE_URL, then DATABASE_URL] [default: that of the
    /// runs]
    #[arg(long, value_name = "URL")]
    pub migrations_database_url: Option<String>,
    /// What a revision that this app does not ship means: `wait`, or `ahead` of all that it ships (Alembic)
    /// [env: BELLWETHER_UNKNOWN_REVISION] [default: wait]
    #[arg(long, value_name = "wait|ahead")]
    pub unknown_revision: Option<String>,
}

/// All options of release, lead and follow; one that belongs to the other role has no effect.
#[derive(Debug, Args)]
pub struct RunOptions {
    /// Where the runs are, and who asks.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// The migration gate.
    #[command(flatten)]
    pub gate: GateOptions,
    /// What is being deployed, equal for leader and followers [env: BELLWETHER_RELEASE, then the platform's commit]
    #[arg(long, value_name = "ID")]
    pub release: Option<String>,
    /// Instead of a release: the migrations below PATH say which it is; repeatable [env: BELLWETHER_FINGERPRINT, comma-separated]
    #[arg(long, value_name = "PATH")]
    pub fingerprint: Vec<PathBuf>,
    /// Lines for people or one JSON object a line [env: BELLWETHER_LOG_FORMAT] [default: text]
    #[arg(long, value_name = "text|json")]
    pub log_format: Option<String>,
    /// Follower: the whole wait. Leader: each of waiting for the database, for the lease, and recording the outcome;
    /// never the command [env: BELLWETHER_TIMEOUT] [default: by platform, else 30m]
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    pub timeout: Option<String>,
    /// Follower: how long a run of this release may fail to appear [env: BELLWETHER_START_TIMEOUT] [default: 10m]
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    pub start_timeout: Option<String>,
    /// The shortest sleep between polls [env: BELLWETHER_POLL_INTERVAL] [default: 1s]
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    pub poll_interval: Option<String>,
    /// Follower: how long an old bad ending is given to be retried [env: BELLWETHER_RETRY_WINDOW] [default: 1m]
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    pub retry_window: Option<String>,
    /// Leader: how long the lease lasts without a beat [env: BELLWETHER_LEASE] [default: 60s]
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    pub lease: Option<String>,
    /// Leader: from TERM to KILL [env: BELLWETHER_KILL_AFTER] [default: 10s]
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    pub kill_after: Option<String>,
    /// Leader: stop a command that runs longer [env: BELLWETHER_COMMAND_TIMEOUT] [default: none]
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    pub command_timeout: Option<String>,
    /// Leader: keep the command's last lines out of the table [env: BELLWETHER_SHARE_OUTPUT=false]
    #[arg(long)]
    pub no_share_output: bool,
}

/// `release`
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// The role, `leader` or `follower` [env: BELLWETHER_ROLE, then RUN_MIGRATIONS]
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// The options of both roles.
    #[command(flatten)]
    pub options: RunOptions,
    /// The leader's command and its arguments, executed as given, without a shell
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub argv: Vec<OsString>,
}

/// `lead`
#[derive(Debug, Args)]
pub struct LeadArgs {
    /// The options of both roles.
    #[command(flatten)]
    pub options: RunOptions,
    /// The command and its arguments, executed as given, without a shell
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub argv: Vec<OsString>,
}

/// `follow`
#[derive(Debug, Args)]
pub struct FollowArgs {
    /// The options of both roles.
    #[command(flatten)]
    pub options: RunOptions,
    /// Where nothing can be read: a command that exits with 0 when no migration is pending, run while we wait, for at
    /// most a tenth of one core on average
    #[arg(last = true, value_name = "PROBE")]
    pub probe: Vec<OsString>,
}

/// `status`
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Where the runs are, and who asks.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// The migration gate, of which the progress is shown.
    #[command(flatten)]
    pub gate: GateOptions,
    /// Only the runs of this release
    #[arg(long, value_name = "ID")]
    pub release: Option<String>,
    /// How many runs to show
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// One JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// Answer by state: 0 succeeded, 118 no run, 119 running, 121 failed, 122 lost or silent; of the fleet's newest
    /// run, or of the release (0 if any run of it succeeded)
    #[arg(long)]
    pub exit_code: bool,
}

/// `migrations`
#[derive(Debug, Args)]
pub struct MigrationsArgs {
    /// What to compare.
    #[command(flatten)]
    pub gate: GateOptions,
    /// The database of the runs, where the frameworks' tables are if nothing else is said [env:
    /// BELLWETHER_DATABASE_URL]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// One JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// Answer by state: 0 if all is applied, else 123
    #[arg(long)]
    pub exit_code: bool,
    /// Print what this app ships, for `manifest:FILE` in an image without the files; connects to nothing
    #[arg(long, conflicts_with_all = ["json", "exit_code"])]
    pub manifest: bool,
}

/// `setup`
#[derive(Debug, Args)]
pub struct SetupArgs {
    /// Where the runs are, and who asks.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// Print the SQL for somebody else to run, and connect to nothing
    #[arg(long)]
    pub print: bool,
}
