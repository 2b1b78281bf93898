//! A follower's last line, for every way in which a wait can end.

use std::fmt::Write;

use super::super::gate::missing;
use super::super::{ended, how_it_failed};
use super::Wait;
use crate::clock;
use crate::exit;
use crate::identity::same_commit_in_short;
use crate::protocol::Role;
use crate::protocol::gate::{Halt, Tally};
use crate::protocol::judge::Stop;
use crate::protocol::run::{Reading, Run, State};
use crate::report::Event;
use crate::supervise::signals;
use crate::words::{ago, migrations, span};

/// The end of the advice in a last line.
const AGAIN: &str = "then release this app again";

impl Wait<'_> {
    pub(super) fn go(&self, run: &Run, reading: &Reading) -> u8 {
        let mut what =
            format!("go: run {} of release {} by {} succeeded {}", run.id, run.release, run.app, ago(run.since_end()));
        if let Some(newest) = reading.newest.as_ref().filter(|newest| newest.id != run.id) {
            let _ = write!(what, " (run {} of it is {}; a success stays one)", newest.id, newest.state.as_str());
        }
        self.leave(exit::GO, Some(run.id), what, String::new())
    }

    pub(super) fn stop(&self, stop: &Stop, reading: &Reading, has_table: bool, tally: Option<&Tally>) -> u8 {
        match stop {
            Stop::Failed(run) => {
                self.last_lines(run);
                let how = how_it_failed(run);
                let what = format!(
                    "stop: run {} of release {} by {} failed {}: {how}",
                    run.id,
                    run.release,
                    run.app,
                    ago(run.since_end())
                );
                self.leave(exit::FAILED, Some(run.id), what, format!("mend that and release the leader again, {AGAIN}"))
            }
            Stop::Lost(run) => {
                self.last_lines(run);
                let how = if run.state == State::Lost { "was marked lost" } else { "fell silent" };
                let what = format!(
                    "stop: the leader was lost: run {} of release {} by {} {how}, last beat {}",
                    run.id,
                    run.release,
                    run.app,
                    ago(run.since_beat())
                );
                let next = format!("see why {} ({}) died, release the leader again, {AGAIN}", run.app, run.instance);
                self.leave(exit::LOST, Some(run.id), what, next)
            }
            Stop::NoRun => self.no_run(reading, has_table, tally),
            Stop::NotEnded(run) => {
                let what = format!(
                    "stop: timed out after {}: run {} of release {} by {} is {}, begun {}, last beat {}",
                    span(self.settings.timeout),
                    run.id,
                    run.release,
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

    fn no_run(&self, reading: &Reading, has_table: bool, tally: Option<&Tally>) -> u8 {
        let Ok(release) = &self.settings.release else { return self.timed_out(&tally.cloned().unwrap_or_default()) };
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
        if let Some(tally) = tally {
            let _ = write!(what, "; {}", missing(tally));
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

    pub(super) fn interrupted(&self, signal: u8) -> u8 {
        let what = format!(
            "stop: told to by {} after {} of waiting for {}",
            signals::name(signal),
            span(clock::now().saturating_sub(self.began)),
            self.settings
                .release
                .as_ref()
                .map_or("the migrations".to_owned(), |release| format!("release {}", release.id))
        );
        self.leave(exit::by_signal(signal), None, what, "release this app again".into())
    }

    fn leave(&self, exit_code: u8, run: Option<i64>, what: String, next: String) -> u8 {
        self.context.reporter.say(&ended(Role::Follower, self.settings, exit_code, run, what, next));
        exit_code
    }

    /// All is applied, and no run of our release says otherwise.
    pub(super) fn all_applied(&self, tally: &Tally) -> u8 {
        let what = if tally.shipped == 0 {
            "go: the probe exited with 0".to_owned()
        } else {
            format!("go: all that this app ships is applied ({})", migrations(tally.shipped))
        };
        self.leave(exit::GO, None, what, String::new())
    }

    pub(super) fn halt(&self, halt: &Halt, tally: &Tally, reading: &Reading, has_table: bool) -> u8 {
        match halt {
            Halt::Run(stop) => self.stop(stop, reading, has_table, Some(tally)),
            Halt::Missing(run) => {
                let what = format!(
                    "stop: run {} of release {} by {} succeeded, but not all is applied: {}",
                    run.id,
                    run.release,
                    run.app,
                    missing(tally)
                );
                let next = format!(
                    "its leader ran other code or another database's migrations: release the leader with these as well, {AGAIN}"
                );
                self.leave(exit::PENDING, Some(run.id), what, next)
            }
            Halt::Never => {
                let next = format!("give them a newer place in the order, {AGAIN}");
                self.leave(exit::PENDING, None, format!("stop: {}", missing(tally)), next)
            }
            Halt::Failed => {
                let what = format!("stop: a migration failed: {}", missing(tally));
                self.leave(exit::FAILED, None, what, format!("mend it with the framework's own command, {AGAIN}"))
            }
            Halt::TimedOut => self.timed_out(tally),
        }
    }

    fn timed_out(&self, tally: &Tally) -> u8 {
        let what = format!("stop: timed out after {}: {}", span(self.settings.timeout), missing(tally));
        let next = format!("see whether an app that ships these has run them, or raise --timeout; {AGAIN}");
        self.leave(exit::TIMED_OUT, None, what, next)
    }
}
