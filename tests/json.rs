//! `--log-format json`: the same events, one object a line.

use crate::support::databases::Database;
use crate::support::outcome::Outcome;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};
use rustix::process::Signal;
use serde_json::Value;

on_each_database! {
    a_leaders_talk_is_objects,
    a_followers_talk_is_objects,
    the_talk_of_those_who_wait_is_objects,
    a_skip_is_an_object_too,
}

/// Every line is an object that names its event; together they are what a machine reads.
#[track_caller]
fn events(outcome: &Outcome) -> Vec<String> {
    let lines = outcome.stderr_lines();
    assert!(!lines.is_empty(), "something is said\n{outcome}");
    let event = |line: &String| {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("`{line}`: {error}\n{outcome}"));
        object["event"].as_str().unwrap_or_else(|| panic!("`{line}` names no event\n{outcome}")).to_owned()
    };
    lines.iter().map(event).collect()
}

fn json(line: Bellwether) -> Bellwether {
    line.args(["--log-format", "json"])
}

fn a_leaders_talk_is_objects(database: &Database) {
    for (script, code) in [("echo out", 0), ("echo out; exit 3", 3), ("kill -9 $$", 137), ("exec no-such-command", 127)]
    {
        let outcome = json(Bellwether::lead(database)).sh(&format!("exec 2> /dev/null; {script}")).run().exits(code);
        assert!(!events(&outcome).is_empty());
        let _ = outcome.says_last("r1");
    }
    let outcome = json(Bellwether::lead(database)).command(["no-such-command"]).run().exits(127);
    assert!(!events(&outcome).is_empty());
}

fn a_followers_talk_is_objects(database: &Database) {
    let follow = || json(Bellwether::follow(database)).args(["--timeout", "500ms"]).run();
    assert!(!events(&follow().exits(120).says_last("r1")).is_empty());
    let _ = Bellwether::lead(database).sh("echo 'a \"quote\"'; exit 1").run().exits(1);
    assert!(!events(&follow().exits(121).says_last("r1")).is_empty());
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    assert!(!events(&follow().exits(0).says_last("r1")).is_empty());
}

fn the_talk_of_those_who_wait_is_objects(database: &Database) {
    let workspace = Workspace::new();
    let first = json(Bellwether::lead(database)).sh(HOLD).started(&workspace);
    let second = Bellwether::lead(database).sh("true").waiting();
    let follower = Bellwether::follow(database).waiting();
    for interrupted in [second, follower] {
        interrupted.signal(Signal::TERM);
        assert!(!events(&interrupted.wait().exits(143)).is_empty());
    }
    first.signal(Signal::TERM);
    let outcome = first.wait().exits(143).says_last("r1");
    assert!(!events(&outcome).is_empty());
}

fn a_skip_is_an_object_too(database: &Database) {
    let outcome = json(Bellwether::follow(database)).env("BELLWETHER_SKIP", "1").run().exits(0);
    assert_eq!(events(&outcome).len(), 1);
}
