//! Rows that somebody else wrote, by hand, by a later version or with bad intent: shown safely, never a panic, never a
//! go, and nobody waits for them longer than they said.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::outcome::Outcome;
use serde_json::Value;
use std::time::Duration;

on_each_database! {
    a_hostile_row_is_shown_safely_and_is_never_a_go,
    hostile_fleets_are_listed_safely,
    a_run_that_cannot_be_taken_over_does_not_hold_a_leader_for_ever,
}

/// Moves the cursor, colours, rings, ends lines, turns the reading direction.
const CONTROL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\r\n\tbellwether: go\u{8}\u{202e}\u{61c}\u{2028}x";

fn quoted(text: &str) -> String {
    format!("'{text}'")
}

/// A text far longer than we would write, in the words of SQL; longer, too, than the formatter's widest column.
fn huge(db: Db) -> &'static str {
    if db == Db::Sqlite { "printf('%.*c', 100000, 'x')" } else { "repeat('x', 100000)" }
}

/// What somebody might have written into the columns of a running row.
fn assignments(db: Db) -> Vec<String> {
    let mut all = Vec::new();
    for state in ["paused", "", "Succeeded", "SUCCEEDED", "succeeded ", " succeeded", "succeeded\u{200b}", CONTROL] {
        all.push(format!("state = {}", quoted(state)));
    }
    for column in ["state", "lease_ms", "beats", "started_at", "beat_at", "holder", "app", "instance"] {
        all.push(format!("{column} = NULL"));
    }
    for column in ["lease_ms", "beats"] {
        all.extend(["-1", "0", "9223372036854775807", "-9223372036854775808"].map(|n| format!("{column} = {n}")));
    }
    let labels = ["app", "instance", "release_source", "command_digest", "holder", "version", "state", "cause"];
    for column in labels {
        all.push(format!("{column} = {}", quoted(CONTROL)));
        all.push(format!("{column} = {}", huge(db)));
    }
    for column in ["started_at", "beat_at", "ended_at"] {
        all.extend(far_times(db).iter().map(|time| format!("{column} = {time}")));
    }
    let failed = "state = 'failed', active = NULL";
    for detail in [quoted(CONTROL), huge(db).to_owned(), "NULL".to_owned()] {
        all.push(format!("{failed}, detail = {detail}, exit_code = 3, cause = {}", quoted(CONTROL)));
    }
    for code in ["NULL", "-2147483648", "2147483647", "0", "137", "384"] {
        all.push(format!("{failed}, exit_code = {code}, cause = 'signalled'"));
    }
    all.push("state = 'lost', active = 1".to_owned());
    all.push("state = 'running', active = NULL, ended_at = NULL".to_owned());
    if db == Db::Sqlite {
        // It stores anything anywhere, also bytes that are no text.
        let bytes = "CAST(x'ff1b5b324afe00c3' AS TEXT)";
        for column in labels.iter().chain(&["beats", "lease_ms", "started_at", "beat_at", "detail", "exit_code"]) {
            all.push(format!("{column} = {bytes}"));
            all.push(format!("{column} = x'ff00fe'"));
            all.push(format!("{column} = 1e308"));
        }
    }
    all
}

fn far_times(db: Db) -> &'static [&'static str] {
    match db {
        Db::Sqlite => &["'9999-12-31 23:59:59.999'", "'-4713-11-24 00:00:00'", "'no time'", "''", "1e300", "-1"],
        Db::Postgres => &["'infinity'", "'-infinity'", "'294276-12-31 23:59:59Z'", "'4713-01-01 00:00:00Z BC'"],
        Db::MySql => &["'9999-12-31 23:59:59.999999'", "'0001-01-01'", "'0000-00-00'"],
    }
}

/// A table without its constraints, as a hand that wants to write nonsense would have it.
fn relaxed(database: &Database) {
    let _ = Bellwether::setup(database).run().exits(0);
    let texts = ["state", "holder", "app", "instance", "release_source", "command_digest", "version", "cause", "fleet"];
    let others = ["lease_ms", "beats", "started_at", "beat_at"];
    match database.db {
        Db::Sqlite => database.execute(
            "PRAGMA writable_schema = ON; \
             UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'bellwether_runs'",
        ),
        Db::Postgres => {
            for column in texts.iter().chain(&others) {
                database.execute(&format!("ALTER TABLE bellwether_runs ALTER COLUMN {column} DROP NOT NULL"));
            }
        }
        Db::MySql => {
            // The indexes stand in the way of long texts.
            let longer = texts[1..8].iter().map(|column| format!("MODIFY {column} longtext"));
            let numbers = ["lease_ms", "beats"].map(|column| format!("MODIFY {column} bigint"));
            let times = ["started_at", "beat_at"].map(|column| format!("MODIFY {column} datetime(6)"));
            let changes: Vec<_> = longer.chain(numbers).chain(times).collect();
            let drop = "DROP KEY release_successes, MODIFY state longtext";
            database.execute(&format!("ALTER TABLE bellwether_runs {drop}, {}", changes.join(", ")));
        }
    }
}

/// A running run of release r1, begun now, then changed by the assignments.
fn plant(database: &Database, fleet: &str, assignments: &str) {
    let now = match database.db {
        Db::Sqlite => "strftime('%Y-%m-%d %H:%M:%f', 'now')",
        Db::Postgres => "now()",
        Db::MySql => "utc_timestamp(6)",
    };
    let lax = if database.db == Db::MySql { "SET sql_mode = 'NO_BACKSLASH_ESCAPES';" } else { "" };
    database.execute(&format!(
        "{lax} INSERT INTO bellwether_runs (fleet, release_id, state, active, beats, lease_ms, holder, app, instance, \
         release_source, command_digest, started_at, beat_at, version) VALUES ('{fleet}', 'r1', 'running', 1, 1, 60000, \
         'h', 'web', 'web.1', 's', 'd', {now}, {now}, '0.1.0'); \
         UPDATE bellwether_runs SET {assignments} WHERE fleet = '{fleet}'"
    ));
}

