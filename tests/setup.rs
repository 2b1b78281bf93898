//! The table: who creates it, what it refuses, where it lives.

use crate::support::databases::{Database, Db};
use crate::support::proxy::unused_port;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};

on_each_database! {
    setup_creates_the_table,
    setup_twice_is_fine,
    twenty_setups_at_once_are_fine,
    the_printed_sql_creates_the_table_that_a_leader_uses,
    a_second_active_run_is_refused_by_the_database,
    a_table_of_another_name_lives_beside_the_first,
    a_later_versions_columns_do_no_harm,
}

fn setup_creates_the_table(database: &Database) {
    let _ = Bellwether::setup(database).run().exits(0);
    assert!(database.has_table());
    assert!(database.runs().is_empty());
}

fn setup_twice_is_fine(database: &Database) {
    let _ = Bellwether::setup(database).run().exits(0);
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    let _ = Bellwether::setup(database).run().exits(0);
    assert_eq!(database.only_run().state, "succeeded", "nothing is lost");
}

fn twenty_setups_at_once_are_fine(database: &Database) {
    let setups: Vec<_> = (0..20).map(|_| Bellwether::setup(database).spawn()).collect();
    for setup in setups {
        let _ = setup.wait().exits(0);
    }
    assert!(database.has_table());
}

fn the_printed_sql_creates_the_table_that_a_leader_uses(database: &Database) {
    let outcome = Bellwether::setup(database).args(["--print"]).run().exits(0).prints("bellwether_runs");
    assert!(!database.has_table(), "it only prints");
    database.execute(&outcome.stdout());
    let _ = Bellwether::lead(database).sh("exit 3").run().exits(3);
    database.only_run().ended_as("failed", "exited", 3);
    let _ = Bellwether::setup(database).run().exits(0);
}

fn a_second_active_run_is_refused_by_the_database(database: &Database) {
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    database.restore_as_running();
    let copy = "fleet, release_id, state, active, beats, lease_ms, holder, app, instance, release_source, \
                command_digest, started_at, beat_at, version";
    let insert = |fleet: &str| {
        let values = copy.replacen("fleet", &format!("'{fleet}'"), 1);
        database.try_rows(&format!(
            "INSERT INTO bellwether_runs ({copy}) SELECT {values} FROM bellwether_runs WHERE fleet = 'default'"
        ))
    };
    assert!(insert("default").is_err(), "a second active run in the fleet");
    insert("other").unwrap();
    database.update("active = NULL, state = 'failed'");
    insert("default").unwrap();
    assert_eq!(database.runs().len(), 3);
}

fn a_table_of_another_name_lives_beside_the_first(database: &Database) {
    let (one, other) = (Workspace::new(), Workspace::new());
    let first = Bellwether::lead(database).sh(HOLD).started(&one);
    let second = Bellwether::lead(database).args(["--table", "other_runs"]).sh(HOLD).started(&other);
    one.touch("go");
    let _ = first.wait().exits(0);
    let _ = Bellwether::follow(database).args(["--table", "other_runs", "--timeout", "0s"]).run().exits(120);
    other.touch("go");
    let _ = second.wait().exits(0);
    let _ = Bellwether::follow(database).env("BELLWETHER_TABLE", "other_runs").args(["--timeout", "0s"]).run().exits(0);
    assert_eq!(database.value("SELECT count(*) FROM other_runs"), "1");
    assert_eq!(database.runs().len(), 1);
}

fn a_later_versions_columns_do_no_harm(database: &Database) {
    let _ = Bellwether::setup(database).run().exits(0);
    database.execute("ALTER TABLE bellwether_runs ADD COLUMN mood text");
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    let _ = Bellwether::follow(database).args(["--timeout", "0s"]).run().exits(0);
    let _ = Bellwether::status(database).args(["--exit-code"]).run().exits(0);
}

#[test]
fn a_table_may_live_in_a_schema_of_its_own() {
    let database = Db::Postgres.fresh();
    database.execute("CREATE SCHEMA deploys");
    let with = |line: Bellwether| line.args(["--table", "deploys.runs"]);
    let _ = with(Bellwether::lead(&database)).sh("true").run().exits(0);
    let _ = with(Bellwether::lead(&database)).sh("true").run().exits(0);
    let _ = with(Bellwether::follow(&database)).args(["--timeout", "0s"]).run().exits(0);
    assert_eq!(database.value("SELECT count(*) FROM deploys.runs"), "2");
    assert!(!database.has_table());
}

#[test]
fn printing_connects_to_nothing() {
    let urls = [("postgres", "timestamptz"), ("mysql", "utf8mb4"), ("sqlite", "AUTOINCREMENT")];
    for (scheme, word) in urls {
        let url = format!("{scheme}://app:secret@127.0.0.1:{}/shop", unused_port());
        let workspace = Workspace::new();
        let url = if scheme == "sqlite" { "sqlite:shop.db" } else { &url };
        let print = Bellwether::bare(["setup", "--print", "--database-url", url]).in_workspace(&workspace);
        let outcome = print.run().exits(0);
        assert!(outcome.stdout().to_lowercase().contains(&word.to_lowercase()), "`{word}` should be in it\n{outcome}");
        assert!(!workspace.has("shop.db"), "nothing is made");
    }
}

/// A migration's long write transaction would block our beats in the same file.
#[test]
fn an_apps_sqlite_file_gets_a_sibling() {
    let workspace = Workspace::new();
    let database = Db::Sqlite.fresh();
    let url = format!("sqlite:{}", workspace.file("shop.db").display());
    let with = |line: Bellwether| line.without("BELLWETHER_DATABASE_URL").env("DATABASE_URL", &url);
    let _ = with(Bellwether::follow(&database)).args(["--timeout", "0s"]).run().exits(120);
    assert!(!workspace.has("shop.db-bellwether"), "a follower makes nothing");
    let _ = with(Bellwether::lead(&database)).sh("true").run().exits(0);
    assert!(workspace.has("shop.db-bellwether") && !workspace.has("shop.db"));
    let _ = with(Bellwether::follow(&database)).args(["--timeout", "0s"]).run().exits(0);
}

#[test]
fn a_missing_folder_is_refused_and_not_made() {
    let workspace = Workspace::new();
    let url = format!("sqlite:{}", workspace.file("no/such/shop.db").display());
    let leader = Bellwether::lead(&Db::Sqlite.fresh()).in_workspace(&workspace).args(["--database-url", &url]);
    let outcome = leader.args(["--timeout", "1s"]).sh("touch ran").run();
    assert!([2, 125].contains(&outcome.code), "{outcome}");
    assert!(!workspace.has("ran") && !workspace.has("no"));
}
