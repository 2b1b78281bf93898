//! `status`: where things stand, for people and for scripts.

use crate::support::databases::Database;
use crate::support::processes::eventually;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};
use rustix::process::Signal;
use serde_json::Value;
use std::process::{Command, Stdio};

on_each_database! {
    no_table_is_no_run_and_stays_so,
    a_success_is_shown,
    a_running_run_is_shown,
    a_failure_is_shown_with_its_last_lines,
    a_lost_run_is_shown,
    a_silent_run_counts_as_lost,
    a_run_whose_leader_was_killed_turns_silent,
    a_release_that_succeeded_once_counts_as_succeeded,
    only_the_fleets_own_runs_count,
    an_unknown_state_is_shown_and_is_no_go,
    json_is_one_document,
    a_limit_limits,
    a_reader_that_goes_away_is_no_error,
}

/// The exit code of `status --exit-code` with more arguments.
fn state(database: &Database, args: &[&str]) -> i32 {
    let mut line = Bellwether::status(database).args(["--exit-code"]);
    for arg in args {
        line = line.args([*arg]);
    }
    line.run().code
}

fn no_table_is_no_run_and_stays_so(database: &Database) {
    let outcome = Bellwether::status(database).run().exits(0);
    assert!(!outcome.stdout().trim().is_empty(), "it says that there is no run\n{outcome}");
    assert_eq!(state(database, &[]), 118);
    assert!(!database.has_table(), "status creates nothing");
    let _ = Bellwether::setup(database).run().exits(0);
    assert_eq!(state(database, &[]), 118);
}

fn a_success_is_shown(database: &Database) {
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    let _ = Bellwether::status(database).run().exits(0).prints("r1").prints("succeeded").prints("the-lead-app");
    assert_eq!(state(database, &[]), 0);
}

fn a_running_run_is_shown(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).sh(HOLD).started(&workspace);
    let _ = Bellwether::status(database).run().exits(0).prints("r1").prints("running");
    assert_eq!(state(database, &[]), 119);
    workspace.touch("go");
    let _ = leader.wait().exits(0);
}

fn a_failure_is_shown_with_its_last_lines(database: &Database) {
    let _ = Bellwether::lead(database).sh("echo column is missing; exit 41").run().exits(41);
    let _ = Bellwether::status(database).run().exits(0).prints("failed").prints("41").prints("column is missing");
    assert_eq!(state(database, &[]), 121);
}

fn a_lost_run_is_shown(database: &Database) {
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    database.update("state = 'lost', exit_code = NULL, cause = NULL");
    let _ = Bellwether::status(database).run().exits(0).prints("lost");
    assert_eq!(state(database, &[]), 122);
}

fn a_silent_run_counts_as_lost(database: &Database) {
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    database.restore_as_running();
    assert_eq!(state(database, &[]), 122);
}

fn a_release_that_succeeded_once_counts_as_succeeded(database: &Database) {
    let _ = Bellwether::lead(database).sh("exit 0").run().exits(0);
    let _ = Bellwether::lead(database).sh("exit 1").run().exits(1);
    let _ = Bellwether::lead(database).args(["--release", "r2"]).sh("exit 1").run().exits(1);
    assert_eq!(state(database, &[]), 121, "the newest run failed");
    assert_eq!(state(database, &["--release", "r1"]), 0, "success is sticky");
    assert_eq!(state(database, &["--release", "r2"]), 121);
    assert_eq!(state(database, &["--release", "r3"]), 118);
    let _ = Bellwether::status(database).args(["--release", "r1"]).run().exits(0).prints("r1").never_shows("r2");
}

fn only_the_fleets_own_runs_count(database: &Database) {
    let _ = Bellwether::lead(database).args(["--fleet", "shop"]).sh("true").run().exits(0);
    assert_eq!(state(database, &[]), 118);
    assert_eq!(state(database, &["--fleet", "shop"]), 0);
    let _ = Bellwether::status(database).args(["--fleet", "shop"]).run().exits(0).prints("shop").prints("r1");
}

/// A later version may know more states than we do.
fn an_unknown_state_is_shown_and_is_no_go(database: &Database) {
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    database.update("state = 'paused'");
    let _ = Bellwether::status(database).run().exits(0).prints("paused");
    assert_ne!(state(database, &[]), 0);
    assert_ne!(state(database, &["--release", "r1"]), 0);
    let follower = Bellwether::follow(database).args(["--timeout", "1s", "--retry-window", "100ms"]).run();
    assert_ne!(follower.code, 0, "{follower}");
}

/// Every text and number somewhere in a document.
fn values(document: &Value) -> Vec<String> {
    match document {
        Value::Array(items) => items.iter().flat_map(values).collect(),
        Value::Object(fields) => fields.values().flat_map(values).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn json_is_one_document(database: &Database) {
    let empty = Bellwether::status(database).args(["--json"]).run().exits(0);
    let _: Value = serde_json::from_slice(&empty.stdout).unwrap_or_else(|error| panic!("{error}\n{empty}"));
    let _ = Bellwether::lead(database).sh("echo 'a \"quoted\" line'; exit 41").run().exits(41);
    let outcome = Bellwether::status(database).args(["--json"]).run().exits(0);
    let document = serde_json::from_slice(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome}"));
    let values = values(&document);
    for value in ["r1", "failed", "the-lead-app", "exited", "41", &database.only_run().id.to_string()] {
        assert!(values.iter().any(|other| other == value), "`{value}` should be in it\n{outcome}");
    }
    assert!(values.iter().any(|value| value.contains("a \"quoted\" line")), "{outcome}");
    assert_eq!(outcome.stderr(), "", "data goes to stdout alone");
}

fn a_limit_limits(database: &Database) {
    for number in 1..=3 {
        let release = format!("release-number-{number}");
        let _ = Bellwether::lead(database).args(["--release", &release]).sh("true").run().exits(0);
    }
    let outcome = Bellwether::status(database).args(["--limit", "1"]).run().exits(0).prints("release-number-3");
    let _ = outcome.never_shows("release-number-1");
}

fn a_reader_that_goes_away_is_no_error(database: &Database) {
    for _ in 0..3 {
        let _ = Bellwether::lead(database).sh("seq 20; exit 1").run().exits(1);
    }
    let workspace = Workspace::new();
    let line = format!("'{}' status | true; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_bellwether"));
    let mut shell = Command::new("bash");
    shell.args(["-c", &line]).env("BELLWETHER_DATABASE_URL", database.url()).current_dir(workspace.path());
    let output = shell.stdin(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "no panic and no complaint");
}

fn a_run_whose_leader_was_killed_turns_silent(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).hasty().sh(HOLD).started(&workspace);
    leader.signal(Signal::KILL);
    let _ = leader.wait().exits(137);
    eventually("status calls it lost", || state(database, &[]) == 122);
}
