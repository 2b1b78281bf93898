//! `follow`: read, judge, sleep; one statement a poll, and no connection in between.

use std::fmt::Write;
use std::time::Duration;

use super::outage::{Next, Outage, jittered};
use super::{Context, ended};
use crate::clock;
use crate::error::Error;
use crate::exit;
use crate::identity::same_commit_in_short;
use crate::protocol::judge::{Follower, Stop, Verdict, Waiting};
use crate::protocol::policy::poll_interval;
use crate::protocol::run::{Reading, Run, State};
use crate::protocol::{Moment, Role};
use crate::report::{Event, Progress, WaitingFor};
use crate::settings;
use crate::store::{Class, Store, StoreError};
use crate::supervise::signals::{self, Signals};
use crate::words::{ago, span};

/// One attempt to read, connect included.
const ATTEMPT: Duration = Duration::from_secs(5);
/// The end of the advice in a last line.
const AGAIN: &str = "then release this app again";
/// The last reading, when the whole timeout is spent.
const LAST_ATTEMPT: Duration = Duration::from_secs(3);

/// Waits for the leader's run of this release. Returns the exit code.
pub(super) async fn follow(context: &Context, settings: &settings::Run, signals: &mut Signals) -> Result<u8, Error> {
    let mut wait = Wait::new(context, settings);
    loop {
        let pause = tokio::select! {
            biased;
            signal = signals.next() => return Ok(wait.interrupted(signal)),
            step = wait.poll() => match step? {
                Step::Sleep(pause) => pause,
                Step::Leave(code) => return Ok(code),
            },
        };
        tokio::select! {
            biased;
            signal = signals.next() => return Ok(wait.interrupted(signal)),
            () = tokio::time::sleep(pause) => {}
        }
    }
}

enum Step {
    Sleep(Duration),
    Leave(u8),
}

struct Wait<'a> {
    context: &'a Context,
    settings: &'a settings::Run,
    store: Store,
    follower: Follower,
    outage: Outage,
    progress: Progress,
    began: Moment,
}

impl<'a> Wait<'a> {
    fn new(context: &'a Context, settings: &'a settings::Run) -> Self {
        let began = clock::now();
        Self {
            context,
            settings,
            store: settings.fleet.store(),
            follower: Follower::new(settings.wait.clone(), began),
            outage: Outage::new(settings.poll_interval),
            progress: Progress::new(began),
            began,
        }
    }

    /// One poll: reads and judges.
    async fn poll(&mut self) -> Result<Step, Error> {
        let remaining = self.remaining();
        let last = remaining.is_zero();
        let limit = if last { LAST_ATTEMPT } else { remaining.min(ATTEMPT) };
        let answer = self.store.look(limit, &self.settings.fleet.name, &self.settings.release.id).await;
        self.store.disconnect().await;
        let (reading, has_table) = match answer {
            Ok(reading) => (reading, true),
            Err(error) if error.class == Class::NoTable => (Reading::default(), false),
            Err(error) => return self.unreadable(error, last),
        };
        self.outage.answered(&self.context.reporter);
        let now = clock::now();
        let verdict = if last { self.follower.judge_last(now, &reading) } else { self.follower.judge(now, &reading) };
        match verdict {
            Verdict::Go(run) => Ok(Step::Leave(self.go(&run, &reading))),
            Verdict::Stop(stop) => Ok(Step::Leave(self.stop(&stop, &reading, has_table))),
            Verdict::Wait(waiting) => {
                self.tell(&waiting);
                let waited = clock::now().saturating_sub(self.began);
                let pause = jittered(poll_interval(self.settings.poll_interval, waited));
                Ok(Step::Sleep(pause.min(self.remaining())))
            }
        }
    }

    fn unreadable(&mut self, error: StoreError, last: bool) -> Result<Step, Error> {
        self.follower.unreadable();
        match self.outage.failed(&self.context.reporter, &error) {
            Next::GiveUp => Err(Error::store(&self.settings.fleet.database.location, error)),
            Next::Retry(_) if last => Err(Error::store(&self.settings.fleet.database.location, error)),
            Next::Retry(pause) => Ok(Step::Sleep(pause.min(self.remaining()))),
        }
    }

    fn remaining(&self) -> Duration {
        (self.began + self.settings.timeout).saturating_sub(clock::now())
    }

    fn tell(&mut self, waiting: &Waiting) {
        let (what, run) = match waiting {
            Waiting::ForStart(run) => (WaitingFor::Start, run.as_deref()),
            Waiting::ForEnd(run) => (WaitingFor::End, Some(run.as_ref())),
            Waiting::ForRetry(run) => (WaitingFor::Retry, Some(run.as_ref())),
        };
        let now = clock::now();
        let event = super::waiting(what, run, now.saturating_sub(self.began), self.settings.timeout);
        let key = format!("{what:?} {:?}", run.map(|run| (run.id, run.state.clone())));
        self.progress.show(&self.context.reporter, now, &key, &event);
    }

