//! `follow`: read, judge, sleep; one statement a poll, and no connection in between. With a migration gate the
//! frameworks' tables are read as well.

mod farewell;
mod probe;

use std::time::Duration;

use self::probe::Probe;
use super::Context;
use super::gate::{Look, shown};
use super::outage::{Next, Outage, jittered};
use crate::clock;
use crate::error::Error;
use crate::gate::TableError;
use crate::protocol::Moment;
use crate::protocol::gate::{Decision, GateKeeper, Pause, Tally};
use crate::protocol::judge::{Follower, Stop, Verdict, Waiting};
use crate::protocol::policy::{WaitPolicy, poll_interval};
use crate::protocol::run::{Reading, Run};
use crate::report::{Progress, WaitingFor};
use crate::settings;
use crate::store::{Class, Store, StoreError};
use crate::supervise::signals::Signals;

/// One attempt to read, connect included.
const ATTEMPT: Duration = Duration::from_secs(5);
/// The last reading, when the whole timeout is spent.
const LAST_ATTEMPT: Duration = Duration::from_secs(3);
/// How long a probe may take.
const LONGEST_PROBE: Duration = Duration::from_mins(1);
/// What a look at the migrations has at least, when the runs took long to read.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);

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
    gate: Option<Gate<'a>>,
    progress: Progress,
    began: Moment,
}

/// The migration gate of a follower.
struct Gate<'a> {
    look: Option<Look<'a>>,
    probe: Option<Probe<'a>>,
    keeper: GateKeeper,
    outage: Outage,
}

impl<'a> Wait<'a> {
    fn new(context: &'a Context, settings: &'a settings::Run) -> Self {
        let began = clock::now();
        let has_release = settings.release.is_ok();
        // Without a release no run is waited for, and a bad ending before ours is nothing to us.
        let endless = WaitPolicy { start_timeout: Duration::MAX, retry_window: Duration::MAX };
        let policy = if has_release { settings.wait.clone() } else { endless };
        let look = settings.migrations.as_ref().map(|migrations| Look::new(&context.reporter, migrations));
        let probe = (!settings.probe.is_empty()).then(|| Probe::new(&context.reporter, &settings.probe));
        let gate = (look.is_some() || probe.is_some()).then(|| Gate {
            look,
            probe,
            keeper: GateKeeper::new(has_release, settings.wait.retry_window, began),
            outage: Outage::new(settings.poll_interval),
        });
        Self {
            context,
            settings,
            store: settings.fleet.store(),
            follower: Follower::new(policy, began),
            outage: Outage::new(settings.poll_interval),
            gate,
            progress: Progress::new(began),
            began,
        }
    }

    /// One poll: reads and judges.
    async fn poll(&mut self) -> Result<Step, Error> {
        let remaining = self.remaining();
        let last = remaining.is_zero();
        let limit = if last { LAST_ATTEMPT } else { remaining.min(ATTEMPT) };
        let asked = clock::now();
        let release = self.settings.release.as_ref().map(|release| release.id.as_str());
        let answer = self.store.look(limit, &self.settings.fleet.name, release.unwrap_or_default()).await;
        self.store.disconnect().await;
        let (reading, has_table) = match answer {
            Ok(reading) => (reading, true),
            Err(error) if error.class == Class::NoTable => (Reading::default(), false),
            Err(error) => return self.unreadable(error, last),
        };
        self.outage.answered(&self.context.reporter);
        let verdict = self.judge(&reading, last);
        let left = limit.saturating_sub(clock::now().saturating_sub(asked)).max(SHORTEST_ATTEMPT);
        // A bad ending needs no look at the migrations.
        if self.gate.is_some() && !matches!(verdict, Verdict::Stop(Stop::Failed(_) | Stop::Lost(_))) {
            return self.through_gate(verdict, &reading, has_table, left, last).await;
        }
        Ok(match verdict {
            Verdict::Go(run) => Step::Leave(self.go(&run, &reading)),
            Verdict::Stop(stop) => Step::Leave(self.stop(&stop, &reading, has_table, None)),
            Verdict::Wait(waiting) => self.wait(told(&waiting), None),
        })
    }

