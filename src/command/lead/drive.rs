//! The leader's loop: what befalls it goes into the protocol, and what that says is done. No other decisions are made
//! here.

use std::ffi::OsString;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::super::Context;
use super::farewell;
use crate::clock;
use crate::protocol::leader::{Action, Answer, Departure, Happening, Leader, Stopping};
use crate::protocol::run::Outcome;
use crate::report::{Event, StopReason};
use crate::secrets::Secrets;
use crate::settings;
use crate::store::{Class, Ending, NewRun, Store, StoreError};
use crate::supervise::guard::Guard;
use crate::supervise::signals::{self, Signals};
use crate::supervise::{Command, NotStarted, Progress, Spec};
use crate::words::milliseconds;

/// The longest sleep: tokio's clock stands still while the machine is suspended, ours does not.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// A request on its way, with the store inside: if it is given up, its connection goes with it.
type Request = Pin<Box<dyn Future<Output = (Store, Result<bool, StoreError>)>>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Beat,
    Record,
}

/// A leader at work.
pub(super) struct Drive<'a> {
    context: &'a Context,
    settings: &'a settings::Run,
    bid: &'a NewRun,
    argv: &'a [OsString],
    run: i64,
    leader: Leader,
    store: Option<Store>,
    request: Option<(Kind, Request)>,
    command: Option<Command>,
    detail: Option<String>,
    beats_fail: bool,
    last_error: Option<String>,
}

impl<'a> Drive<'a> {
    pub(super) fn new(
        context: &'a Context,
        settings: &'a settings::Run,
        bid: &'a NewRun,
        argv: &'a [OsString],
        store: Store,
        leader: Leader,
        run: i64,
    ) -> Self {
        Self {
            context,
            settings,
            bid,
            argv,
            run,
            leader,
            store: Some(store),
            request: None,
            command: None,
            detail: None,
            beats_fail: false,
            last_error: None,
        }
    }

    /// Runs the command to its recorded end. `told` is a signal that came before. Returns the exit code.
    pub(super) async fn run(mut self, signals: &mut Signals, told: Option<u8>) -> u8 {
        let mut happening = told.map_or(Happening::Prepared, Happening::Signalled);
        loop {
            if let Some(departure) = self.step(happening) {
                return self.leave(departure);
            }
            happening = self.next(signals).await;
        }
    }

    /// Waits for whatever happens first. A signal goes before all else, and a deadline waits for nothing.
    async fn next(&mut self, signals: &mut Signals) -> Happening {
        let sleep = self.leader.wake_at().saturating_sub(clock::now()).min(LONGEST_SLEEP);
        let request = self.request.as_mut();
        let command = self.command.as_mut();
        let answer = async {
            match request {
                Some((kind, future)) => (*kind, future.await),
                None => std::future::pending().await,
            }
        };
        let progress = async {
            match command {
                Some(command) => command.progress().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            signal = signals.next() => Happening::Signalled(signal),
            () = tokio::time::sleep(sleep) => Happening::Tick,
            progress = progress => self.progressed(progress),
            (kind, (store, answer)) = answer => {
                self.store = Some(store);
                self.request = None;
                self.answered(kind, answer)
            }
        }
    }

    fn step(&mut self, happening: Happening) -> Option<Departure> {
        let before = self.leader.stopping();
        let mut next = Some(happening);
        let mut departure = None;
        while let Some(happening) = next.take() {
            for action in self.leader.step(clock::now(), happening) {
                match action {
                    Action::Leave(left) => departure = Some(left),
                    // Starting is instantaneous; that it failed is the next thing that happens.
                    Action::Start => next = self.start(),
                    other => self.obey(other),
                }
            }
        }
        if let Some(command) = &mut self.command {
            command.deadline(self.leader.dead_by());
        }
        self.tell_stopping(before);
        departure
    }

    fn obey(&mut self, action: Action) {
        match action {
            Action::Beat { shortened } => self.beat(shortened),
            Action::Signal(signal) => self.command.iter().for_each(|command| command.signal(signal)),
            Action::Kill => {
                self.command.iter().for_each(Command::kill);
                self.context.reporter.say(&Event::Killed);
            }
            Action::Record(outcome) => self.record(outcome),
            Action::Start | Action::Leave(_) => {}
        }
    }

    /// Starts the command, guarded. Returns what happens if it can't be started.
    fn start(&mut self) -> Option<Happening> {
        let program = self.argv.first().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
        let variables = self.variables();
        let spec = Spec { argv: self.argv, variables: &variables, own_group: !on_terminal() };
        let kept = self.settings.share_output;
        let mid_line = self.context.reporter.mid_line();
        self.context.reporter.rest();
        self.context.reporter.say(&Event::Starting { run: self.run, program: program.clone() });
        let started = Guard::start().map_err(NotStarted::ours);
        match started.and_then(|guard| Command::start(&spec, guard, kept, mid_line)) {
            Ok(command) => {
                self.command = Some(command);
                None
            }
            Err(error) => {
                self.detail = Some(format!("{program}: {}", error.reason));
                Some(Happening::NotStarted(error.code))
            }
        }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("BELLWETHER_RUN", self.run.to_string()),
            ("BELLWETHER_RELEASE", self.bid.release.clone()),
            ("BELLWETHER_FLEET", self.bid.fleet.clone()),
        ];
        if self.context.env.get("PGAPPNAME").is_none() {
            variables.push(("PGAPPNAME", session_name(self.run, &self.bid.holder)));
        }
        variables
    }

