//! `follow`: waits for the leader's run of its own release, and for nothing else.

use crate::support::databases::Database;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HASTY_LEASE, HOLD};
use rustix::process::Signal;
use std::time::{Duration, Instant};

on_each_database! {
    passes_at_once_on_a_recorded_success,
    waits_for_the_run_and_then_passes,
    stops_with_the_leaders_failure,
    an_empty_database_is_never_a_go,
    another_releases_success_is_never_a_go,
    another_fleets_success_is_never_a_go,
    a_leader_that_never_comes_is_told_apart,
    the_start_timeout_stands_still_while_another_release_runs,
    a_timeout_of_zero_is_exactly_one_check,
    a_run_that_does_not_end_in_time_is_120,
    a_later_failure_does_not_take_a_success_back,
    an_old_failure_is_given_time_to_be_retried,
    a_retry_inside_the_window_is_waited_for,
    a_killed_leader_is_noticed_when_its_lease_runs_out,
    a_restored_running_row_is_never_a_go,
    a_row_deleted_under_a_waiting_follower_is_no_go,
}

fn passes_at_once_on_a_recorded_success(database: &Database) {
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    let run = database.only_run().id.to_string();
    let outcome = Bellwether::follow(database).run().exits(0).says_last("r1").says_last(&run);
    let _ = outcome.within(Duration::from_secs(20));
}

fn waits_for_the_run_and_then_passes(database: &Database) {
    let mut follower = Bellwether::follow(database).waiting();
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).sh(HOLD).started(&workspace);
    follower.assert_alive();
    workspace.touch("go");
    let _ = leader.wait().exits(0);
    let _ = follower.wait().exits(0);
}

fn stops_with_the_leaders_failure(database: &Database) {
    let follower = Bellwether::follow(database).args(["--retry-window", "10m"]).waiting();
    let workspace = Workspace::new();
    let script = format!("{HOLD}; echo relation users exists already; exit 42");
    let leader = Bellwether::lead(database).sh(&script).started(&workspace);
    let late = Bellwether::follow(database).args(["--retry-window", "10m"]).waiting();
    workspace.touch("go");
    let _ = leader.wait().exits(42);
    let failed = Instant::now();
    let outcome = follower.wait().exits(121).says("relation users exists already").says_last("42").says_last("r1");
    assert!(failed.elapsed() < Duration::from_secs(5), "within one poll\n{outcome}");
    let run = database.only_run().id.to_string();
    let _ = outcome.says_last(&run);
    let _ = late.wait().exits(121).says("relation users exists already");
}

fn an_empty_database_is_never_a_go(database: &Database) {
    let _ = Bellwether::follow(database).args(["--timeout", "1s"]).run().exits(120).says_last("r1");
    assert!(!database.has_table(), "a follower creates nothing");
    let _ = Bellwether::setup(database).run().exits(0);
    let _ = Bellwether::follow(database).args(["--timeout", "1s"]).run().exits(120).says_last("r1");
}

fn another_releases_success_is_never_a_go(database: &Database) {
    let _ = Bellwether::lead(database).args(["--release", "the-release-before"]).sh("true").run().exits(0);
    let outcome = Bellwether::follow(database).args(["--timeout", "1s"]).run().exits(120);
    let _ = outcome.says("the-release-before");
}

fn another_fleets_success_is_never_a_go(database: &Database) {
    let _ = Bellwether::lead(database).args(["--fleet", "shop"]).sh("true").run().exits(0);
    let _ = Bellwether::follow(database).args(["--timeout", "1s"]).run().exits(120);
    let _ = Bellwether::follow(database).args(["--fleet", "shop"]).run().exits(0);
}

fn a_leader_that_never_comes_is_told_apart(database: &Database) {
    let outcome = Bellwether::follow(database).args(["--start-timeout", "500ms"]).run().exits(120);
    let outcome = outcome.says("RUN_MIGRATIONS").says_last("r1").not_before(Duration::from_millis(500));
    let _ = outcome.within(Duration::from_secs(20));
}

