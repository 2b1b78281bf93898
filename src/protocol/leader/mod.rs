//! What a leader does about what befalls it, from the moment its claim is won until it has recorded an outcome.
//!
//! ```text
//!   Preparing ──► Running ──► Stopping ──► Recording ──► (left)
//!       │            │           ▲            ▲
//!       │            └───────────┼────────────┤   the command ended and left nothing behind
//!       └────────────────────────┴────────────┘   never started
//! ```
//!
//! With a migration gate there is `Checking` before `Recording`, for a command that exited with 0: beats go on, so that
//! nobody takes the run over; but as in `Recording` nothing of the command is alive, so neither the end of trust nor a
//! signal takes the command's success away. A signal only makes the look that is on its way the last.
//!
//! Time is a happening like any other: the caller steps the machine with [`Happening::Tick`] when the moment of
//! [`Leader::wake_at`] has come, obeys the [`Action`]s in their order, and reports what became of them.

mod checking;
mod exchange;
mod view;

use std::time::Duration;

use self::checking::Checking;
pub use self::exchange::{Action, Answer, Check, Departure, Happening, Limits, Recorded, Stopping};
use super::Moment;
use super::policy::{BEATS_PER_LEASE, LeasePolicy};
use super::run::{Cause, CommandEnd, Outcome};

/// How long a failed request rests before it is repeated, at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The numbers of the signals that the machine knows by name.
const TERM: u8 = 15;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Preparing,
    Running { overruns_at: Option<Moment> },
    Stopping { why: Stopping, kill_at: Moment, signals: u8 },
    Checking(Checking),
    Recording { outcome: Outcome, give_up_at: Moment, due: Moment, in_flight: bool },
    Left,
}

/// A leader whose claim is won.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leader {
    policy: LeasePolicy,
    limits: Limits,
    trusted_until: Moment,
    /// When the beat on its way was sent, and whether it shortens the lease.
    beat_in_flight: Option<(Moment, bool)>,
    beat_due: Moment,
    lost: Option<Recorded>,
    gated: bool,
    stage: Stage,
}

impl Leader {
    /// A leader whose claim, or the beat that adopted it, was sent at `claimed`, connect included.
    pub fn new(policy: LeasePolicy, limits: Limits, claimed: Moment) -> Self {
        Self {
            trusted_until: claimed + policy.trust(),
            beat_due: claimed + policy.beat_interval(),
            policy,
            limits,
            beat_in_flight: None,
            lost: None,
            gated: false,
            stage: Stage::Preparing,
        }
    }

    /// The same leader with a migration gate: a command that exited with 0 has succeeded only if all is applied.
    #[must_use]
    pub fn gated(self) -> Self {
        Self { gated: true, ..self }
    }

    /// Takes in what has happened and says what to do, in this order.
    pub fn step(&mut self, now: Moment, happening: Happening) -> Vec<Action> {
        let mut actions = Vec::new();
        match happening {
            Happening::Tick => {}
            Happening::Prepared => self.prepared(now, &mut actions),
            Happening::NotStarted(code) => self.not_started(now, code),
            Happening::CommandEnded { end, leftovers } => self.command_ended(now, end, leftovers, &mut actions),
            Happening::GroupEmpty => self.group_empty(now),
            Happening::Signalled(signal) => self.signalled(now, signal, &mut actions),
            Happening::BeatAnswered(answer) => self.beat_answered(now, answer, &mut actions),
            Happening::RecordAnswered(answer) => self.record_answered(now, answer, &mut actions),
            Happening::CheckAnswered(check) => self.check_answered(now, check),
        }
        self.watch_the_clock(now, &mut actions);
        actions
    }

    fn prepared(&mut self, now: Moment, actions: &mut Vec<Action>) {
        if self.stage == Stage::Preparing && now < self.trusted_until {
            self.stage = Stage::Running { overruns_at: self.limits.command.map(|limit| now + limit) };
            actions.push(Action::Start);
        }
    }

    fn not_started(&mut self, now: Moment, code: u8) {
        // A preparation may fail after a signal or a fence: how the run ended is settled by then.
        if let Stage::Preparing | Stage::Running { .. } = self.stage {
            self.conclude(now, Outcome::failed(Cause::NotStarted, code));
        }
    }

