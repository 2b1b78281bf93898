//! What a follower concludes from what it has read: go, wait, or stop and why.

use std::time::Duration;

use super::Moment;
use super::policy::WaitPolicy;
use super::run::{Reading, Run, State};
use super::watch::Watch;

/// What a follower concludes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This run of our release succeeded.
    Go(Box<Run>),
    /// Nothing is decided yet.
    Wait(Waiting),
    /// Nothing good can come of waiting longer.
    Stop(Stop),
}

/// What a follower waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// A run of our release to begin. The active run is another release's, if there is one.
    ForStart(Option<Box<Run>>),
    /// This run of our release to end.
    ForEnd(Box<Run>),
    /// An old bad ending of our release to be retried.
    ForRetry(Box<Run>),
}

/// Why a follower stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The run ended badly, and its leader said so.
    Failed(Box<Run>),
    /// The run's leader fell silent, or was marked lost by the one who took over.
    Lost(Box<Run>),
    /// No run of our release appeared in time.
    NoRun,
    /// The run did not end in time.
    NotEnded(Box<Run>),
}

/// A follower of one release: its settings, and what it has seen so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Follower {
    policy: WaitPolicy,
    began: Moment,
    /// The highest run number in our first answer; a higher one began while we waited.
    first_highest: Option<i64>,
    /// The newest run that we saw running and within its lease with our own eyes.
    witnessed: Option<i64>,
    own: Watch,
    other: Watch,
    start: StartClock,
}

impl Follower {
    /// A follower that begins to wait now.
    pub fn new(policy: WaitPolicy, began: Moment) -> Self {
        Self {
            policy,
            began,
            first_highest: None,
            witnessed: None,
            own: Watch::default(),
            other: Watch::default(),
            start: StartClock::default(),
        }
    }

    /// Judges a reading; `now` is when its answer came.
    pub fn judge(&mut self, now: Moment, reading: &Reading) -> Verdict {
        let first_highest = *self.first_highest.get_or_insert_with(|| reading.highest_id());
        if let Some(success) = &reading.success {
            return Verdict::Go(Box::new(success.clone()));
        }
        let Some(newest) = &reading.newest else { return self.without_a_run(now, reading) };
        self.start.pause();
        let silent = self.is_silent(now, newest);
        if newest.state == State::Running && !newest.overdue() {
            self.witnessed = Some(newest.id);
        }
        let Some(stop) = bad_ending(newest, silent) else {
            return Verdict::Wait(Waiting::ForEnd(Box::new(newest.clone())));
        };
        let ours_to_see = self.witnessed == Some(newest.id) || newest.id > first_highest;
        if ours_to_see || now.saturating_sub(self.began) >= self.policy.retry_window {
            Verdict::Stop(stop)
        } else {
            Verdict::Wait(Waiting::ForRetry(Box::new(newest.clone())))
        }
    }

    /// Judges the last reading, when the whole timeout is spent: by the same rules, with no more waiting.
    pub fn judge_last(&mut self, now: Moment, reading: &Reading) -> Verdict {
        match self.judge(now, reading) {
            Verdict::Wait(Waiting::ForStart(_)) => Verdict::Stop(Stop::NoRun),
            Verdict::Wait(Waiting::ForEnd(run)) => Verdict::Stop(Stop::NotEnded(run)),
            Verdict::Wait(Waiting::ForRetry(run)) => {
                Verdict::Stop(bad_ending(&run, true).unwrap_or(Stop::NotEnded(run)))
            }
            decided => decided,
        }
    }

    /// The database could not be read: that says nothing about any run, and the start clock stands still.
    pub fn unreadable(&mut self) {
        self.start.pause();
    }

    fn without_a_run(&mut self, now: Moment, reading: &Reading) -> Verdict {
        let other = reading.active.clone().map(Box::new);
        let busy = match &reading.active {
            Some(run) => !(self.other.observe(now, run) >= run.beat_interval() * 2 && run.overdue()),
            None => false,
        };
        if busy {
            self.start.pause();
        } else if self.start.tick(now) >= self.policy.start_timeout {
            return Verdict::Stop(Stop::NoRun);
        }
        Verdict::Wait(Waiting::ForStart(other))
    }

