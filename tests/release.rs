//! `release`: which role an app plays, and how it says so.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::outcome::Outcome;
use crate::support::workspace::Workspace;

on_each_database! {
    the_role_option_comes_first,
    the_role_variable_comes_second,
    run_migrations_comes_last,
    every_yes_of_run_migrations_is_a_leader,
    anything_else_is_a_follower_that_runs_nothing,
    a_run_migrations_that_is_neither_yes_nor_no_is_warned_of,
    skip_touches_nothing,
}

const MARK: &str = "touch ran";

/// Runs the Procfile line; says whether the command ran, and how it ended.
fn release(database: &Database, role: &[(&str, &str)], args: &[&str]) -> (bool, Outcome) {
    let workspace = Workspace::new();
    let mut line = Bellwether::release(database).in_workspace(&workspace).sh(MARK).env("BELLWETHER_TIMEOUT", "0s");
    for (name, value) in role {
        line = line.env(name, value);
    }
    for arg in args {
        line = line.args([*arg]);
    }
    let outcome = line.run();
    (workspace.has("ran"), outcome)
}

fn the_role_option_comes_first(database: &Database) {
    let roles = [("BELLWETHER_ROLE", "follower"), ("RUN_MIGRATIONS", "false")];
    let (ran, outcome) = release(database, &roles, &["--role", "leader"]);
    let _ = outcome.exits(0).says_first("leader").says_first("--role");
    assert!(ran, "the leader runs the command");
}

fn the_role_variable_comes_second(database: &Database) {
    let (ran, outcome) = release(database, &[("BELLWETHER_ROLE", "follower"), ("RUN_MIGRATIONS", "true")], &[]);
    let _ = outcome.exits(120).says_first("follower").says_first("BELLWETHER_ROLE");
    assert!(!ran, "a follower runs nothing");
}

fn run_migrations_comes_last(database: &Database) {
    let roles = [("BELLWETHER_ROLE", ""), ("RUN_MIGRATIONS", "true")];
    let (ran, outcome) = release(database, &roles, &[]);
    let _ = outcome.exits(0).says_first("leader").says_first("RUN_MIGRATIONS");
    assert!(ran, "the leader runs the command");
}

fn every_yes_of_run_migrations_is_a_leader(database: &Database) {
    for yes in ["true", "TRUE", "True", "1", "yes", "Yes", "on", "ON"] {
        let (ran, outcome) = release(database, &[("RUN_MIGRATIONS", yes)], &[]);
        let _ = outcome.exits(0).says_first("leader").says_first("RUN_MIGRATIONS");
        assert!(ran, "`{yes}` is a yes");
    }
    assert_eq!(database.runs().len(), 8);
}

fn anything_else_is_a_follower_that_runs_nothing(database: &Database) {
    for value in [None, Some(""), Some("false"), Some("0"), Some("maybe"), Some("leader")] {
        let variable = value.map(|value| ("RUN_MIGRATIONS", value));
        let (ran, outcome) = release(database, variable.as_slice(), &[]);
        let _ = outcome.exits(120).says_first("follower");
        assert!(!ran, "{value:?} is no yes");
    }
    assert!(!database.has_table(), "a follower creates nothing");
}

/// Perhaps it was meant to be a yes.
fn a_run_migrations_that_is_neither_yes_nor_no_is_warned_of(database: &Database) {
    let lines = |value| {
        let (_, outcome) = release(database, &[("RUN_MIGRATIONS", value)], &[]);
        outcome.exits(120).stderr_lines()
    };
    let plain = lines("").len();
    for no in ["false", "0", "no", "off"] {
        assert_eq!(lines(no).len(), plain, "`{no}` is a plain no");
    }
    let warned = lines("ture");
    assert!(warned.iter().any(|line| line.contains("ture")), "{warned:?}");
    assert!(warned.len() > plain, "a line of warning more: {warned:?}");
}

fn skip_touches_nothing(database: &Database) {
    for subcommand in [Bellwether::release, Bellwether::lead, Bellwether::follow] {
        let workspace = Workspace::new();
        let mut line = subcommand(database).in_workspace(&workspace).env("BELLWETHER_SKIP", "1");
        if !line.words().contains(&"follow".to_owned()) {
            line = line.sh(MARK);
        }
        let outcome = line.run().exits(0);
        assert_eq!(outcome.stderr_lines().len(), 1, "one loud line\n{outcome}");
        assert!(!workspace.has("ran"), "nothing runs");
    }
    assert!(!database.has_table(), "nothing is written");
}

#[test]
fn skip_needs_no_database_at_all() {
    let database = Db::Sqlite.fresh();
    let line = Bellwether::release(&database).without("BELLWETHER_DATABASE_URL").without("BELLWETHER_RELEASE");
    let _ = line.env("BELLWETHER_SKIP", "1").sh("exit 3").run().exits(0);
}

#[test]
fn a_skip_that_is_a_no_skips_nothing() {
    let database = Db::Sqlite.fresh();
    for no in ["0", "false", "off", ""] {
        let _ = Bellwether::lead(&database).env("BELLWETHER_SKIP", no).sh("exit 3").run().exits(3);
    }
}

#[test]
fn an_unknown_role_is_refused() {
    let database = Db::Sqlite.fresh();
    let (ran, outcome) = release(&database, &[("BELLWETHER_ROLE", "boss")], &[]);
    let _ = outcome.exits(2).says("boss").says("BELLWETHER_ROLE");
    assert!(!ran, "nothing runs");
    let (ran, outcome) = release(&database, &[], &["--role", "boss"]);
    let _ = outcome.exits(2).says("boss");
    assert!(!ran, "nothing runs");
}

#[test]
fn the_release_and_its_source_are_said() {
    let database = Db::Sqlite.fresh();
    let (_, outcome) = release(&database, &[("RUN_MIGRATIONS", "true")], &[]);
    let _ = outcome.exits(0).says("r1").says("BELLWETHER_RELEASE");
    assert!(database.value("SELECT release_source FROM bellwether_runs").contains("BELLWETHER_RELEASE"));
}