    /// What the migrations say beside the runs.
    async fn through_gate(
        &mut self,
        verdict: Verdict,
        reading: &Reading,
        has_table: bool,
        limit: Duration,
        last: bool,
    ) -> Result<Step, Error> {
        let remaining = self.remaining();
        let Some(gate) = &mut self.gate else { return Ok(Step::Sleep(remaining)) };
        let mut tally = match &mut gate.look {
            Some(look) => match look.tally(limit).await {
                Ok(tally) => tally,
                Err(error) => return self.gate_unreadable(error, last),
            },
            None => Tally::default(),
        };
        gate.outage.answered(&self.context.reporter);
        if let Some(probe) = gate.probe.as_mut().filter(|_| gate.keeper.asks(&verdict)) {
            let due = probe.is_due(self.began + self.settings.timeout);
            if due {
                probe.run(probe_limit(self.settings.timeout, remaining)).await?;
            }
            tally.probe = probe.said().map(str::to_owned);
            // What it said before this reading says nothing of it.
            if !due && !last && !matches!(verdict, Verdict::Stop(_)) {
                return Ok(self.wait((WaitingFor::Migrations, reading.active.as_ref()), Some(&tally)));
            }
        }
        let decision = gate.keeper.decide(clock::now(), verdict, &tally, last);
        Ok(self.decided(decision, &tally, reading, has_table))
    }

    /// What the runs say. To a follower without a release the fleet's newest run is what its own would be, but that it
    /// succeeded says nothing of our migrations.
    fn judge(&mut self, reading: &Reading, last: bool) -> Verdict {
        let now = clock::now();
        if self.settings.release.is_err() {
            let newest = reading.recent.first().cloned();
            return self.follower.judge(now, &Reading { success: None, newest, ..reading.clone() });
        }
        if last { self.follower.judge_last(now, reading) } else { self.follower.judge(now, reading) }
    }

    fn decided(&mut self, decision: Decision, tally: &Tally, reading: &Reading, has_table: bool) -> Step {
        match decision {
            Decision::Go(Some(run)) => Step::Leave(self.go(&run, reading)),
            Decision::Go(None) => Step::Leave(self.all_applied(tally)),
            Decision::Stop(halt) => Step::Leave(self.halt(&halt, tally, reading, has_table)),
            Decision::Wait(Pause::Run(waiting)) => self.wait(told(&waiting), Some(tally)),
            Decision::Wait(Pause::Migrations) => {
                self.wait((WaitingFor::Migrations, reading.active.as_ref()), Some(tally))
            }
        }
    }

    /// Says what is waited for, if its turn has come, and for how long to sleep.
    fn wait(&mut self, what: (WaitingFor, Option<&Run>), tally: Option<&Tally>) -> Step {
        self.tell(what, tally);
        let waited = clock::now().saturating_sub(self.began);
        let pause = jittered(poll_interval(self.settings.poll_interval, waited));
        Step::Sleep(pause.min(self.remaining()))
    }

    fn unreadable(&mut self, error: StoreError, last: bool) -> Result<Step, Error> {
        self.follower.unreadable();
        match self.outage.failed(&self.context.reporter, &error) {
            Next::GiveUp => Err(Error::store(&self.settings.fleet.database.location, error)),
            Next::Retry(_) if last => Err(Error::store(&self.settings.fleet.database.location, error)),
            Next::Retry(pause) => Ok(Step::Sleep(pause.min(self.remaining()))),
        }
    }

    fn gate_unreadable(&mut self, error: TableError, last: bool) -> Result<Step, Error> {
        let remaining = self.remaining();
        let Some((gate, look)) = self.gate.as_mut().and_then(|gate| Some((&mut gate.outage, gate.look.as_ref()?)))
        else {
            return Ok(Step::Sleep(remaining));
        };
        let TableError::Store(cause) = &error else { return Err(look.unreadable(error)) };
        match gate.failed(&self.context.reporter, cause) {
            Next::Retry(pause) if !last => Ok(Step::Sleep(pause.min(remaining))),
            Next::GiveUp | Next::Retry(_) => Err(look.unreadable(error)),
        }
    }

    fn remaining(&self) -> Duration {
        (self.began + self.settings.timeout).saturating_sub(clock::now())
    }

    fn tell(&mut self, (what, run): (WaitingFor, Option<&Run>), tally: Option<&Tally>) {
        let now = clock::now();
        let event = super::waiting(what, run, tally, now.saturating_sub(self.began), self.settings.timeout);
        let key = format!("{what:?} {:?} {:?}", run.map(|run| (run.id, run.state.clone())), tally.map(shown));
        self.progress.show(&self.context.reporter, now, &key, &event);
    }
}

/// What is waited for, and the run that it is about.
fn told(waiting: &Waiting) -> (WaitingFor, Option<&Run>) {
    match waiting {
        Waiting::ForStart(run) => (WaitingFor::Start, run.as_deref()),
        Waiting::ForEnd(run) => (WaitingFor::End, Some(run.as_ref())),
        Waiting::ForRetry(run) => (WaitingFor::Retry, Some(run.as_ref())),
    }
}

/// How long a probe may take: not longer than we wait; a single check may be a slow one.
fn probe_limit(timeout: Duration, remaining: Duration) -> Duration {
    if timeout.is_zero() { LONGEST_PROBE } else { remaining.clamp(LAST_ATTEMPT, LONGEST_PROBE) }
}
