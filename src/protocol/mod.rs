//! The protocol: what a leader, a would-be leader and a follower do about what they have read.
//!
//! ```text
//!                     insert, or take over a run whose beats stood still
//!   Claimant ──────────────────────────────────────────────► Leader
//!      │ a run of our release succeeded meanwhile              │ beats every sixth of its lease
//!      ▼                                                       │ trusts a beat for lease − kill-after − 2 s
//!    share                                                     ▼
//!                   running ──► succeeded │ failed      (written by the leader itself)
//!                          └──► lost                    (written by the one who takes over)
//!
//!   Follower: reads the release's newest success, its newest run and the fleet's active run,
//!             and concludes go, wait or stop.
//! ```
//!
//! Everything here is pure: it knows no database, process, environment or clock. Time comes in as an argument, a
//! [`Moment`] on the caller's own monotonic clock. The database compares for equality and stamps times; it never
//! judges who is dead. So the same code runs in the program and in the exhaustive model of `tests/model/`.
//!
//! Who may conclude that a leader is gone:
//!
//! * A [`Claimant`](claim::Claimant) takes a run over only when it has itself seen the row's `beats` stand still for
//!   the whole lease in that row, on its own clock. No other clock decides who runs.
//! * A [`Leader`](leader::Leader) stops its command, the whole process group, before that can have happened: it trusts
//!   a beat from when it was *sent*, for the lease less the time that stopping takes.
//! * A [`Follower`](judge::Follower) gives up when the database says that the lease is over *and* the beats stood
//!   still on its own clock for two beat intervals; a stepping database clock alone convinces nobody.
//!
//! What it does not promise is said in `docs/protocol.md`.

pub mod claim;
pub mod gate;
pub mod judge;
pub mod leader;
pub mod policy;
pub mod run;
pub mod watch;

use std::fmt;
use std::time::Duration;

/// A point in time on the caller's own monotonic clock, as the time since an origin that only the caller knows.
pub type Moment = Duration;

/// What a process does in its fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It runs the command.
    Leader,
    /// It waits for the leader.
    Follower,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leader => "leader",
            Self::Follower => "follower",
        })
    }
}
