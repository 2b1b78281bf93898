//! Databases of a test's own, and what the tests read and write in them behind the program's back.

use crate::support::processes::eventually;
use crate::support::run::{Run, Texts};
use crate::support::servers::Server;
use crate::support::sql::{self, run_sql};
use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use url::Url;

/// Makes a test of each scenario, a function of a `&Database`, on each database.
macro_rules! on_each_database {
    ($($scenario:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[test]
                fn $scenario() {
                    super::$scenario(&crate::support::databases::Db::Sqlite.fresh());
                }
            )*
        }
        mod postgres {
            $(
                #[test]
                fn $scenario() {
                    super::$scenario(&crate::support::databases::Db::Postgres.fresh());
                }
            )*
        }
        mod mysql {
            $(
                #[test]
                fn $scenario() {
                    super::$scenario(&crate::support::databases::Db::MySql.fresh());
                }
            )*
        }
    };
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Db {
    Sqlite,
    Postgres,
    MySql,
}

impl Db {
    /// A new, empty database.
    pub(crate) fn fresh(self) -> Database {
        match self {
            Self::Sqlite => {
                let folder = tempfile::Builder::new().prefix("bellwether-sqlite-").tempdir().unwrap();
                let url = format!("sqlite:{}", folder.path().join("runs.sqlite3").display());
                Database { db: self, url, home: Home::Folder { _folder: folder } }
            }
            Self::Postgres | Self::MySql => self.fresh_on(self.server_url()),
        }
    }

    /// The same on this server.
    pub(crate) fn fresh_on(self, server: Url) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let template = if self == Self::Postgres { "TEMPLATE template0" } else { "" };
        run_sql(self, server.as_str(), &format!("CREATE DATABASE {name} {template}")).unwrap();
        let mut url = server.clone();
        url.set_path(&name);
        let home = Home::Server { server, name, roles: RefCell::default() };
        Database { db: self, url: url.into(), home }
    }

    /// The server that `scripts/test` starts.
    fn server_url(self) -> Url {
        let name = if self == Self::MySql { "BELLWETHER_TEST_MYSQL_URL" } else { "BELLWETHER_TEST_POSTGRES_URL" };
        let url = std::env::var(name)
            .unwrap_or_else(|_| panic!("{name} is not set: run the tests with scripts/test, which starts the servers"));
        Url::parse(&url).unwrap()
    }
}

/// Where a database lives and how it goes away again.
enum Home {
    Folder { _folder: TempDir },
    Server { server: Url, name: String, roles: RefCell<Vec<String>> },
}

pub(crate) struct Database {
    pub(crate) db: Db,
    url: String,
    home: Home,
}

impl Database {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The URL with another user and password.
    pub(crate) fn url_as(&self, user: &str, password: &str) -> String {
        let mut url = Url::parse(&self.url).unwrap();
        url.set_username(user).unwrap();
        url.set_password(Some(password)).unwrap();
        url.into()
    }

    /// The URL with another port, behind which there is a proxy or nothing.
    pub(crate) fn url_at(&self, port: u16) -> String {
        let mut url = Url::parse(&self.url).unwrap();
        url.set_port(Some(port)).unwrap();
        url.into()
    }

    /// The same database on another server, which copied it.
    pub(crate) fn at(&self, server: &Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { db: self.db, url: self.url_at(server.port()), home: Home::Folder { _folder: folder } }
    }

    /// The port of the server.
    pub(crate) fn port(&self) -> u16 {
        Url::parse(&self.url).unwrap().port().unwrap()
    }

    /// Its name on the server.
    pub(crate) fn name(&self) -> &str {
        let Home::Server { name, .. } = &self.home else { panic!("a file has a path") };
        name
    }

    /// A role that may log in and nothing else; it goes away with the database.
    pub(crate) fn create_role(&self, role: &str, password: &str) -> String {
        let Home::Server { name, roles, .. } = &self.home else { panic!("SQLite has no roles") };
        let role = format!("{role}_{name}");
        self.execute(&if self.db == Db::MySql {
            format!("CREATE USER {role} IDENTIFIED BY '{password}'")
        } else {
            format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'")
        });
        roles.borrow_mut().push(role.clone());
        role
    }

    /// Opens a session of this name on the server, in which a statement runs for a long time.
    pub(crate) fn open_session(&self, name: &str) {
        self.open_sessions(&self.url, name, 1);
    }

