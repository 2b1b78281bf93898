//! Real frameworks: each makes its own table, applies one of three migrations, fails at the third, applies all, rolls back
//! and waits for a leader; our reading must equal its own at every step. `scripts/test` installs those of `core` and
//! `apps`, `scripts/test-frameworks` the others as well.

mod apps;
mod core;
mod extra;
mod sqlx;

use crate::support::databases::Database;
use crate::support::installed;
use crate::support::running::Running;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, PATIENCE};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// How each migration stands, by name: whether it is applied.
type Standing = BTreeMap<String, bool>;

/// A framework with its files in place, of which the third migration fails until it is mended.
struct Framework<'a> {
    spec: &'static str,
    database: &'a Database,
    app: Workspace,
    program: String,
    script: String,
    environment: Vec<(&'static str, String)>,
}

impl<'a> Framework<'a> {
    /// A framework that this script, in Ruby, Python, JavaScript or PHP, makes use of, or the program of that folder.
    fn of(database: &'a Database, spec: &'static str, script: &str) -> Self {
        let more = if script.starts_with("extra/") { "MORE_" } else { "" };
        let installed = |what: &str| installed(&format!("BELLWETHER_TEST_{more}{what}"));
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real").join(script).display().to_string();
        let (program, script, environment) = match script.rsplit(['.', '/']).next().unwrap() {
            "py" => (installed("PYTHON"), file, vec![]),
            "js" => ("node".to_owned(), file, vec![("NODE_PATH", installed("NODE_MODULES"))]),
            "rb" => ("ruby".to_owned(), file, vec![]),
            "php" => ("php".to_owned(), file, vec![]),
            _ => (installed("RUST"), spec.to_owned(), vec![]),
        };
        Self { spec, database, app: Workspace::new(), program, script, environment }
    }

    /// The framework's command: its program, script and action.
    fn command(&self, action: &str) -> [String; 3] {
        [self.program.clone(), self.script.clone(), action.to_owned()]
    }

    /// Whether it worked, and what it said. One that hangs fails.
    fn run(&self, action: &str) -> (bool, String) {
        let mut command = Command::new("timeout");
        command.arg(PATIENCE.as_secs().to_string()).args(self.command(action)).current_dir(self.app.path());
        command.env("DATABASE_URL", self.database.url());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), said)
    }

    #[track_caller]
    fn works(&self, action: &str) -> String {
        let (works, said) = self.run(action);
        assert!(works, "{} {action} failed: {said}", self.script);
        said
    }

    /// How it stands by its own word.
    #[track_caller]
    fn own(&self) -> Standing {
        let said = self.works("status");
        let line = |line: &str| {
            let (state, name) = line.split_once(' ')?;
            matches!(state, "applied" | "pending").then(|| (name.to_owned(), state == "applied"))
        };
        said.lines().filter_map(line).collect()
    }

    /// How it stands by ours.
    #[track_caller]
    fn ours(&self) -> Standing {
        let outcome = self.bellwether(Bellwether::migrations(self.database)).args(["--json"]).run().exits(0);
        let document: Value = serde_json::from_slice(&outcome.stdout).unwrap();
        let warnings = document["sources"][0]["warnings"].as_array().unwrap();
        assert!(warnings.is_empty(), "{}: {warnings:?}", self.spec);
        let migrations = document["sources"][0]["migrations"].as_array().unwrap();
        let one = |migration: &Value| (migration["name"].as_str().unwrap().to_owned(), migration["state"] == "applied");
        migrations.iter().map(one).collect()
    }

    fn bellwether(&self, line: Bellwether) -> Bellwether {
        line.in_workspace(&self.app).args(["--migrations", self.spec])
    }

    /// Both agree, and so many are applied.
    #[track_caller]
    fn agrees(&self, applied: usize) {
        let own = self.own();
        assert_eq!(self.ours(), own, "{}", self.spec);
        assert_eq!(own.values().filter(|applied| **applied).count(), applied, "{own:?}");
        assert_eq!(own.len(), 3, "{own:?}");
    }

    /// The whole life.
    fn lives(&self) {
        self.grows();
        self.shrinks();
        self.is_led();
    }

    /// The whole life of a framework that can't roll back.
    fn lives_onwards(&self) {
        self.grows();
        self.is_led();
    }

    /// None, then one, then a failure, then all; who waits for that is not stopped.
    fn grows(&self) {
        let follower = self.fails();
        self.recovers();
        let _ = follower.wait().exits(0);
    }

    /// None, then one, then a failure, which may undo more than the third; a follower has waited since there was one.
    fn fails(&self) -> Running {
        self.agrees(0);
        self.works("one");
        self.agrees(1);
        // A busy machine may take its time to fail and to mend that.
        let follower = Bellwether::follow(self.database).env("BELLWETHER_TIMEOUT", "10m");
        let follower = self.bellwether(follower).waiting();
        let (works, said) = self.run("all");
        assert!(!works, "the third should fail: {said}");
        let applied = self.own().values().filter(|applied| **applied).count();
        assert!(applied < 3, "the third has failed: {said}");
        self.agrees(applied);
        follower
    }

    /// The third migration works from now on: some look for a file, others for a table.
    fn recovers(&self) {
        self.app.touch("mended");
        self.database.execute("CREATE TABLE mended (id int)");
        self.works("all");
        self.agrees(3);
    }

    fn shrinks(&self) {
        self.works("down");
        let applied = self.own().values().filter(|applied| **applied).count();
        assert!(applied < 3, "some are undone");
        self.agrees(applied);
    }

    /// A leader applies what is pending, and a follower goes.
    fn is_led(&self) {
        let command = self.command("all");
        let mut leader = self.bellwether(Bellwether::lead(self.database)).env("DATABASE_URL", self.database.url());
        for (name, value) in &self.environment {
            leader = leader.env(name, value);
        }
        let _ = leader.command(command.each_ref().map(String::as_str)).run().exits(0);
        self.agrees(3);
        let _ = self.bellwether(Bellwether::follow(self.database)).run().exits(0);
    }
}
