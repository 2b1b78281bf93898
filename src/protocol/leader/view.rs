//! What a leader's machine shows of itself.

use super::{Leader, Moment, Stage, Stopping};

impl Leader {
    /// The next moment at which time alone makes a difference.
    pub fn wake_at(&self) -> Moment {
        let beat = (self.beats_go_on() && self.beat_in_flight.is_none()).then_some(self.beat_due);
        let stage = match &self.stage {
            Stage::Preparing => Some(self.trusted_until),
            Stage::Running { overruns_at } => {
                Some(overruns_at.map_or(self.trusted_until, |at| at.min(self.trusted_until)))
            }
            Stage::Stopping { kill_at, why, .. } => {
                let fence = matches!(why, Stopping::Leftovers(_) | Stopping::Overran).then_some(self.trusted_until);
                Some(fence.map_or(*kill_at, |at| at.min(*kill_at)))
            }
            Stage::Checking(checking) => checking.wake_at(),
            Stage::Recording { due, in_flight, .. } => (!in_flight && self.beat_in_flight.is_none()).then_some(*due),
            Stage::Left => None,
        };
        beat.into_iter().chain(stage).min().unwrap_or(Moment::MAX)
    }

    /// The moment by which nothing of the command may be alive any more, should we never be heard of again: the guard
    /// kills then. It lies between our own KILL and the end of the lease.
    pub fn dead_by(&self) -> Moment {
        let slack = crate::protocol::policy::MARGIN / 2;
        let by_lease = self.trusted_until + self.policy.kill_after() + slack;
        match self.stage {
            Stage::Stopping { why: Stopping::Interrupted(_), kill_at, .. } => by_lease.min(kill_at + slack),
            _ => by_lease,
        }
    }

    /// Why the command is being stopped, while it is.
    pub fn stopping(&self) -> Option<Stopping> {
        match self.stage {
            Stage::Stopping { why, .. } => Some(why),
            _ => None,
        }
    }
}
