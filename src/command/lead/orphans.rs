//! Before the command: the sessions that killed runs left behind are ended, so that no two copies of a migration work
//! at once.

use std::time::Duration;

use crate::clock;
use crate::report::{Event, Reporter};
use crate::store::{Class, Session, Store, StoreError};
use crate::words::span;

/// How often it is looked whether they are gone.
const LOOK: Duration = Duration::from_millis(200);

/// Whose orphans, and how long there is for them.
pub(super) struct Search<'a> {
    pub(super) reporter: &'a Reporter,
    pub(super) fleet: &'a str,
    pub(super) run: i64,
    pub(super) timeout: Duration,
    /// The time limit of one request.
    pub(super) limit: Duration,
}

/// Ends the sessions of earlier runs and waits until they are gone. Those that our role may not end are warned of, and
/// left. The error says what was still there when the time was spent.
pub(super) async fn end(search: Search<'_>, mut store: Store) -> Result<(), String> {
    if !store.names_sessions() {
        return Ok(());
    }
    let began = clock::now();
    let mut told = false;
    let mut protected: Vec<Session> = Vec::new();
    loop {
        let left = match one_round(&search, &mut store, &mut protected, &mut told).await {
            Ok(left) if left.is_empty() => break,
            Ok(left) => names(&left),
            Err(error) => error.to_string(),
        };
        let waited = clock::now().saturating_sub(began);
        if waited >= search.timeout {
            return Err(format!("sessions of earlier runs are still there after {}: {left}", span(waited)));
        }
        tokio::time::sleep(LOOK).await;
    }
    store.disconnect().await;
    Ok(())
}

/// Returns the sessions that were asked to end and may still be there.
async fn one_round(
    search: &Search<'_>,
    store: &mut Store,
    protected: &mut Vec<Session>,
    told: &mut bool,
) -> Result<Vec<Session>, StoreError> {
    let mut left = store.orphans(search.limit, search.fleet, search.run).await?;
    left.retain(|session| !protected.contains(session));
    if !left.is_empty() && !*told {
        *told = true;
        search
            .reporter
            .say(&Event::EndingSessions { sessions: left.iter().map(|session| session.name.clone()).collect() });
    }
    let mut asked = Vec::new();
    for session in left {
        match store.end_session(search.limit, &session).await {
            Ok(()) => asked.push(session),
            Err(error) if error.class == Class::Refused => {
                let text = format!(
                    "an earlier run may still be working in the database as session {} ({}), which our role may not \
                     end: {error}; going on beside it",
                    session.pid, session.name
                );
                search.reporter.say(&Event::Warning { text });
                protected.push(session);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(asked)
}

fn names(sessions: &[Session]) -> String {
    sessions.iter().map(|session| format!("{} ({})", session.pid, session.name)).collect::<Vec<_>>().join(", ")
}
