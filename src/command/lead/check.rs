//! After a command that exited with 0: the look at the migrations, one at a time, and what it found in words.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::super::gate::{Look, missing};
use super::is_final;
use crate::gate::TableError;
use crate::protocol::gate::Tally;
use crate::protocol::leader::{Check, Happening};
use crate::report::{Event, Reporter};

/// A look on its way, which brings its means back with it.
type InFlight<'a> = Pin<Box<dyn Future<Output = (Look<'a>, Result<Tally, TableError>)> + 'a>>;

/// The looks of one run.
pub(super) struct Checker<'a> {
    reporter: &'a Reporter,
    look: Option<Look<'a>>,
    in_flight: Option<InFlight<'a>>,
    why: Option<String>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(reporter: &'a Reporter, look: Option<Look<'a>>) -> Self {
        Self { reporter, look, in_flight: None, why: None }
    }

    /// Looks, within this time.
    pub(super) fn start(&mut self, limit: Duration) {
        let Some(mut look) = self.look.take() else { return };
        self.in_flight = Some(Box::pin(async move {
            let tally = look.tally(limit).await;
            (look, tally)
        }));
    }

    /// Waits for what it finds; for ever, if nothing is on its way.
    pub(super) async fn next(&mut self) -> Happening {
        let Some(look) = &mut self.in_flight else { return std::future::pending().await };
        let (look, answer) = look.await;
        self.in_flight = None;
        let check = match answer {
            // What can't be told is the command's word: it would have failed on a revision that it does not know.
            Ok(tally) if tally.missing().is_empty() => Check::Complete,
            Ok(tally) => {
                self.why = Some(format!("the command exited with 0, but not all is applied: {}", missing(&tally)));
                Check::Pending
            }
            Err(error) => {
                let is_final = is_final(&error);
                let error = look.unreadable(error);
                let why = format!("the command exited with 0, but whether all is applied can't be told: {error}");
                if self.why.as_ref() != Some(&why) {
                    self.reporter.say(&Event::Warning { text: why.clone() });
                }
                self.why = Some(why);
                if is_final { Check::Refused } else { Check::Failed }
            }
        };
        self.look = Some(look);
        Happening::CheckAnswered(check)
    }

    /// What is wrong, if something is.
    pub(super) fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }
}
