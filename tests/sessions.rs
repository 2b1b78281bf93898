//! Sessions on a Postgres server: a follower holds none, and the orphans of a killed run are ended before the next begins.

use crate::support::databases::{Database, Db};
use crate::support::processes::eventually;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};
use rustix::process::Signal;

/// Tells under which name its sessions would show, then works.
fn naming(rest: &str) -> String {
    format!("echo \"$PGAPPNAME\" > name; {rest}")
}

/// A leader that was killed, and the session that its command left in the server.
fn orphan(database: &Database) -> String {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).hasty().sh(&naming(HOLD)).started(&workspace);
    let name = workspace.read("name").trim().to_owned();
    database.open_session(&name);
    leader.signal(Signal::KILL);
    let _ = leader.wait().exits(137);
    name
}

/// Counts the sessions of this name from inside the next command.
fn counting(name: &str) -> String {
    let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'");
    format!("psql -AtX \"$BELLWETHER_DATABASE_URL\" -c \"{sql}\"")
}

#[test]
fn the_sessions_of_a_killed_run_are_ended_before_the_next_begins() {
    let database = Db::Postgres.fresh();
    let name = orphan(&database);
    let outcome = Bellwether::lead(&database).sh(&counting(&name)).run().exits(0);
    assert_eq!(outcome.stdout(), "0\n", "{outcome}");
    assert_eq!(database.runs()[0].state, "lost");
}

#[test]
fn the_sessions_of_a_run_that_ended_by_itself_are_left_alone() {
    let database = Db::Postgres.fresh();
    let workspace = Workspace::new();
    let _ = Bellwether::lead(&database).in_workspace(&workspace).sh(&naming("exit 1")).run().exits(1);
    let name = workspace.read("name").trim().to_owned();
    database.open_session(&name);
    let outcome = Bellwether::lead(&database).sh(&counting(&name)).run().exits(0);
    assert_eq!(outcome.stdout(), "1\n", "{outcome}");
}

#[test]
fn other_sessions_are_left_alone() {
    let database = Db::Postgres.fresh();
    let name = orphan(&database);
    let others = ["web", "bellwether-run-1", "bellwether-run-999-stranger"];
    for other in others {
        database.open_session(other);
    }
    let elsewhere = Db::Postgres.fresh();
    elsewhere.open_session(&name);
    let _ = Bellwether::lead(&database).sh("true").run().exits(0);
    assert_eq!(others.map(|other| database.sessions(other)), [1, 1, 1]);
    assert_eq!((database.sessions(&name), elsewhere.sessions(&name)), (0, 1), "another database is none of ours");
}

#[test]
fn sessions_that_a_role_may_not_end_are_warned_of() {
    let database = Db::Postgres.fresh();
    let name = orphan(&database);
    let role = database.create_role("leading", "secret");
    database.execute(&format!(
        "GRANT ALL ON SCHEMA public TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; \
         GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"
    ));
    let leader = Bellwether::lead(&database).env("BELLWETHER_DATABASE_URL", &database.url_as(&role, "secret"));
    let _ = leader.sh("true").run().exits(0).says(&name);
    assert_eq!(database.sessions(&name), 1);
}

#[test]
fn a_follower_needs_to_read_one_table_and_no_more() {
    let database = Db::Postgres.fresh();
    let role = database.create_role("reading", "secret");
    let url = database.url_as(&role, "secret");
    let follow = || Bellwether::follow(&database).env("BELLWETHER_DATABASE_URL", &url).args(["--timeout", "0s"]).run();
    let _ = follow().exits(120);
    let _ = Bellwether::lead(&database).sh("true").run().exits(0);
    database.execute(&format!("GRANT SELECT ON bellwether_runs TO {role}"));
    let _ = follow().exits(0);
    let status = Bellwether::status(&database).env("BELLWETHER_DATABASE_URL", &url).args(["--exit-code"]);
    let _ = status.run().exits(0).prints("succeeded");
}

#[test]
fn a_follower_that_may_not_read_the_table_says_so() {
    let database = Db::Postgres.fresh();
    let role = database.create_role("blind", "secret");
    let _ = Bellwether::lead(&database).sh("true").run().exits(0);
    let follower = Bellwether::follow(&database).env("BELLWETHER_DATABASE_URL", &database.url_as(&role, "secret"));
    let _ = follower.run().exits(125).says("bellwether_runs");
}

#[test]
fn a_follower_holds_no_connection_between_its_polls() {
    let database = Db::Postgres.fresh();
    let follower = Bellwether::follow(&database).args(["--poll-interval", "45s"]).waiting();
    let mine = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    eventually("the follower has left the database", || database.value(mine) == "0");
    follower.signal(Signal::TERM);
    let _ = follower.wait().exits(143);
}
