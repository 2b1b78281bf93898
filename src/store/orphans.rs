//! Database sessions that earlier runs left behind. A killed client's statement runs on inside the server; on
//! PostgreSQL the session bears the name that the run gave its command in `PGAPPNAME`.

use std::time::Duration;

use super::step::{Expect, Step, Value};
use super::url::Dialect;
use super::{Store, StoreError};

/// How many characters of a holder are in the names of its sessions: run numbers repeat in other tables and databases.
const NONCE: usize = 12;

/// A session in the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The number of its server process.
    pub pid: i64,
    /// The name that it bears.
    pub name: String,
}

/// The name under which the sessions of a run's command show.
pub fn session_name(run: i64, holder: &str) -> String {
    let nonce: String = holder.chars().take(NONCE).collect();
    format!("bellwether-run-{run}-{nonce}")
}

impl Store {
    /// Whether sessions can be told apart and ended here at all.
    pub fn names_sessions(&self) -> bool {
        self.location.dialect() == Dialect::Postgres
    }

    /// The sessions in this database that bear the name of a run of this fleet before `run`, back to the last one whose
    /// command exited by itself.
    pub async fn orphans(&mut self, limit: Duration, fleet: &str, run: i64) -> Result<Vec<Session>, StoreError> {
        let sql = format!(
            "SELECT pid::bigint, application_name::text FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name IN (\
             SELECT 'bellwether-run-' || id || '-' || left(holder, {NONCE}) FROM {{table}} \
             WHERE fleet = ? AND id < ? AND id > \
             (SELECT coalesce(max(id), 0) FROM {{table}} WHERE fleet = ? AND id < ? AND cause IN ('exited', 'pending'))) \
             ORDER BY pid"
        );
        let values = [fleet.into(), run.into(), fleet.into(), run.into()];
        let rows = self.read(limit, self.statements.step(&sql, values, Expect::Rows)).await?;
        let session = |row: &super::Row| Some(Session { pid: row.int(0)?, name: row.text(1)? });
        Ok(rows.iter().filter_map(session).collect())
    }

    /// Asks the server to end a session, if it still bears its name.
    pub async fn end_session(&mut self, limit: Duration, session: &Session) -> Result<(), StoreError> {
        let sql = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
                   WHERE pid = ? AND datname = current_database() AND application_name = ?";
        let values: [Value; 2] = [session.pid.into(), session.name.as_str().into()];
        let step: Step = self.statements.step(sql, values, Expect::Rows);
        self.read(limit, step).await.map(|_| ())
    }
}
