//! The connections on which the tests run SQL of their own.

use crate::support::PATIENCE;
use crate::support::databases::Db;
use crate::support::run::Texts;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ColumnIndex, ConnectOptions, Connection, Decode, Row};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

fn is_full(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("53300"))
}

/// Waits while all connections of the server are taken. In a thread of its own, so that a test that has a runtime of its
/// own can call it.
pub(crate) fn run_sql(db: Db, url: &str, sql: &str) -> Result<Vec<Texts>, sqlx::Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match thread::scope(|scope| scope.spawn(|| try_sql(db, url, sql)).join().unwrap()) {
            Err(error) if is_full(&error) && Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
            answer => return answer,
        }
    }
}

fn try_sql(db: Db, url: &str, sql: &str) -> Result<Vec<Texts>, sqlx::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        match db {
            Db::Sqlite => {
                let options = SqliteConnectOptions::from_str(url)?.busy_timeout(Duration::from_secs(20));
                let mut connection: SqliteConnection = options.connect().await?;
                let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut connection).await;
                connection.close().await?;
                rows?.iter().map(texts).collect()
            }
            Db::Postgres => {
                let mut connection: PgConnection = PgConnectOptions::from_str(url)?.connect().await?;
                let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut connection).await;
                connection.close().await?;
                rows?.iter().map(texts).collect()
            }
            Db::MySql => {
                let mut connection: MySqlConnection = MySqlConnectOptions::from_str(url)?.connect().await?;
                let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut connection).await;
                connection.close().await?;
                rows?.iter().map(texts).collect()
            }
        }
    })
}

/// All databases can give any value as text.
fn texts<R: Row>(row: &R) -> Result<Texts, sqlx::Error>
where
    for<'r> Option<String>: Decode<'r, R::Database>,
    usize: ColumnIndex<R>,
{
    (0..row.len()).map(|index| row.try_get_unchecked(index)).collect()
}

/// Holds SQLite's write lock for a while, in the background.
pub(crate) fn hold_write_lock(url: String, length: Duration) {
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let options = SqliteConnectOptions::from_str(&url).unwrap().busy_timeout(Duration::from_secs(20));
            let mut connection: SqliteConnection = options.connect().await.unwrap();
            if sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut connection).await.is_ok() {
                thread::sleep(length);
            }
            let _ = connection.close().await;
        });
    });
}
