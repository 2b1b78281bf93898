//! One connection to one database: steps go in, rows come out, always in one transaction.
//!
//! Every statement runs inside an explicit transaction, because behind a transaction pooler an unnamed statement
//! outside of one can be answered with another client's. So this file is the only one that calls sqlx's `query`.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, Encode, Executor, IntoArguments, Type};

use super::failure::StoreError;
use super::step::{Driver, Expect, Row, Step, Value};
use super::url::{Dialect, Location};
use super::{mysql, postgres, sqlite};

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
