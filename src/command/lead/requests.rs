//! The leader's writes to its row: one on its way at a time, and told when they fail.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::protocol::leader::{Answer, Happening};
use crate::protocol::policy::LeasePolicy;
use crate::protocol::run::Outcome;
use crate::report::{Event, Reporter};
use crate::store::{Class, Ending, Store, StoreError};

/// A request on its way, with the store inside: if it is given up, its connection goes with it.
type Request = Pin<Box<dyn Future<Output = (Store, Result<bool, StoreError>)>>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Beat,
    Record,
}

/// The writes of one run.
pub(super) struct Requests<'a> {
    reporter: &'a Reporter,
    run: i64,
    holder: &'a str,
    limit: Duration,
    shortened_lease: Duration,
    store: Option<Store>,
    in_flight: Option<(Kind, Request)>,
    last_error: Option<String>,
}

impl<'a> Requests<'a> {
    pub(super) fn new(reporter: &'a Reporter, run: i64, holder: &'a str, policy: &LeasePolicy, store: Store) -> Self {
        Self {
            reporter,
            run,
            holder,
            limit: super::request_limit(policy.beat_interval()),
            shortened_lease: policy.shortened_lease(),
            store: Some(store),
            in_flight: None,
            last_error: None,
        }
    }

    /// Sends a beat.
    pub(super) fn beat(&mut self, shortened: bool) {
        let Some(mut store) = self.store.take() else { return };
        let (limit, run, holder, lease) = (self.limit, self.run, self.holder.to_owned(), self.shortened_lease);
        let request = async move {
            let answer = if shortened {
                store.last_beat(limit, run, &holder, lease).await
            } else {
                store.beat(limit, run, &holder).await
            };
            (store, answer)
        };
        self.in_flight = Some((Kind::Beat, Box::pin(request)));
    }

    /// Sends the outcome, with the command's last lines.
    pub(super) fn record(&mut self, outcome: Outcome, detail: Option<String>) {
        let Some(mut store) = self.store.take() else { return };
        let (limit, run, holder) = (self.limit, self.run, self.holder.to_owned());
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
        self.in_flight = Some((Kind::Record, Box::pin(request)));
    }

    /// Waits for the answer to what is on its way; for ever, if that is nothing.
    pub(super) async fn next(&mut self) -> Happening {
        let Some((kind, request)) = &mut self.in_flight else { return std::future::pending().await };
        let kind = *kind;
        let (store, answer) = request.await;
        self.store = Some(store);
        self.in_flight = None;
        let answer = self.understand(kind, answer);
        match kind {
            Kind::Beat => Happening::BeatAnswered(answer),
            Kind::Record => Happening::RecordAnswered(answer),
        }
    }

    /// The error of the last request, if it failed.
    pub(super) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    fn understand(&mut self, kind: Kind, answer: Result<bool, StoreError>) -> Answer {
        let error = match answer {
            Ok(landed) => {
                if self.last_error.take().is_some() && kind == Kind::Beat && landed {
                    self.reporter.say(&Event::BeatLanded);
                }
                return if landed { Answer::Landed } else { Answer::Refused };
            }
            Err(error) if error.class == Class::NoTable => return Answer::TableGone,
            Err(error) => error.to_string(),
        };
        // The first failure is told at once, and then each new reason, not every try.
        if self.last_error.as_ref() != Some(&error) {
            self.reporter.say(&match kind {
                Kind::Beat => Event::BeatFailed { reason: error.clone() },
                Kind::Record => Event::RecordFailed { reason: error.clone() },
            });
        }
        self.last_error = Some(error);
        Answer::Failed
    }
}
