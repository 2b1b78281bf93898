//! Who may run: at most one at a time in a fleet, whatever happens to it.

use crate::support::databases::Database;
use crate::support::processes::{self, eventually};
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HASTY_LEASE, HOLD};
use rustix::process::Signal;
use std::time::{Duration, Instant};

on_each_database! {
    twenty_leaders_on_an_empty_database,
    a_second_leader_waits_and_shares_the_success,
    a_second_leader_with_another_command_runs_it,
    a_second_leader_runs_after_a_failure,
    a_leader_of_another_release_waits_its_turn,
    two_fleets_run_side_by_side,
    a_leader_that_cannot_wait_ends_with_120,
    a_dead_run_is_taken_over_when_its_lease_has_passed,
    a_running_row_of_years_ago_is_watched_before_it_is_taken_over,
    a_leader_that_wakes_after_its_takeover_changes_nothing,
}

/// Leaves a pair of stamps, between which no other pair may begin.
const STAMPS: &str = "echo begin >> log; sleep 0.1; echo end >> log";

fn twenty_leaders_on_an_empty_database(database: &Database) {
    let workspace = Workspace::new();
    let leaders: Vec<_> = (0..20)
        .map(|number| {
            let release = format!("r{number}");
            let leader = Bellwether::lead(database).env("BELLWETHER_RELEASE", &release).env("BELLWETHER_TIMEOUT", "5m");
            leader.in_workspace(&workspace).sh(STAMPS).spawn()
        })
        .collect();
    for leader in leaders {
        let _ = leader.wait().exits(0);
    }
    assert_eq!(workspace.read("log"), "begin\nend\n".repeat(20));
    let runs = database.runs();
    assert_eq!(runs.len(), 20, "{runs:?}");
    assert!(runs.iter().all(|run| run.state == "succeeded"), "{runs:?}");
}

fn a_second_leader_waits_and_shares_the_success(database: &Database) {
    let workspace = Workspace::new();
    let script = format!("echo ran >> log; {HOLD}");
    let first = Bellwether::lead(database).sh(&script).started(&workspace);
    let mut second = Bellwether::lead(database).in_workspace(&workspace).sh(&script).waiting();
    second.assert_alive();
    workspace.touch("go");
    let _ = first.wait().exits(0);
    let _ = second.wait().exits(0).says_last("r1");
    assert_eq!(workspace.read("log"), "ran\n");
    assert_eq!(database.runs().len(), 1);
}

fn a_second_leader_with_another_command_runs_it(database: &Database) {
    let workspace = Workspace::new();
    let first = Bellwether::lead(database).sh(HOLD).started(&workspace);
    let second = Bellwether::lead(database).in_workspace(&workspace).sh("touch ran-too").waiting();
    assert!(!workspace.has("ran-too"), "the first one still runs");
    workspace.touch("go");
    let _ = first.wait().exits(0);
    let _ = second.wait().exits(0);
    assert!(workspace.has("ran-too"));
    assert_eq!(database.runs().len(), 2);
}

fn a_second_leader_runs_after_a_failure(database: &Database) {
    let workspace = Workspace::new();
    let script = format!("{HOLD}; echo ran >> log; exit 3");
    let first = Bellwether::lead(database).sh(&script).started(&workspace);
    let second = Bellwether::lead(database).in_workspace(&workspace).sh(&script).waiting();
    workspace.touch("go");
    let _ = first.wait().exits(3);
    let _ = second.wait().exits(3);
    assert_eq!(workspace.read("log"), "ran\nran\n");
}

fn a_leader_of_another_release_waits_its_turn(database: &Database) {
    let workspace = Workspace::new();
    let first = Bellwether::lead(database).sh(HOLD).started(&workspace);
    let second = Bellwether::lead(database).env("BELLWETHER_RELEASE", "r2").in_workspace(&workspace).sh("true").spawn();
    second.wait_for_line("r1");
    assert_eq!(database.only_run().release, "r1");
    workspace.touch("go");
    let _ = first.wait().exits(0);
    let _ = second.wait().exits(0).says("the-lead-app");
    let releases: Vec<String> = database.runs().into_iter().map(|run| run.release).collect();
    assert_eq!(releases, ["r1", "r2"]);
}

