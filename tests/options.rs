//! Options and their variables: what is refused, and before anything is done.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::outcome::Outcome;
use crate::support::workspace::Workspace;

/// Every option that takes a duration.
const DURATIONS: [&str; 7] =
    ["timeout", "start-timeout", "poll-interval", "retry-window", "lease", "kill-after", "command-timeout"];

/// A leader that must be refused: nothing runs and nothing is written.
fn refused(line: impl FnOnce(Bellwether) -> Bellwether) -> Outcome {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    let outcome = line(Bellwether::lead(&database).in_workspace(&workspace)).sh("touch ran").run().exits(2);
    assert!(!workspace.has("ran") && !database.has_table(), "it is refused at the start\n{outcome}");
    outcome
}

fn variable_of(option: &str) -> String {
    format!("BELLWETHER_{}", option.to_uppercase().replace('-', "_"))
}

#[test]
fn a_bare_number_is_no_duration() {
    for option in DURATIONS {
        let _ = refused(|line| line.args([&format!("--{option}"), "30"])).says(option).says("30s");
        let _ = refused(|line| line.env(&variable_of(option), "30")).says(&variable_of(option)).says("30s");
    }
}

#[test]
fn a_negative_duration_is_refused() {
    for option in DURATIONS {
        let _ = refused(|line| line.args([&format!("--{option}=-5s")])).says("-5s");
        let _ = refused(|line| line.env(&variable_of(option), "-5s")).says("-5s");
    }
}

#[test]
fn a_month_is_taken_for_a_slip() {
    for option in DURATIONS {
        let _ = refused(|line| line.args([&format!("--{option}=1M")])).says("1M").says("1m");
    }
}

#[test]
fn nothing_else_that_is_no_duration_is_taken() {
    for value in ["soon", "5x", "1.2.3s", "NaN", "99999999999999999999999s"] {
        let _ = refused(|line| line.args([&format!("--timeout={value}")])).says(value);
    }
}

#[test]
fn an_interval_a_lease_and_a_grace_of_nothing_are_refused() {
    for option in ["poll-interval", "lease", "kill-after"] {
        let _ = refused(|line| line.args([&format!("--{option}=0s")])).says(option);
    }
}

#[test]
fn durations_may_be_written_as_people_write_them() {
    let database = Db::Sqlite.fresh();
    for value in ["1h 30m", "55m", "90s", "1500ms", "2min"] {
        let _ = Bellwether::lead(&database).args(["--timeout", value]).sh("true").run().exits(0);
    }
}

#[test]
fn a_lease_that_does_not_fit_is_refused_with_the_numbers() {
    let _ = refused(|line| line.args(["--lease", "11s", "--kill-after", "7s"])).says("11s").says("7s");
    let _ = refused(|line| line.args(["--lease", "4199ms"])).says("--lease");
    let database = Db::Sqlite.fresh();
    let _ = Bellwether::lead(&database).args(["--lease", "18s", "--kill-after", "7s"]).sh("true").run().exits(0);
}

#[test]
fn a_flag_beats_its_variable() {
    let database = Db::Sqlite.fresh();
    let line = Bellwether::lead(&database).env("BELLWETHER_FLEET", "variable").env("BELLWETHER_LEASE", "rubbish");
    let line = line.args(["--fleet", "flag", "--lease", "10s", "--app", "flag", "--release", "flag"]);
    let _ = line.sh("true").run().exits(0);
    let run = database.only_run();
    assert_eq!([run.fleet, run.app, run.release], ["flag", "flag", "flag"].map(str::to_owned));
    assert_eq!(run.lease_ms, 10_000);
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let database = Db::Sqlite.fresh();
    let mut line = Bellwether::lead(&database).env("BELLWETHER_FLEET", "").env("BELLWETHER_TABLE", "");
    for option in DURATIONS {
        line = line.env(&variable_of(option), "");
    }
    line = line.env("BELLWETHER_SHARE_OUTPUT", "").env("BELLWETHER_LOG_FORMAT", "").env("BELLWETHER_ROLE", "");
    let _ = line.sh("true").run().exits(0);
    let run = database.only_run();
    assert_eq!((run.fleet.as_str(), run.lease_ms), ("default", 60_000));
}

