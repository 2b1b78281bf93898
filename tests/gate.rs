//! The migration gate: release, lead and follow with `--migrations`.

use crate::support::databases::{Database, Db};
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};
use serde_json::Value;
use std::time::Duration;

on_each_database! {
    a_follower_goes_when_all_is_applied_and_nobody_leads,
    a_follower_waits_for_the_table_and_says_how_far_it_is,
    a_success_that_left_migrations_out_is_123,
    a_failed_run_stops_whatever_the_table_says,
    a_running_run_is_waited_for_though_all_is_applied,
    without_a_release_the_table_decides,
    without_a_release_a_bad_ending_of_the_fleet_stops,
    rows_without_a_file_never_count_as_pending,
    a_leader_whose_command_did_nothing_is_123,
    a_leader_whose_command_migrates_succeeds,
    a_shared_success_that_left_migrations_out_is_123,
    a_leader_is_refused_before_anything_runs,
    a_failure_is_said_while_a_retry_is_waited_for,
    status_shows_how_far_it_is,
}

/// A Rails app with two migrations.
fn rails() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("db/migrate/1_create_users.rb", "");
    workspace.write("db/migrate/2_add_index.rb", "");
    workspace
}

fn table(database: &Database, versions: &[&str]) {
    database.execute("CREATE TABLE schema_migrations (version varchar(255) NOT NULL PRIMARY KEY)");
    apply(database, versions);
}

fn apply(database: &Database, versions: &[&str]) {
    for version in versions {
        database.execute(&format!("INSERT INTO schema_migrations VALUES ('{version}')"));
    }
}

fn follow(database: &Database, app: &Workspace) -> Bellwether {
    Bellwether::follow(database).in_workspace(app).args(["--migrations", "rails"])
}

fn lead(database: &Database, app: &Workspace) -> Bellwether {
    Bellwether::lead(database).in_workspace(app).args(["--migrations", "rails"])
}

fn a_follower_goes_when_all_is_applied_and_nobody_leads(database: &Database) {
    table(database, &["1", "2"]);
    let outcome = follow(database, &rails()).run().exits(0);
    let _ = outcome
        .says("2 migrations of Rails in db/migrate, table schema_migrations")
        .says_last("all that this app ships is applied (2 migrations)");
    assert!(!database.has_table(), "a follower creates nothing");
}

fn a_follower_waits_for_the_table_and_says_how_far_it_is(database: &Database) {
    let app = rails();
    let follower = follow(database, &app).waiting();
    table(database, &["1"]);
    let progress = follower.wait_for_line("1 of 2 migrations applied, now 2_add_index");
    let event: Value = serde_json::from_str(&progress).unwrap();
    assert_eq!(event["migrations"]["shipped"], 2, "{progress}");
    assert_eq!(event["migrations"]["applied"], 1, "{progress}");
    apply(database, &["2"]);
    let _ = follower.wait().exits(0);
}

fn a_success_that_left_migrations_out_is_123(database: &Database) {
    table(database, &["1"]);
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    let outcome = follow(database, &rails()).run().exits(123).says_last("2_add_index").says_last("r1");
    let _ = outcome.never_shows("1_create_users");
    let _ = follow(database, &rails()).args(["--timeout", "0s"]).run().exits(123);
    apply(database, &["2"]);
    let _ = follow(database, &rails()).args(["--timeout", "0s"]).run().exits(0).says_last("succeeded");
}

fn a_failed_run_stops_whatever_the_table_says(database: &Database) {
    table(database, &["1", "2"]);
    let _ = Bellwether::lead(database).sh("exit 7").run().exits(7);
    let _ = follow(database, &rails()).args(["--retry-window", "300ms"]).run().exits(121).says_last("7");
}

fn a_running_run_is_waited_for_though_all_is_applied(database: &Database) {
    table(database, &["1", "2"]);
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).sh(HOLD).started(&workspace);
    let mut follower = follow(database, &rails()).waiting();
    follower.assert_alive();
    workspace.touch("go");
    let _ = leader.wait().exits(0);
    let _ = follower.wait().exits(0);
}

fn without_a_release_the_table_decides(database: &Database) {
    let app = rails();
    let _ = Bellwether::lead(database).args(["--release", "r0"]).sh("exit 1").run().exits(1);
    table(database, &["1"]);
    let follower = follow(database, &app).without("BELLWETHER_RELEASE").waiting();
    apply(database, &["2"]);
    let _ = follower.wait().exits(0);
    database.execute("DELETE FROM schema_migrations");
    let line = follow(database, &app).without("BELLWETHER_RELEASE").args(["--timeout", "500ms"]);
    let _ = line.run().exits(120).says_last("1_create_users").says("the migrations alone decide");
    let _ = lead(database, &app).without("BELLWETHER_RELEASE").sh("true").run().exits(2).says("--release");
}

fn without_a_release_a_bad_ending_of_the_fleet_stops(database: &Database) {
    table(database, &["1"]);
    let workspace = Workspace::new();
    let script = format!("{HOLD}; exit 9");
    let leader = Bellwether::lead(database).args(["--release", "whatever"]).sh(&script).started(&workspace);
    let follower = follow(database, &rails()).without("BELLWETHER_RELEASE").waiting();
    workspace.touch("go");
    let _ = leader.wait().exits(9);
    let outcome = follower.wait().exits(121).says_last("whatever").says_last("9");
    let _ = outcome
        .says("waiting for the migrations: 1 of 2 migrations applied, now 2_add_index; run 1 of release whatever");
}