    /// A running run is silent when its lease is over by the database's clock and its beats have also stood still for
    /// two of its beat intervals on ours: a database clock that steps forward makes nobody silent.
    fn is_silent(&mut self, now: Moment, run: &Run) -> bool {
        let still = self.own.observe(now, run);
        run.overdue() && still >= run.beat_interval() * 2
    }
}

/// The reason to stop that a run gives, if it ended badly or has fallen silent. An unknown state is neither.
fn bad_ending(run: &Run, silent: bool) -> Option<Stop> {
    match run.state {
        State::Failed => Some(Stop::Failed(Box::new(run.clone()))),
        State::Lost => Some(Stop::Lost(Box::new(run.clone()))),
        State::Running if silent => Some(Stop::Lost(Box::new(run.clone()))),
        State::Running | State::Succeeded | State::Unknown(_) => None,
    }
}

/// Counts how long a run of our release has failed to appear although it could have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct StartClock {
    counted: Duration,
    ticking_since: Option<Moment>,
}

impl StartClock {
    fn tick(&mut self, now: Moment) -> Duration {
        if let Some(since) = self.ticking_since.replace(now) {
            self.counted += now.saturating_sub(since);
        }
        self.counted
    }

    fn pause(&mut self) {
        self.ticking_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::super::run::tests::{run, seconds};
    use super::*;

    fn follower() -> Follower {
        let policy = WaitPolicy { start_timeout: seconds(600), retry_window: seconds(60) };
        Follower::new(policy, seconds(0))
    }

    fn own(run: Run) -> Reading {
        let active = run.active.then(|| run.clone());
        Reading { newest: Some(run), active, ..Reading::default() }
    }

    fn other(run: Run) -> Reading {
        Reading { active: Some(run), ..Reading::default() }
    }

    fn failed(id: i64) -> Run {
        Run { state: State::Failed, active: false, exit_code: Some(3), ..run(id) }
    }

    /// A run whose last beat is `age` seconds ago by the database.
    fn aged(id: i64, age: i64) -> Run {
        Run { read_at: Some(1_000_000 + age * 1000), ..run(id) }
    }

    fn stops(verdict: &Verdict) -> Option<&'static str> {
        match verdict {
            Verdict::Stop(Stop::Failed(_)) => Some("failed"),
            Verdict::Stop(Stop::Lost(_)) => Some("lost"),
            Verdict::Stop(Stop::NoRun) => Some("no run"),
            Verdict::Stop(Stop::NotEnded(_)) => Some("not ended"),
            Verdict::Go(_) | Verdict::Wait(_) => None,
        }
    }

    #[test]
    fn a_success_of_this_release_is_a_go_whatever_came_after_it() {
        let success = Run { state: State::Succeeded, active: false, ..run(3) };
        let reading = Reading { success: Some(success.clone()), newest: Some(failed(9)), ..Reading::default() };
        assert_eq!(follower().judge(seconds(0), &reading), Verdict::Go(Box::new(success)));
    }

    #[test]
    fn nothing_that_is_not_this_releases_success_is_a_go() {
        let paused = Run { state: State::Unknown("paused".into()), ..run(4) };
        let elsewhere = Run { release: "r0".into(), state: State::Succeeded, active: false, ..run(4) };
        let recent = Reading { recent: vec![elsewhere], ..Reading::default() };
        for reading in [Reading::default(), own(run(4)), own(failed(4)), own(paused), other(run(4)), recent] {
            assert!(matches!(follower().judge(seconds(0), &reading), Verdict::Wait(_)), "{reading:?}");
        }
    }

    #[test]
    fn a_failure_that_we_saw_coming_stops_at_once() {
        let mut watching = follower();
        watching.judge(seconds(0), &own(run(4)));
        assert_eq!(stops(&watching.judge(seconds(1), &own(failed(4)))), Some("failed"));
        let mut before = follower();
        before.judge(seconds(0), &other(run(3)));
        assert_eq!(stops(&before.judge(seconds(1), &own(failed(4)))), Some("failed"), "began after our first answer");
    }