fn two_fleets_run_side_by_side(database: &Database) {
    let (one, other) = (Workspace::new(), Workspace::new());
    let first = Bellwether::lead(database).args(["--fleet", "one"]).sh(HOLD).started(&one);
    let second = Bellwether::lead(database).args(["--fleet", "other"]).sh(HOLD).started(&other);
    assert_eq!(database.value("SELECT count(*) FROM bellwether_runs WHERE active = 1"), "2");
    one.touch("go");
    other.touch("go");
    let _ = first.wait().exits(0);
    let _ = second.wait().exits(0);
}

fn a_leader_that_cannot_wait_ends_with_120(database: &Database) {
    let workspace = Workspace::new();
    let first = Bellwether::lead(database).sh(HOLD).started(&workspace);
    for timeout in ["0s", "1s"] {
        let second = Bellwether::lead(database).args(["--timeout", timeout]).in_workspace(&workspace).sh("touch ran");
        let _ = second.run().exits(120).says_last("r1").within(Duration::from_secs(20));
    }
    assert!(!workspace.has("ran"), "no command without the lease");
    workspace.touch("go");
    let _ = first.wait().exits(0);
    assert_eq!(database.runs().len(), 1);
}

fn a_dead_run_is_taken_over_when_its_lease_has_passed(database: &Database) {
    let workspace = Workspace::new();
    let first = Bellwether::lead(database).hasty().sh(HOLD).started(&workspace);
    let second = Bellwether::lead(database).in_workspace(&workspace).sh("touch second").waiting();
    first.signal(Signal::KILL);
    let killed = Instant::now();
    let _ = first.wait().exits(137);
    let outcome = second.wait().exits(0);
    assert!(killed.elapsed() > HASTY_LEASE.mul_f32(0.75), "nobody may start inside the lease\n{outcome}");
    let states: Vec<String> = database.runs().into_iter().map(|run| run.state).collect();
    assert_eq!(states, ["lost", "succeeded"]);
    assert!(database.runs()[0].ended && !database.runs()[0].active);
}

/// Its age proves nothing: the database's clock may have stepped, or the row may come from a backup.
fn a_running_row_of_years_ago_is_watched_before_it_is_taken_over(database: &Database) {
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    database.restore_as_running();
    let outcome = Bellwether::lead(database).sh("true").run().exits(0);
    let _ = outcome.not_before(HASTY_LEASE);
    let states: Vec<String> = database.runs().into_iter().map(|run| run.state).collect();
    assert_eq!(states, ["lost", "succeeded"]);
}

fn a_leader_that_wakes_after_its_takeover_changes_nothing(database: &Database) {
    let workspace = Workspace::new();
    let first = Bellwether::lead(database).hasty().sh(HOLD).started(&workspace);
    let command = workspace.wait_for_number("pid");
    // Right after a beat, so that it is not stopped inside a transaction.
    let beats = || database.value("SELECT beats FROM bellwether_runs");
    let before = beats();
    eventually("it has just beaten", || beats() != before);
    first.signal(Signal::STOP);
    let second = Workspace::new();
    let second_leader = Bellwether::lead(database).sh(HOLD).started(&second);
    first.signal(Signal::CONT);
    let _ = first.wait().exits(125);
    assert!(!processes::group_is_alive(command), "its command has been stopped");
    assert_eq!(database.runs()[0].state, "lost");
    second.touch("go");
    let _ = second_leader.wait().exits(0);
    let states: Vec<String> = database.runs().into_iter().map(|run| run.state).collect();
    assert_eq!(states, ["lost", "succeeded"]);
}
