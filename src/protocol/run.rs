//! A run as a row shows it, and the words for how one ends.

use std::fmt;
use std::time::Duration;

/// The state of a run, as the `state` column has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// The leader has claimed the lease and has not recorded an outcome.
    Running,
    /// The command exited with 0.
    Succeeded,
    /// The command did not succeed, and its leader said so.
    Failed,
    /// The leader fell silent and another one took the lease over.
    Lost,
    /// A state that this version does not know: shown, and never a go.
    Unknown(String),
}

impl State {
    /// The word in the table.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::Unknown(word) => word,
        }
    }
}

impl From<&str> for State {
    fn from(word: &str) -> Self {
        match word {
            "running" => Self::Running,
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "lost" => Self::Lost,
            other => Self::Unknown(other.to_owned()),
        }
    }
}

/// Why a run ended as it did, as the `cause` column has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The command exited by itself.
    Exited,
    /// The command died of a signal that did not come through its leader.
    Signalled,
    /// The leader was told to stop (TERM, INT, HUP, QUIT).
    Interrupted,
    /// The command ran longer than `--command-timeout`.
    Overran,
    /// The command was never started.
    NotStarted,
    /// The leader could no longer be sure of its lease and stopped the command.
    Fenced,
    /// The command exited with 0 and left migrations undone, or it could not be told.
    Pending,
}

impl Cause {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exited => "exited",
            Self::Signalled => "signalled",
            Self::Interrupted => "interrupted",
            Self::Overran => "overran",
            Self::NotStarted => "not-started",
            Self::Fenced => "fenced",
            Self::Pending => "pending",
        }
    }

    /// The cause that a word in the table names, if this version knows it.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [
            Self::Exited,
            Self::Signalled,
            Self::Interrupted,
            Self::Overran,
            Self::NotStarted,
            Self::Pending,
            Self::Fenced,
        ];
        all.into_iter().find(|cause| cause.as_str() == word)
    }
}

/// How the command's own process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommandEnd {
    /// It exited with this code.
    Exited(u8),
    /// It died of this signal.
    Signalled(u8),
}

/// The outcome that a leader records, and the code that it exits with once that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// Whether the run succeeded; everything else is `failed`.
    pub succeeded: bool,
    /// Why it ended.
    pub cause: Cause,
    /// What `lead` exits with.
    pub exit_code: u8,
}

impl Outcome {
    /// A run that did not succeed.
    pub fn failed(cause: Cause, exit_code: u8) -> Self {
        Self { succeeded: false, cause, exit_code }
    }

    /// The state to write.
    pub fn state(self) -> State {
        if self.succeeded { State::Succeeded } else { State::Failed }
    }
}

impl From<CommandEnd> for Outcome {
    fn from(end: CommandEnd) -> Self {
        match end {
            CommandEnd::Exited(code) => Self { succeeded: code == 0, cause: Cause::Exited, exit_code: code },
            CommandEnd::Signalled(signal) => Self::failed(Cause::Signalled, signal.saturating_add(128)),
        }
    }
}

impl fmt::Display for CommandEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exited with {code}"),
            Self::Signalled(signal) => write!(f, "was ended by signal {signal}"),
        }
    }
}

/// One row of the runs table, as it was read.
///
/// Every text may have been written by another version or by hand, so nothing here is trusted to be well formed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// The run's number, never reused.
    pub id: i64,
    /// The release that it is for.
    pub release: String,
    /// How it stands.
    pub state: State,
    /// Whether it holds the fleet's lease.
    pub active: bool,
    /// Raised by every beat.
    pub beats: i64,
    /// The lease that the row holds.
    pub lease: Duration,
    /// The nonce of the process that leads it.
    pub holder: String,
    /// The app that led it, a label.
    pub app: String,
    /// The process or container that led it, a label.
    pub instance: String,
    /// Where its leader had the release from.
    pub release_source: String,
    /// A digest of the command, by which two leaders know whether they run the same one.
    pub command_digest: String,
    /// When it was claimed, in milliseconds since 1970 by the database's clock.
    pub started_at: Option<i64>,
    /// When it last beat, likewise.
    pub beat_at: Option<i64>,
    /// When its outcome was recorded, likewise.
    pub ended_at: Option<i64>,
    /// When this row was read, likewise.
    pub read_at: Option<i64>,
    /// What its leader exited with.
    pub exit_code: Option<i64>,
    /// The word of [`Cause`], or one of a version to come.
    pub cause: Option<String>,
    /// The last lines of the command's output.
    pub detail: Option<String>,
    /// The version of bellwether that led it.
    pub version: String,
}

