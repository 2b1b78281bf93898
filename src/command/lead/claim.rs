//! On the way to the lease: read, bid, claim, or wait behind somebody.

use std::time::Duration;

use super::super::outage::{Next, Outage, jittered};
use super::super::{Context, waiting};
use crate::clock;
use crate::error::Error;
use crate::protocol::Moment;
use crate::protocol::claim::{Bid, Claimant, Seen};
use crate::protocol::policy::poll_interval;
use crate::protocol::run::Run;
use crate::report::{Event, Progress, WaitingFor};
use crate::settings;
use crate::store::{Class, NewRun, Store, StoreError};
use crate::supervise::signals::Signals;
use crate::words::{ago, span};

/// How the way ended.
pub(super) enum Claimed {
    /// The lease is ours.
    Won {
        /// Our run.
        run: i64,
        /// When the claim, or the beat that adopted it, was sent.
        sent: Moment,
        /// A signal that came meanwhile: no command starts.
        told: Option<u8>,
    },
    /// A run of our release and command succeeded while we waited.
    Shared {
        /// That run.
        run: i64,
        /// Its app.
        app: String,
    },
    /// The lease did not come free in time.
    TimedOut {
        /// Who has it.
        what: String,
        /// Its run, if there is one.
        run: Option<i64>,
    },
    /// We were told to stop, and nothing is ours.
    Interrupted {
        /// The signal.
        signal: u8,
    },
}

/// Which of the two accounts a failure goes to.
#[derive(Clone, Copy)]
enum Account {
    Reads,
    Writes,
}

/// What a look at the table calls for.
enum Found {
    Claim(Option<Seen>),
    Adopt(i64),
    Nothing(Step),
}

/// What a step on the way comes to.
enum Step {
    Sleep(Duration),
    Done(Claimed),
}

/// A process on its way to the lease.
pub(super) struct Claiming<'a> {
    context: &'a Context,
    settings: &'a settings::Run,
    bid: &'a NewRun,
    store: &'a mut Store,
    limit: Duration,
    claimant: Claimant,
    reads: Outage,
    writes: Outage,
    /// Somebody was faster than our last claim.
    beaten: bool,
    progress: Progress,
    /// When the database first answered: the wait for the lease has its own timeout.
    answered: Option<Moment>,
    rival_told: bool,
    /// A claim was sent and its answer lost: the active run may be ours.
    unsure: Option<Moment>,
}

impl<'a> Claiming<'a> {
    pub(super) fn new(
        context: &'a Context,
        settings: &'a settings::Run,
        bid: &'a NewRun,
        beat_interval: Duration,
        store: &'a mut Store,
    ) -> Self {
        Self {
            context,
            settings,
            bid,
            store,
            limit: super::request_limit(beat_interval),
            claimant: Claimant::new(&*bid.holder, &*bid.command_digest),
            reads: Outage::new(settings.poll_interval),
            writes: Outage::new(settings.poll_interval),
            beaten: false,
            progress: Progress::new(clock::now()),
            answered: None,
            rival_told: false,
            unsure: None,
        }
    }

    pub(super) async fn run(mut self, signals: &mut Signals) -> Result<Claimed, Error> {
        match self.way(signals).await {
            Err(error) if self.unsure.is_some() => self.after_all().await.ok_or(error),
            end => end,
        }
    }

