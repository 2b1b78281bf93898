//! Databases that are read well and refuse to be written, or are held by somebody else: told, and never for ever.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use std::time::Duration;

/// The URL of a role that may read the runs and no more.
fn reading_only(database: &Database) -> String {
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    let role = database.create_role("reading", "secret");
    database.execute(&format!("GRANT SELECT ON bellwether_runs TO {role}"));
    database.url_as(&role, "secret")
}

#[test]
fn a_leader_that_may_only_read_ends_at_once() {
    let database = Db::Postgres.fresh();
    let url = reading_only(&database);
    let leader = Bellwether::lead(&database).env("BELLWETHER_DATABASE_URL", &url).args(["--timeout", "10m"]);
    let outcome = leader.sh("touch ran").run().exits(125).says_last("permission denied").says_last("r1");
    assert_eq!(database.runs().len(), 1, "{outcome}");
}

#[test]
fn a_leader_with_a_file_that_it_may_not_write_ends_at_once() {
    let database = Db::Sqlite.fresh();
    let _ = Bellwether::lead(&database).sh("true").run().exits(0);
    let path = database.url().trim_start_matches("sqlite:").to_owned();
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let folder = std::path::Path::new(&path).parent().unwrap();
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o555)).unwrap();
    let leader = Bellwether::lead(&database).through(nobody).args(["--timeout", "10m"]);
    let _ = leader.sh("true").run().exits(125).says_last("readonly");
}

/// Holds the write lock of the runs' file for longer than anybody here waits.
fn locked() -> (Database, std::process::Child) {
    let database = Db::Sqlite.fresh();
    let _ = Bellwether::lead(&database).sh("true").run().exits(0);
    let path = database.url().trim_start_matches("sqlite:").to_owned();
    let script = "import sqlite3,sys,time; c=sqlite3.connect(sys.argv[1],isolation_level=None); \
                  c.execute('begin exclusive'); print('held',flush=True); time.sleep(100)";
    let mut holder = std::process::Command::new("python3")
        .args(["-c", script, &path])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut held = [0; 4];
    std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut held).unwrap();
    (database, holder)
}

#[test]
fn a_file_that_somebody_holds_is_told_while_it_lasts() {
    let (database, mut holder) = locked();
    for command in [Bellwether::follow(&database), Bellwether::lead(&database).sh("true")] {
        let outcome = command.args(["--timeout", "4s"]).run().exits(125).says_last("locked").says_last("r1");
        assert!(outcome.stderr_lines().len() > 3, "{outcome}");
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
}

#[test]
fn an_outage_is_told_after_fifteen_seconds_again() {
    let database = Db::Sqlite.fresh();
    let follower = Bellwether::follow(&database).env("BELLWETHER_DATABASE_URL", "postgres://u@127.0.0.1:1/x");
    let outcome = follower.args(["--timeout", "17s"]).run().exits(125).not_before(Duration::from_secs(16));
    let told = outcome.stderr_lines().iter().filter(|line| line.contains("trying again")).count();
    assert_eq!(told, 2, "at the start and after 15 s: {outcome}");
}

#[test]
fn every_release_seen_is_named_once() {
    let database = Db::Sqlite.fresh();
    for release in ["v1", "v2", "v1", "v2", "v2", "v2"] {
        let _ = Bellwether::lead(&database).args(["--release", release]).sh("true").run().exits(0);
    }
    let follower = Bellwether::follow(&database).args(["--release", "zz", "--timeout", "0s"]);
    let _ = follower.run().exits(120).says_last("seen: v2, v1;");
}

#[test]
fn a_lease_that_is_refused_names_the_one_that_is_not() {
    let database = Db::Sqlite.fresh();
    let lead = |lease| Bellwether::lead(&database).args(["--kill-after", "100ms", "--lease", lease]).sh("true").run();
    let _ = lead("4199ms").exits(2).says_last("4s 199ms").says_last("4s 200ms");
    let _ = lead("4s 200ms").exits(0);
}

#[test]
fn status_points_to_the_file_beside_an_apps_own_database() {
    let database = Db::Sqlite.fresh();
    let path = database.url().trim_start_matches("sqlite:").to_owned();
    let shared = Bellwether::lead(&database).without("BELLWETHER_DATABASE_URL").env("DATABASE_URL", database.url());
    let _ = shared.sh("true").run().exits(0);
    let _ = Bellwether::status(&database).run().exits(0).says(&format!("{path}-bellwether"));
}

#[test]
fn the_emergency_exit_is_open_to_a_malformed_line_too() {
    let _ = Bellwether::bare(["release"]).env("BELLWETHER_SKIP", "1").run().exits(0).says("SKIPPED");
    let _ = Bellwether::bare(["release"]).run().exits(2);
    let _ = Bellwether::bare(["status", "--bogus"]).env("BELLWETHER_SKIP", "1").run().exits(2);
}
