//! A leader's last line, for every way in which a run can end.

use crate::exit;
use crate::protocol::leader::{Departure, Recorded};
use crate::protocol::run::Cause;
use crate::settings;
use crate::supervise::signals;
use crate::words::span;

/// The last line's parts.
pub(super) struct Words {
    pub(super) exit_code: u8,
    pub(super) what: String,
    pub(super) next: String,
}

/// What to say and what to exit with.
pub(super) fn words(
    settings: &settings::Run,
    release: &str,
    run: i64,
    departure: Departure,
    detail: Option<&str>,
    error: Option<&str>,
) -> Words {
    let outcome = departure.outcome;
    let head = format!("run {run} of release {release}");
    let how = how(settings, departure, detail);
    let (exit_code, what, next) = match departure.recorded {
        Recorded::Stored if outcome.succeeded => (exit::GO, format!("{head} succeeded, and that is recorded"), ""),
        Recorded::Stored => {
            let next = match outcome.cause {
                Cause::Interrupted => "release this app and its followers again",
                Cause::Overran => "see why it takes so long or raise --command-timeout, then release again",
                Cause::Fenced => "see that the database is up and can be reached from here, then release again",
                Cause::Pending => {
                    "see that the command runs this app's migrations in the database that the gate reads, then release again"
                }
                Cause::Exited | Cause::Signalled | Cause::NotStarted => {
                    "mend that, then release this app and its followers again"
                }
            };
            (outcome.exit_code, format!("{head} failed: {how}"), next)
        }
        Recorded::Refused => (
            exit::UNABLE,
            format!("the lease of {head} was lost: somebody else marked or changed it; {how}; nothing is recorded"),
            "see `bellwether status` for who leads now, then release again",
        ),
        Recorded::TableGone => (
            exit::UNABLE,
            format!(
                "the lease of {head} was lost: the table {} is gone; {how}; nothing is recorded",
                settings.fleet.table
            ),
            "if the command drops all tables, keep the runs elsewhere with --table or --database-url; then release again",
        ),
        Recorded::GivenUp => (
            exit::UNABLE,
            format!(
                "could not record within {} that {how} in {head}: {}",
                span(settings.timeout),
                error.unwrap_or("no answer")
            ),
            "followers will take it for lost; see that the database is up, then release again",
        ),
    };
    Words { exit_code, what, next: next.to_owned() }
}

fn how(settings: &settings::Run, departure: Departure, detail: Option<&str>) -> String {
    let code = departure.outcome.exit_code;
    let signal = signals::name(code.saturating_sub(128));
    match departure.outcome.cause {
        Cause::Exited => format!("the command exited with {code}"),
        Cause::Signalled => format!("the command was ended by {signal}"),
        Cause::Interrupted => format!("we were told to stop by {signal}"),
        Cause::Overran => {
            let limit = settings.command_timeout.map(span).unwrap_or_default();
            format!("the command ran longer than {limit} and was stopped")
        }
        Cause::NotStarted => format!("the command could not be started: {}", detail.unwrap_or("unknown")),
        Cause::Pending => detail.unwrap_or("the command exited with 0, but whether all is applied is unknown").into(),
        Cause::Fenced if departure.recorded == Recorded::Stored => {
            "the lease could no longer be relied on, and the command was stopped".into()
        }
        Cause::Fenced => "the command was stopped".into(),
    }
}