/// Nothing of what is shown may move the cursor or hide what stands beside it, and no panic is ever the end.
#[track_caller]
fn safely(outcome: Outcome, row: &str, codes: &[i32]) -> Outcome {
    assert!(codes.contains(&outcome.code), "{row}: the exit code should be one of {codes:?}\n{outcome}");
    let shown = outcome.stdout() + &outcome.stderr();
    let bad = |c: &char| (c.is_control() && *c != '\n') || ['\u{202e}', '\u{61c}', '\u{2028}'].contains(c);
    assert!(!shown.contains(bad_one(&bad)), "{row}: it shows something unsafe\n{outcome}");
    assert!(!shown.contains("\nbellwether: go\u{fffd}"), "{row}: it shows a line of somebody else's as its own");
    assert!(!shown.contains("panicked"), "{row}\n{outcome}");
    assert!(shown.len() < 100_000, "{row}: it shows {} bytes", shown.len());
    outcome
}

fn bad_one(bad: &dyn Fn(&char) -> bool) -> impl Fn(char) -> bool + '_ {
    move |c| bad(&c)
}

fn a_hostile_row_is_shown_safely_and_is_never_a_go(database: &Database) {
    relaxed(database);
    for (number, row) in assignments(database.db).iter().enumerate() {
        let fleet = format!("f{number}");
        plant(database, &fleet, row);
        let of = |program: Bellwether| program.env("BELLWETHER_FLEET", &fleet);
        let text = of(Bellwether::status(database)).args(["--exit-code"]).run();
        let _ = safely(text, row, &[119, 121, 122]);
        let json = safely(of(Bellwether::status(database)).args(["--json"]).run(), row, &[0]);
        let json: Value = serde_json::from_str(&json.stdout()).unwrap_or_else(|error| panic!("{row}: {error}"));
        assert_eq!(json["runs"].as_array().map(Vec::len), Some(1), "{row}: {json}");
        let follow = of(Bellwether::follow(database)).args(["--timeout", "0s"]);
        let _ = safely(follow.run(), row, &[120, 121, 122]);
        let lead = of(Bellwether::lead(database)).args(["--timeout", "0s", "--log-format", "json"]).command(["true"]);
        let lead = safely(lead.run(), row, &[0, 120]);
        let stored = format!("SELECT count(*) FROM bellwether_runs WHERE fleet = '{fleet}' AND app = 'the-lead-app'");
        let expected = if lead.code == 0 { "1" } else { "0" };
        assert_eq!(database.value(&stored), expected, "{row}\n{lead}");
    }
}

fn hostile_fleets_are_listed_safely(database: &Database) {
    relaxed(database);
    plant(database, "f0", &format!("fleet = {}", quoted(CONTROL)));
    if database.db != Db::MySql {
        plant(database, "f1", "fleet = NULL");
        // PostgreSQL's index holds no longer text.
        let long = if database.db == Db::Sqlite { huge(database.db) } else { "repeat('x', 2500)" };
        plant(database, "f2", &format!("fleet = {long}"));
        plant(database, "f3", &format!("release_id = {long}"));
    }
    let _ = safely(Bellwether::status(database).run(), "fleets", &[0]);
    let json = safely(Bellwether::status(database).args(["--json"]).run(), "fleets", &[0]);
    let _: Value = serde_json::from_str(&json.stdout()).unwrap();
    let follow = Bellwether::follow(database).env("BELLWETHER_FLEET", "f3").args(["--timeout", "0s"]);
    let _ = safely(follow.run(), "a long release", &[120]);
}

/// Its beats are no number, so no claim can name them.
fn a_run_that_cannot_be_taken_over_does_not_hold_a_leader_for_ever(database: &Database) {
    relaxed(database);
    plant(database, "default", "beats = NULL, lease_ms = 1");
    let leader = Bellwether::lead(database).args(["--timeout", "1s"]).command(["true"]).run();
    let _ = leader.exits(120).says_last("run 1 of release r1 by web").within(Duration::from_secs(10));
}

/// It can be read, so every look succeeds; that must not be taken for an end of the outage.
#[test]
fn a_database_that_fails_every_claim_does_not_hold_a_leader_for_ever() {
    let database = Db::Sqlite.fresh();
    let _ = Bellwether::setup(&database).run().exits(0);
    database.execute("CREATE TRIGGER full BEFORE INSERT ON bellwether_runs BEGIN SELECT RAISE(ABORT, 'full'); END");
    let leader = Bellwether::lead(&database).args(["--timeout", "1s"]).command(["true"]).run();
    let _ = leader.exits(125).says_last("full").within(Duration::from_secs(10));
}

#[test]
fn a_leader_that_may_only_read_says_so_at_once() {
    let database = Db::Postgres.fresh();
    let _ = Bellwether::setup(&database).run().exits(0);
    let role = database.create_role("reader", "secret");
    database.execute(&format!("GRANT SELECT ON bellwether_runs TO {role}"));
    let leader = Bellwether::lead(&database).env("BELLWETHER_DATABASE_URL", &database.url_as(&role, "secret"));
    let outcome = leader.command(["true"]).run().exits(125);
    let _ = outcome.says_last("permission denied").within(Duration::from_secs(10));
}
