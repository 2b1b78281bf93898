//! Signals: passed on at once, recorded, and never left hanging.

use crate::support::databases::{Database, Db};
use crate::support::processes::{self, eventually};
use crate::support::running::Running;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};
use rustix::process::Signal;
use std::process::Command;
use std::time::{Duration, Instant};

on_each_database! {
    a_leader_passes_the_signal_on_and_records_it,
    a_command_that_ignores_the_signal_is_killed_after_the_grace,
    a_second_signal_kills_at_once,
    everybody_may_be_signalled_twice,
    a_success_after_a_signal_is_no_success,
    an_interrupted_lease_is_shortened,
    a_waiting_leader_ends_without_running_anything,
    a_waiting_follower_ends_with_one_line,
    a_follower_learns_of_an_interrupted_leader,
}

const SIGNALS: [(Signal, i64); 4] = [(Signal::TERM, 15), (Signal::INT, 2), (Signal::HUP, 1), (Signal::QUIT, 3)];

/// Whatever the caller of the tests ignores, such as INT in the background, the program must not ignore here.
const AFRESH: [&str; 2] = ["env", "--default-signal"];

/// A leader whose command notes the first signal it gets and ends with 0.
fn noting(database: &Database, workspace: &Workspace) -> Running {
    let traps: Vec<String> =
        ["TERM", "INT", "HUP", "QUIT"].map(|name| format!("trap 'echo {name} >> got; exit 0' {name}")).into();
    let script = format!("{}; {HOLD}", traps.join("; "));
    Bellwether::lead(database).patient().through(AFRESH).sh(&script).started(workspace)
}

fn a_leader_passes_the_signal_on_and_records_it(database: &Database) {
    for ((signal, number), name) in SIGNALS.into_iter().zip(["TERM", "INT", "HUP", "QUIT"]) {
        let workspace = Workspace::new();
        let leader = noting(database, &workspace);
        leader.signal(signal);
        let code = 128 + i32::try_from(number).unwrap();
        let _ = leader.wait().exits(code).says_last("r1");
        assert_eq!(workspace.read("got").trim_end(), name);
        database.runs().last().unwrap().ended_as("failed", "interrupted", 128 + number);
    }
}

fn a_command_that_ignores_the_signal_is_killed_after_the_grace(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).sh(&format!("trap '' TERM; {HOLD}")).started(&workspace);
    let command = workspace.wait_for_number("pid");
    leader.signal(Signal::TERM);
    let _ = leader.wait().exits(143);
    assert!(!processes::group_is_alive(command));
    database.only_run().ended_as("failed", "interrupted", 143);
}

fn a_second_signal_kills_at_once(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).env("BELLWETHER_KILL_AFTER", "50s").env("BELLWETHER_LEASE", "104s");
    let leader = leader.sh(&format!("trap 'touch deaf' TERM; {HOLD}")).started(&workspace);
    leader.signal(Signal::TERM);
    workspace.wait_for("deaf");
    let second = Instant::now();
    leader.signal(Signal::TERM);
    let _ = leader.wait().exits(143);
    assert!(second.elapsed() < Duration::from_secs(20), "not after the grace: {:?}", second.elapsed());
    database.only_run().ended_as("failed", "interrupted", 143);
}

/// As Heroku does it.
fn everybody_may_be_signalled_twice(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).sh(&format!("trap '' TERM; {HOLD}")).started(&workspace);
    let command = workspace.wait_for_number("pid");
    leader.signal_everybody(Signal::TERM);
    leader.signal_everybody(Signal::TERM);
    let _ = leader.wait().exits(143);
    assert!(!processes::group_is_alive(command));
    database.only_run().ended_as("failed", "interrupted", 143);
}

fn a_success_after_a_signal_is_no_success(database: &Database) {
    let workspace = Workspace::new();
    let leader = noting(database, &workspace);
    leader.signal(Signal::TERM);
    let _ = leader.wait().exits(143);
    let _ = Bellwether::follow(database).args(["--timeout", "0s"]).run().exits(121);
}

/// If the platform kills us next, nobody waits a full lease.
fn an_interrupted_lease_is_shortened(database: &Database) {
    let workspace = Workspace::new();
    let leader = Bellwether::lead(database).env("BELLWETHER_KILL_AFTER", "20s").env("BELLWETHER_LEASE", "10m");
    let leader = leader.sh(&format!("trap '' TERM; {HOLD}")).started(&workspace);
    assert_eq!(database.only_run().lease_ms, 600_000);
    leader.signal(Signal::TERM);
    database.wait_for_run("has a lease of the grace and 2 s", |run| run.lease_ms == 22_000 && run.active);
    assert_eq!(database.only_run().cause.as_deref(), Some("interrupted"));
    leader.signal(Signal::TERM);
    let _ = leader.wait().exits(143);
}

fn a_waiting_leader_ends_without_running_anything(database: &Database) {
    let (workspace, second) = (Workspace::new(), Workspace::new());
    let first = Bellwether::lead(database).sh(HOLD).started(&workspace);
    let waiting = Bellwether::lead(database).in_workspace(&second).sh("touch ran").waiting();
    waiting.signal(Signal::TERM);
    let _ = waiting.wait().exits(143).says_last("r1");
    assert!(!second.has("ran"));
    workspace.touch("go");
    let _ = first.wait().exits(0);
    assert_eq!(database.only_run().state, "succeeded");
}

fn a_waiting_follower_ends_with_one_line(database: &Database) {
    for (signal, number) in SIGNALS {
        let follower = Bellwether::follow(database).through(AFRESH).waiting();
        follower.signal(signal);
        let code = 128 + i32::try_from(number).unwrap();
        let _ = follower.wait().exits(code).says_last("r1").within(Duration::from_secs(30));
    }
}

fn a_follower_learns_of_an_interrupted_leader(database: &Database) {
    let workspace = Workspace::new();
    let leader = noting(database, &workspace);
    let follower = Bellwether::follow(database).args(["--retry-window", "10m"]).waiting();
    leader.signal(Signal::TERM);
    let _ = leader.wait().exits(143);
    let _ = follower.wait().exits(121).says_last("r1");
}

#[test]
fn a_hangup_that_is_ignored_at_the_start_stays_ignored() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let ignoring = ["sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""];
    let mut leader = Bellwether::lead(&database).through(ignoring).sh(HOLD).started(&workspace);
    leader.signal(Signal::HUP);
    // A beat after the signal shows that the leader went on with its work.
    let beats = || database.value("SELECT beats FROM bellwether_runs");
    let before = beats();
    eventually("a beat follows", || beats() != before);
    leader.assert_alive();
    workspace.touch("go");
    let _ = leader.wait().exits(0);
    database.only_run().ended_as("succeeded", "exited", 0);
}

#[test]
fn as_the_first_process_of_a_container_it_still_obeys() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let leader = Bellwether::lead(&database).through(container()).sh(HOLD).started(&workspace);
    let ours = processes::family(leader.pid())[1];
    processes::signal(ours, Signal::TERM);
    let _ = leader.wait().exits(143).says_last("r1");
    database.only_run().ended_as("failed", "interrupted", 143);
}

/// How this machine lets us start a process as number 1 of a namespace of its own.
fn container() -> [&'static str; 6] {
    let plain = ["unshare", "--pid", "--fork", "--kill-child", "env", "--default-signal"];
    let as_user = ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child", "env"];
    let works =
        |words: &[&str]| Command::new(words[0]).args(&words[1..]).arg("true").output().unwrap().status.success();
    *[plain, as_user].iter().find(|words| works(*words)).expect("this needs root or unprivileged user namespaces")
}