    fn progressed(&mut self, progress: Progress) -> Happening {
        match progress {
            Progress::Ended { end, leftovers } => {
                self.context.reporter.say(&Event::CommandEnded { how: end.to_string() });
                Happening::CommandEnded { end, leftovers }
            }
            Progress::GroupEmpty => Happening::GroupEmpty,
        }
    }

    fn limit(&self) -> Duration {
        super::request_limit(self.bid.lease / crate::protocol::policy::BEATS_PER_LEASE)
    }

    fn beat(&mut self, shortened: bool) {
        let Some(mut store) = self.store.take() else { return };
        let (limit, run, holder) = (self.limit(), self.run, self.bid.holder.clone());
        let shorter = self.settings.kill_after + crate::protocol::policy::MARGIN;
        let request = async move {
            let answer = if shortened {
                store.last_beat(limit, run, &holder, shorter).await
            } else {
                store.beat(limit, run, &holder).await
            };
            (store, answer)
        };
        self.request = Some((Kind::Beat, Box::pin(request)));
    }

    fn record(&mut self, outcome: Outcome) {
        self.finish_command();
        let Some(mut store) = self.store.take() else { return };
        let (limit, run, holder) = (self.limit(), self.run, self.bid.holder.clone());
        let detail = self.detail.clone();
        let request = async move {
            let state = outcome.state();
            let ending = Ending {
                state: state.as_str(),
                exit_code: outcome.exit_code,
                cause: outcome.cause.as_str(),
                detail: detail.as_deref(),
            };
            let answer = store.record(limit, run, &holder, &ending).await;
            (store, answer)
        };
        self.request = Some((Kind::Record, Box::pin(request)));
    }

    /// Nothing of the command is alive: what it wrote last is taken, and the guard may go.
    fn finish_command(&mut self) {
        if let Some(command) = self.command.take() {
            let secrets = Secrets::new(self.context.env.iter(), self.settings.fleet.database.secrets.clone());
            self.detail = command.finish(&secrets);
        }
    }

    fn answered(&mut self, kind: Kind, answer: Result<bool, StoreError>) -> Happening {
        let (answer, reason) = match answer {
            Ok(true) => (Answer::Landed, None),
            Ok(false) => (Answer::Refused, None),
            Err(error) if error.class == Class::NoTable => (Answer::TableGone, None),
            Err(error) => (Answer::Failed, Some(error.to_string())),
        };
        if let Some(reason) = &reason {
            let news = self.last_error.as_ref() != Some(reason);
            let event = match kind {
                Kind::Beat => Event::BeatFailed { reason: reason.clone() },
                Kind::Record => Event::RecordFailed { reason: reason.clone() },
            };
            if news || !self.beats_fail {
                self.context.reporter.say(&event);
            }
        } else if self.beats_fail && kind == Kind::Beat && answer == Answer::Landed {
            self.context.reporter.say(&Event::BeatLanded);
        }
        self.beats_fail = reason.is_some();
        self.last_error = reason.or(self.last_error.take());
        match kind {
            Kind::Beat => Happening::BeatAnswered(answer),
            Kind::Record => Happening::RecordAnswered(answer),
        }
    }

    fn tell_stopping(&self, before: Option<Stopping>) {
        let Some(now) = self.leader.stopping().filter(|now| before != Some(*now)) else { return };
        let reason = match now {
            Stopping::Leftovers(_) => StopReason::Leftovers,
            Stopping::Interrupted(signal) => StopReason::Signal(signals::name(signal)),
            Stopping::Fenced => StopReason::Fenced,
            Stopping::Overran => StopReason::Overran,
        };
        self.context.reporter.say(&Event::Stopping { reason, kill_after_ms: milliseconds(self.settings.kill_after) });
    }

    fn leave(mut self, departure: Departure) -> u8 {
        self.finish_command();
        let words =
            farewell::words(self.settings, self.run, departure, self.detail.as_deref(), self.last_error.as_deref());
        super::leave(self.context, self.settings, words.exit_code, Some(self.run), words.what, words.next)
    }
}

/// The name under which the command's own database sessions show, where its client heeds `PGAPPNAME`. The nonce is in
/// it because run numbers repeat in other tables and databases.
fn session_name(run: i64, holder: &str) -> String {
    let nonce: String = holder.chars().take(12).collect();
    format!("bellwether-run-{run}-{nonce}")
}

/// Whether the command shares our terminal, and with it our process group: in its own it would be stopped as soon as it
/// reads.
fn on_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stdin())
}
