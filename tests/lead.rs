//! `lead`: runs the command as it was given and ends as it ended.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::workspace::Workspace;
use std::time::Duration;

on_each_database! {
    a_success_is_recorded_before_it_is_reported,
    the_commands_exit_code_passes_through,
    a_command_that_dies_of_a_signal_is_128_and_the_signal,
    a_command_that_is_not_there_is_127,
    a_command_that_cannot_be_executed_is_126,
    a_command_that_overruns_its_timeout_is_124,
    a_command_within_its_timeout_is_left_alone,
    a_release_that_succeeded_is_run_again,
    a_failed_release_is_run_again,
    a_run_number_is_never_used_twice,
    the_command_learns_of_its_run,
}

fn a_success_is_recorded_before_it_is_reported(database: &Database) {
    let outcome = Bellwether::lead(database).sh("true").run().exits(0).says_last("r1");
    let run = database.only_run();
    run.ended_as("succeeded", "exited", 0);
    assert_eq!((run.fleet.as_str(), run.release.as_str(), run.app.as_str()), ("default", "r1", "the-lead-app"));
    assert_eq!(run.lease_ms, 12_000);
    assert!(!run.holder.is_empty(), "{run:?}");
    assert!(outcome.last_line().contains(&run.id.to_string()), "the last line has the run's number\n{outcome}");
    assert!(database.value("SELECT version FROM bellwether_runs").contains(env!("CARGO_PKG_VERSION")));
    let times = "started_at IS NOT NULL AND started_at <= beat_at AND beat_at <= ended_at";
    assert_eq!(database.value(&format!("SELECT count(*) FROM bellwether_runs WHERE {times}")), "1");
}

fn the_commands_exit_code_passes_through(database: &Database) {
    for code in [1, 2, 77, 121, 125, 255] {
        let _ = Bellwether::lead(database).sh(&format!("exit {code}")).run().exits(code).says_last("r1");
        database.runs().last().unwrap().ended_as("failed", "exited", code.into());
    }
}

fn a_command_that_dies_of_a_signal_is_128_and_the_signal(database: &Database) {
    for (name, number) in [("KILL", 9), ("SEGV", 11), ("TERM", 15)] {
        let _ = Bellwether::lead(database).sh(&format!("kill -{name} $$")).run().exits(128 + number).says_last("r1");
        database.runs().last().unwrap().ended_as("failed", "signalled", (128 + number).into());
    }
}

fn a_command_that_is_not_there_is_127(database: &Database) {
    for command in ["no-such-command", "/no/such/command"] {
        let _ = Bellwether::lead(database).command([command]).run().exits(127).says(command).says_last("r1");
        database.runs().last().unwrap().ended_as("failed", "not-started", 127);
    }
}

fn a_command_that_cannot_be_executed_is_126(database: &Database) {
    let workspace = Workspace::new();
    workspace.write("migrate", "not executable");
    let outcome = Bellwether::lead(database).in_workspace(&workspace).command(["./migrate"]).run();
    let _ = outcome.exits(126).says("./migrate").says_last("r1");
    database.only_run().ended_as("failed", "not-started", 126);
}

fn a_command_that_overruns_its_timeout_is_124(database: &Database) {
    let leader = Bellwether::lead(database).args(["--command-timeout", "3s"]).sh("echo at work; sleep 300");
    let outcome = leader.run().exits(124).says_last("r1").prints("at work");
    let _ = outcome.within(Duration::from_secs(30)).not_before(Duration::from_millis(300));
    database.only_run().ended_as("failed", "overran", 124);
}

fn a_command_within_its_timeout_is_left_alone(database: &Database) {
    let _ = Bellwether::lead(database).args(["--command-timeout", "10m"]).sh("exit 4").run().exits(4);
    database.only_run().ended_as("failed", "exited", 4);
}

fn a_release_that_succeeded_is_run_again(database: &Database) {
    let workspace = Workspace::new();
    for _ in 0..2 {
        let _ = Bellwether::lead(database).in_workspace(&workspace).sh("echo ran >> log").run().exits(0);
    }
    assert_eq!(workspace.read("log"), "ran\nran\n");
    assert!(database.runs().iter().all(|run| run.state == "succeeded"));
    assert_eq!(database.runs().len(), 2);
}

