//! `migrations`: what this app ships against what is in the framework's table, framework-independent.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::outcome::Outcome;
use crate::support::workspace::Workspace;
use serde_json::Value;

on_each_database! {
    a_missing_table_means_that_nothing_is_applied,
    what_is_applied_and_what_is_not_is_told_with_the_rows_of_others,
    json_has_it_all,
    a_manifest_stands_for_the_files,
    a_table_of_another_shape_is_refused_with_the_fix,
    the_tables_name_is_found_in_any_case_and_may_be_another,
    an_unfinished_migration_is_told_apart,
}

/// A Rails app with three migrations.
fn rails() -> Workspace {
    let workspace = Workspace::new();
    for name in ["20240101_create_users", "20240102_add_index", "20240103_drop_name"] {
        workspace.write(&format!("db/migrate/{name}.rb"), "");
    }
    workspace
}

fn rails_table(database: &Database, versions: &[&str]) {
    database.execute("CREATE TABLE schema_migrations (version varchar(255) NOT NULL PRIMARY KEY)");
    for version in versions {
        database.execute(&format!("INSERT INTO schema_migrations VALUES ('{version}')"));
    }
}

fn look(database: &Database, workspace: &Workspace, args: &[&str]) -> Outcome {
    let mut line = Bellwether::migrations(database).in_workspace(workspace);
    for arg in args {
        line = line.args([*arg]);
    }
    line.run()
}

fn a_missing_table_means_that_nothing_is_applied(database: &Database) {
    let app = rails();
    let outcome = look(database, &app, &["--migrations", "rails"]).exits(0);
    let _ = outcome.prints("0 of 3 migrations applied").prints("no table schema_migrations");
    let _ = look(database, &app, &["--migrations", "rails", "--exit-code"]).exits(123);
}

fn what_is_applied_and_what_is_not_is_told_with_the_rows_of_others(database: &Database) {
    let app = rails();
    rails_table(database, &["20240101", "20240102", "19990101"]);
    let outcome = look(database, &app, &["--migrations", "rails", "--exit-code"]).exits(123);
    let outcome = outcome.prints("applied     20240102_add_index").prints("pending     20240103_drop_name");
    let _ = outcome.prints("2 of 3 migrations applied; 1 pending").prints("1 more row");
    database.execute("INSERT INTO schema_migrations VALUES ('20240103')");
    let _ = look(database, &app, &["--migrations", "rails", "--exit-code"]).exits(0).prints("3 of 3");
    let by_variable = Bellwether::migrations(database).in_workspace(&app).env("BELLWETHER_MIGRATIONS", "rails");
    let _ = by_variable.args(["--exit-code"]).run().exits(0).prints("3 of 3");
}

fn json_has_it_all(database: &Database) {
    let app = rails();
    rails_table(database, &["20240101", "19990101"]);
    let outcome = look(database, &app, &["--migrations", "rails:db/migrate", "--json"]).exits(0);
    let document: Value = serde_json::from_slice(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome}"));
    assert_eq!(document["complete"], false, "{outcome}");
    assert_eq!(document["shipped"], 3);
    assert_eq!(document["applied"], 1);
    let source = &document["sources"][0];
    assert_eq!(source["framework"], "rails");
    assert_eq!(source["other_rows"], 1);
    assert_eq!(source["migrations"][1]["name"], "20240102_add_index");
    assert_eq!(source["migrations"][1]["state"], "pending");
    assert_eq!(outcome.stderr(), "", "data goes to stdout alone");
}

fn a_manifest_stands_for_the_files(database: &Database) {
    let app = rails();
    let manifest = Bellwether::bare(["migrations", "--migrations", "rails", "--manifest"]).in_workspace(&app).run();
    let image = Workspace::new();
    image.write("migrations.json", &manifest.exits(0).stdout());
    rails_table(database, &["20240101", "20240102"]);
    let outcome = look(database, &image, &["--migrations", "manifest:migrations.json"]).exits(0);
    let _ = outcome.prints("2 of 3 migrations applied").prints("pending     20240103_drop_name");
    image.write("other.json", "{}");
    let _ = look(database, &image, &["--migrations", "manifest:other.json"]).exits(2).says("--manifest");
    let _ = look(database, &image, &["--migrations", "manifest:nowhere.json"]).exits(2).says("--manifest");
}

