//! What goes into a leader's machine, and what comes out of it.

use std::time::Duration;

use crate::protocol::run::{CommandEnd, Outcome};

/// What can befall a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happening {
    /// Time has passed.
    Tick,
    /// Whatever had to be done before the command is done.
    Prepared,
    /// The command can't be started; the code is 126 or 127, or 120 when the preparation was not done in time.
    NotStarted(u8),
    /// The command's own process has ended, and left something alive in its group or not.
    CommandEnded {
        /// How it ended.
        end: CommandEnd,
        /// Whether its group still holds somebody.
        leftovers: bool,
    },
    /// Nothing is left alive of the command's group.
    GroupEmpty,
    /// Somebody told us to stop, with this signal.
    Signalled(u8),
    /// The answer to [`Action::Beat`].
    BeatAnswered(Answer),
    /// The answer to [`Action::Record`].
    RecordAnswered(Answer),
    /// The answer to [`Action::Check`].
    CheckAnswered(Check),
}

/// What became of a write to our row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is done.
    Landed,
    /// The row is no longer ours.
    Refused,
    /// The table is gone.
    TableGone,
    /// No answer, or none that says anything about the row.
    Failed,
}

/// What became of the look at the migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// All that this app ships is applied.
    Complete,
    /// Some are missing.
    Pending,
    /// No answer; it may come at another try.
    Failed,
    /// Waiting makes it no better.
    Refused,
}

/// What a leader does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Start the command.
    Start,
    /// Renew the lease; `shortened` also cuts the lease in the row down to the time that stopping takes.
    Beat {
        /// Whether to leave the shortened lease in the row.
        shortened: bool,
    },
    /// Send this signal to the command's group.
    Signal(u8),
    /// Send KILL to the command's group.
    Kill,
    /// Look whether all migrations are applied.
    Check,
    /// Write the outcome.
    Record(Outcome),
    /// It is over.
    Leave(Departure),
}

/// How a leader leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Departure {
    /// What it had to record.
    pub outcome: Outcome,
    /// What became of that.
    pub recorded: Recorded,
}

/// What became of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recorded {
    /// It is stored.
    Stored,
    /// The row was no longer ours.
    Refused,
    /// The table was gone.
    TableGone,
    /// The database did not take it in time.
    GivenUp,
}

/// Why the command is being stopped, or what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stopping {
    /// The command ended by itself and left somebody behind.
    Leftovers(CommandEnd),
    /// We were told to stop with this signal.
    Interrupted(u8),
    /// The lease is lost, or can no longer be relied on.
    Fenced,
    /// It ran longer than it may.
    Overran,
}

/// The durations that bound a leader beside its lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// How long the command may run, if that is limited.
    pub command: Option<Duration>,
    /// For how long the recording of the outcome is repeated; it is tried at least once.
    pub recording: Duration,
}
