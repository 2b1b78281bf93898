//! Servers that restart, fail over, fill up or change their passwords under a run that goes on.

use crate::support::databases::{Database, Db};
use crate::support::outcome::Outcome;
use crate::support::proxy::{Mode, Proxy};
use crate::support::running::Running;
use crate::support::servers::Server;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};
use std::time::Duration;

const UNREADABLE: &str = "can't be used, trying again";

/// A leader at work and a follower that waits for it, both at this URL.
fn pair(database: &Database, url: &str, workspace: &Workspace) -> (Running, Running) {
    let with = |line: Bellwether| line.env("BELLWETHER_DATABASE_URL", url);
    let leader = with(Bellwether::lead(database)).patient().env("BELLWETHER_LEASE", "48s").sh(HOLD).started(workspace);
    let follower = with(Bellwether::follow(database)).spawn();
    follower.wait_for_line("waiting for the leader's run to end");
    (leader, follower)
}

/// The first failure is told, and then each change, but not every try.
fn told_on_changes(outcome: &Outcome) {
    let lines = outcome.stderr_lines();
    assert!(lines.iter().any(|line| line.contains("trying again")), "{outcome}");
    assert!(lines.windows(2).all(|pair| pair[0] != pair[1]), "{outcome}");
}

fn a_restart_harms_nobody(db: Db) {
    let server = Server::start(db, &[]);
    let database = server.database();
    let workspace = Workspace::new();
    let (leader, follower) = pair(&database, database.url(), &workspace);
    server.stop();
    follower.wait_for_line(UNREADABLE);
    follower.wait_for_line("can't be reached");
    leader.wait_for_line("can't renew the lease");
    server.start_again(&[]);
    follower.wait_for_line("can be used again");
    leader.wait_for_line("the lease is renewed again");
    workspace.touch("go");
    for outcome in [leader.wait().exits(0), follower.wait().exits(0)] {
        told_on_changes(&outcome);
    }
    database.only_run().ended_as("succeeded", "exited", 0);
}

#[test]
fn a_restart_of_postgres_harms_nobody() {
    a_restart_harms_nobody(Db::Postgres);
}

#[test]
fn a_restart_of_mariadb_harms_nobody() {
    a_restart_harms_nobody(Db::MySql);
}

/// The successor has all rows, but can't be written until it is promoted.
#[test]
fn a_failover_harms_nobody() {
    let server = Server::start(Db::Postgres, &[]);
    let database = server.database();
    let successor = server.standby();
    let proxy = Proxy::before(server.port());
    let workspace = Workspace::new();
    let (leader, follower) = pair(&database, &database.url_at(proxy.port()), &workspace);
    let elsewhere = database.at(&successor);
    elsewhere.wait_for_run("has arrived", |run| run.active);
    proxy.set(Mode::Refuse);
    follower.wait_for_line(UNREADABLE);
    proxy.lead_to(successor.port());
    proxy.set(Mode::Pass);
    leader.wait_for_line("25006");
    follower.wait_for_line("can be used again");
    elsewhere.execute("SELECT pg_promote()");
    leader.wait_for_line("the lease is renewed again");
    workspace.touch("go");
    let _ = leader.wait().exits(0);
    let _ = follower.wait().exits(0);
    elsewhere.only_run().ended_as("succeeded", "exited", 0);
    assert_eq!(database.only_run().state, "running", "nothing was written to the old server");
}

/// A follower that waits as a role whose password then changes.
fn locked_out(database: &Database) -> (Running, impl Fn(&str)) {
    let role = database.create_role("rotating", "first");
    let _ = Bellwether::setup(database).run().exits(0);
    database.execute(&format!("GRANT SELECT ON bellwether_runs TO {role}"));
    let follower = Bellwether::follow(database).env("BELLWETHER_DATABASE_URL", &database.url_as(&role, "first"));
    let follower = follower.env("BELLWETHER_TIMEOUT", "10m").spawn();
    follower.wait_for_line("waiting for a run");
    let set = move |password: &str| database.execute(&format!("ALTER ROLE {role} PASSWORD '{password}'"));
    set("second");
    follower.wait_for_line("28P01");
    (follower, set)
}

#[test]
fn a_password_may_be_wrong_for_a_moment() {
    let database = Db::Postgres.fresh();
    let (follower, set) = locked_out(&database);
    set("first");
    follower.wait_for_line("can be used again");
    let _ = Bellwether::lead(&database).sh("true").run().exits(0);
    let _ = follower.wait().exits(0);
}

#[test]
fn a_password_that_stays_wrong_ends_the_wait() {
    let database = Db::Postgres.fresh();
    let (follower, _) = locked_out(&database);
    let outcome = follower.wait().exits(125).not_before(Duration::from_secs(30));
    let _ = outcome.says_last("28P01").says_last("refuses");
}

#[test]
fn slow_answers_are_answers() {
    let database = Db::Postgres.fresh();
    let proxy = Proxy::before(database.port());
    proxy.set(Mode::Slow);
    let workspace = Workspace::new();
    let (leader, follower) = pair(&database, &database.url_at(proxy.port()), &workspace);
    workspace.touch("go");
    for outcome in [leader.wait().exits(0), follower.wait().exits(0)] {
        let _ = outcome.never_shows("trying again");
    }
}

/// A small plan has twenty connections, and somebody else has them all.
#[test]
fn a_crowd_gets_through_a_server_that_is_full() {
    let server = Server::start(Db::Postgres, &["max_connections=20"]);
    let database = server.database();
    // Logging in a hundred times a second would be a test of the processor.
    server.admit("host all all 127.0.0.1/32 trust");
    database.execute("SELECT pg_reload_conf()");
    let role = database.create_role("app", "secret");
    database.execute(&format!("GRANT ALL ON SCHEMA public TO {role}"));
    let url = database.url_as(&role, "secret");
    let with = |line: Bellwether| line.env("BELLWETHER_DATABASE_URL", &url).env("BELLWETHER_POLL_INTERVAL", "1s");
    // Three more are kept for superusers: the test itself.
    database.open_sessions(&url, "hog", 17);
    let followers: Vec<_> = (0..100).map(|_| with(Bellwether::follow(&database)).spawn()).collect();
    let leader = with(Bellwether::lead(&database)).sh("true").spawn();
    for waiting in followers.iter().chain([&leader]) {
        waiting.wait_for_line("53300");
    }
    database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hog'");
    let _ = leader.wait().exits(0);
    for follower in followers {
        told_on_changes(&follower.wait().exits(0));
    }
}
