//! Real frameworks: each makes its own table, applies one of three migrations, fails at the third, applies all, rolls back
//! and waits for a leader; our reading must equal its own at every step. `scripts/test` installs them.

mod sqlx;

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::workspace::Workspace;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// How each migration stands, by name: whether it is applied.
type Standing = BTreeMap<String, bool>;

/// A framework with its files in place, of which the third migration fails until the file `mended` is there.
struct Framework<'a> {
    spec: &'static str,
    database: &'a Database,
    app: Workspace,
    program: String,
    script: &'static str,
    environment: Vec<(&'static str, String)>,
}

impl Framework<'_> {
    /// The framework's command: its program, script, action and arguments.
    fn command(&self, args: &[&str]) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real").join(self.script);
        let mut command = Command::new(&self.program);
        command.arg(script).args(args).current_dir(self.app.path()).env("DATABASE_URL", self.url());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The frameworks make no SQLite file's folder, and have their own way to write its URL.
    fn url(&self) -> String {
        self.database.url().to_owned()
    }

    fn run(&self, args: &[&str]) -> (bool, String) {
        let output = self.command(args).output().unwrap_or_else(|error| panic!("no {}: {error}", self.program));
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), said)
    }

    #[track_caller]
    fn works(&self, args: &[&str]) -> String {
        let (works, said) = self.run(args);
        assert!(works, "{} {args:?} failed: {said}", self.script);
        said
    }

    /// How it stands by its own word.
    #[track_caller]
    fn own(&self) -> Standing {
        let said = self.works(&["status"]);
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
        let migrations = document["sources"][0]["migrations"].as_array().unwrap().clone();
        let ending = if self.spec == "knex" { ".js" } else { "" };
        let one = |migration: Value| {
            let name = migration["name"].as_str().unwrap().to_owned() + ending;
            (name, migration["state"] == "applied")
        };
        migrations.into_iter().map(one).collect()
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
    }

    /// The whole life; `first` applies one migration. What a failure undoes beside the third differs.
    fn lives(&self, first: &[&str]) {
        self.agrees(0);
        self.works(first);
        self.agrees(1);
        let follower = self.bellwether(Bellwether::follow(self.database)).waiting();
        let (works, said) = self.run(&["up"]);
        assert!(!works, "the third should fail: {said}");
        self.agrees(self.own().values().filter(|applied| **applied).count());
        self.app.touch("mended");
        self.works(&["up"]);
        self.agrees(3);
        let _ = follower.wait().exits(0);
        self.works(&["down"]);
        let own = self.own();
        assert!(own.values().any(|applied| !applied), "{own:?}");
        assert_eq!(self.ours(), own);
        let command = self.command(&["up"]);
        let line: Vec<String> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let [program, script, action]: [String; 3] = line.try_into().unwrap();
        let mut leader = self.bellwether(Bellwether::lead(self.database)).env("DATABASE_URL", &self.url());
        for (name, value) in &self.environment {
            leader = leader.env(name, value);
        }
        let _ = leader.command([program.as_str(), &script, &action]).run().exits(0);
        self.agrees(3);
        let _ = self.bellwether(Bellwether::follow(self.database)).run().exits(0);
    }
}

fn installed(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run the tests with scripts/test"))
}

on_each_database! {
    rails_is_read_as_it_reads_itself,
    django_is_read_as_it_reads_itself,
    alembic_is_read_as_it_reads_itself,
}

fn rails_is_read_as_it_reads_itself(database: &Database) {
    let app = Workspace::new();
    let class = |name: &str, body: &str| {
        format!("class {name} < ActiveRecord::Migration[6.1]\n  def change\n    {body}\n  end\nend\n")
    };
    app.write("db/migrate/001_make_a.rb", &class("MakeA", "create_table :a"));
    app.write("db/migrate/engine/20240102_make_b.shop.rb", &class("MakeB", "create_table :b"));
    let body = "raise 'not yet' unless File.exist?('mended')\n    create_table :c";
    app.write("db/migrate/20240103_make_c.rb", &class("MakeC", body));
    let script = "with_rails.rb";
    let framework = Framework { spec: "rails", database, app, program: "ruby".into(), script, environment: vec![] };
    framework.lives(&["up", "1"]);
}