#[test]
fn the_database_variables_have_an_order() {
    let (ours, theirs) = (Db::Sqlite.fresh(), Db::Sqlite.fresh());
    let line = || Bellwether::lead(&ours).env("DATABASE_URL", theirs.url()).sh("true");
    let _ = line().run().exits(0);
    assert_eq!(ours.runs().len(), 1);
    let _ = line().env("BELLWETHER_DATABASE_URL", "rubbish://").args(["--database-url", ours.url()]).run().exits(0);
    assert_eq!(ours.runs().len(), 2);
    assert!(!theirs.has_table());
}

#[test]
fn no_database_is_refused() {
    let database = Db::Sqlite.fresh();
    for line in [Bellwether::lead(&database).sh("true"), Bellwether::follow(&database), Bellwether::status(&database)] {
        let line = line.env("BELLWETHER_DATABASE_URL", "").env("DATABASE_URL", "");
        let _ = line.run().exits(2).says("DATABASE_URL");
    }
}

#[test]
fn a_boolean_that_is_neither_is_refused() {
    let _ = refused(|line| line.env("BELLWETHER_SHARE_OUTPUT", "perhaps")).says("perhaps");
    let _ = refused(|line| line.env("BELLWETHER_SKIP", "perhaps")).says("perhaps");
}

#[test]
fn an_unknown_log_format_is_refused() {
    let _ = refused(|line| line.args(["--log-format", "xml"])).says("xml");
    let _ = refused(|line| line.env("BELLWETHER_LOG_FORMAT", "xml")).says("xml");
}

#[test]
fn a_value_that_is_too_long_is_refused_rather_than_cut() {
    let long = "x".repeat(5000);
    for option in ["fleet", "release", "app"] {
        let _ = refused(|line| line.args([&format!("--{option}={long}")])).says(option);
        let _ = refused(|line| line.env(&variable_of(option), &long)).says(option);
    }
}

#[test]
fn a_table_name_that_is_none_is_refused() {
    for name in ["runs; DROP TABLE users", "a b", "a.b.c", "a\"b", "a'b", "a`b", ".a", "a."] {
        let _ = refused(|line| line.args(["--table", name])).says(name);
    }
}

#[test]
fn the_command_needs_its_dashes() {
    let database = Db::Sqlite.fresh();
    for line in [Bellwether::lead, Bellwether::release] {
        let line = |args: [&str; 2]| line(&database).env("BELLWETHER_ROLE", "leader").args(args).run().exits(2);
        let _ = line(["touch", "ran"]).says("--");
        let _ = line(["--fleet", "no-command"]);
        let _ = line(["--nope", "--"]);
    }
    assert!(!database.has_table());
}

#[test]
fn no_release_identity_is_refused_with_the_fix() {
    let database = Db::Sqlite.fresh();
    let leader = Bellwether::lead(&database).sh("touch ran");
    let follower = Bellwether::follow(&database);
    for line in [leader, follower] {
        let _ = line.without("BELLWETHER_RELEASE").run().exits(2).says("--release");
    }
    assert!(!database.has_table());
}

#[test]
fn a_url_that_is_none_is_refused() {
    let database = Db::Sqlite.fresh();
    for url in ["nonsense", "oracle://h/d", "postgres://h:port/d", "postgres://u:p@h/d?sslmode=sometimes", "http://h/"]
    {
        let _ = Bellwether::follow(&database).args(["--database-url", url, "--timeout", "0s"]).run().exits(2);
    }
}

#[test]
fn options_of_the_other_role_have_no_effect() {
    let database = Db::Sqlite.fresh();
    let both: [&str; 6] = ["--retry-window", "1s", "--start-timeout", "1s", "--lease", "10s"];
    let _ = Bellwether::lead(&database).args(both).sh("true").run().exits(0);
    let _ = Bellwether::follow(&database).args(both).args(["--no-share-output", "--kill-after", "1s"]).run().exits(0);
}

on_each_database! { another_spelling_of_the_scheme_is_the_same_database }

fn another_spelling_of_the_scheme_is_the_same_database(database: &Database) {
    let (scheme, rest) = database.url().split_once(':').unwrap();
    let others: &[&str] = match scheme {
        "sqlite" => &["sqlite3"],
        "mysql" => &["mysql2", "trilogy", "mariadb"],
        _ => &["postgresql", "postgis"],
    };
    for other in others {
        let _ =
            Bellwether::lead(database).args(["--database-url", &format!("{other}:{rest}")]).sh("true").run().exits(0);
    }
    assert_eq!(database.runs().len(), others.len());
}