fn a_table_of_another_shape_is_refused_with_the_fix(database: &Database) {
    database.execute("CREATE TABLE schema_migrations (version bigint, dirty boolean)");
    let outcome = look(database, &rails(), &["--migrations", "rails"]).exits(2);
    let _ = outcome.says("`dirty`").says("--migrations-table");
}

fn the_tables_name_is_found_in_any_case_and_may_be_another(database: &Database) {
    let app = rails();
    let quote = if database.db == Db::MySql { '`' } else { '"' };
    database.execute(&format!("CREATE TABLE {quote}App_Migrations{quote} ({quote}Version{quote} varchar(99))"));
    database.execute(&format!("INSERT INTO {quote}App_Migrations{quote} VALUES ('20240101')"));
    let args = ["--migrations", "rails", "--migrations-table", "app_migrations"];
    let _ = look(database, &app, &args).exits(0).prints("1 of 3");
}

fn an_unfinished_migration_is_told_apart(database: &Database) {
    let app = Workspace::new();
    app.write("migrations/1_users.sql", "a");
    app.write("migrations/2_index.sql", "b");
    let bytes = if database.db == Db::Postgres { "bytea" } else { "blob" };
    database.execute(&format!(
        "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description varchar(99), installed_on varchar(99), \
         success boolean NOT NULL, checksum {bytes} NOT NULL, execution_time bigint)"
    ));
    database
        .execute("INSERT INTO _sqlx_migrations VALUES (1, 'users', '', true, '', 1), (2, 'index', '', false, '', -1)");
    let outcome = look(database, &app, &["--migrations", "sqlx"]).exits(0);
    let outcome = outcome.prints("applied     1_users").prints("running     2_index");
    let _ = outcome.prints("`1_users` is applied, but from a file with other contents");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let database = Db::Sqlite.fresh();
    let app = rails();
    app.write("ecto/1_a.exs", "");
    for (args, part) in [
        (&["--migrations", "rials"][..], "did you mean `rails`?"),
        (&["--migrations", "rails:nowhere"], "there is no folder `nowhere`"),
        (&["--migrations", "sqlx:db/migrate"], "no migration of sqlx"),
        (&["--migrations", "sqlx"], "`sqlx:PATH`"),
        (
            &["--migrations", "rails", "--migrations", "ecto:db/migrate", "--migrations-table", "x"],
            "no migration of Ecto",
        ),
        (&["--migrations", "rails", "--migrations", "ecto:ecto", "--migrations-table", "x"], "several frameworks"),
        (&["--migrations", "rails", "--migrations-table", "\"a\".b"], "`table` or `schema.table`"),
        (&["--migrations", "rails", "--unknown-revision", "perhaps"], "`wait` or `ahead`"),
        (&[], "BELLWETHER_MIGRATIONS"),
    ] {
        let _ = look(&database, &app, args).exits(2).says(part);
    }
    let line = Bellwether::migrations(&database).in_workspace(&app).env("BELLWETHER_MIGRATIONS", " , ");
    let _ = line.run().exits(2).says("names no SPEC");
    let _ = look(&database, &app, &["--migrations", "rails", "--migrations", "rails"]).exits(0).prints("0 of 3");
}

#[test]
fn the_table_is_looked_for_where_the_app_has_it() {
    let (runs, own) = (Db::Sqlite.fresh(), Db::Sqlite.fresh());
    let app = rails();
    rails_table(&own, &["20240101"]);
    let line = || Bellwether::migrations(&runs).in_workspace(&app).args(["--migrations", "rails"]);
    let _ = line().run().exits(0).prints("0 of 3");
    let _ = line().env("DATABASE_URL", own.url()).run().exits(0).prints("1 of 3");
    let _ = line().env("BELLWETHER_MIGRATIONS_DATABASE_URL", own.url()).run().exits(0).prints("1 of 3");
    let _ = line().args(["--migrations-database-url", own.url()]).run().exits(0).prints("1 of 3");
}