fn a_failed_release_is_run_again(database: &Database) {
    let _ = Bellwether::lead(database).sh("exit 1").run().exits(1);
    let _ = Bellwether::lead(database).sh("exit 0").run().exits(0);
    let states: Vec<String> = database.runs().into_iter().map(|run| run.state).collect();
    assert_eq!(states, ["failed", "succeeded"]);
}

fn a_run_number_is_never_used_twice(database: &Database) {
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    let first = database.only_run().id;
    database.execute("DELETE FROM bellwether_runs");
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    assert!(database.only_run().id > first);
}

fn the_command_learns_of_its_run(database: &Database) {
    let script = r#"echo "$BELLWETHER_RUN|$BELLWETHER_RELEASE|$BELLWETHER_FLEET|$PGAPPNAME""#;
    let outcome = Bellwether::lead(database).args(["--fleet", "shop"]).sh(script).run().exits(0);
    let run = database.only_run();
    let known = outcome.stdout();
    let known: Vec<&str> = known.trim().split('|').collect();
    assert_eq!(known[..3], [run.id.to_string().as_str(), "r1", "shop"], "{outcome}");
    let nonce = known[3].strip_prefix(&format!("bellwether-run-{}-", run.id)).unwrap_or_default();
    assert!(!nonce.is_empty() && run.holder.contains(nonce), "`{}` has a part of `{}`", known[3], run.holder);
}

#[test]
fn a_pgappname_of_the_users_own_is_kept() {
    let leader = Bellwether::lead(&Db::Sqlite.fresh()).env("PGAPPNAME", "mine").sh("echo $PGAPPNAME").run();
    assert_eq!(leader.exits(0).stdout(), "mine\n");
}

#[test]
fn arguments_arrive_unchanged() {
    let words = ["", "two words", "it's", "a \"quote\"", "$HOME", "`id`", "*", "back\\slash", "-x", "--", "é\n"];
    let mut command = vec!["printf", "[%s]"];
    command.extend(words);
    let command: [&str; 13] = command.try_into().unwrap();
    let outcome = Bellwether::lead(&Db::Sqlite.fresh()).command(command).run().exits(0);
    assert_eq!(outcome.stdout(), words.map(|word| format!("[{word}]")).concat());
}

#[test]
fn output_passes_through_unchanged_on_its_own_stream() {
    let script = r"printf 'a\r\n\377\000\033[31mb\nend'; printf 'one\ntwo' >&2";
    let outcome = Bellwether::lead(&Db::Sqlite.fresh()).sh(script).run().exits(0);
    assert_eq!(outcome.stdout, b"a\r\n\xff\x00\x1b[31mb\nend", "{outcome}");
    let ours: Vec<String> =
        outcome.stderr_lines().into_iter().filter(|line| !line.starts_with("bellwether: ")).collect();
    assert_eq!(ours, ["one", "two"], "each line of ours starts on a line of its own\n{outcome}");
    let _ = outcome.says("one\ntwo\nbellwether: ");
}

#[test]
fn much_output_passes_through_whole() {
    let script =
        "i=0; while [ $i -lt 20000 ]; do echo \"line $i of many that a migration may print\"; i=$((i+1)); done";
    let outcome = Bellwether::lead(&Db::Sqlite.fresh()).sh(script).run().exits(0);
    let lines: Vec<String> = outcome.stdout().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 20000);
    assert!(lines[19_999].starts_with("line 19999 of"), "{}", lines[19_999]);
}

#[test]
fn output_is_not_held_back() {
    let workspace = Workspace::new();
    let database = Db::Sqlite.fresh();
    let script = "echo first >&2; while [ ! -e go ]; do sleep 0.05; done";
    let mut leader = Bellwether::lead(&database).in_workspace(&workspace).sh(script).spawn();
    assert_eq!(leader.wait_for_line("first"), "first");
    leader.assert_alive();
    workspace.touch("go");
    let _ = leader.wait().exits(0);
}

#[test]
fn talk_goes_to_stderr_in_plain_lines() {
    let outcome = Bellwether::lead(&Db::Sqlite.fresh()).sh("exit 3").run().exits(3);
    assert_eq!(outcome.stdout(), "");
    assert!(!outcome.stderr_lines().is_empty(), "{outcome}");
    assert!(outcome.stderr_lines().iter().all(|line| line.starts_with("bellwether: ")), "{outcome}");
    let _ = outcome.never_shows("\r").never_shows("\x1b");
}