    #[test]
    fn an_old_failure_is_given_the_retry_window_of_our_own_waiting() {
        let mut follower = follower();
        for (at, expected) in [(0, None), (59, None), (60, Some("failed"))] {
            assert_eq!(stops(&follower.judge(seconds(at), &own(failed(4)))), expected, "at {at}");
        }
    }

    #[test]
    fn a_retry_inside_the_window_is_waited_for() {
        let mut follower = follower();
        follower.judge(seconds(0), &own(failed(4)));
        assert_eq!(stops(&follower.judge(seconds(30), &own(run(5)))), None);
        assert_eq!(stops(&follower.judge(seconds(90), &own(run(5)))), None);
        assert_eq!(stops(&follower.judge(seconds(91), &own(failed(5)))), Some("failed"));
    }

    #[test]
    fn silence_needs_both_clocks() {
        let mut stepped = follower();
        stepped.judge(seconds(0), &own(aged(4, 0)));
        let beating = Run { beats: 2, ..aged(4, 3600) };
        assert_eq!(stops(&stepped.judge(seconds(10), &own(beating.clone()))), None, "the database's clock stepped");
        assert_eq!(stops(&stepped.judge(seconds(29), &own(beating.clone()))), None);
        assert_eq!(stops(&stepped.judge(seconds(30), &own(beating))), Some("lost"), "two beat intervals of 10 s");
        let mut cut_off = follower();
        cut_off.judge(seconds(0), &own(aged(4, 0)));
        assert_eq!(stops(&cut_off.judge(seconds(60), &own(aged(4, 60)))), None, "within its lease");
        assert_eq!(stops(&cut_off.judge(seconds(61), &own(aged(4, 61)))), Some("lost"));
    }

    #[test]
    fn a_running_row_from_a_restored_backup_is_an_old_ending() {
        let mut follower = follower();
        for (at, expected) in [(0, None), (20, None), (59, None), (60, Some("lost"))] {
            assert_eq!(stops(&follower.judge(seconds(at), &own(aged(4, 9_000_000)))), expected, "at {at}");
        }
    }

    #[test]
    fn the_start_clock_stands_still_while_another_release_runs_or_nothing_can_be_read() {
        let mut follower = follower();
        follower.judge(seconds(0), &Reading::default());
        follower.judge(seconds(300), &Reading::default());
        follower.judge(seconds(310), &other(aged(9, 0)));
        follower.judge(seconds(9_000), &other(Run { beats: 2, ..aged(9, 0) }));
        follower.unreadable();
        assert_eq!(stops(&follower.judge(seconds(10_000), &Reading::default())), None, "300 s counted so far");
        assert_eq!(stops(&follower.judge(seconds(10_299), &Reading::default())), None);
        assert_eq!(stops(&follower.judge(seconds(10_300), &Reading::default())), Some("no run"));
    }

    #[test]
    fn a_dead_run_of_another_release_does_not_hold_the_start_clock() {
        let mut follower = follower();
        follower.judge(seconds(0), &other(aged(9, 100)));
        follower.judge(seconds(20), &other(aged(9, 120)));
        assert_eq!(stops(&follower.judge(seconds(620), &other(aged(9, 720)))), Some("no run"));
    }

    #[test]
    fn the_last_reading_leaves_nothing_open() {
        for (reading, expected) in [
            (Reading::default(), "no run"),
            (other(run(9)), "no run"),
            (own(run(4)), "not ended"),
            (own(failed(4)), "failed"),
            (own(Run { state: State::Lost, active: false, ..run(4) }), "lost"),
            (own(Run { state: State::Unknown("paused".into()), ..run(4) }), "not ended"),
        ] {
            assert_eq!(stops(&follower().judge_last(seconds(5), &reading)), Some(expected), "{reading:?}");
        }
    }
}