#[test]
fn a_table_in_another_schema_is_pointed_at_and_can_be_named() {
    let database = Db::Postgres.fresh();
    let app = rails();
    database.execute("CREATE SCHEMA shop");
    database.execute("CREATE TABLE shop.schema_migrations (version varchar PRIMARY KEY)");
    database.execute("INSERT INTO shop.schema_migrations VALUES ('20240101')");
    let outcome = look(&database, &app, &["--migrations", "rails"]).exits(0).prints("0 of 3");
    let _ = outcome.prints("--migrations-table shop.schema_migrations");
    let named = ["--migrations", "rails", "--migrations-table", "shop.schema_migrations"];
    let _ = look(&database, &app, &named).exits(0).prints("1 of 3");
}

#[test]
fn prismas_table_is_in_the_schema_of_the_url() {
    let database = Db::Postgres.fresh();
    let app = Workspace::new();
    app.write("prisma/migrations/0_init/migration.sql", "");
    database.execute("CREATE SCHEMA other");
    for schema in ["public", "other"] {
        database.execute(&format!(
            "CREATE TABLE {schema}._prisma_migrations (id varchar(36), checksum varchar(64), finished_at timestamptz, \
             migration_name varchar(255), logs text, rolled_back_at timestamptz)"
        ));
    }
    database.execute("INSERT INTO _prisma_migrations VALUES ('1', 'x', now(), '0_init', NULL, NULL)");
    for (query, expected) in [("", "1 of 1"), ("?schema=public", "1 of 1"), ("?schema=other", "0 of 1")] {
        let url = format!("{}{query}", database.url());
        let line = Bellwether::migrations(&database).in_workspace(&app).args(["--migrations", "prisma"]);
        let _ = line.args(["--migrations-database-url", &url]).run().exits(0).prints(expected);
    }
}

#[test]
fn what_looks_like_a_mistake_on_disk_is_a_warning() {
    let (database, app) = (Db::Sqlite.fresh(), rails());
    app.write("db/migrate/20240104_Bad.rb", "");
    let outcome = look(&database, &app, &["--migrations", "rails"]).exits(0).prints("0 of 3");
    let _ = outcome.prints("passed over, because by their names they are no migrations: `20240104_Bad.rb`");
    let line = Bellwether::follow(&database).in_workspace(&app).args(["--migrations", "rails", "--timeout", "0s"]);
    let _ = line.run().exits(120).says("warning: Rails: passed over");
    let manifest = Bellwether::migrations(&database).in_workspace(&app).args(["--migrations", "rails", "--manifest"]);
    let manifest = manifest.run().exits(0).says("warning: Rails: passed over");
    app.write("manifest.json", &manifest.stdout());
    let _ = look(&database, &app, &["--migrations", "manifest:manifest.json"]).exits(0).prints("passed over");
    let line =
        Bellwether::status(&database).in_workspace(&app).args(["--migrations", "rails", "--json"]).run().exits(0);
    let status: Value = serde_json::from_slice(&line.stdout).unwrap();
    assert_eq!(status["migrations"]["warnings"].as_array().map(Vec::len), Some(1), "{status}");
}

#[test]
fn a_role_that_may_not_read_is_told_so() {
    let database = Db::Postgres.fresh();
    rails_table(&database, &["20240101"]);
    let role = database.create_role("reader", "secret");
    let line = Bellwether::migrations(&database).in_workspace(&rails()).args(["--migrations", "rails"]);
    let url = database.url_as(&role, "secret");
    let _ = line
        .args(["--migrations-database-url", &url])
        .run()
        .exits(125)
        .says("permission denied")
        .says("grant its role SELECT");
}
