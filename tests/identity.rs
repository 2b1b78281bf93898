//! Which release this is: told, found, or taken from the migrations themselves.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::outcome::Outcome;
use crate::support::workspace::Workspace;

/// A one-shot follower whose release is found in this way.
fn follow(database: &Database, line: impl FnOnce(Bellwether) -> Bellwether) -> Outcome {
    line(Bellwether::follow(database).without("BELLWETHER_RELEASE").args(["--timeout", "0s"])).run()
}

fn lead(database: &Database, line: impl FnOnce(Bellwether) -> Bellwether) -> Outcome {
    line(Bellwether::lead(database).without("BELLWETHER_RELEASE")).sh("true").run()
}

#[test]
fn the_commit_of_a_platform_is_found() {
    let database = Db::Sqlite.fresh();
    let commit = "4F9c2ab84F9c2ab84F9c2ab84F9c2ab84F9c2ab8";
    let _ = lead(&database, |line| line.env("HEROKU_BUILD_COMMIT", commit)).exits(0).says("HEROKU_BUILD_COMMIT");
    assert_eq!(database.only_run().release, commit.to_lowercase());
    let _ = follow(&database, |line| line.env("GIT_SHA", commit)).exits(0).says("GIT_SHA");
    let _ = follow(&database, |line| line.env("GIT_SHA", &commit[..8])).exits(120);
}

#[test]
fn a_revision_file_is_found() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    workspace.write("REVISION", "2024-05-01-a\n");
    let _ = lead(&database, |line| line.in_workspace(&workspace)).exits(0).says("REVISION");
    assert_eq!(database.only_run().release, "2024-05-01-a");
}

#[test]
fn words_that_say_nothing_are_no_identity() {
    let database = Db::Sqlite.fresh();
    for word in [
        "null",
        "undefined",
        "unknown",
        "none",
        "dev",
        "local",
        "HEAD",
        "latest",
        "${GIT_SHA}",
        "$(git rev-parse)",
        " ",
    ] {
        let _ = follow(&database, |line| line.env("GIT_SHA", word)).exits(2);
    }
}

#[test]
fn two_sources_that_disagree_are_warned_of() {
    let database = Db::Sqlite.fresh();
    let commits = |line: Bellwether| line.env("HEROKU_BUILD_COMMIT", "aaaaaaa1").env("GIT_SHA", "bbbbbbb2");
    let _ = lead(&database, commits).exits(0).says("HEROKU_BUILD_COMMIT").says("GIT_SHA").says("bbbbbbb2");
    assert_eq!(database.only_run().release, "aaaaaaa1");
}

#[test]
fn the_platform_decides_how_long_a_follower_waits_and_it_is_said() {
    let database = Db::Sqlite.fresh();
    let _ = Bellwether::lead(&database).sh("true").run().exits(0);
    let heroku = Bellwether::follow(&database).without("BELLWETHER_TIMEOUT").env("DYNO", "release.1");
    let _ = heroku.run().exits(0).says("55m");
    let elsewhere = Bellwether::follow(&database).without("BELLWETHER_TIMEOUT");
    let _ = elsewhere.run().exits(0).says("30m");
}

#[test]
fn equal_migrations_are_an_equal_release_wherever_they_lie() {
    let database = Db::Sqlite.fresh();
    let (one, other) = (Workspace::new(), Workspace::new());
    one.write("db/migrate/1_users.sql", "create table users (id int);");
    one.write("db/migrate/nested/2_more.sql", "select 2;");
    one.write("db/migrate/.hidden", "one");
    one.write("db/migrate/__pycache__/x", "one");
    one.write("db/migrate/x.pyc", "one");
    other.write("db/migrate/nested/2_more.sql", "select 2;");
    other.write("db/migrate/1_users.sql", "create table users (id int);");
    let with = |workspace: &Workspace, path: &str| {
        let (workspace, path) = (workspace.clone(), path.to_owned());
        move |line: Bellwether| line.in_workspace(&workspace).args(["--fingerprint", &path])
    };
    let _ = lead(&database, with(&one, "db/migrate")).exits(0);
    let _ = follow(&database, with(&other, "db/migrate")).exits(0);
    let absolute = other.file("db/migrate");
    let _ = follow(&database, with(&one, absolute.to_str().unwrap())).exits(0);
    let in_variable = |line: Bellwether| line.in_workspace(&other).env("BELLWETHER_FINGERPRINT", "db/migrate");
    let _ = follow(&database, in_variable).exits(0);
    other.write("db/migrate/1_users.sql", "create table users (id bigint);");
    let _ = follow(&database, with(&other, "db/migrate")).exits(120);
}

#[test]
fn the_order_of_fingerprints_does_not_matter() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    workspace.write("a/1.sql", "one");
    workspace.write("b/2.sql", "two");
    let paths = |args: [&'static str; 4]| {
        let workspace = workspace.clone();
        move |line: Bellwether| line.in_workspace(&workspace).args(args)
    };
    let _ = lead(&database, paths(["--fingerprint", "a", "--fingerprint", "b"])).exits(0);
    let _ = follow(&database, paths(["--fingerprint", "b", "--fingerprint", "a"])).exits(0);
}

#[test]
fn a_fingerprint_of_nothing_is_refused() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    workspace.write("empty/.hidden", "");
    for path in ["missing", "empty"] {
        let _ =
            follow(&database, |line| line.in_workspace(&workspace).args(["--fingerprint", path])).exits(2).says(path);
    }
}

#[test]
fn a_release_and_a_fingerprint_at_once_are_refused() {
    let (database, workspace) = (Db::Sqlite.fresh(), Workspace::new());
    workspace.write("a/1.sql", "one");
    let both = |line: Bellwether| line.in_workspace(&workspace).args(["--fingerprint", "a", "--release", "r1"]);
    let _ = follow(&database, both).exits(2).says("--fingerprint").says("--release");
}
