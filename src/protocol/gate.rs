//! The migration gate: what a follower concludes from how its migrations stand, beside what the runs say.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Moment;
use super::judge::{Stop, Verdict, Waiting};
use super::run::Run;

/// How many reads in a row must miss migrations after the leader's success before that is believed.
const READS: u32 = 3;

/// How the migrations that this app ships stand, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many there are.
    pub shipped: usize,
    /// How many of them are applied.
    pub applied: usize,
    /// Still to come, in their order.
    pub pending: Vec<String>,
    /// Begun, and not ended.
    pub running: Vec<String>,
    /// Recorded as failed.
    pub failed: Vec<String>,
    /// Passed over by their framework for good, and why.
    pub never: Vec<(String, String)>,
    /// Nobody can tell, because the table is at a place that this app does not know.
    pub unknown: Vec<String>,
    /// What a probe said that did not exit with 0.
    pub probe: Option<String>,
}

impl Tally {
    /// Whether all are applied.
    pub fn is_complete(&self) -> bool {
        self.missing().is_empty() && self.unknown.is_empty()
    }

    /// All that are known not to be applied.
    pub fn missing(&self) -> Vec<&str> {
        let never = self.never.iter().map(|(name, _)| name);
        let names = self.failed.iter().chain(&self.running).chain(&self.pending).chain(never).chain(&self.probe);
        names.map(String::as_str).collect()
    }

    /// The one that is being applied, or would be next; none behind one that has failed.
    pub fn current(&self) -> Option<&str> {
        let next = self.running.first().or(self.pending.first());
        next.filter(|_| self.failed.is_empty()).map(String::as_str)
    }
}

/// What a follower with a gate concludes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// All is applied; with the run of our release that succeeded, if there is one.
    Go(Option<Box<Run>>),
    /// Nothing is decided yet.
    Wait(Pause),
    /// Nothing good can come of waiting longer.
    Stop(Halt),
}

/// What a follower with a gate waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pause {
    /// The runs say so.
    Run(Waiting),
    /// Migrations to be applied.
    Migrations,
}

/// Why a follower with a gate stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The runs say so.
    Run(Stop),
    /// Migrations are missing although this run of our release succeeded.
    Missing(Box<Run>),
    /// Some never run.
    Never,
    /// Some have failed.
    Failed,
    /// They were not applied in time.
    TimedOut,
}

/// What a follower with a gate has seen so far.
#[derive(Clone, Debug)]
pub struct GateKeeper {
    /// Whether this follower belongs to a release.
    has_release: bool,
    retry_window: Duration,
    began: Moment,
    /// Failures that were there before us.
    old_failures: Option<BTreeSet<String>>,
    reads_after_success: u32,
}

impl GateKeeper {
    /// A follower that begins to wait now.
    pub fn new(has_release: bool, retry_window: Duration, began: Moment) -> Self {
        Self { has_release, retry_window, began, old_failures: None, reads_after_success: 0 }
    }

    /// Whether the migrations have a say beside this verdict.
    pub fn asks(&self, verdict: &Verdict) -> bool {
        match verdict {
            Verdict::Go(_) | Verdict::Wait(Waiting::ForStart(_)) | Verdict::Stop(Stop::NoRun) => true,
            Verdict::Wait(_) | Verdict::Stop(Stop::NotEnded(_)) => !self.has_release,
            Verdict::Stop(Stop::Failed(_) | Stop::Lost(_)) => false,
        }
    }

    /// Puts what the runs say and how the migrations stand together; the first that fits:
    ///
    /// 1. a bad ending by the runs stops, and a run of our release that is running, or may be retried, is waited for;
    /// 2. all is applied: go;
    /// 3. one of ours has failed while we watched, or long enough ago: stop; one never runs: stop;
    /// 4. a run of our release succeeded: what can't be told is its leader's word; what is missing after a few reads
    ///    stops;
    /// 5. else wait, in the end for nothing.
    pub fn decide(&mut self, now: Moment, verdict: Verdict, tally: &Tally, last: bool) -> Decision {
        let fresh_failure = self.watch_failures(tally);
        let success = match verdict {
            Verdict::Go(run) => Some(run),
            Verdict::Wait(Waiting::ForStart(_)) => None,
            Verdict::Wait(_) | Verdict::Stop(Stop::NoRun | Stop::NotEnded(_)) if !self.has_release => None,
            Verdict::Stop(Stop::NoRun) if tally.is_complete() => None,
            Verdict::Wait(waiting) => return Decision::Wait(Pause::Run(waiting)),
            Verdict::Stop(stop) => return Decision::Stop(Halt::Run(stop)),
        };
        if tally.is_complete() || (success.is_some() && tally.missing().is_empty()) {
            return Decision::Go(success);
        }
        let waited_out = last || now.saturating_sub(self.began) >= self.retry_window;
        if !tally.failed.is_empty() && (fresh_failure || waited_out) {
            return Decision::Stop(Halt::Failed);
        }
        if !tally.never.is_empty() {
            return Decision::Stop(Halt::Never);
        }
        let Some(run) = success else {
            self.reads_after_success = 0;
            return if last { Decision::Stop(Halt::TimedOut) } else { Decision::Wait(Pause::Migrations) };
        };
        self.reads_after_success += 1;
        if last || self.reads_after_success >= READS && tally.failed.is_empty() {
            return Decision::Stop(Halt::Missing(run));
        }
        Decision::Wait(Pause::Migrations)
    }

