//! Every framework that can be read, on every database that it supports: a table as it makes one, with some of the
//! migrations applied and then all. The tables here are made from the documented schemas; `scripts/test-frameworks`
//! lets the frameworks themselves make theirs.

mod fixtures;
mod plain;
mod python;
mod scenes;

use self::fixtures::{Fixture, all};
use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::outcome::Outcome;
use crate::support::workspace::Workspace;

pub(super) fn quoted(database: &Database, sql: &str) -> String {
    let quote = if database.db == Db::MySql { "`" } else { "\"" };
    // A text's backslash is written twice in MySQL; brackets of a type are no quotes.
    let backslash = if database.db == Db::MySql { "\\\\" } else { "\\" };
    sql.replace("{\\}", backslash).replace("text[]", "text ARRAY").replace(['[', ']'], quote)
}

pub(super) fn look(database: &Database, app: &Workspace, framework: &str) -> Outcome {
    let line = Bellwether::migrations(database).in_workspace(app);
    line.args(["--migrations", framework, "--exit-code"]).run()
}

fn reads_its_table(fixture: &Fixture, database: &Database) {
    let app = Workspace::new();
    for file in fixture.files {
        app.write(file, "");
    }
    let framework = fixture.framework;
    let _ = look(database, &app, framework).exits(123).prints("0 of 3 migrations applied");
    database.execute(&quoted(database, fixture.table));
    let _ = look(database, &app, framework).exits(123).prints("0 of 3 migrations applied");
    database.execute(&quoted(database, fixture.some));
    let _ = look(database, &app, framework).exits(123).prints("2 of 3 migrations applied; 1 pending");
    database.execute(&quoted(database, fixture.rest));
    let _ = look(database, &app, framework).exits(0).prints("3 of 3 migrations applied");
}

fn read_all(db: Db) {
    for fixture in all().filter(|fixture| fixture.databases.contains(&db)) {
        reads_its_table(fixture, &db.fresh());
    }
}

#[test]
fn every_table_is_read_on_sqlite() {
    read_all(Db::Sqlite);
}

#[test]
fn every_table_is_read_on_postgres() {
    read_all(Db::Postgres);
}

#[test]
fn every_table_is_read_on_mysql() {
    read_all(Db::MySql);
}

/// The frameworks that have more to them than rows have scenes of their own.
const IN_SCENES: [&str; 6] = ["rails", "sqlx", "django", "alembic", "drizzle", "flyway-out-of-order"];

#[test]
fn no_framework_is_without_a_fixture() {
    let database = Db::Sqlite.fresh();
    let outcome = look(&database, &Workspace::new(), "none-of-them").exits(2);
    let names = outcome.stderr().split("there are ").nth(1).unwrap().replace(" (exit code 2)", "");
    for name in names.split(',').map(str::trim).filter(|name| *name != "manifest") {
        let known = IN_SCENES.contains(&name) || all().any(|fixture| fixture.framework == name);
        assert!(known, "`{name}` has no fixture");
    }
}