    fn go(&self, run: &Run, reading: &Reading) -> u8 {
        let mut what =
            format!("go: run {} of release {} by {} succeeded {}", run.id, run.release, run.app, ago(run.since_end()));
        if let Some(newest) = reading.newest.as_ref().filter(|newest| newest.id != run.id) {
            let _ = write!(what, " (run {} of it is {}; a success stays one)", newest.id, newest.state.as_str());
        }
        self.leave(exit::GO, Some(run.id), what, String::new())
    }

    fn stop(&self, stop: &Stop, reading: &Reading, has_table: bool) -> u8 {
        let release = &self.settings.release.id;
        match stop {
            Stop::Failed(run) => {
                self.last_lines(run);
                let how = super::how_it_failed(run);
                let what = format!(
                    "stop: run {} of release {release} by {} failed {}: {how}",
                    run.id,
                    run.app,
                    ago(run.since_end())
                );
                self.leave(exit::FAILED, Some(run.id), what, format!("mend that and release the leader again, {AGAIN}"))
            }
            Stop::Lost(run) => {
                self.last_lines(run);
                let how = if run.state == State::Lost { "was marked lost" } else { "fell silent" };
                let what = format!(
                    "stop: the leader was lost: run {} of release {release} by {} {how}, last beat {}",
                    run.id,
                    run.app,
                    ago(run.since_beat())
                );
                let next = format!("see why {} ({}) died, release the leader again, {AGAIN}", run.app, run.instance);
                self.leave(exit::LOST, Some(run.id), what, next)
            }
            Stop::NoRun => self.no_run(reading, has_table),
            Stop::NotEnded(run) => {
                let what = format!(
                    "stop: timed out after {}: run {} of release {release} by {} is {}, begun {}, last beat {}",
                    span(self.settings.timeout),
                    run.id,
                    run.app,
                    match &run.state {
                        State::Unknown(word) => format!("`{word}`, a state that this version does not know"),
                        known => format!("still {}", known.as_str()),
                    },
                    ago(run.since_start()),
                    ago(run.since_beat())
                );
                self.leave(exit::TIMED_OUT, Some(run.id), what, format!("let it end or raise --timeout, {AGAIN}"))
            }
        }
    }

    fn no_run(&self, reading: &Reading, has_table: bool) -> u8 {
        let release = &self.settings.release;
        let waited = span(clock::now().saturating_sub(self.began));
        let mut seen: Vec<&str> = Vec::new();
        for run in &reading.recent {
            if !seen.contains(&run.release.as_str()) {
                seen.push(&run.release);
            }
        }
        let seen_words = match (has_table, seen.as_slice()) {
            (false, _) => {
                format!("the table {} does not exist yet, so no leader ever ran here", self.settings.fleet.table)
            }
            (true, []) => "no run of any release was seen".to_owned(),
            (true, seen) => format!("the newest releases seen: {}", seen.join(", ")),
        };
        let mut what = format!(
            "stop: timed out after {waited}: no run of release {} (from {}) in fleet {}; {seen_words}",
            release.id, release.source, self.settings.fleet.name
        );
        if let Some(short) = seen.iter().find(|seen| same_commit_in_short(seen, &release.id)) {
            let _ = write!(what, " ({short} looks like the same commit, written shorter or longer)");
        }
        let next = format!(
            "usually no app has RUN_MIGRATIONS=true, or the leader's build failed before it ran, or the leader's release \
             identity differs from ours: mend that, {AGAIN}"
        );
        self.leave(exit::TIMED_OUT, None, what, next)
    }

    fn last_lines(&self, run: &Run) {
        if let Some(detail) = run.detail.as_ref().filter(|detail| !detail.is_empty()) {
            let lines = detail.lines().map(str::to_owned).collect();
            self.context.reporter.say(&Event::LastLines { run: run.id, lines });
        }
    }

    fn interrupted(&self, signal: u8) -> u8 {
        let what = format!(
            "stop: told to by {} after {} of waiting for release {}",
            signals::name(signal),
            span(clock::now().saturating_sub(self.began)),
            self.settings.release.id
        );
        self.leave(exit::by_signal(signal), None, what, "release this app again".into())
    }

    fn leave(&self, exit_code: u8, run: Option<i64>, what: String, next: String) -> u8 {
        self.context.reporter.say(&ended(Role::Follower, self.settings, exit_code, run, what, next));
        exit_code
    }
}