    async fn way(&mut self, signals: &mut Signals) -> Result<Claimed, Error> {
        loop {
            let found = tokio::select! {
                biased;
                signal = signals.next() => return Ok(self.interrupted(signal).await),
                found = self.look() => found?,
            };
            let step = match found {
                Found::Claim(over) => self.claim(over, signals).await?,
                Found::Adopt(run) => self.adopt(run).await?,
                Found::Nothing(step) => step,
            };
            let pause = match step {
                Step::Done(claimed) => return Ok(claimed),
                Step::Sleep(pause) => pause,
            };
            tokio::select! {
                biased;
                signal = signals.next() => return Ok(self.interrupted(signal).await),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn look(&mut self) -> Result<Found, Error> {
        let reading = match self.store.look(self.limit, &self.bid.fleet, &self.bid.release).await {
            Ok(reading) => reading,
            Err(error) if error.class == Class::NoTable => return self.create().await.map(Found::Nothing),
            Err(error) => return self.failed(Account::Reads, error).map(Found::Nothing),
        };
        self.reads.answered(&self.context.reporter);
        let now = clock::now();
        let waited = now.saturating_sub(*self.answered.get_or_insert(now));
        let bid = self.claimant.bid(now, &reading);
        if let Some(rival) = self.claimant.rival(&reading).filter(|_| !self.rival_told) {
            self.rival_told = true;
            self.context.reporter.say(&Event::Warning {
                text: format!(
                    "run {} of this release by {} ran another command than ours: two apps lead this release; ours runs now",
                    rival.id, rival.app
                ),
            });
        }
        if matches!(bid, Bid::Insert | Bid::TakeOver(_)) && self.beaten && waited >= self.settings.timeout {
            let who = match &reading.active {
                Some(run) => self.who_leads(run),
                None => format!("others were always faster to take the lease of fleet {}", self.bid.fleet),
            };
            return Ok(Found::Nothing(self.timed_out(&who, reading.active.map(|run| run.id))));
        }
        Ok(match bid {
            Bid::Insert => Found::Claim(None),
            Bid::TakeOver(seen) => Found::Claim(Some(seen)),
            Bid::Adopt(run) => Found::Adopt(run),
            Bid::Share(run) => Found::Nothing(Step::Done(Claimed::Shared { run: run.id, app: run.app })),
            Bid::Wait { run, free_at } => Found::Nothing(self.wait(now, waited, &run, free_at)),
        })
    }

    fn wait(&mut self, now: Moment, waited: Duration, run: &Run, free_at: Moment) -> Step {
        let timeout = self.settings.timeout;
        if waited >= timeout {
            return self.timed_out(&self.who_leads(run), Some(run.id));
        }
        self.beaten = false;
        self.writes.answered(&self.context.reporter);
        let event = waiting(WaitingFor::Lease, Some(run), None, waited, timeout);
        self.progress.show(&self.context.reporter, now, &run.id.to_string(), &event);
        let pause = jittered(poll_interval(self.settings.poll_interval, waited));
        Step::Sleep(pause.min(free_at.saturating_sub(now)).min(timeout.saturating_sub(waited)))
    }

    /// It follows a look that showed no run of ours, so a claim without an answer need not be looked for.
    fn timed_out(&self, why: &str, run: Option<i64>) -> Step {
        let what = format!("timed out after {}: {why}", span(self.settings.timeout));
        Step::Done(Claimed::TimedOut { what, run })
    }

    fn who_leads(&self, run: &Run) -> String {
        format!(
            "run {} of release {} by {} has the lease of fleet {}, begun {}, last beat {}",
            run.id,
            run.release,
            run.app,
            self.bid.fleet,
            ago(run.since_start()),
            ago(run.since_beat())
        )
    }

    async fn create(&mut self) -> Result<Step, Error> {
        match self.store.create(self.limit).await {
            Ok(()) => {
                self.writes.answered(&self.context.reporter);
                self.context.reporter.say(&Event::TableCreated { table: self.settings.fleet.table.to_string() });
                Ok(Step::Sleep(Duration::ZERO))
            }
            Err(error) if error.class == Class::Refused => {
                let fleet = &self.settings.fleet;
                Err(Error::uncreated(&fleet.database.location, &fleet.table, error))
            }
            Err(error) => self.failed(Account::Writes, error),
        }
    }

    /// Sends the claim. A signal does not break it off: what went through must be known.
    async fn claim(&mut self, over: Option<Seen>, signals: &mut Signals) -> Result<Step, Error> {
        let sent = clock::now();
        let mut told = None;
        let answer = {
            let claim = self.store.claim(self.limit, self.bid, over);
            tokio::pin!(claim);
            loop {
                tokio::select! {
                    biased;
                    signal = signals.next(), if told.is_none() => told = Some(signal),
                    answer = &mut claim => break answer,
                }
            }
        };
        match answer {
            Ok(_) => self.writes.answered(&self.context.reporter),
            // A later claim that is refused does not take it back: this one may be what is in its way.
            Err(_) => _ = self.unsure.get_or_insert(sent),
        }
        match (answer, told) {
            (Ok(Some(run)), _) => {
                self.context.reporter.rest();
                self.context.reporter.say(&Event::Claimed { run, took_over: over.map(|seen| seen.run) });
                Ok(Step::Done(Claimed::Won { run, sent, told }))
            }
            (Ok(None), None) => {
                self.claimant.beaten();
                // Who is beaten again by nobody that can be seen must not ask without a rest.
                let again = std::mem::replace(&mut self.beaten, true);
                let pause = if again { self.settings.poll_interval } else { Duration::ZERO };
                Ok(Step::Sleep(jittered(pause)))
            }
            (_, Some(signal)) => Ok(Step::Done(self.interrupted(signal).await)),
            (Err(error), None) => self.failed(Account::Writes, error),
        }
    }

    /// We were told to stop. If a claim of ours went through although its answer was lost, that must be recorded; so it
    /// is looked for until a read succeeds, or until the time that a platform gives us is over.
    async fn interrupted(&mut self, signal: u8) -> Claimed {
        let Some(sent) = self.unsure else { return Claimed::Interrupted { signal } };
        let give_up_at = clock::now() + self.settings.kill_after;
        loop {
            match self.own_run().await {
                Ok(Some(run)) => return Claimed::Won { run, sent, told: Some(signal) },
                Err(_) if clock::now() < give_up_at => tokio::time::sleep(self.settings.poll_interval).await,
                Ok(None) | Err(_) => return Claimed::Interrupted { signal },
            }
        }
    }

    /// We are about to give the database up. If a claim of ours went through although its answer was lost, everybody
    /// else would wait for its lease to end; so there is one more look, and if the run is there, we lead after all.
    async fn after_all(&mut self) -> Option<Claimed> {
        let run = self.own_run().await.ok()??;
        if let Ok(Step::Done(claimed)) = self.adopt(run).await { Some(claimed) } else { None }
    }

    /// The active run, if it is ours.
    async fn own_run(&mut self) -> Result<Option<i64>, StoreError> {
        let reading = self.store.look(self.limit, &self.bid.fleet, &self.bid.release).await?;
        Ok(reading.active.filter(|run| run.holder == self.bid.holder).map(|run| run.id))
    }

    /// Our claim went through although its answer was lost: a beat must succeed before it counts.
    async fn adopt(&mut self, run: i64) -> Result<Step, Error> {
        let sent = clock::now();
        match self.store.beat(self.limit, run, &self.bid.holder).await {
            Ok(true) => {
                self.context.reporter.say(&Event::Claimed { run, took_over: None });
                Ok(Step::Done(Claimed::Won { run, sent, told: None }))
            }
            Ok(false) => Ok(Step::Sleep(Duration::ZERO)),
            Err(error) => self.failed(Account::Writes, error),
        }
    }

    /// How long to rest after a failure, or the error that ends the way.
    fn failed(&mut self, account: Account, error: StoreError) -> Result<Step, Error> {
        let outage = match account {
            Account::Reads => &mut self.reads,
            Account::Writes => &mut self.writes,
        };
        let next = outage.failed(&self.context.reporter, &error);
        let left = self.settings.timeout.saturating_sub(outage.length());
        match next {
            Next::Retry(pause) if !left.is_zero() => Ok(Step::Sleep(pause.min(left))),
            _ => Err(Error::store(&self.settings.fleet.database.location, error)),
        }
    }
}
