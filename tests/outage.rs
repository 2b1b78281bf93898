//! A database that is gone, comes back, or says nothing: no false go, no lost outcome, and an end in time.

use crate::support::databases::{Database, Db};
use crate::support::processes::{self, eventually};
use crate::support::proxy::{Mode, Proxy, unused_port};
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HASTY_LEASE, HOLD};
use std::time::{Duration, Instant};

/// A database, and a way to it that can be cut.
fn behind_a_proxy() -> (Database, Proxy, String) {
    let database = Db::Postgres.fresh();
    let proxy = Proxy::before(database.port());
    let url = database.url_at(proxy.port());
    (database, proxy, url)
}

#[test]
fn a_success_is_recorded_through_an_outage() {
    let (database, proxy, url) = behind_a_proxy();
    let workspace = Workspace::new();
    let leader = Bellwether::lead(&database).env("BELLWETHER_DATABASE_URL", &url).patient().sh(HOLD);
    let leader = leader.started(&workspace);
    let command = workspace.wait_for_number("pid");
    proxy.set(Mode::Refuse);
    workspace.touch("go");
    eventually("the command has ended", || !processes::group_is_alive(command));
    proxy.wait_for_refusals(2);
    proxy.set(Mode::Pass);
    let _ = leader.wait().exits(0);
    database.only_run().ended_as("succeeded", "exited", 0);
}

#[test]
fn a_success_that_cannot_be_recorded_is_none() {
    let (database, proxy, url) = behind_a_proxy();
    let workspace = Workspace::new();
    let leader = Bellwether::lead(&database).env("BELLWETHER_DATABASE_URL", &url).patient().sh(HOLD);
    let leader = leader.args(["--timeout", "1s"]).started(&workspace);
    proxy.set(Mode::Refuse);
    workspace.touch("go");
    let _ = leader.wait().exits(125).says_last("r1");
    assert_eq!(database.only_run().state, "running");
    let follower = Bellwether::follow(&database).args(["--timeout", "0s"]).run();
    let _ = follower.exits(120);
}

#[test]
fn an_outage_in_the_middle_of_a_wait_is_nobodys_death() {
    let (database, proxy, url) = behind_a_proxy();
    let workspace = Workspace::new();
    let leader = Bellwether::lead(&database).sh(HOLD).started(&workspace);
    let mut follower = Bellwether::follow(&database).env("BELLWETHER_DATABASE_URL", &url).waiting();
    proxy.set(Mode::Refuse);
    proxy.wait_for_refusals(3);
    follower.assert_alive();
    proxy.set(Mode::Pass);
    workspace.touch("go");
    let _ = leader.wait().exits(0);
    let _ = follower.wait().exits(0);
}

#[test]
fn an_outage_shorter_than_its_trust_does_not_stop_a_leader() {
    let (database, proxy, url) = behind_a_proxy();
    let workspace = Workspace::new();
    let leader = Bellwether::lead(&database).env("BELLWETHER_DATABASE_URL", &url).patient();
    let leader = leader.env("BELLWETHER_LEASE", "40s").sh(HOLD).started(&workspace);
    let beats = || database.value("SELECT beats FROM bellwether_runs");
    proxy.set(Mode::Refuse);
    proxy.wait_for_refusals(1);
    let before = beats();
    proxy.set(Mode::Pass);
    eventually("the beats go on", || beats() != before);
    workspace.touch("go");
    let _ = leader.wait().exits(0);
}

/// Nobody may start a second command before the first is dead: by construction of the durations.
#[test]
fn a_leader_cut_off_stops_its_command_inside_its_lease() {
    for (mode, trap) in [(Mode::Silent, ""), (Mode::Silent, "trap '' TERM;"), (Mode::Refuse, "")] {
        let (database, proxy, url) = behind_a_proxy();
        let workspace = Workspace::new();
        let leader = Bellwether::lead(&database).hasty().env("BELLWETHER_DATABASE_URL", &url).args(["--timeout", "8s"]);
        let leader = leader.sh(&format!("{trap} {HOLD}")).started(&workspace);
        let command = workspace.wait_for_number("pid");
        let cut = Instant::now();
        proxy.set(mode);
        eventually("the command is stopped", || !processes::group_is_alive(command));
        assert!(cut.elapsed() < HASTY_LEASE, "{:?} after its last beat could be", cut.elapsed());
        let _ = leader.wait().exits(125).says_last("r1");
        assert_ne!(database.only_run().state, "succeeded");
    }
}

