//! The password of the database never appears: not in output, help, errors, nor rows.

use crate::support::Bellwether;
use crate::support::databases::Db;
use crate::support::outcome::Outcome;
use crate::support::proxy::unused_port;
use std::time::Duration;

/// A password with characters that a URL must escape, raw and as written in the URL.
const RAW: &str = "m4rker/s3cr3t";
const ENCODED: &str = "m4rker%2Fs3cr3t";

fn silent_about_it(outcome: Outcome) -> Outcome {
    outcome.never_shows(RAW).never_shows(ENCODED).never_shows("m4rker").never_shows("s3cr3t")
}

/// Each command with this URL in the variable, then as an option, then beside a mistake, then asked for help.
fn try_everything(url: &str) {
    for subcommand in ["release", "lead", "follow", "status", "setup"] {
        let with = |args: &[&str], in_variable: bool| {
            let mut line =
                Bellwether::bare([subcommand]).env("BELLWETHER_RELEASE", "r1").env("BELLWETHER_TIMEOUT", "0s");
            line = if in_variable { line.env("DATABASE_URL", url) } else { line.args(["--database-url", url]) };
            for arg in args {
                line = line.args([*arg]);
            }
            if matches!(subcommand, "release" | "lead") { line.sh("true") } else { line }
        };
        for in_variable in [true, false] {
            for args in [&[][..], &["--nope"], &["--fleet"], &["--help"], &["--version"]] {
                let outcome = silent_about_it(with(args, in_variable).run());
                assert!(outcome.code != 101, "no panic\n{outcome}");
            }
        }
    }
}

#[test]
fn not_when_the_server_is_gone() {
    try_everything(&format!("postgres://app:{ENCODED}@127.0.0.1:{}/shop", unused_port()));
}

#[test]
fn not_when_the_server_refuses_it() {
    try_everything(&Db::Postgres.fresh().url_as("nobody", RAW));
}

#[test]
fn not_when_the_url_is_broken() {
    for url in
        ["postgres://app:PW@h:port/d", "oracle://app:PW@h/d", "app:PW@h/d", "postgres://app:PW@h/d?sslmode=PW", "//PW"]
    {
        for password in [RAW, ENCODED] {
            let url = url.replace("PW", password);
            let _ =
                silent_about_it(Bellwether::bare(["follow", "--release", "r1"]).args(["--database-url", &url]).run())
                    .exits(2);
        }
    }
}

#[test]
fn not_when_all_goes_well() {
    let database = Db::Postgres.fresh();
    let role = database.create_role("marked", RAW);
    database.execute(&format!("GRANT ALL ON SCHEMA public TO {role}"));
    let url = database.url_as(&role, RAW);
    let with = |line: Bellwether| line.env("BELLWETHER_DATABASE_URL", &url);
    let _ = silent_about_it(with(Bellwether::lead(&database)).sh("exit 3").run()).exits(3);
    // What the command prints is its own affair; what is kept of it is ours.
    let _ = with(Bellwether::lead(&database)).sh(r#"echo "$BELLWETHER_DATABASE_URL"; exit 3"#).run().exits(3);
    let follower = with(Bellwether::follow(&database)).args(["--retry-window", "100ms"]).run().exits(121);
    let _ = silent_about_it(follower);
    let _ = silent_about_it(with(Bellwether::status(&database)).run()).exits(0);
    let _ = silent_about_it(with(Bellwether::status(&database)).args(["--json"]).run()).exits(0);
    let _ = silent_about_it(with(Bellwether::setup(&database)).args(["--print"]).run()).exits(0);
    let rows = database.try_rows("SELECT * FROM bellwether_runs").unwrap();
    assert!(!rows.iter().flatten().flatten().any(|value| value.contains("m4rker")), "{rows:?}");
}

/// The role's own password is wrong for good, so waiting helps nobody.
#[test]
fn a_wrong_password_ends_the_start_at_once() {
    let database = Db::Postgres.fresh();
    let url = database.url_as("bellwether", "wrong");
    for line in [Bellwether::follow(&database), Bellwether::lead(&database).sh("true")] {
        let outcome = line.env("BELLWETHER_DATABASE_URL", &url).env("BELLWETHER_TIMEOUT", "10m").run().exits(125);
        let _ = outcome.within(Duration::from_secs(20)).says_last("r1");
    }
}
