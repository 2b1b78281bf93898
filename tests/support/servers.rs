//! Servers of a test's own, for what can't be asked of the shared ones: other settings, stops, crashes and starts, other clocks.

use crate::support::databases::{Database, Db};
use crate::support::processes::{self, eventually};
use rustix::process::Signal;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;
use url::Url;

pub(crate) struct Server {
    db: Db,
    folder: TempDir,
    url: Url,
    has_clock: bool,
}

impl Server {
    /// Starts a server with options of its own.
    pub(crate) fn start(db: Db, options: &[&str]) -> Self {
        Self::in_folder(db, folder(), options, false)
    }

    /// Starts a server whose clock can be set.
    pub(crate) fn with_clock(db: Db) -> Self {
        let folder = folder();
        let server_clock = folder.path().join("clock");
        fs::write(&server_clock, "+0\n").unwrap();
        fs::set_permissions(&server_clock, Permissions::from_mode(0o644)).unwrap();
        Self::in_folder(db, folder, &[], true)
    }

    /// Starts a Postgres server that follows this one and can only be read.
    pub(crate) fn standby(&self) -> Self {
        let folder = folder();
        script(["copy-postgres".as_ref(), folder.path().as_os_str(), self.url.as_str().as_ref()], None);
        Self::in_folder(Db::Postgres, folder, &[], false)
    }

    fn in_folder(db: Db, folder: TempDir, options: &[&str], has_clock: bool) -> Self {
        let url = start(db, folder.path(), options, has_clock);
        Self { db, folder, url, has_clock }
    }

    /// A new, empty database on it.
    pub(crate) fn database(&self) -> Database {
        self.db.fresh_on(self.url.clone())
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.port().unwrap()
    }

    /// The directory in which it keeps its data and its socket.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join(if self.db == Db::Postgres { "postgres" } else { "mariadb" })
    }

    pub(crate) fn stop(&self) {
        script(["stop".as_ref(), self.folder.path().as_os_str()], None);
    }

    /// Starts it again after a stop, at the same port and with the same data.
    pub(crate) fn start_again(&self, options: &[&str]) {
        assert_eq!(start(self.db, self.folder.path(), options, self.has_clock), self.url);
    }

    /// All of its processes.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let file = if self.db == Db::Postgres { "data/postmaster.pid" } else { "pid" };
        let text = fs::read_to_string(self.home().join(file)).unwrap_or_default();
        let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
        pid.filter(|pid| self.owns(*pid)).map(processes::family).unwrap_or_default()
    }

    /// Whether a process is this server; the pid file of one that was killed names nobody.
    fn owns(&self, pid: i32) -> bool {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(self.folder.path().to_str().unwrap())
    }

    /// Kills all of it in the middle of whatever it does.
    pub(crate) fn crash(&self) {
        let all = self.processes();
        for pid in &all {
            processes::signal(*pid, Signal::KILL);
        }
        eventually("the server is dead", || all.iter().all(|pid| has_let_go(*pid)));
        // Where nobody reaps orphans the killed server stays as a zombie, which PostgreSQL takes for a living one.
        for lock in ["data/postmaster.pid".to_owned(), format!(".s.PGSQL.{}.lock", self.port())] {
            let _ = fs::remove_file(self.home().join(lock));
        }
    }

    /// Sets its clock to so much before or after the real one, such as `+1h`.
    pub(crate) fn set_clock(&self, offset: &str) {
        // At once as a whole, so that no process of the server reads a half.
        let (half, whole) = (self.folder.path().join("clock.new"), self.folder.path().join("clock"));
        fs::write(&half, format!("{offset}\n")).unwrap();
        fs::set_permissions(&half, Permissions::from_mode(0o644)).unwrap();
        fs::rename(half, whole).unwrap();
    }

    /// Lets in whom this line of Postgres' `pg_hba.conf` describes, and nobody else, from the next start or reload on.
    pub(crate) fn admit(&self, line: &str) {
        fs::write(self.home().join("data/pg_hba.conf"), format!("{line}\n")).unwrap();
    }

    /// Gives it a file that only it may read, as it wants of a private key.
    pub(crate) fn entrust(&self, from: &Path) -> PathBuf {
        let file = self.home().join(from.file_name().unwrap());
        fs::copy(from, &file).unwrap();
        let home = fs::metadata(self.home()).unwrap();
        chown(&file, Some(home.uid()), Some(home.gid())).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        file
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been frozen.
        for pid in self.processes() {
            processes::signal(pid, Signal::CONT);
        }
        self.stop();
    }
}

/// The options of a server that keeps what it has committed, even through a power cut.
pub(crate) fn durable(db: Db) -> &'static [&'static str] {
    match db {
        Db::Postgres => &["fsync=on"],
        _ => &["--innodb-flush-log-at-trx-commit=1", "--innodb-flush-method=fsync"],
    }
}

/// Whether a process has ended with all of its threads: the first may be a zombie while others still hold the port.
fn has_let_go(pid: i32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    !processes::is_alive(pid) && threads <= 1
}

fn folder() -> TempDir {
    tempfile::Builder::new().prefix("bellwether-server-").tempdir().unwrap()
}

fn start(db: Db, folder: &Path, options: &[&str], has_clock: bool) -> Url {
    let verb = if db == Db::Postgres { "start-postgres" } else { "start-mariadb" };
    let words = [verb.as_ref(), folder.as_os_str()].into_iter().chain(options.iter().map(OsStr::new));
    Url::parse(&script(words, has_clock.then(|| folder.join("clock")).as_deref())).unwrap()
}

/// Runs `scripts/servers` and returns the line that it prints.
fn script<'a>(words: impl IntoIterator<Item = &'a OsStr>, server_clock: Option<&Path>) -> String {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/servers"));
    command.args(words).stdin(Stdio::null()).stderr(Stdio::piped());
    if let Some(file) = server_clock {
        command.env("BELLWETHER_SERVER_CLOCK", file);
    }
    // The servers outlive the script and must not hold its streams open.
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed\n{said}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
