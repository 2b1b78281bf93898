//! The look at the migrations after a command that exited with 0: repeated until it is answered, bounded in time.

use std::time::Duration;

use super::{Check, interrupted};
use crate::protocol::Moment;
use crate::protocol::run::{Cause, Outcome};

/// What a leader exits with when migrations are missing although its command succeeded.
const PENDING: u8 = 123;
/// What it exits with when that can't be told.
const UNABLE: u8 = 125;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Checking {
    /// The outcome if all is applied.
    outcome: Outcome,
    give_up_at: Moment,
    due: Moment,
    in_flight: bool,
    /// The first signal that told us to stop meanwhile.
    told: Option<u8>,
}

impl Checking {
    pub(super) fn new(outcome: Outcome, now: Moment, limit: Duration) -> Self {
        Self { outcome, give_up_at: now.saturating_add(limit), due: now, in_flight: false, told: None }
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.outcome
    }

    pub(super) fn told(&mut self, signal: u8) {
        self.told.get_or_insert(signal);
    }

    pub(super) fn wake_at(&self) -> Option<Moment> {
        (!self.in_flight).then_some(self.due)
    }

    /// Whether to look now: when it is due, or for the last time because we were told to stop.
    pub(super) fn send(&mut self, now: Moment) -> bool {
        let send = !self.in_flight && (now >= self.due || self.told.is_some());
        self.in_flight |= send;
        send
    }

    /// The outcome that an answer comes to; nothing if it is to be looked again.
    pub(super) fn answered(&mut self, now: Moment, pause: Duration, check: Check) -> Option<Outcome> {
        self.in_flight = false;
        match (check, self.told) {
            (Check::Complete, _) => Some(self.outcome),
            (Check::Pending, _) => Some(Outcome::failed(Cause::Pending, PENDING)),
            (Check::Failed, Some(signal)) => Some(interrupted(signal)),
            (Check::Failed, None) if now < self.give_up_at => {
                self.due = now + pause;
                None
            }
            (Check::Failed | Check::Refused, _) => Some(Outcome::failed(Cause::Pending, UNABLE)),
        }
    }
}