    fn command_ended(&mut self, now: Moment, end: CommandEnd, leftovers: bool, actions: &mut Vec<Action>) {
        if let Stage::Running { .. } = self.stage {
            self.stop(now, Stopping::Leftovers(end), 0);
        }
        if leftovers {
            // Who outlives a command that has ended is asked to go, whichever signal its leader had.
            actions.push(Action::Signal(TERM));
        } else {
            self.group_empty(now);
        }
    }

    fn group_empty(&mut self, now: Moment) {
        let Stage::Stopping { why, .. } = self.stage else { return };
        let outcome = match why {
            Stopping::Leftovers(end) => Outcome::from(end),
            Stopping::Interrupted(signal) => interrupted(signal),
            Stopping::Fenced => Outcome::failed(Cause::Fenced, 125),
            Stopping::Overran => Outcome::failed(Cause::Overran, 124),
        };
        if self.gated && outcome.succeeded {
            self.stage = Stage::Checking(Checking::new(outcome, now, self.limits.recording));
        } else {
            self.conclude(now, outcome);
        }
    }

    fn signalled(&mut self, now: Moment, signal: u8, actions: &mut Vec<Action>) {
        match &mut self.stage {
            Stage::Preparing => self.conclude(now, interrupted(signal)),
            Stage::Running { .. } => {
                self.stop(now, Stopping::Interrupted(signal), 1);
                actions.push(Action::Signal(signal));
            }
            Stage::Stopping { signals: 1.., kill_at, .. } => *kill_at = now,
            Stage::Stopping { why, signals, .. } => {
                *signals = 1;
                if let Stopping::Leftovers(_) = why {
                    *why = Stopping::Interrupted(signal);
                    self.beat_due = now;
                }
                actions.push(Action::Signal(signal));
            }
            Stage::Checking(checking) => checking.told(signal),
            Stage::Recording { .. } | Stage::Left => {}
        }
    }

    fn beat_answered(&mut self, now: Moment, answer: Answer, actions: &mut Vec<Action>) {
        let Some((sent, shortened)) = self.beat_in_flight.take() else { return };
        match answer {
            Answer::Landed => {
                if !shortened {
                    self.trusted_until = self.trusted_until.max(sent + self.policy.trust());
                }
                // A shortening that is still due must not wait for the rhythm of the old lease.
                let due = sent + self.beat_interval();
                self.beat_due = if self.is_interrupted() && !shortened { now } else { due };
            }
            Answer::Failed => self.beat_due = now + self.pause(),
            Answer::Refused => self.lose(now, Recorded::Refused, actions),
            Answer::TableGone => self.lose(now, Recorded::TableGone, actions),
        }
    }

    fn lose(&mut self, now: Moment, how: Recorded, actions: &mut Vec<Action>) {
        self.lost = Some(how);
        self.fence(now, actions);
    }

    /// Stops whatever is alive: never a success from here on.
    fn fence(&mut self, now: Moment, actions: &mut Vec<Action>) {
        match &mut self.stage {
            Stage::Preparing => self.conclude(now, Outcome::failed(Cause::Fenced, 125)),
            Stage::Running { .. } => {
                self.stop(now, Stopping::Fenced, 0);
                actions.push(Action::Signal(TERM));
            }
            Stage::Stopping { why: why @ (Stopping::Leftovers(_) | Stopping::Overran), .. } => *why = Stopping::Fenced,
            Stage::Stopping { .. } | Stage::Checking(_) | Stage::Recording { .. } | Stage::Left => {}
        }
    }

    fn record_answered(&mut self, now: Moment, answer: Answer, actions: &mut Vec<Action>) {
        let pause = self.pause();
        let Stage::Recording { outcome, give_up_at, due, in_flight } = &mut self.stage else { return };
        *in_flight = false;
        let recorded = match answer {
            Answer::Landed => Recorded::Stored,
            Answer::Refused => Recorded::Refused,
            Answer::TableGone => Recorded::TableGone,
            Answer::Failed if now < *give_up_at => {
                *due = now + pause;
                return;
            }
            Answer::Failed => Recorded::GivenUp,
        };
        let outcome = *outcome;
        self.leave(outcome, recorded, actions);
    }

