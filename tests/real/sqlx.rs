//! sqlx's own migrator.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::workspace::Workspace;
use serde_json::Value;
use sqlx::Connection;
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use std::future::Future;

/// What the migrator is asked for.
#[derive(Clone, Copy)]
enum Wish {
    Run,
    Undo(i64),
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn on<C: Connection + Migrate>(url: &str, app: &Workspace, wish: Option<Wish>) -> Result<Vec<i64>, MigrateError>
where
    for<'c> &'c mut C: sqlx::Acquire<'c, Database = C::Database>,
    for<'c> <&'c mut C as sqlx::Acquire<'c>>::Connection: std::ops::Deref<Target = C> + std::ops::DerefMut,
{
    let migrator = Migrator::new(app.file("migrations")).await?;
    let mut connection = C::connect(url).await?;
    match wish {
        Some(Wish::Run) => migrator.run(&mut connection).await?,
        Some(Wish::Undo(target)) => migrator.undo(&mut connection, target).await?,
        None => {}
    }
    connection.ensure_migrations_table("_sqlx_migrations").await?;
    let applied = connection.list_applied_migrations("_sqlx_migrations").await?;
    Ok(applied.into_iter().map(|migration| migration.version).collect())
}

fn migrator(database: &Database, app: &Workspace, wish: Option<Wish>) -> Result<Vec<i64>, MigrateError> {
    match database.db {
        Db::Sqlite => block_on(on::<sqlx::SqliteConnection>(&format!("{}?mode=rwc", database.url()), app, wish)),
        Db::Postgres => block_on(on::<sqlx::PgConnection>(database.url(), app, wish)),
        Db::MySql => block_on(on::<sqlx::MySqlConnection>(database.url(), app, wish)),
    }
}

/// What we call applied, by number.
#[track_caller]
fn ours(database: &Database, app: &Workspace) -> Vec<i64> {
    let line = Bellwether::migrations(database).in_workspace(app).args(["--migrations", "sqlx", "--json"]);
    let outcome = line.run().exits(0);
    let document: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    assert_eq!(document["sources"][0]["warnings"].as_array().unwrap().len(), 0, "{outcome}");
    let migrations = document["sources"][0]["migrations"].as_array().unwrap().clone();
    let number = |migration: &Value| migration["name"].as_str().unwrap().split('_').next().unwrap().parse().unwrap();
    migrations.iter().filter(|migration| migration["state"] == "applied").map(number).collect()
}

on_each_database! { sqlx_is_read_as_it_reads_itself }

fn sqlx_is_read_as_it_reads_itself(database: &Database) {
    let app = Workspace::new();
    for (name, up, down) in
        [("0001_a", "CREATE TABLE a (id int)", "DROP TABLE a"), ("0002_b", "CREATE TABLE b (id int)", "DROP TABLE b")]
    {
        app.write(&format!("migrations/{name}.up.sql"), up);
        app.write(&format!("migrations/{name}.down.sql"), down);
    }
    assert!(ours(database, &app).is_empty());
    assert_eq!(migrator(database, &app, Some(Wish::Run)).unwrap(), [1, 2]);
    assert_eq!(ours(database, &app), [1, 2]);
    app.write("migrations/0003_c.up.sql", "CREATE TABLE a (id int)");
    app.write("migrations/0003_c.down.sql", "DROP TABLE c");
    assert!(migrator(database, &app, Some(Wish::Run)).is_err(), "there is such a table");
    // A failure leaves a row that says so where a statement can't be taken back.
    assert_eq!(ours(database, &app), [1, 2]);
    if database.db != Db::Postgres {
        database.execute("DELETE FROM _sqlx_migrations WHERE version = 3");
    }
    app.write("migrations/0003_c.up.sql", "CREATE TABLE c (id int)");
    assert_eq!(migrator(database, &app, Some(Wish::Run)).unwrap(), [1, 2, 3]);
    assert_eq!(ours(database, &app), [1, 2, 3]);
    assert_eq!(migrator(database, &app, Some(Wish::Undo(1))).unwrap(), [1]);
    assert_eq!(ours(database, &app), [1]);
    assert_eq!(migrator(database, &app, None).unwrap(), [1]);
}