    /// Whether a failure appeared while we watched.
    fn watch_failures(&mut self, tally: &Tally) -> bool {
        let failed: BTreeSet<String> = tally.failed.iter().cloned().collect();
        let old = self.old_failures.get_or_insert_with(|| failed.clone());
        // One that is retried, and fails again, is news.
        old.retain(|name| failed.contains(name));
        failed.iter().any(|name| !old.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::run::State;
    use super::super::run::tests::{run, seconds};
    use super::*;

    fn keeper(has_release: bool) -> GateKeeper {
        GateKeeper::new(has_release, seconds(60), seconds(0))
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn complete() -> Tally {
        Tally { shipped: 1, applied: 1, ..Tally::default() }
    }

    fn pending() -> Tally {
        Tally { shipped: 1, pending: names(&["a"]), ..Tally::default() }
    }

    fn failed() -> Tally {
        Tally { shipped: 1, failed: names(&["a"]), ..Tally::default() }
    }

    fn unknown() -> Tally {
        Tally { shipped: 1, unknown: names(&["a"]), ..Tally::default() }
    }

    fn never() -> Tally {
        Tally { shipped: 1, never: vec![("a".into(), "it is late".into())], ..Tally::default() }
    }

    fn no_run() -> Verdict {
        Verdict::Wait(Waiting::ForStart(None))
    }

    fn success() -> Verdict {
        Verdict::Go(Box::new(Run { state: State::Succeeded, active: false, ..run(4) }))
    }

    fn running() -> Verdict {
        Verdict::Wait(Waiting::ForEnd(Box::new(run(4))))
    }

    fn retry() -> Verdict {
        Verdict::Wait(Waiting::ForRetry(Box::new(run(4))))
    }

    fn bad() -> Verdict {
        Verdict::Stop(Stop::Failed(Box::new(run(4))))
    }

    fn word(decision: &Decision) -> &'static str {
        match decision {
            Decision::Go(Some(_)) => "go with a run",
            Decision::Go(None) => "go",
            Decision::Wait(Pause::Run(_)) => "wait for the run",
            Decision::Wait(Pause::Migrations) => "wait",
            Decision::Stop(Halt::Run(_)) => "stop by the run",
            Decision::Stop(Halt::Missing(_)) => "missing",
            Decision::Stop(Halt::Never) => "never",
            Decision::Stop(Halt::Failed) => "failed",
            Decision::Stop(Halt::TimedOut) => "timed out",
        }
    }

    #[test]
    fn with_a_release_the_run_speaks_first() {
        for (verdict, tally, expected) in [
            (success(), complete(), "go with a run"),
            (success(), unknown(), "go with a run"),
            (success(), pending(), "wait"),
            (success(), never(), "never"),
            (no_run(), complete(), "go"),
            (no_run(), pending(), "wait"),
            (no_run(), unknown(), "wait"),
            (no_run(), failed(), "wait"),
            (no_run(), never(), "never"),
            (running(), complete(), "wait for the run"),
            (running(), never(), "wait for the run"),
            (retry(), complete(), "wait for the run"),
            (bad(), complete(), "stop by the run"),
            (Verdict::Stop(Stop::NoRun), pending(), "stop by the run"),
        ] {
            let decision = keeper(true).decide(seconds(1), verdict.clone(), &tally, false);
            assert_eq!(word(&decision), expected, "{verdict:?} {tally:?}");
        }
    }

    #[test]
    fn without_a_release_only_a_bad_ending_of_the_fleet_outweighs_the_table() {
        for (verdict, tally, expected) in [
            (running(), complete(), "go"),
            (running(), pending(), "wait"),
            (no_run(), complete(), "go"),
            (no_run(), unknown(), "wait"),
            (bad(), pending(), "stop by the run"),
        ] {
            let decision = keeper(false).decide(seconds(1), verdict.clone(), &tally, false);
            assert_eq!(word(&decision), expected, "{verdict:?} {tally:?}");
        }
    }

    #[test]
    fn what_a_success_left_out_is_believed_after_a_few_reads() {
        let mut keeper = keeper(true);
        for expected in ["wait", "wait", "missing"] {
            assert_eq!(word(&keeper.decide(seconds(1), success(), &pending(), false)), expected);
        }
        assert_eq!(word(&super::tests::keeper(true).decide(seconds(0), success(), &pending(), true)), "missing");
    }

    #[test]
    fn a_failure_that_appears_stops_at_once_and_an_old_one_after_the_retry_window() {
        let mut watching = keeper(true);
        assert_eq!(word(&watching.decide(seconds(0), no_run(), &pending(), false)), "wait");
        assert_eq!(word(&watching.decide(seconds(1), no_run(), &failed(), false)), "failed");
        let mut late = keeper(true);
        for (at, expected) in [(0, "wait"), (59, "wait"), (60, "failed")] {
            assert_eq!(word(&late.decide(seconds(at), no_run(), &failed(), false)), expected, "at {at}");
        }
        let mut retried = keeper(true);
        for (at, tally, expected) in [(0, failed(), "wait"), (1, pending(), "wait"), (2, failed(), "failed")] {
            assert_eq!(word(&retried.decide(seconds(at), no_run(), &tally, false)), expected, "at {at}");
        }
    }

    #[test]
    fn the_last_reading_leaves_nothing_open() {
        for (has_release, verdict, tally, expected) in [
            (true, Verdict::Stop(Stop::NoRun), complete(), "go"),
            (true, success(), complete(), "go with a run"),
            (false, Verdict::Stop(Stop::NoRun), pending(), "timed out"),
            (false, Verdict::Stop(Stop::NotEnded(Box::new(run(1)))), complete(), "go"),
            (false, Verdict::Stop(Stop::NoRun), failed(), "failed"),
        ] {
            let decision = keeper(has_release).decide(seconds(1), verdict.clone(), &tally, true);
            assert_eq!(word(&decision), expected, "{verdict:?} {tally:?}");
        }
    }
}
