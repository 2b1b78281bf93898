//! One connection to one database: steps go in, rows come out, always in one transaction.
//!
//! Every statement runs inside an explicit transaction, because behind a transaction pooler an unnamed statement
//! outside of one can be answered with another client's. So this file is the only one that calls sqlx's `query`.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, Database, Encode, Executor, IntoArguments, Type};

use super::failure::StoreError;
use super::url::{Dialect, Location};
use super::{mysql, postgres, sqlite};

/// A value that is sent.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

/// What is expected of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// It answers with rows.
    Rows,
    /// It changes something, or not.
    Nothing,
    /// It must change a row, or the whole transaction is rolled back.
    Change,
}

/// One statement of a transaction.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    pub(super) expect: Expect,
}

/// A value that came back. Text that is not UTF-8 has its bad bytes replaced: anybody may have written it.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Text(String),
}

/// One row of an answer.
#[derive(Clone, Debug)]
pub(super) struct Row(Vec<Cell>);

impl Row {
    pub(super) fn int(&self, index: usize) -> Option<i64> {
        match self.0.get(index)? {
            Cell::Int(value) => Some(*value),
            Cell::Text(text) => text.parse().ok(),
            Cell::Null => None,
        }
    }

    pub(super) fn text(&self, index: usize) -> Option<String> {
        match self.0.get(index)? {
            Cell::Int(value) => Some(value.to_string()),
            Cell::Text(text) => Some(text.clone()),
            Cell::Null => None,
        }
    }
}

/// What differs between the drivers of sqlx.
pub(super) trait Driver: Database + sqlx::database::HasStatementCache {
    /// Whether statements are prepared under a name and kept. Names don't survive a transaction pooler.
    const PERSISTENT: bool;

    fn changed(result: &Self::QueryResult) -> u64;
    fn cell(row: &Self::Row, index: usize) -> Result<Cell, sqlx::Error>;
}

/// An open connection.
pub(super) enum Connection {
    Postgres(sqlx::PgConnection),
    MySql(sqlx::MySqlConnection),
    Sqlite(sqlx::SqliteConnection),
}

impl Connection {
    /// Opens a connection. `create` makes a missing SQLite file; `limit` bounds what the server waits for locks.
    pub(super) async fn open(location: &Location, create: bool, limit: Duration) -> Result<Self, StoreError> {
        match location {
            Location::Server(server) if server.dialect == Dialect::MySql => {
                Ok(Self::MySql(mysql::connect(server).await?))
            }
            Location::Server(server) => Ok(Self::Postgres(postgres::connect(server).await?)),
            Location::File(file) => Ok(Self::Sqlite(sqlite::connect(&file.path, create, limit).await?)),
        }
    }

    /// Runs the steps in one transaction. Nothing if a step that had to change a row found none: then nothing is done.
    pub(super) async fn transact(&mut self, begin: String, steps: &[Step]) -> Result<Option<Vec<Row>>, StoreError> {
        let answer = match self {
            Self::Postgres(connection) => transact::<sqlx::Postgres>(connection, begin, steps).await,
            Self::MySql(connection) => transact::<sqlx::MySql>(connection, begin, steps).await,
            Self::Sqlite(connection) => transact::<sqlx::Sqlite>(connection, begin, steps).await,
        };
        Ok(answer?)
    }

    /// Closes the connection politely.
    pub(super) async fn close(self) {
        // What goes wrong with a goodbye is of no interest.
        let _ = match self {
            Self::Postgres(connection) => connection.close().await,
            Self::MySql(connection) => connection.close().await,
            Self::Sqlite(connection) => connection.close().await,
        };
    }
}

async fn transact<DB: Driver>(
    connection: &mut DB::Connection,
    begin: String,
    steps: &[Step],
) -> Result<Option<Vec<Row>>, sqlx::Error>
where
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'v> Option<i64>: Encode<'v, DB> + Type<DB>,
    for<'v> Option<String>: Encode<'v, DB> + Type<DB>,
{
    let mut transaction = connection.begin_with(AssertSqlSafe(begin)).await?;
    let mut rows = Vec::new();
    for step in steps {
        let mut query = sqlx::query::<DB>(AssertSqlSafe(step.sql.clone())).persistent(DB::PERSISTENT);
        for value in &step.values {
            query = match value {
                Value::Int(number) => query.bind(*number),
                Value::Text(text) => query.bind(text.clone()),
            };
        }
        if step.expect == Expect::Rows {
            for row in query.fetch_all(&mut *transaction).await? {
                let cells = (0..sqlx::Row::len(&row)).map(|index| DB::cell(&row, index));
                rows.push(Row(cells.collect::<Result<_, _>>()?));
            }
        } else {
            let changed = DB::changed(&query.execute(&mut *transaction).await?);
            if changed == 0 && step.expect == Expect::Change {
                transaction.rollback().await?;
                return Ok(None);
            }
        }
    }
    transaction.commit().await?;
    Ok(Some(rows))
}
