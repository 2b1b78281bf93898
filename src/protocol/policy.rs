//! The durations of a leader and of a follower, and why a leader's must fit each other.

use std::time::Duration;

/// Beats in a lease: a leader beats every sixth of the lease that its row holds.
pub const BEATS_PER_LEASE: u32 = 6;

/// What a lease holds beyond the time to stop the command: two seconds for a KILL to take effect and for clocks to
/// differ.
pub const MARGIN: Duration = Duration::from_secs(2);

/// The durations of a leader. Only [`LeasePolicy::new`] makes one, so a policy that does not add up cannot exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeasePolicy {
    lease: Duration,
    kill_after: Duration,
}

/// A lease that is too short to stop a command in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("half the lease must hold the time to stop a command")]
pub struct LeaseTooShort {
    /// The shortest lease that fits.
    pub shortest: Duration,
}

impl LeasePolicy {
    /// Refuses a lease of which half does not hold `kill_after` and the margin: a leader must be able to miss beats
    /// for half its lease and still have its command stopped, KILL included, before the lease is over.
    pub fn new(lease: Duration, kill_after: Duration) -> Result<Self, LeaseTooShort> {
        let shortest = kill_after.saturating_add(MARGIN).saturating_mul(2);
        if lease < shortest { Err(LeaseTooShort { shortest }) } else { Ok(Self { lease, kill_after }) }
    }

    /// How long the row promises that nobody else may start.
    pub fn lease(&self) -> Duration {
        self.lease
    }

    /// From TERM to KILL.
    pub fn kill_after(&self) -> Duration {
        self.kill_after
    }

    /// The time between two beats; also the longest that any one request may take.
    pub fn beat_interval(&self) -> Duration {
        self.lease / BEATS_PER_LEASE
    }

    /// How long a leader may rely on a beat, from when it was sent.
    pub fn trust(&self) -> Duration {
        self.lease.saturating_sub(self.kill_after + MARGIN)
    }

    /// The lease that an interrupted leader leaves in its row: just the time to stop its command.
    pub fn shortened_lease(&self) -> Duration {
        self.kill_after + MARGIN
    }
}

/// The durations of a follower.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WaitPolicy {
    /// How long a run of this release may fail to appear.
    pub start_timeout: Duration,
    /// How long an old bad ending is given to be retried.
    pub retry_window: Duration,
}

/// How long to sleep between polls after having waited for `waited`: 5 % of the wait, at least `shortest`, at most ten
/// seconds (or `shortest`, if that is longer).
pub fn poll_interval(shortest: Duration, waited: Duration) -> Duration {
    const LONGEST: Duration = Duration::from_secs(10);
    (waited / 20).min(LONGEST).max(shortest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn half_the_lease_must_hold_kill_after_and_the_margin() {
        for (lease, kill_after, shortest) in [(60, 10, None), (24, 10, None), (23, 10, Some(24)), (5, 1, Some(6))] {
            let refused = LeasePolicy::new(seconds(lease), seconds(kill_after)).err();
            assert_eq!(refused, shortest.map(|s| LeaseTooShort { shortest: seconds(s) }), "{lease} {kill_after}");
        }
    }

    #[test]
    fn stopping_a_command_fits_between_the_end_of_trust_and_the_end_of_the_lease() {
        let policy = LeasePolicy::new(seconds(60), seconds(10)).expect("fits");
        assert_eq!(policy.trust() + policy.kill_after() + MARGIN, policy.lease());
        assert_eq!((policy.trust(), policy.beat_interval()), (seconds(48), seconds(10)));
    }

    #[test]
    fn polls_thin_out_with_the_wait() {
        for (shortest, waited, expected) in [(1, 0, 1), (1, 20, 1), (1, 100, 5), (1, 3600, 10), (30, 3600, 30)] {
            assert_eq!(poll_interval(seconds(shortest), seconds(waited)), seconds(expected), "{shortest} {waited}");
        }
    }
}
