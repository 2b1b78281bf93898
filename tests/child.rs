//! The command as a process group: what becomes of all of it when it ends, when its lease is lost, when we are killed.

use crate::support::databases::{Database, Db};
use crate::support::processes::{self, Loose, eventually};
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};
use rustix::process::Signal;
use std::time::{Duration, Instant};

on_each_database! {
    a_run_that_is_taken_away_is_fenced,
    a_command_that_ignores_its_fence_is_killed,
    a_table_that_is_dropped_fences_the_run,
    a_deleted_row_fences_the_run,
    beats_go_on_while_a_command_works,
}

/// Deaf to everything but KILL, with a child of the same kind.
const DEAF: &str = "trap '' TERM INT HUP QUIT; (while :; do sleep 0.05; done) & echo $$ > pid; touch started; \
                    while :; do sleep 0.05; done";

fn a_run_that_is_taken_away_is_fenced(database: &Database) {
    let workspace = Workspace::new();
    let script = format!("trap 'touch terminated; exit 0' TERM; {HOLD}");
    let leader = Bellwether::lead(database).patient().sh(&script).started(&workspace);
    let command = workspace.wait_for_number("pid");
    database.update("state = 'lost', active = NULL");
    let _ = leader.wait().exits(125).says_last("r1");
    assert!(workspace.has("terminated"), "first it gets TERM");
    assert!(!processes::group_is_alive(command));
    assert_eq!(database.only_run().state, "lost", "no success is written, whatever the command exits with");
}

fn a_command_that_ignores_its_fence_is_killed(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).sh(DEAF).started(&workspace);
    let command = workspace.wait_for_number("pid");
    database.update("holder = 'somebody else'");
    let _ = leader.wait().exits(125);
    assert!(!processes::group_is_alive(command), "then it gets KILL");
    assert_eq!(database.only_run().state, "running", "somebody else's row is not touched");
}

fn a_table_that_is_dropped_fences_the_run(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).sh(HOLD).started(&workspace);
    let command = workspace.wait_for_number("pid");
    database.execute("DROP TABLE bellwether_runs");
    let _ = leader.wait().exits(125).says("bellwether_runs");
    assert!(!processes::group_is_alive(command));
}

fn a_deleted_row_fences_the_run(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).sh(HOLD).started(&workspace);
    let command = workspace.wait_for_number("pid");
    database.execute("DELETE FROM bellwether_runs");
    let _ = leader.wait().exits(125);
    assert!(!processes::group_is_alive(command));
    assert!(database.runs().is_empty(), "nothing is written");
}

fn beats_go_on_while_a_command_works(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).hasty().sh(HOLD).started(&workspace);
    let beats = || database.value("SELECT beats FROM bellwether_runs").parse::<i64>().unwrap();
    let first = beats();
    eventually("three beats have been", || beats() >= first + 3);
    workspace.touch("go");
    let _ = leader.wait().exits(0);
}

#[test]
fn the_command_leads_a_group_of_its_own() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let leader = Bellwether::lead(&database).sh(HOLD).started(&workspace);
    let command = workspace.wait_for_number("pid");
    assert_eq!(processes::group_of(command), Some(command));
    assert_ne!(processes::group_of(leader.pid()), Some(command));
    workspace.touch("go");
    let _ = leader.wait().exits(0);
}

#[test]
fn what_a_command_leaves_behind_is_ended_before_its_outcome_is_recorded() {
    for left in ["sleep 300", "sh -c 'trap \"\" TERM; while :; do sleep 0.05; done'"] {
        let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
        let script = format!("{left} & echo $$ > pid; exit 7");
        let _ = Bellwether::lead(&database).in_workspace(&workspace).sh(&script).run().exits(7);
        assert!(!processes::group_is_alive(workspace.wait_for_number("pid")), "`{left}` is gone");
        database.only_run().ended_as("failed", "exited", 7);
    }
}

/// It left the group, so it is not ours to end; but it still holds the pipe that carries the command's output.
#[test]
fn a_daemon_that_keeps_the_pipe_open_does_not_hold_us() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let script = "setsid sh -c 'echo $$ > daemon; exec sleep 300' & \
                  while [ ! -s daemon ]; do sleep 0.05; done; echo done";
    let leader = Bellwether::lead(&database).in_workspace(&workspace).sh(script).spawn();
    let daemon = Loose(workspace.wait_for_number("daemon"));
    let _ = leader.wait().exits(0).prints("done").within(Duration::from_secs(30));
    assert!(processes::is_alive(daemon.0), "it escaped, as documented");
    database.only_run().ended_as("succeeded", "exited", 0);
}

#[test]
fn killing_us_kills_the_whole_group_at_once() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let leader = Bellwether::lead(&database).env("BELLWETHER_KILL_AFTER", "20s").env("BELLWETHER_LEASE", "60s");
    let leader = leader.sh(DEAF).started(&workspace);
    let command = workspace.wait_for_number("pid");
    leader.signal(Signal::KILL);
    let killed = Instant::now();
    let _ = leader.wait().exits(137);
    eventually("the whole group is gone", || !processes::group_is_alive(command));
    assert!(killed.elapsed() < Duration::from_secs(5), "without a grace: {:?}", killed.elapsed());
}

/// The guard must not be ended by what a platform sends to every process it sees.
#[test]
fn killing_us_after_everybody_got_term_kills_the_whole_group() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let leader = Bellwether::lead(&database).env("BELLWETHER_KILL_AFTER", "20s").env("BELLWETHER_LEASE", "60s");
    let leader = leader.sh(DEAF).started(&workspace);
    let command = workspace.wait_for_number("pid");
    leader.signal_everybody(Signal::TERM);
    database.wait_for_run("is marked as interrupted", |run| run.cause.as_deref() == Some("interrupted"));
    leader.signal(Signal::KILL);
    let _ = leader.wait().exits(137);
    eventually("the whole group is gone", || !processes::group_is_alive(command));
}

/// A helper thread's end, ten seconds in, once took the command with it.
#[test]
fn a_command_lives_as_long_as_it_likes() {
    let outcome = Bellwether::lead(&Db::Sqlite.fresh()).sh("sleep 14; echo survived").run();
    let _ = outcome.exits(0).prints("survived");
}

#[test]
fn nothing_of_ours_is_left_when_we_have_ended() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let leader = Bellwether::lead(&database).sh(HOLD).started(&workspace);
    let family = processes::family(leader.pid());
    assert!(family.contains(&workspace.wait_for_number("pid")), "the command is of the family");
    workspace.touch("go");
    let _ = leader.wait().exits(0);
    eventually("everyone has ended", || !family.iter().any(|&pid| processes::is_alive(pid)));
}
