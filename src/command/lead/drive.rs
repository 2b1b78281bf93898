//! The leader's loop: what befalls it goes into the protocol, and what that says is done. No other decisions are made
//! here.

use std::ffi::OsString;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::super::Context;
use super::super::gate::Look;
use super::check::Checker;
use super::orphans::{self, Search};
use super::requests::Requests;
use super::{farewell, request_limit};
use crate::clock;
use crate::exit;
use crate::protocol::leader::{Action, Departure, Happening, Leader, Stopping};
use crate::protocol::policy::LeasePolicy;
use crate::protocol::run::{Cause, Outcome};
use crate::report::{Event, StopReason};
use crate::secrets::Secrets;
use crate::settings;
use crate::store::{NewRun, Store, session_name};
use crate::supervise::guard::Guard;
use crate::supervise::signals::{self, Signals};
use crate::supervise::{Change, Command, NotStarted, Spec};
use crate::words::milliseconds;

/// The longest sleep: tokio's clock stands still while the machine is suspended, ours does not.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// What must be done before the command; the error says why it could not be done in time.
type Preparation<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

/// A run that was claimed: what it is, and what it is to run.
pub(super) struct Job<'a> {
    pub(super) context: &'a Context,
    pub(super) settings: &'a settings::Run,
    pub(super) policy: &'a LeasePolicy,
    pub(super) bid: &'a NewRun,
    pub(super) argv: &'a [OsString],
    pub(super) run: i64,
}

/// A leader at work.
pub(super) struct Drive<'a> {
    job: &'a Job<'a>,
    leader: Leader,
    requests: Requests<'a>,
    preparation: Option<Preparation<'a>>,
    command: Option<Command>,
    checker: Checker<'a>,
    detail: Option<String>,
    killed: bool,
}

impl<'a> Drive<'a> {
    pub(super) fn new(job: &'a Job<'a>, store: Store, leader: Leader) -> Self {
        let search = Search {
            reporter: &job.context.reporter,
            fleet: &job.bid.fleet,
            run: job.run,
            timeout: job.settings.timeout,
            limit: request_limit(job.policy.beat_interval()),
        };
        Self {
            job,
            leader,
            requests: Requests::new(&job.context.reporter, job.run, &job.bid.holder, job.policy, store),
            // Over a connection of its own: beats go on meanwhile.
            preparation: Some(Box::pin(orphans::end(search, job.settings.fleet.store()))),
            command: None,
            checker: Checker::new(
                &job.context.reporter,
                job.settings.migrations.as_ref().map(|migrations| Look::new(&job.context.reporter, migrations)),
            ),
            detail: None,
            killed: false,
        }
    }

