//! May I lead? What a would-be leader does about what it has read.

use super::Moment;
use super::run::{Reading, Run};
use super::watch::Watch;

/// The run that a takeover marks lost, by what was seen of it: it must not have moved since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    /// Its number.
    pub run: i64,
    /// Its beats when they were last read.
    pub beats: i64,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bid {
    /// Nobody leads: insert our run.
    Insert,
    /// The active run's beats have stood still for its whole lease before our eyes: mark it lost and insert ours.
    TakeOver(Seen),
    /// The active run is our own, the answer to our claim was lost: one beat must succeed before the command starts.
    Adopt(i64),
    /// Somebody else leads.
    Wait {
        /// Whom we wait for.
        run: Box<Run>,
        /// When it can be taken over at the earliest, if it does not beat again.
        free_at: Moment,
    },
    /// While we waited, a run of our release with our command succeeded: there is nothing left to do.
    Share(Box<Run>),
}

/// A process that wants to lead: what it is, and what it has seen so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claimant {
    holder: String,
    command_digest: String,
    watch: Watch,
    /// The newest success of our release when we first looked; a newer one happened while we waited.
    first_success: Option<i64>,
    looked: bool,
    waited: bool,
}

impl Claimant {
    /// A claimant that has not looked yet. `holder` is drawn once per process; `command_digest` tells its command.
    pub fn new(holder: impl Into<String>, command_digest: impl Into<String>) -> Self {
        Self {
            holder: holder.into(),
            command_digest: command_digest.into(),
            watch: Watch::default(),
            first_success: None,
            looked: false,
            waited: false,
        }
    }

    /// Decides what to do about a reading; `now` is when its answer came.
    pub fn bid(&mut self, now: Moment, reading: &Reading) -> Bid {
        let success = reading.success.as_ref();
        if !self.looked {
            self.looked = true;
            self.first_success = success.map(|run| run.id);
        }
        if let Some(active) = reading.active.as_ref().filter(|run| run.holder == self.holder) {
            return Bid::Adopt(active.id);
        }
        if let Some(run) = self.succeeded_meanwhile(reading).filter(|run| run.command_digest == self.command_digest) {
            return Bid::Share(Box::new(run.clone()));
        }
        let Some(active) = &reading.active else { return Bid::Insert };
        self.waited = true;
        let still = self.watch.observe(now, active);
        if still >= active.lease {
            return Bid::TakeOver(Seen { run: active.id, beats: active.beats });
        }
        Bid::Wait { run: Box::new(active.clone()), free_at: now + active.lease.saturating_sub(still) }
    }

    /// A claim was refused because somebody else was faster: that counts as waiting, too.
    pub fn beaten(&mut self) {
        self.waited = true;
    }

    /// A run of our own release, with another command, that succeeded while we waited: two apps lead this release with
    /// different commands.
    pub fn rival<'a>(&self, reading: &'a Reading) -> Option<&'a Run> {
        self.succeeded_meanwhile(reading).filter(|run| run.command_digest != self.command_digest)
    }

    fn succeeded_meanwhile<'a>(&self, reading: &'a Reading) -> Option<&'a Run> {
        reading.success.as_ref().filter(|run| self.waited && Some(run.id) > self.first_success)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::run::tests::{run, seconds};
    use super::super::run::{Reading, State};
    use super::*;

    fn led_by(run: Run) -> Reading {
        Reading { active: Some(run.clone()), newest: Some(run), ..Reading::default() }
    }

    fn wait_until(run: &Run, free_at: Moment) -> Bid {
        Bid::Wait { run: Box::new(run.clone()), free_at }
    }

    #[test]
    fn inserts_where_nobody_leads_whatever_succeeded_before() {
        let earlier = Run { state: State::Succeeded, active: false, ..run(3) };
        let reading = Reading { success: Some(earlier.clone()), newest: Some(earlier), ..Reading::default() };
        assert_eq!(Claimant::new("me", "digest").bid(seconds(0), &reading), Bid::Insert);
    }

    #[test]
    fn takes_over_only_what_stood_still_for_its_whole_lease_before_our_eyes() {
        let mut claimant = Claimant::new("me", "digest");
        // The database calls it years old; that decides nothing.
        let ancient = Run { beat_at: Some(0), read_at: Some(1 << 40), ..run(7) };
        assert_eq!(claimant.bid(seconds(100), &led_by(ancient.clone())), wait_until(&ancient, seconds(160)));
        assert_eq!(claimant.bid(seconds(159), &led_by(ancient.clone())), wait_until(&ancient, seconds(160)));
        let moved = Run { beats: ancient.beats + 1, ..ancient.clone() };
        assert_eq!(claimant.bid(seconds(160), &led_by(moved.clone())), wait_until(&moved, seconds(220)));
        let seen = Seen { run: 7, beats: moved.beats };
        assert_eq!(claimant.bid(seconds(220), &led_by(moved)), Bid::TakeOver(seen));
    }

    #[test]
    fn a_shortened_lease_is_watched_for_as_long_as_the_row_says() {
        let mut claimant = Claimant::new("me", "digest");
        let shortened = Run { lease: Duration::from_secs(12), ..run(7) };
        claimant.bid(seconds(0), &led_by(shortened.clone()));
        let seen = Seen { run: 7, beats: shortened.beats };
        assert_eq!(claimant.bid(seconds(12), &led_by(shortened)), Bid::TakeOver(seen));
    }

    #[test]
    fn adopts_its_own_run_when_the_answer_to_the_claim_was_lost() {
        let own = Run { holder: "me".into(), ..run(9) };
        assert_eq!(Claimant::new("me", "digest").bid(seconds(0), &led_by(own)), Bid::Adopt(9));
    }

    #[test]
    fn shares_a_success_of_the_same_command_that_came_while_it_waited() {
        let success =
            |id, digest: &str| Run { state: State::Succeeded, active: false, command_digest: digest.into(), ..run(id) };
        let after = |success: &Run| Reading { success: Some(success.clone()), ..Reading::default() };
        let mut waited = Claimant::new("me", "digest");
        waited.bid(seconds(0), &led_by(run(4)));
        let same = success(4, "digest");
        assert_eq!(waited.clone().bid(seconds(1), &after(&same)), Bid::Share(Box::new(same)));
        let other = success(4, "another");
        assert_eq!(waited.rival(&after(&other)).map(|run| run.id), Some(4));
        assert_eq!(waited.bid(seconds(1), &after(&other)), Bid::Insert);
    }

    #[test]
    fn does_not_share_a_success_from_before_it_waited() {
        let before = Run { state: State::Succeeded, active: false, command_digest: "digest".into(), ..run(3) };
        let reading = Reading { success: Some(before), ..led_by(run(4)) };
        let mut claimant = Claimant::new("me", "digest");
        claimant.bid(seconds(0), &reading);
        assert_eq!(claimant.bid(seconds(1), &Reading { active: None, ..reading }), Bid::Insert);
    }
}