    fn check_answered(&mut self, now: Moment, check: Check) {
        let pause = self.pause();
        let Stage::Checking(checking) = &mut self.stage else { return };
        if let Some(outcome) = checking.answered(now, pause, check) {
            self.conclude(now, outcome);
        }
    }

    /// What the passing of time alone brings about.
    fn watch_the_clock(&mut self, now: Moment, actions: &mut Vec<Action>) {
        if now >= self.trusted_until && !self.is_interrupted() {
            self.fence(now, actions);
        }
        if let Stage::Running { overruns_at: Some(at) } = self.stage
            && now >= at
        {
            self.stop(now, Stopping::Overran, 0);
            actions.push(Action::Signal(TERM));
        }
        if let Stage::Stopping { kill_at, .. } = &mut self.stage
            && now >= *kill_at
        {
            // Repeated, because a process that forks in the moment of a KILL can leave a child that missed it.
            *kill_at = now + LONGEST_PAUSE;
            actions.push(Action::Kill);
        }
        let to_record = match &self.stage {
            Stage::Checking(checking) => Some(checking.outcome()),
            Stage::Recording { outcome, .. } => Some(*outcome),
            Stage::Preparing | Stage::Running { .. } | Stage::Stopping { .. } | Stage::Left => None,
        };
        if let (Some(outcome), Some(lost)) = (to_record, self.lost) {
            self.leave(outcome, lost, actions);
        }
        self.send(now, actions);
    }

    /// Sends the request that is due; there is never more than one on its way to our row.
    fn send(&mut self, now: Moment, actions: &mut Vec<Action>) {
        if let Stage::Checking(checking) = &mut self.stage
            && checking.send(now)
        {
            actions.push(Action::Check);
        }
        if self.beat_in_flight.is_some() {
            return;
        }
        if self.beats_go_on() && now >= self.beat_due {
            let shortened = self.is_interrupted();
            self.beat_in_flight = Some((now, shortened));
            actions.push(Action::Beat { shortened });
        }
        if let Stage::Recording { outcome, due, in_flight, .. } = &mut self.stage
            && !*in_flight
            && now >= *due
        {
            *in_flight = true;
            actions.push(Action::Record(*outcome));
        }
    }

    fn stop(&mut self, now: Moment, why: Stopping, signals: u8) {
        self.stage = Stage::Stopping { why, kill_at: now + self.policy.kill_after(), signals };
        if let Stopping::Interrupted(_) = why {
            self.beat_due = now;
        }
    }

    /// Nothing of the command is alive: what is left to do is to say how it ended.
    fn conclude(&mut self, now: Moment, outcome: Outcome) {
        let give_up_at = now.saturating_add(self.limits.recording);
        self.stage = Stage::Recording { outcome, give_up_at, due: now, in_flight: false };
    }

    fn leave(&mut self, outcome: Outcome, recorded: Recorded, actions: &mut Vec<Action>) {
        self.stage = Stage::Left;
        actions.push(Action::Leave(Departure { outcome, recorded }));
    }

    fn beats_go_on(&self) -> bool {
        let claimed = match self.stage {
            Stage::Preparing | Stage::Running { .. } | Stage::Stopping { .. } | Stage::Checking(_) => true,
            Stage::Recording { .. } | Stage::Left => false,
        };
        claimed && self.lost.is_none()
    }

    fn is_interrupted(&self) -> bool {
        matches!(self.stage, Stage::Stopping { why: Stopping::Interrupted(_), .. })
    }

    fn beat_interval(&self) -> Duration {
        let interrupted = self.is_interrupted();
        if interrupted { self.policy.shortened_lease() / BEATS_PER_LEASE } else { self.policy.beat_interval() }
    }

    fn pause(&self) -> Duration {
        (self.beat_interval() / 4).min(LONGEST_PAUSE)
    }
}

fn interrupted(signal: u8) -> Outcome {
    Outcome::failed(Cause::Interrupted, signal.saturating_add(128))
}

#[cfg(test)]
mod tests;
