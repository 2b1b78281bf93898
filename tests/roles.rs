//! Roles with few rights, closed schemas, and databases that only let themselves be read.

use crate::support::databases::{Database, Db};
use crate::support::outcome::Outcome;
use crate::support::servers::Server;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};
use std::time::Duration;

/// A role with these rights on a table, and the URL for it.
fn role(database: &Database, rights: &str, table: &str) -> String {
    let role = database.create_role("small", "secret");
    if !rights.is_empty() {
        database.execute(&format!("GRANT {rights} ON {table} TO {role}"));
    } else if database.db == Db::MySql {
        // It lets nobody in who has no right in the database, nor say that a table is missing.
        database.execute(&format!("GRANT SELECT ON {}.* TO {role}", database.name()));
    }
    database.url_as(&role, "secret")
}

fn lead(database: &Database, url: &str) -> Bellwether {
    Bellwether::lead(database).env("BELLWETHER_DATABASE_URL", url).env("BELLWETHER_TIMEOUT", "10m")
}

/// It ended at once, although there would have been ten minutes.
fn stopped(outcome: Outcome) -> Outcome {
    outcome.exits(125).within(Duration::from_secs(20))
}

fn servers() -> [Database; 2] {
    [Db::Postgres.fresh(), Db::MySql.fresh()]
}

#[test]
fn a_leader_needs_no_right_to_create_where_the_table_is() {
    for database in servers() {
        let _ = Bellwether::setup(&database).run().exits(0);
        let url = role(&database, "SELECT, INSERT, UPDATE", "bellwether_runs");
        let _ = lead(&database, &url).sh("exit 3").run().exits(3);
        database.only_run().ended_as("failed", "exited", 3);
        let _ = Bellwether::setup(&database).env("BELLWETHER_DATABASE_URL", &url).run().exits(0).says("is ready");
    }
}

/// As PostgreSQL has closed `public` since version 15.
#[test]
fn a_leader_that_may_not_create_the_table_says_who_can() {
    for database in servers() {
        let url = role(&database, "", "");
        let workspace = Workspace::new();
        for line in
            [lead(&database, &url).sh("touch ran"), Bellwether::setup(&database).env("BELLWETHER_DATABASE_URL", &url)]
        {
            let outcome = stopped(line.in_workspace(&workspace).run());
            let _ = outcome.says_last("has no table bellwether_runs").says_last("bellwether setup --print");
        }
        assert!(!workspace.has("ran") && !database.has_table());
    }
}

#[test]
fn a_leader_that_may_only_read_stops() {
    for database in servers() {
        let _ = Bellwether::setup(&database).run().exits(0);
        let url = role(&database, "SELECT", "bellwether_runs");
        let workspace = Workspace::new();
        let outcome = stopped(lead(&database, &url).in_workspace(&workspace).sh("touch ran").run());
        let _ = outcome.says_last("denied").says_last("refuses");
        assert!(!workspace.has("ran") && database.runs().is_empty());
    }
}

#[test]
fn followers_and_status_only_read() {
    for database in servers() {
        let _ = Bellwether::setup(&database).run().exits(0);
        let url = role(&database, "SELECT", "bellwether_runs");
        let with = |line: Bellwether| line.env("BELLWETHER_DATABASE_URL", &url);
        let follower = with(Bellwether::follow(&database)).waiting();
        let _ = with(Bellwether::status(&database)).args(["--exit-code"]).run().exits(118);
        let _ = Bellwether::lead(&database).sh("true").run().exits(0);
        let _ = follower.wait().exits(0);
        let _ = with(Bellwether::status(&database)).args(["--exit-code"]).run().exits(0).prints("succeeded");
    }
}

#[test]
fn a_table_in_a_schema_of_the_operators() {
    let database = Db::Postgres.fresh();
    let with = |line: Bellwether| line.args(["--table", "ops.bellwether_runs"]);
    let outcome = stopped(with(lead(&database, database.url())).sh("true").run());
    let _ = outcome.says_last("ops").says_last("bellwether setup --print");
    database.execute("CREATE SCHEMA ops");
    let _ = with(Bellwether::setup(&database)).run().exits(0);
    let url = role(&database, "SELECT, INSERT, UPDATE", "ops.bellwether_runs");
    let outcome = stopped(with(lead(&database, &url)).sh("true").run());
    let _ = outcome.says_last("permission denied for schema ops");
    database.execute(&format!("GRANT USAGE ON SCHEMA ops TO small_{}", database.name()));
    let _ = with(lead(&database, &url)).sh("true").run().exits(0);
    let follower = with(Bellwether::follow(&database)).env("BELLWETHER_DATABASE_URL", &url);
    let _ = follower.args(["--timeout", "0s"]).run().exits(0);
    assert!(!database.has_table());
}

#[test]
fn a_database_that_is_not_there_ends_the_start() {
    for database in servers() {
        let url = database.url().replace(database.name(), "no_such_database");
        let _ = stopped(lead(&database, &url).sh("true").run()).says_last("no_such_database");
    }
}

/// Reading goes on, so a follower waits; a leader says what is wrong, and goes on when that is over.
fn read_only(database: &Database, url: &str, reason: &str, set: impl Fn(bool)) {
    let _ = Bellwether::setup(database).run().exits(0);
    set(true);
    let follower = Bellwether::follow(database).env("BELLWETHER_DATABASE_URL", url).waiting();
    let workspace = Workspace::new();
    let brief = lead(database, url).in_workspace(&workspace).args(["--timeout", "1s"]).sh("touch ran");
    let _ = brief.run().exits(125).says_last(reason);
    assert!(!workspace.has("ran"));
    let leader = lead(database, url).in_workspace(&workspace).sh(HOLD).spawn();
    leader.wait_for_line(reason);
    set(false);
    workspace.wait_for("started");
    workspace.touch("go");
    let outcome = leader.wait().exits(0);
    assert_eq!(outcome.stderr().matches(reason).count(), 1, "told once\n{outcome}");
    let _ = follower.wait().exits(0);
}

#[test]
fn postgres_may_be_read_only_for_a_while() {
    let database = Db::Postgres.fresh();
    let url = role(&database, "ALL", "SCHEMA public");
    database.execute(&format!("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO small_{}", database.name()));
    read_only(&database, &url, "25006", |on| {
        let value = if on { "on" } else { "off" };
        // Each new session takes it over: that it helps shows that the connection was replaced.
        database.execute(&format!("ALTER ROLE small_{} SET default_transaction_read_only = {value}", database.name()));
    });
}

#[test]
fn mariadb_may_be_read_only_for_a_while() {
    let server = Server::start(Db::MySql, &[]);
    let database = server.database();
    let url = role(&database, "ALL", &format!("{}.*", database.name()));
    read_only(&database, &url, "1290", |on| database.execute(&format!("SET GLOBAL read_only = {}", u8::from(on))));
}
