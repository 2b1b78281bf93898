//! The runs table in a database: what can be read and written there, each in one transaction with its own time limit.
//!
//! `Store` has the verbs, `statements` their SQL, `dialect` and `schema` the few words in which the databases differ,
//! `connection` runs the steps over one connection of a driver, `encryption` and `failure` say what an error means. The store
//! compares and stamps; only the protocol judges.

mod connection;
mod dialect;
mod encryption;
mod failure;
mod foreign;
mod mysql;
mod orphans;
mod postgres;
mod rows;
mod schema;
mod sqlite;
mod statements;
mod step;
mod table;
pub mod url;

use std::time::Duration;

pub use failure::{Class, StoreError};
pub use foreign::{Column, Found};
pub use orphans::{Session, session_name};
pub use statements::{Ending, NewRun};
pub use table::{BadTableName, Table};

use self::connection::Connection;
use self::dialect::{begin_reading, begin_writing};
use self::statements::Statements;
use self::step::{Expect, Row, Step};
use self::url::Location;
use crate::protocol::claim::Seen;
use crate::protocol::run::{Reading, Run};

/// How long a polite goodbye may take.
const FAREWELL: Duration = Duration::from_millis(500);

/// The runs table of one database, over at most one connection, which is opened when it is needed and dropped after
/// any failure.
pub struct Store {
    location: Location,
    table: Table,
    statements: Statements,
    creates: bool,
    connection: Option<Connection>,
}

impl Store {
    /// A store that has not connected yet.
    pub fn new(location: Location, table: Table) -> Self {
        let statements = Statements::new(location.dialect(), table.clone());
        Self { location, table, statements, creates: false, connection: None }
    }

    /// The SQL that makes the table, for somebody else to run.
    pub fn create_statements(&self) -> Vec<String> {
        schema::create(self.location.dialect(), &self.table)
    }

    /// Where it is.
    pub fn location(&self) -> &url::Location {
        &self.location
    }

    /// Whether a database here has schemas.
    pub fn has_schemas(&self) -> bool {
        self.location.dialect() == url::Dialect::Postgres
    }

    /// Makes the table where it is missing, and an SQLite file with it.
    pub async fn create(&mut self, limit: Duration) -> Result<(), StoreError> {
        self.disconnect().await;
        self.creates = true;
        let mut steps: Vec<_> = self.create_statements().into_iter().map(plain).collect();
        if let Some(lock) = dialect::creation_lock(self.location.dialect(), &self.table) {
            steps.insert(0, Step { expect: Expect::Rows, ..plain(lock) });
        }
        match self.write(limit, &steps).await {
            // Somebody made it in the same moment.
            Err(error) if error.class == Class::Beaten => Ok(()),
            done => done.map(|_| ()),
        }
    }

    /// All that a follower and a would-be leader need, in one statement.
    pub async fn look(&mut self, limit: Duration, fleet: &str, release: &str) -> Result<Reading, StoreError> {
        let rows = self.read(limit, self.statements.look(fleet, release)).await?;
        Ok(rows::reading(&rows))
    }

    /// The newest runs of a fleet, or of one release in it, newest first.
    pub async fn newest(
        &mut self,
        limit: Duration,
        fleet: &str,
        release: Option<&str>,
        most: u32,
    ) -> Result<Vec<Run>, StoreError> {
        let rows = self.read(limit, self.statements.newest(fleet, release, most)).await?;
        Ok(rows.iter().map(|row| rows::run(row, 0)).collect())
    }

    /// The names of the fleets in the table, a hundred at most.
    pub async fn fleets(&mut self, limit: Duration) -> Result<Vec<String>, StoreError> {
        let rows = self.read(limit, self.statements.fleets()).await?;
        Ok(rows.iter().filter_map(|row| rows::label(row, 0)).collect())
    }

    /// Inserts a run, after marking `over` lost if there is one, all in one transaction. Returns its number, or nothing
    /// if somebody was faster: then nothing was written.
    pub async fn claim(
        &mut self,
        limit: Duration,
        run: &NewRun,
        over: Option<Seen>,
    ) -> Result<Option<i64>, StoreError> {
        let mark_lost = over.map(|seen| self.statements.mark_lost(seen.run, seen.beats));
        let insert = [self.statements.insert(run), self.statements.own(&run.fleet, &run.holder)];
        let steps: Vec<_> = mark_lost.into_iter().chain(insert).collect();
        match self.write(limit, &steps).await {
            Ok(rows) => Ok(rows.and_then(|rows| rows.first()?.int(0))),
            Err(error) if error.class == Class::Beaten => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Renews the lease of our run. False if the row is no longer ours.
    pub async fn beat(&mut self, limit: Duration, run: i64, holder: &str) -> Result<bool, StoreError> {
        Ok(self.write(limit, &[self.statements.beat(run, holder)]).await?.is_some())
    }

    /// Renews the lease of our run for this long only, because we were told to stop. False if it is no longer ours.
    pub async fn last_beat(
        &mut self,
        limit: Duration,
        run: i64,
        holder: &str,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        Ok(self.write(limit, &[self.statements.last_beat(run, holder, lease)]).await?.is_some())
    }

    /// Records the outcome of our run, once: a repetition finds it recorded. False if the row is no longer ours.
    pub async fn record(
        &mut self,
        limit: Duration,
        run: i64,
        holder: &str,
        ending: &Ending<'_>,
    ) -> Result<bool, StoreError> {
        let steps = [self.statements.record(run, holder, ending), self.statements.recorded(run, holder, ending)];
        Ok(self.write(limit, &steps).await?.is_some_and(|rows| !rows.is_empty()))
    }

    /// Closes the connection, if one is open, within half a second.
    pub async fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take() {
            // One that can't be closed politely is dropped, which is all that is wanted of it.
            let _ = tokio::time::timeout(FAREWELL, connection.close()).await;
        }
    }

    async fn read(&mut self, limit: Duration, step: Step) -> Result<Vec<Row>, StoreError> {
        let begin = begin_reading(self.location.dialect(), limit);
        Ok(self.transact(limit, begin, &[step]).await?.unwrap_or_default())
    }

    async fn write(&mut self, limit: Duration, steps: &[Step]) -> Result<Option<Vec<Row>>, StoreError> {
        let begin = begin_writing(self.location.dialect(), limit);
        self.transact(limit, begin, steps).await
    }

    /// Runs the steps within `limit`, connect included. While it runs the connection is out of the store, so that a call
    /// that fails, is given up or is dropped takes it along.
    async fn transact(
        &mut self,
        limit: Duration,
        begin: String,
        steps: &[Step],
    ) -> Result<Option<Vec<Row>>, StoreError> {
        let connection = self.connection.take();
        let attempt = async {
            let mut connection = match connection {
                Some(connection) => connection,
                None => Connection::open(&self.location, self.creates, limit).await?,
            };
            let answer = connection.transact(begin, steps).await?;
            Ok((connection, answer))
        };
        let (connection, answer) =
            tokio::time::timeout(limit, attempt).await.unwrap_or_else(|_| Err(StoreError::timed_out(limit)))?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

fn plain(sql: String) -> Step {
    Step { sql, values: Vec::new(), expect: Expect::Nothing }
}
