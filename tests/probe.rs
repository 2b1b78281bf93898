//! `follow -- PROBE`: for what can't be read.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::processes::{eventually, is_alive};
use crate::support::workspace::Workspace;
use rustix::process::Signal;

fn follow(database: &Database, workspace: &Workspace, script: &str) -> Bellwether {
    Bellwether::follow(database).in_workspace(workspace).without("BELLWETHER_RELEASE").sh(script)
}

#[test]
fn a_probe_is_asked_until_it_exits_with_0() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let follower = follow(&database, &workspace, "echo x >> asked; test -e applied").waiting();
    workspace.wait_for("asked");
    follower.wait_for_line("exited with 1");
    workspace.touch("applied");
    let _ = follower.wait().exits(0).says_last("probe");
    assert!(!database.has_table());
}

#[test]
fn a_probe_that_is_not_satisfied_ends_with_the_timeout() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let line = follow(&database, &workspace, "exit 3").args(["--timeout", "500ms"]);
    let _ = line.run().exits(120).says_last("the probe sh exited with 3");
}

#[test]
fn a_success_is_held_against_the_probe() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let _ = Bellwether::lead(&database).sh("true").run().exits(0);
    let line = || Bellwether::follow(&database).in_workspace(&workspace);
    let _ = line().sh("exit 1").run().exits(123).says_last("the probe sh exited with 1");
    let _ = line().sh("exit 0").run().exits(0);
}

#[test]
fn a_failed_run_needs_no_probe() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let _ = Bellwether::lead(&database).sh("exit 4").run().exits(4);
    let line = Bellwether::follow(&database).in_workspace(&workspace).args(["--timeout", "0s"]);
    let _ = line.sh("touch asked").run().exits(121);
    assert!(!workspace.has("asked"));
}

#[test]
fn a_probe_that_cannot_be_run_is_told_at_once() {
    let database = Db::Sqlite.fresh();
    let line = || Bellwether::follow(&database).without("BELLWETHER_RELEASE");
    let _ = line().command(["no-such-probe"]).run().exits(127).says("no-such-probe");
    let _ = line().command(["/"]).run().exits(126);
}

#[test]
fn a_probe_dies_with_us() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    for signal in [Signal::TERM, Signal::KILL] {
        let follower = follow(&database, &workspace, "trap '' TERM; echo $$ > pid; sleep 600").spawn();
        let pid = workspace.wait_for_number("pid");
        follower.signal(signal);
        let _ = follower.wait().exits(128 + signal.as_raw());
        eventually("the probe is dead", || !is_alive(pid));
        std::fs::remove_file(workspace.file("pid")).unwrap();
    }
}

#[test]
fn a_probe_takes_a_tenth_of_a_core_at_most() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    // A busy loop of some tenths of a second, which a poll every 100 ms would run without a pause.
    let script = "echo x >> asked; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exit 1";
    let line = follow(&database, &workspace, script).args(["--timeout", "2s"]);
    let outcome = line.run().exits(120);
    let asked = workspace.read("asked").lines().count();
    assert!(asked <= 3, "{asked} times\n{outcome}");
}

#[test]
fn a_probe_has_no_longer_than_the_wait_and_one_attempt() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let line = follow(&database, &workspace, "echo x >> asked; exec sleep 600").args(["--timeout", "200ms"]);
    let _ = line.run().exits(120).says_last("the probe sh took longer than 3s and was killed");
    assert_eq!(workspace.read("asked"), "x\n", "what it said after the deadline is its last word");
}

#[test]
fn what_is_waited_for_does_not_change_while_a_probe_may_not_be_asked() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let script = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exit 1";
    let line = Bellwether::follow(&database).in_workspace(&workspace).args(["--timeout", "2s"]).sh(script);
    let outcome = line.run().exits(120).says("waiting for the migrations: the probe sh exited with 1");
    assert!(!outcome.stderr().contains("waiting for a run"), "{outcome}");
}

#[test]
fn the_command_of_a_release_is_the_leaders_and_no_probe() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let line = Bellwether::release(&database).in_workspace(&workspace).args(["--timeout", "300ms"]);
    let _ = line.sh("touch ran").run().exits(120);
    assert!(!workspace.has("ran"));
}