    /// Runs the command to its recorded end. `told` is a signal that came before. Returns the exit code.
    pub(super) async fn run(mut self, signals: &mut Signals, told: Option<u8>) -> u8 {
        let mut happening = told.map_or(Happening::Tick, Happening::Signalled);
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
        tokio::select! {
            biased;
            signal = signals.next() => Happening::Signalled(signal),
            () = tokio::time::sleep(sleep) => Happening::Tick,
            change = change(self.command.as_mut()) => self.changed(change),
            happening = self.requests.next() => happening,
            happening = self.checker.next() => happening,
            prepared = prepared(self.preparation.as_mut()) => {
                self.preparation = None;
                match prepared {
                    Ok(()) => Happening::Prepared,
                    Err(why) => {
                        self.detail = Some(why);
                        Happening::NotStarted(exit::TIMED_OUT)
                    }
                }
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
                    // That it can't be started is the next thing that happens.
                    Action::Start => next = self.start(),
                    Action::Beat { shortened } => self.requests.beat(shortened),
                    Action::Signal(signal) => self.command.iter().for_each(|command| command.signal(signal)),
                    Action::Kill => self.kill(),
                    Action::Check => {
                        self.finish_command();
                        self.checker.start(request_limit(self.job.policy.beat_interval()));
                    }
                    Action::Record(outcome) => {
                        self.finish_command();
                        self.requests.record(outcome, self.detail(outcome));
                    }
                    Action::Leave(left) => departure = Some(left),
                }
            }
        }
        if let Some(command) = &mut self.command {
            command.deadline(self.leader.dead_by());
        }
        self.tell_stopping(before);
        departure
    }

    /// Starts the command, guarded. Returns what happens if it can't be started.
    fn start(&mut self) -> Option<Happening> {
        let Job { context, settings, argv, run, .. } = self.job;
        let program = argv.first().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
        let variables = self.variables();
        let spec = Spec { argv, variables: &variables, own_group: !on_terminal() };
        context.reporter.rest();
        context.reporter.say(&Event::Starting { run: *run, program: program.clone() });
        let start = |guard| Command::start(&spec, guard, settings.share_output, context.reporter.mid_line());
        match Guard::start().map_err(NotStarted::ours).and_then(start) {
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
        let Job { context, bid, run, .. } = self.job;
        let mut variables = vec![
            ("BELLWETHER_RUN", run.to_string()),
            ("BELLWETHER_RELEASE", bid.release.clone()),
            ("BELLWETHER_FLEET", bid.fleet.clone()),
        ];
        if context.env.get("PGAPPNAME").is_none() {
            variables.push(("PGAPPNAME", session_name(*run, &bid.holder)));
        }
        variables
    }

    fn kill(&mut self) {
        self.command.iter().for_each(Command::kill);
        if !std::mem::replace(&mut self.killed, true) {
            self.job.context.reporter.say(&Event::Killed);
        }
    }

    fn changed(&mut self, change: Change) -> Happening {
        match change {
            Change::Ended { end, leftovers } => {
                if !leftovers {
                    self.finish_command();
                }
                self.job.context.reporter.say(&Event::CommandEnded { how: end.to_string() });
                Happening::CommandEnded { end, leftovers }
            }
            Change::GroupEmpty => Happening::GroupEmpty,
        }
    }

    /// Nothing of the command is alive: what it wrote last is taken, and the guard may go.
    fn finish_command(&mut self) {
        if let Some(command) = self.command.take() {
            let Job { context, settings, .. } = self.job;
            let of_gate = settings.migrations.iter().flat_map(|migrations| &migrations.database.secrets);
            let passwords = settings.fleet.database.secrets.iter().chain(of_gate).cloned().collect();
            let secrets = Secrets::new(context.env.iter(), passwords);
            self.detail = command.finish(&secrets);
        }
    }

    /// What goes into the row: the command's last lines, and what the gate found missing.
    fn detail(&self, outcome: Outcome) -> Option<String> {
        let why = self.checker.why().filter(|_| outcome.cause == Cause::Pending);
        let lines: Vec<_> = self.detail.as_deref().into_iter().chain(why).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn tell_stopping(&self, before: Option<Stopping>) {
        let Some(now) = self.leader.stopping().filter(|now| before != Some(*now)) else { return };
        let (reason, signal) = match now {
            Stopping::Leftovers(_) => (StopReason::Leftovers, None),
            Stopping::Interrupted(signal) => (StopReason::Signal, Some(signals::name(signal))),
            Stopping::Fenced => (StopReason::Fenced, None),
            Stopping::Overran => (StopReason::Overran, None),
        };
        let kill_after_ms = milliseconds(self.job.policy.kill_after());
        self.job.context.reporter.say(&Event::Stopping { reason, signal, kill_after_ms });
    }

    fn leave(mut self, departure: Departure) -> u8 {
        self.finish_command();
        let Job { context, settings, run, .. } = self.job;
        let why = match departure.outcome.cause {
            Cause::Pending => self.checker.why(),
            _ => self.detail.as_deref(),
        };
        let release = &self.job.bid.release;
        let words = farewell::words(settings, release, *run, departure, why, self.requests.last_error());
        super::leave(context, settings, words.exit_code, Some(*run), words.what, words.next)
    }
}

/// What the command does next; never, if there is none.
async fn change(command: Option<&mut Command>) -> Change {
    match command {
        Some(command) => command.change().await,
        None => std::future::pending().await,
    }
}

/// The end of the preparation; never, if it is over.
async fn prepared(preparation: Option<&mut Preparation<'_>>) -> Result<(), String> {
    match preparation {
        Some(preparation) => preparation.await,
        None => std::future::pending().await,
    }
}

/// Whether the command shares our terminal, and with it our process group: in its own it would be stopped as soon as it
/// reads.
fn on_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stdin())
}