fn the_start_timeout_stands_still_while_another_release_runs(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).args(["--release", "r0"]).sh(HOLD).started(&workspace);
    let follower = Bellwether::follow(database).args(["--start-timeout", "200ms", "--timeout", "3s"]).run();
    let _ = follower.exits(120).not_before(Duration::from_secs(3));
    workspace.touch("go");
    let _ = leader.wait().exits(0);
}

fn a_timeout_of_zero_is_exactly_one_check(database: &Database) {
    let check = || Bellwether::follow(database).args(["--timeout", "0s"]).run().within(Duration::from_secs(20));
    let _ = check().exits(120);
    let _ = Bellwether::lead(database).sh("exit 9").run().exits(9);
    let _ = check().exits(121);
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    let _ = check().exits(0);
}

fn a_run_that_does_not_end_in_time_is_120(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).sh(HOLD).started(&workspace);
    let outcome = Bellwether::follow(database).args(["--timeout", "1s"]).run().exits(120).says_last("r1");
    let _ = outcome.not_before(Duration::from_secs(1)).within(Duration::from_secs(20));
    workspace.touch("go");
    let _ = leader.wait().exits(0);
}

fn a_later_failure_does_not_take_a_success_back(database: &Database) {
    let _ = Bellwether::lead(database).sh("exit 0").run().exits(0);
    let _ = Bellwether::lead(database).sh("exit 5").run().exits(5);
    let _ = Bellwether::follow(database).args(["--timeout", "0s"]).run().exits(0);
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).sh(HOLD).started(&workspace);
    let _ = Bellwether::follow(database).args(["--timeout", "0s"]).run().exits(0);
    workspace.touch("go");
    let _ = leader.wait().exits(0);
}

fn an_old_failure_is_given_time_to_be_retried(database: &Database) {
    let _ = Bellwether::lead(database).sh("echo no such column; exit 6").run().exits(6);
    let outcome = Bellwether::follow(database).args(["--retry-window", "1s"]).run().exits(121);
    let outcome = outcome.not_before(Duration::from_secs(1)).within(Duration::from_secs(20));
    let _ = outcome.says("no such column").says_last("r1").says_last("6");
}

fn a_retry_inside_the_window_is_waited_for(database: &Database) {
    let _ = Bellwether::lead(database).sh("exit 6").run().exits(6);
    let follower = Bellwether::follow(database).args(["--retry-window", "40s"]).waiting();
    let _ = Bellwether::lead(database).sh("exit 0").run().exits(0);
    let _ = follower.wait().exits(0);
}

fn a_killed_leader_is_noticed_when_its_lease_runs_out(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).hasty().sh(HOLD).started(&workspace);
    let follower = Bellwether::follow(database).args(["--retry-window", "10m"]).waiting();
    leader.signal(Signal::KILL);
    let killed = Instant::now();
    let _ = leader.wait().exits(137);
    let run = database.only_run().id.to_string();
    let outcome = follower.wait().exits(122).says_last("r1").says_last(&run);
    // A beat, a sixth of the lease, may have been due when the leader died.
    let early = HASTY_LEASE.mul_f32(0.75);
    assert!(killed.elapsed() > early, "nobody gives up on a leader inside its lease\n{outcome}");
    assert!(killed.elapsed() < HASTY_LEASE + Duration::from_secs(10), "{outcome}");
}

fn a_restored_running_row_is_never_a_go(database: &Database) {
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    database.restore_as_running();
    let outcome = Bellwether::follow(database).args(["--retry-window", "100ms"]).run().exits(122);
    let _ = outcome.says_last("r1");
}

fn a_row_deleted_under_a_waiting_follower_is_no_go(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).sh(HOLD).started(&workspace);
    let follower = Bellwether::follow(database).args(["--start-timeout", "500ms"]).waiting();
    database.execute("DELETE FROM bellwether_runs");
    let _ = follower.wait().exits(120);
    let _ = leader.wait().exits(125);
}