#[test]
fn a_fenced_run_is_recorded_as_such_when_the_database_is_back() {
    let (database, proxy, url) = behind_a_proxy();
    let workspace = Workspace::new();
    let leader = Bellwether::lead(&database).hasty().env("BELLWETHER_DATABASE_URL", &url).sh(HOLD).started(&workspace);
    let command = workspace.wait_for_number("pid");
    proxy.set(Mode::Refuse);
    eventually("the command is stopped", || !processes::group_is_alive(command));
    proxy.set(Mode::Pass);
    let _ = leader.wait().exits(125);
    database.only_run().ended_as("failed", "fenced", 125);
}

#[test]
fn a_follower_ends_in_time_whatever_the_database_does() {
    let (database, proxy, url) = behind_a_proxy();
    let gone = database.url_at(unused_port());
    for (mode, url) in [(Mode::Silent, &url), (Mode::Refuse, &url), (Mode::Pass, &gone)] {
        proxy.set(mode);
        for timeout in ["0s", "1s"] {
            let follower = Bellwether::follow(&database).env("BELLWETHER_DATABASE_URL", url);
            let outcome = follower.args(["--timeout", timeout]).run().exits(125).says_last("r1");
            // The timeout, one attempt of 5 s, one last read of 3 s, and a busy machine.
            let _ = outcome.within(Duration::from_secs(1 + 5 + 3 + 6));
        }
    }
}

#[test]
fn a_leader_without_a_database_runs_nothing() {
    let (database, proxy, url) = behind_a_proxy();
    let gone = database.url_at(unused_port());
    for (mode, url) in [(Mode::Silent, &url), (Mode::Refuse, &url), (Mode::Pass, &gone)] {
        proxy.set(mode);
        let workspace = Workspace::new();
        let leader = Bellwether::lead(&database).in_workspace(&workspace).env("BELLWETHER_DATABASE_URL", url);
        let outcome = leader.args(["--timeout", "1s"]).sh("touch ran").run().exits(125).says_last("r1");
        assert!(!workspace.has("ran"), "{outcome}");
        assert!(!database.has_table(), "{outcome}");
    }
}

#[test]
fn a_claim_without_an_answer_is_looked_for_before_the_database_is_given_up() {
    let (database, proxy, url) = behind_a_proxy();
    let _ = Bellwether::setup(&database).run().exits(0);
    let workspace = Workspace::new();
    proxy.set(Mode::LosesCommit);
    let leader = Bellwether::lead(&database).in_workspace(&workspace).env("BELLWETHER_DATABASE_URL", &url);
    // No time for a second try, and the run is there all the same.
    let outcome = leader.args(["--timeout", "0s"]).sh("touch ran").run().exits(0);
    assert!(workspace.has("ran"), "{outcome}");
    database.only_run().ended_as("succeeded", "exited", 0);
}

#[test]
fn a_leader_waits_for_a_database_that_starts_later() {
    let (database, proxy, url) = behind_a_proxy();
    proxy.set(Mode::Refuse);
    let leader = Bellwether::lead(&database).env("BELLWETHER_DATABASE_URL", &url).sh("true").spawn();
    proxy.wait_for_refusals(2);
    proxy.set(Mode::Pass);
    let _ = leader.wait().exits(0);
    assert_eq!(database.only_run().state, "succeeded");
}

#[test]
fn status_says_that_it_cannot_answer() {
    let database = Db::Postgres.fresh();
    for args in [&[][..], &["--exit-code"]] {
        let mut status = Bellwether::status(&database).args(["--database-url", &database.url_at(unused_port())]);
        for arg in args {
            status = status.args([*arg]);
        }
        let _ = status.run().exits(125);
    }
}