fn rows_without_a_file_never_count_as_pending(database: &Database) {
    table(database, &["1", "2", "20990101"]);
    let _ = follow(database, &rails()).run().exits(0);
}

fn a_leader_whose_command_did_nothing_is_123(database: &Database) {
    let outcome = lead(database, &rails()).sh("echo nothing to do").run().exits(123);
    let _ = outcome.says_last("1_create_users, 2_add_index");
    let run = database.only_run();
    run.ended_as("failed", "pending", 123);
    assert!(run.detail.unwrap_or_default().contains("1_create_users"));
    let outcome = follow(database, &rails()).args(["--retry-window", "100ms"]).run().exits(121);
    let _ = outcome.says_last("left migrations undone").says("1_create_users");
    let _ = Bellwether::status(database).run().exits(0).prints("left migrations undone");
}

fn a_leader_whose_command_migrates_succeeds(database: &Database) {
    let app = rails();
    table(database, &[]);
    let leader = lead(database, &app).sh(HOLD).started(&app);
    apply(database, &["1", "2"]);
    app.touch("go");
    let _ = leader.wait().exits(0);
    database.only_run().ended_as("succeeded", "exited", 0);
    let _ = follow(database, &app).args(["--timeout", "0s"]).run().exits(0);
}

fn a_shared_success_that_left_migrations_out_is_123(database: &Database) {
    let app = rails();
    table(database, &["1"]);
    let first = Bellwether::lead(database).in_workspace(&app).sh(HOLD).started(&app);
    let second = lead(database, &app).sh(HOLD).spawn();
    second.wait_for_line("waiting for the lease");
    app.touch("go");
    let _ = first.wait().exits(0);
    let _ = second.wait().exits(123).says_last("2_add_index").says_last("succeeded with the same command");
}

fn a_leader_is_refused_before_anything_runs(database: &Database) {
    database.execute("CREATE TABLE schema_migrations (version bigint, dirty boolean)");
    let app = rails();
    let _ = lead(database, &app).sh("touch ran").run().exits(2).says("dirty");
    let line = Bellwether::lead(database).in_workspace(&app).args(["--migrations", "rails:nowhere"]);
    let _ = line.sh("touch ran").run().exits(2).says("nowhere");
    assert!(!app.has("ran") && !database.has_table());
}

fn a_failure_is_said_while_a_retry_is_waited_for(database: &Database) {
    let app = Workspace::new();
    database.execute(
        "CREATE TABLE flyway_schema_history \
         (installed_rank int, version varchar(50), type varchar(20), checksum int, success int)",
    );
    database.execute("INSERT INTO flyway_schema_history VALUES (1, '1', 'SQL', NULL, 0)");
    app.write("db/migration/V1__a.sql", "");
    app.write("db/migration/V2__b.sql", "");
    let line = Bellwether::follow(database).in_workspace(&app).args(["--migrations", "flyway"]);
    let outcome = line.args(["--retry-window", "3s"]).run().exits(121);
    let _ = outcome.says("0 of 2 migrations applied, FAILED: V1__a").says_last("1 failed: V1__a");
}

fn status_shows_how_far_it_is(database: &Database) {
    let app = rails();
    table(database, &["1"]);
    let status = || Bellwether::status(database).in_workspace(&app).env("BELLWETHER_MIGRATIONS", "rails");
    let _ = status().run().exits(0).prints("1 of 2 migrations applied; 1 pending: 2_add_index").prints("no run");
    let outcome = status().args(["--json"]).run().exits(0);
    let document: Value = serde_json::from_slice(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome}"));
    assert_eq!(document["migrations"]["applied"], 1, "{outcome}");
    assert_eq!(document["migrations"]["pending"][0], "2_add_index", "{outcome}");
    apply(database, &["2"]);
    let _ = status().run().exits(0).prints("all applied (2 migrations)");
    let line = status().env("BELLWETHER_MIGRATIONS", "rails:nowhere");
    let _ = line.run().exits(0).prints("can't be told").prints("nowhere");
}

#[test]
fn a_bar_is_shown_on_a_terminal() {
    let database = Db::Sqlite.fresh();
    table(&database, &["1"]);
    let line = follow(&database, &rails()).env("TERM", "xterm").args(["--timeout", "1s"]).on_a_terminal();
    let _ = line.run().prints("[██████████").prints("1 of 2 migrations applied");
}

#[test]
fn a_role_without_the_right_to_read_is_told_at_once() {
    let database = Db::Postgres.fresh();
    table(&database, &["1", "2"]);
    let url = database.url_as(&database.create_role("reader", "secret"), "secret");
    let outcome = follow(&database, &rails()).args(["--migrations-database-url", &url]).run();
    let _ = outcome.exits(125).says("permission denied").within(Duration::from_secs(20));
}

#[test]
fn an_outage_of_the_tables_database_is_waited_out_and_then_told() {
    let database = Db::Postgres.fresh();
    let url = database.url_at(1);
    let line = follow(&database, &rails()).args(["--migrations-database-url", &url, "--timeout", "1s"]);
    let _ = line.run().exits(125).says("can't be read");
    let line = lead(&database, &rails()).args(["--migrations-database-url", &url, "--timeout", "1s"]);
    let _ = line.sh("true").run().exits(125).says_last("can't be told");
    database.only_run().ended_as("failed", "pending", 125);
}