fn python() -> String {
    installed("BELLWETHER_TEST_PYTHON")
}

fn django_is_read_as_it_reads_itself(database: &Database) {
    let app = Workspace::new();
    let class = |dependencies: &str, body: &str| {
        format!(
            "import os\nfrom django.db import migrations\n\ndef run(apps, schema):\n    {body}\n\nclass \
             Migration(migrations.Migration):\n    dependencies = [{dependencies}]\n    operations = \
             [migrations.RunPython(run, migrations.RunPython.noop)]\n"
        )
    };
    for package in ["shop", "shop/migrations", "blog", "blog/migrations"] {
        app.touch(&format!("{package}/__init__.py"));
    }
    app.write("shop/migrations/0001_initial.py", &class("", "pass"));
    app.write("shop/migrations/0002_more.py", &class("('shop', '0001_initial')", "pass"));
    app.write("blog/migrations/0001_initial.py", &class("('shop', '0002_more')", "open('mended')"));
    let (script, program) = ("with_django.py", python());
    let framework = Framework { spec: "django", database, app, program, script, environment: vec![] };
    framework.lives(&["up", "shop", "0001"]);
}

fn alembic_is_read_as_it_reads_itself(database: &Database) {
    let app = Workspace::new();
    app.write("alembic.ini", "[alembic]\nscript_location = %(here)s/revisions\n");
    let environment = "from alembic import context\nfrom sqlalchemy import create_engine\n\nwith \
                       create_engine(context.config.attributes['url']).connect() as connection:\n    \
                       context.configure(connection=connection)\n    with context.begin_transaction():\n        \
                       context.run_migrations()\n";
    app.write("revisions/env.py", environment);
    let revision = |id: &str, down: &str, depends: &str, body: &str| {
        format!(
            "revision: str = '{id}'\ndown_revision = {down}\nbranch_labels = None\ndepends_on = {depends}\n\ndef \
             upgrade():\n    {body}\n\ndef downgrade():\n    pass\n"
        )
    };
    app.write("revisions/versions/aa_first.py", &revision("aa", "None", "None", "pass"));
    app.write("revisions/versions/bb_side.py", &revision("bb", "'aa'", "None", "pass"));
    app.write("revisions/versions/cc_merge.py", &revision("cc", "'aa'", "'bb'", "open('mended')"));
    let (script, program) = ("with_alembic.py", python());
    let framework = Framework { spec: "alembic", database, app, program, script, environment: vec![] };
    framework.lives(&["up", "aa"]);
}

fn knex_is_read_as_it_reads_itself(database: &Database) {
    let app = Workspace::new();
    let module = |body: &str| format!("exports.up = async () => {{ {body} }};\nexports.down = async () => {{}};\n");
    app.write("migrations/20240101_a.js", &module(""));
    app.write("migrations/20240102_b.js", &module(""));
    app.write("migrations/20240103_c.js", &module("require('fs').readFileSync('mended');"));
    let environment = vec![("NODE_PATH", installed("BELLWETHER_TEST_NODE_MODULES"))];
    let script = "with_knex.js";
    let framework = Framework { spec: "knex", database, app, program: "node".into(), script, environment };
    framework.lives(&["up", "20240101_a.js"]);
}

#[test]
fn knex_is_read_as_it_reads_itself_on_postgres() {
    knex_is_read_as_it_reads_itself(&Db::Postgres.fresh());
}

#[test]
fn knex_is_read_as_it_reads_itself_on_mysql() {
    knex_is_read_as_it_reads_itself(&Db::MySql.fresh());
}
