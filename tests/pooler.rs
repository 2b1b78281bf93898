//! Through a pooler in transaction mode: statements of different sessions share few server connections.

use crate::support::databases::{Database, Db};
use crate::support::processes::eventually;
use crate::support::proxy::unused_port;
use crate::support::servers::Server;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, HOLD};
use bellwether::store::{Ending, NewRun, Store, Table};
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// A pooler with its strictest settings before the database's server; it is ended with the test.
struct Pooler {
    process: Child,
    port: u16,
    _workspace: Workspace,
}

impl Pooler {
    fn before(database: &Database, server_connections: u32) -> Self {
        let (workspace, port) = (Workspace::new(), unused_port());
        workspace.write("users", "\"bellwether\" \"bellwether\"\n");
        let users = workspace.file("users").display().to_string();
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {users}\npool_mode = transaction\n\
             default_pool_size = {server_connections}\nmax_client_conn = 200\n",
            database.port()
        );
        workspace.write("config.ini", &config);
        fs::set_permissions(workspace.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Self::command();
        command.arg(workspace.file("config.ini")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("pgbouncer should start: run scripts/servers install");
        let pooler = Self { process, port, _workspace: workspace };
        eventually("pgbouncer listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        pooler
    }

    /// It refuses to run as root.
    fn command() -> Command {
        if rustix::process::getuid().is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "/usr/sbin/pgbouncer"]);
            command
        } else {
            Command::new("/usr/sbin/pgbouncer")
        }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Every answer must belong to its question: each fleet has an exit code of its own.
#[test]
fn many_fleets_through_few_connections_get_their_own_answers() {
    let database = Db::Postgres.fresh();
    for connections in [1, 2] {
        let pooler = Pooler::before(&database, connections);
        let url = database.url_at(pooler.port);
        let fleets: Vec<_> = (1..=5).map(|number| (format!("fleet-{connections}-{number}"), 10 * number)).collect();
        let with =
            |line: Bellwether, fleet: &str| line.env("BELLWETHER_DATABASE_URL", &url).env("BELLWETHER_FLEET", fleet);
        let workspace = Workspace::new();
        let follow = |fleet: &str| with(Bellwether::follow(&database), fleet).args(["--retry-window", "10m"]).waiting();
        let followers: Vec<_> = fleets.iter().map(|(fleet, code)| (follow(fleet), code)).collect();
        let lead =
            |fleet: &str, code: &i32| with(Bellwether::lead(&database), fleet).sh(&format!("{HOLD}; exit {code}"));
        let leaders: Vec<_> =
            fleets.iter().map(|(fleet, code)| (lead(fleet, code).in_workspace(&workspace).spawn(), code)).collect();
        eventually("all run at once", || {
            database.has_table() && database.value("SELECT count(*) FROM bellwether_runs WHERE active = 1") == "5"
        });
        workspace.touch("go");
        for (leader, &code) in leaders {
            let _ = leader.wait().exits(code);
        }
        for (follower, code) in followers {
            let _ = follower.wait().exits(121).says_last(&code.to_string());
        }
    }
}

/// Claims, looks, beats and records in a fleet of its own, many times; every answer must be about that fleet.
fn work(url: &str, client: usize, rounds: usize) {
    let limit = Duration::from_secs(30);
    let location = bellwether::store::url::parse(url, "the test").unwrap().location;
    let (fleet, mut store) = (format!("fleet-{client}"), Store::new(location, Table::default()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for round in 0..rounds {
            let release = format!("release-{client}-{round}");
            let run = NewRun {
                fleet: fleet.clone(),
                release: release.clone(),
                release_source: "the test".to_owned(),
                lease: Duration::from_mins(1),
                holder: format!("holder-{client}-{round}"),
                app: format!("app-{client}"),
                instance: "the-test".to_owned(),
                command_digest: "none".to_owned(),
            };
            let id = store.claim(limit, &run, None).await.unwrap().expect("nobody else is in this fleet");
            assert_eq!(store.claim(limit, &run, None).await, Ok(None), "one active run");
            let newest = store.look(limit, &fleet, &release).await.unwrap().newest.unwrap();
            assert_eq!((newest.id, newest.holder, newest.app), (id, run.holder.clone(), run.app.clone()));
            assert_eq!(store.beat(limit, id, &run.holder).await, Ok(true));
            assert_eq!(store.beat(limit, id, "somebody else").await, Ok(false));
            let ending = Ending { state: "succeeded", exit_code: 0, cause: "exited", detail: Some(&release) };
            assert_eq!(store.record(limit, id, &run.holder, &ending).await, Ok(true));
            let success = store.look(limit, &fleet, &release).await.unwrap().success.unwrap();
            assert_eq!((success.id, success.detail), (id, Some(release)));
        }
        store.disconnect().await;
    });
}

#[test]
fn thousands_of_interleaved_statements_get_their_own_answers() {
    for connections in [1, 2] {
        let database = Db::Postgres.fresh();
        let pooler = Pooler::before(&database, connections);
        let url = database.url_at(pooler.port);
        let _ = Bellwether::setup(&database).env("BELLWETHER_DATABASE_URL", &url).run().exits(0);
        let (clients, rounds) = (4, 60);
        thread::scope(|scope| {
            for client in 0..clients {
                let url = &url;
                scope.spawn(move || work(url, client, rounds));
            }
        });
        assert_eq!(database.value("SELECT count(*) FROM bellwether_runs"), (clients * rounds).to_string());
    }
}

/// The pooler stays and speaks of its server's absence in its own words.
#[test]
fn a_server_that_stops_behind_its_pooler_is_waited_for() {
    let server = Server::start(Db::Postgres, &[]);
    let database = server.database();
    let pooler = Pooler::before(&database, 2);
    let url = database.url_at(pooler.port);
    let with = |line: Bellwether| line.env("BELLWETHER_DATABASE_URL", &url);
    let workspace = Workspace::new();
    let leader =
        with(Bellwether::lead(&database)).patient().env("BELLWETHER_LEASE", "48s").sh(HOLD).started(&workspace);
    let follower = with(Bellwether::follow(&database)).spawn();
    follower.wait_for_line("waiting for the leader's run to end");
    server.stop();
    follower.wait_for_line("can't be used, trying again");
    leader.wait_for_line("can't renew the lease");
    let beginner = with(Bellwether::follow(&database)).spawn();
    beginner.wait_for_line("can't be used, trying again");
    server.start_again(&[]);
    leader.wait_for_line("the lease is renewed again");
    workspace.touch("go");
    let _ = leader.wait().exits(0);
    for outcome in [follower.wait(), beginner.wait()] {
        let _ = outcome.exits(0);
    }
}

#[test]
fn what_waiting_does_not_mend_behind_a_pooler_ends_the_start() {
    let database = Db::Postgres.fresh();
    let pooler = Pooler::before(&database, 1);
    for url in [
        database.url_as("bellwether", "wrong"),
        database.url_as("nobody", "secret"),
        database.url().replace(database.name(), "no_such_database"),
    ] {
        let url = url.replace(&format!(":{}/", database.port()), &format!(":{}/", pooler.port));
        let follower = Bellwether::follow(&database).env("BELLWETHER_DATABASE_URL", &url);
        let _ = follower.env("BELLWETHER_TIMEOUT", "10m").run().exits(125).says_last("refuses");
    }
}

#[test]
fn a_killed_leader_leaves_nothing_behind_in_the_pooler() {
    let database = Db::Postgres.fresh();
    let pooler = Pooler::before(&database, 1);
    let url = database.url_at(pooler.port);
    let with = |line: Bellwether| line.env("BELLWETHER_DATABASE_URL", &url);
    let workspace = Workspace::new();
    let leader = with(Bellwether::lead(&database)).hasty().sh(HOLD).started(&workspace);
    leader.signal(rustix::process::Signal::KILL);
    let _ = leader.wait().exits(137);
    let _ = with(Bellwether::lead(&database)).sh("true").run().exits(0);
    let _ = with(Bellwether::follow(&database)).args(["--timeout", "0s"]).run().exits(0);
    let states: Vec<String> = database.runs().into_iter().map(|run| run.state).collect();
    assert_eq!(states, ["lost", "succeeded"]);
}

#[test]
fn setup_and_status_work_through_a_pooler() {
    let database = Db::Postgres.fresh();
    let pooler = Pooler::before(&database, 1);
    let url = database.url_at(pooler.port);
    let _ = Bellwether::setup(&database).env("BELLWETHER_DATABASE_URL", &url).run().exits(0);
    let status = Bellwether::status(&database).env("BELLWETHER_DATABASE_URL", &url).args(["--exit-code"]);
    let _ = status.run().exits(118);
}