impl Run {
    /// How long before it was read the run last beat, by the database's clock. Nothing where the row does not say;
    /// zero where the clock has stepped back since.
    pub fn since_beat(&self) -> Option<Duration> {
        between(self.beat_at, self.read_at)
    }

    /// How long before it was read the run began, by the database's clock.
    pub fn since_start(&self) -> Option<Duration> {
        between(self.started_at, self.read_at)
    }

    /// How long before it was read the run ended, by the database's clock.
    pub fn since_end(&self) -> Option<Duration> {
        between(self.ended_at, self.read_at)
    }

    /// How long it took, once it has ended.
    pub fn took(&self) -> Option<Duration> {
        between(self.started_at, self.ended_at)
    }

    /// The time between two beats of its leader: a sixth of the lease that the row holds.
    pub fn beat_interval(&self) -> Duration {
        self.lease / super::policy::BEATS_PER_LEASE
    }

    /// Whether the run is running and, by the database's clock, its lease is over. A row without a readable stamp
    /// counts as over: it shows no sign of life.
    pub fn overdue(&self) -> bool {
        self.state == State::Running && self.since_beat().is_none_or(|age| age > self.lease)
    }
}

fn between(from: Option<i64>, to: Option<i64>) -> Option<Duration> {
    let milliseconds = to?.saturating_sub(from?);
    Some(Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0)))
}

/// What one poll reads: all that a follower and a would-be leader need, in one statement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reading {
    /// The release's newest success.
    pub success: Option<Run>,
    /// The release's newest run.
    pub newest: Option<Run>,
    /// The fleet's active run, of whatever release.
    pub active: Option<Run>,
    /// The fleet's newest few runs, newest first.
    pub recent: Vec<Run>,
}

impl Reading {
    /// The highest run number in it, or 0.
    pub fn highest_id(&self) -> i64 {
        let named = [&self.success, &self.newest, &self.active].into_iter().flatten();
        named.chain(&self.recent).map(|run| run.id).max().unwrap_or(0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A healthy active run with a lease of 60 s, read in the moment of its first beat.
    pub(in super::super) fn run(id: i64) -> Run {
        Run {
            id,
            release: "r1".into(),
            state: State::Running,
            active: true,
            beats: 1,
            lease: seconds(60),
            holder: "somebody".into(),
            app: "web".into(),
            instance: "web.1".into(),
            release_source: "--release".into(),
            command_digest: "theirs".into(),
            started_at: Some(1_000_000),
            beat_at: Some(1_000_000),
            ended_at: None,
            read_at: Some(1_000_000),
            exit_code: None,
            cause: None,
            detail: None,
            version: "0.1.0".into(),
        }
    }

    #[test]
    fn ages_are_the_databases_own_and_never_negative() {
        let seen = Run { read_at: Some(1_061_000), ..run(1) };
        assert_eq!(seen.since_beat(), Some(seconds(61)));
        assert!(seen.overdue());
        assert!(!Run { read_at: Some(1_060_000), ..run(1) }.overdue(), "the lease holds to its last moment");
        assert_eq!(Run { read_at: Some(0), ..run(1) }.since_beat(), Some(Duration::ZERO), "the clock stepped back");
        assert!(Run { beat_at: None, ..run(1) }.overdue(), "no stamp, no sign of life");
    }

    #[test]
    fn states_survive_a_round_trip_and_unknown_words_are_kept() {
        for word in ["running", "succeeded", "failed", "lost", "paused"] {
            assert_eq!(State::from(word).as_str(), word);
        }
        assert_eq!(State::from("Succeeded"), State::Unknown("Succeeded".into()));
    }
}
