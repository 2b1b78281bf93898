//! On a terminal the command has the terminal itself; elsewhere all talk is plain lines.

use crate::support::databases::Db;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};

/// In a group of its own it would be stopped for ever at its first read.
#[test]
fn a_command_may_read_the_terminal() {
    let database = Db::Sqlite.fresh();
    let leader = Bellwether::lead(&database).sh("read answer; echo \"got <$answer>\"; exit 5");
    let _ = leader.on_a_terminal().input("yes\n").run().exits(5).prints("got <yes>");
    database.only_run().ended_as("failed", "exited", 5);
}

#[test]
fn the_command_has_the_terminal_itself_and_nothing_is_kept() {
    let database = Db::Sqlite.fresh();
    let leader = Bellwether::lead(&database).sh("test -t 0 && test -t 1 && test -t 2 && echo all three; exit 1");
    let _ = leader.on_a_terminal().run().exits(1).prints("all three");
    assert!(!database.only_run().detail.unwrap_or_default().contains("all three"));
}

#[test]
fn no_colour_is_shown_to_those_who_want_none() {
    let database = Db::Sqlite.fresh();
    let leader = Bellwether::lead(&database).env("NO_COLOR", "1").env("TERM", "xterm-256color").sh("exit 1");
    let _ = leader.on_a_terminal().run().exits(1).prints("r1").never_shows("\x1b[3").never_shows("\x1b[1m");
}

#[test]
fn without_a_terminal_waiting_is_told_in_plain_lines() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let leader = Bellwether::lead(&database).sh(HOLD).started(&workspace);
    let follower = Bellwether::follow(&database).args(["--timeout", "2s"]).env("TERM", "xterm").run().exits(120);
    let follower = follower.never_shows("\r").never_shows("\x1b");
    assert!(follower.stderr_lines().iter().all(|line| line.starts_with("bellwether: ")), "{follower}");
    assert!(follower.stderr_lines().len() < 10, "few lines\n{follower}");
    assert_eq!(follower.stdout(), "");
    workspace.touch("go");
    let _ = leader.wait().exits(0);
}
