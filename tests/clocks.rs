//! Clocks that step or are hours apart, by libfaketime: nobody takes over from, or gives up on, a healthy leader.

use crate::support::databases::{Database, Db};
use crate::support::processes::eventually;
use crate::support::servers::Server;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};

/// How many beats there have been.
fn beats(database: &Database) -> i64 {
    database.value("SELECT beats FROM bellwether_runs").parse().unwrap()
}

fn the_servers_clock_may_step(db: Db) {
    let server = Server::with_clock(db);
    let database = server.database();
    let workspace = Workspace::new();
    // A lease of 12 s with a beat every 2 s: a step of an hour is a lease that is over, many times.
    let leader = Bellwether::lead(&database).sh(HOLD).started(&workspace);
    let mut follower = Bellwether::follow(&database).waiting();
    let mut rival = Bellwether::lead(&database).env("BELLWETHER_RELEASE", "r2").sh("touch rival");
    rival = rival.in_workspace(&workspace);
    let mut rival = rival.waiting();
    for offset in ["+1h", "+0", "-1h", "+1h"] {
        server.set_clock(offset);
        let before = beats(&database);
        eventually("the beats go on", || beats(&database) >= before + 2);
        follower.assert_alive();
        rival.assert_alive();
    }
    assert!(!workspace.has("rival"), "nobody takes over");
    workspace.touch("go");
    let _ = leader.wait().exits(0);
    let _ = follower.wait().exits(0);
    let _ = rival.wait().exits(0);
    let states: Vec<String> = database.runs().into_iter().map(|run| run.state).collect();
    assert_eq!(states, ["succeeded", "succeeded"]);
}

#[test]
fn the_clock_of_postgres_may_step() {
    the_servers_clock_may_step(Db::Postgres);
}

#[test]
fn the_clock_of_mariadb_may_step() {
    the_servers_clock_may_step(Db::MySql);
}

#[test]
fn hosts_may_be_hours_apart() {
    for db in [Db::Postgres, Db::MySql] {
        let database = db.fresh();
        let workspace = Workspace::new();
        let leader = Bellwether::lead(&database).through(["faketime", "-f", "+7h"]).sh(HOLD).started(&workspace);
        let hosts = ["-9h", "+30m", "+400d"];
        let followers = hosts.map(|offset| Bellwether::follow(&database).through(["faketime", "-f", offset]).waiting());
        let before = beats(&database);
        eventually("the beats go on", || beats(&database) >= before + 2);
        workspace.touch("go");
        let _ = leader.wait().exits(0);
        for follower in followers {
            let _ = follower.wait().exits(0);
        }
        let status = Bellwether::status(&database).through(["faketime", "-f", "-9h"]).args(["--exit-code"]);
        let _ = status.run().exits(0);
    }
}
