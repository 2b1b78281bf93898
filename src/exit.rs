//! Every exit code, once.

/// Go: the leader's run succeeded; for a leader, the command succeeded and that is recorded.
pub const GO: u8 = 0;
/// Bad option, bad URL, over-long value, settings that don't fit, no release identity.
pub const USAGE: u8 = 2;
/// `status --exit-code`: there is no run.
pub const NO_RUN: u8 = 118;
/// `status --exit-code`: the run is running.
pub const RUNNING: u8 = 119;
/// Timed out waiting.
pub const TIMED_OUT: u8 = 120;
/// The leader's run failed.
pub const FAILED: u8 = 121;
/// The leader was lost.
pub const LOST: u8 = 122;
/// Migrations that this app ships are missing although the leader's run or command succeeded.
pub const PENDING: u8 = 123;
/// bellwether itself could not do its work.
pub const UNABLE: u8 = 125;

/// Ended by a signal, as a shell says it.
pub fn by_signal(signal: u8) -> u8 {
    signal.saturating_add(128)
}