    /// Opens some of this name at another URL of this database.
    pub(crate) fn open_sessions(&self, url: &str, name: &str, count: u32) {
        let db = self.db;
        // It ends with the session, at the latest when the database is dropped.
        for _ in 0..count {
            let url = format!("{url}?application_name={name}");
            thread::spawn(move || run_sql(db, &url, "SELECT pg_sleep(600)"));
        }
        eventually("the sessions are open", || self.sessions(name) == count);
    }

    /// How many sessions in this database bear this name.
    pub(crate) fn sessions(&self, name: &str) -> u32 {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{name}'"
        );
        self.value(&sql).parse().unwrap()
    }

    pub(crate) fn try_rows(&self, sql: &str) -> Result<Vec<Texts>, sqlx::Error> {
        run_sql(self.db, &self.url, sql)
    }

    /// Executes statements; a database that is a file is made for them.
    #[track_caller]
    pub(crate) fn execute(&self, sql: &str) {
        let url = if self.db == Db::Sqlite { format!("{}?mode=rwc", self.url) } else { self.url.clone() };
        run_sql(self.db, &url, sql).unwrap_or_else(|error| panic!("`{sql}` failed: {error}"));
    }

    /// Holds SQLite's write lock for a while, in the background.
    pub(crate) fn hold_write_lock(&self, length: Duration) {
        sql::hold_write_lock(format!("{}?mode=rwc", self.url), length);
    }

    /// The first column of the first row.
    #[track_caller]
    pub(crate) fn value(&self, sql: &str) -> String {
        let rows = self.try_rows(sql).unwrap_or_else(|error| panic!("`{sql}` failed: {error}"));
        rows.first().and_then(|row| row[0].clone()).unwrap_or_default()
    }

    /// All runs by number.
    #[track_caller]
    pub(crate) fn runs(&self) -> Vec<Run> {
        self.try_runs().unwrap_or_else(|error| panic!("cannot read the runs: {error}"))
    }

    fn try_runs(&self) -> Result<Vec<Run>, sqlx::Error> {
        let sql = "SELECT id, fleet, release_id, state, active, lease_ms, holder, app, command_digest, ended_at, \
                   exit_code, cause, detail FROM bellwether_runs ORDER BY id";
        Ok(self.try_rows(sql)?.into_iter().map(Run::from).collect())
    }

    #[track_caller]
    pub(crate) fn only_run(&self) -> Run {
        let mut runs = self.runs();
        assert_eq!(runs.len(), 1, "there should be one run: {runs:?}");
        runs.remove(0)
    }

    /// Waits until the newest run is as wanted. A table that isn't there yet has no run.
    #[track_caller]
    pub(crate) fn wait_for_run(&self, what: &str, is_wanted: impl Fn(&Run) -> bool) {
        eventually(&format!("the newest run {what}"), || {
            self.try_runs().is_ok_and(|runs| runs.last().is_some_and(&is_wanted))
        });
    }

    pub(crate) fn has_table(&self) -> bool {
        self.try_rows("SELECT 1 FROM bellwether_runs WHERE 1 = 0").is_ok()
    }

    /// Changes rows as a backup's restoring or an operator might.
    #[track_caller]
    pub(crate) fn update(&self, assignments: &str) {
        self.execute(&format!("UPDATE bellwether_runs SET {assignments}"));
    }

    /// Makes the one run there is an active one again, with a short lease, begun and last renewed years ago.
    #[track_caller]
    pub(crate) fn restore_as_running(&self) {
        let past = match self.db {
            Db::Sqlite => "'2021-01-01 00:00:00.000'",
            Db::Postgres => "now() - interval '3 years'",
            Db::MySql => "'2021-01-01 00:00:00.000000'",
        };
        self.update(&format!(
            "state = 'running', active = 1, lease_ms = 4200, started_at = {past}, beat_at = {past}, ended_at = NULL, \
             exit_code = NULL, cause = NULL, detail = NULL"
        ));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Home::Server { server, name, roles } = &self.home {
            let force = if self.db == Db::Postgres { "WITH (FORCE)" } else { "" };
            // The server is thrown away in the end; this only keeps it small meanwhile.
            let _ = run_sql(self.db, server.as_str(), &format!("DROP DATABASE IF EXISTS {name} {force}"));
            for role in roles.borrow().iter() {
                let kind = if self.db == Db::MySql { "USER" } else { "ROLE" };
                let _ = run_sql(self.db, server.as_str(), &format!("DROP {kind} IF EXISTS {role}"));
            }
        }
    }
}
