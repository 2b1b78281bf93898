//! A follower's probe: a command of the user's that exits with 0 when nothing is pending, for what can't be read.

use std::time::Duration;

use crate::clock;
use crate::error::Error;
use crate::protocol::Moment;
use crate::protocol::run::CommandEnd;
use crate::report::Reporter;
use crate::secrets::Secrets;
use crate::supervise::guard::Guard;
use crate::supervise::{Change, Command, NotStarted, Spec, children_cpu};
use crate::words::span;

/// What it costs is at most this part of one core, on average.
const SHARE: u32 = 10;

/// The probe, and what it said last.
pub(super) struct Probe<'a> {
    reporter: &'a Reporter,
    argv: &'a [std::ffi::OsString],
    due: Moment,
    ended: Moment,
    said: Option<String>,
}

impl<'a> Probe<'a> {
    pub(super) fn new(reporter: &'a Reporter, argv: &'a [std::ffi::OsString]) -> Self {
        Self { reporter, argv, due: Moment::ZERO, ended: Moment::ZERO, said: None }
    }

    /// Whether it may run now, by what it cost before. What it said after the deadline is its last word.
    pub(super) fn is_due(&self, deadline: Moment) -> bool {
        clock::now() >= self.due && self.ended < deadline
    }

    /// What it said last; nothing if that was an exit with 0.
    pub(super) fn said(&self) -> Option<&str> {
        self.said.as_deref()
    }

    /// Runs it once, for so long at most. It is guarded like a leader's command: it dies with us, and when we stop waiting for it.
    pub(super) async fn run(&mut self, limit: Duration) -> Result<(), Error> {
        let program = self.argv.first().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
        let (began, cpu_before) = (clock::now(), children_cpu());
        let spec = Spec { argv: self.argv, variables: &[], own_group: true };
        self.reporter.rest();
        let start = |guard| Command::start(&spec, guard, false, self.reporter.mid_line());
        let mut command = Guard::start().map_err(NotStarted::ours).and_then(start).map_err(|error| Error::Probe {
            program: program.clone(),
            code: error.code,
            source: error.reason,
        })?;
        let end = tokio::time::timeout(limit, end(&mut command)).await;
        if end.is_err() {
            command.kill();
            command.change().await;
        }
        command.finish(&Secrets::default());
        self.ended = clock::now();
        let took = self.ended.saturating_sub(began);
        let cost = children_cpu().zip(cpu_before).map_or(took, |(after, before)| after.saturating_sub(before));
        self.due = began + cost.saturating_mul(SHARE);
        self.said = match end {
            Ok(CommandEnd::Exited(0)) => None,
            Ok(end) => Some(format!("the probe {program} {end}")),
            Err(_) => Some(format!("the probe {program} took longer than {} and was killed", span(limit))),
        };
        Ok(())
    }
}

/// Waits for its own process, and ends what that leaves behind.
async fn end(command: &mut Command) -> CommandEnd {
    loop {
        match command.change().await {
            Change::Ended { end, leftovers: false } => return end,
            Change::Ended { end, leftovers: true } => {
                command.kill();
                command.change().await;
                return end;
            }
            Change::GroupEmpty => {}
        }
    }
}
