//! A real migration tool as the command: Django's `manage.py migrate` on PostgreSQL and SQLite.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::installed;
use crate::support::processes::eventually;
use crate::support::running::Running;
use crate::support::workspace::Workspace;
use rustix::process::Signal;

const SETTINGS: &str = r#"
import os
from urllib.parse import unquote, urlsplit

url = urlsplit(os.environ["DATABASE_URL"])
if url.scheme == "sqlite":
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": url.path}}
else:
    DATABASES = {"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username,
        "PASSWORD": unquote(url.password), "HOST": url.hostname, "PORT": url.port,
    }}
SECRET_KEY = "none"
INSTALLED_APPS = ["shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"#;

const MANAGE: &str = r#"
import os
import sys
from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
execute_from_command_line(sys.argv)
"#;

const FIRST: &str = r#"
from django.db import migrations, models

class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.CreateModel("Sheep", [
        ("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=50)),
    ])]
"#;

/// A second migration, in which something happens.
fn second(operation: &str) -> String {
    format!(
        r#"
import pathlib
import time
from django.db import migrations

def work(apps, editor):
    {operation}

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(work)]
"#
    )
}

struct Project {
    workspace: Workspace,
    database: Database,
    url: String,
}

impl Project {
    fn new(db: Db) -> Self {
        let (workspace, database) = (Workspace::new(), db.fresh());
        workspace.write("settings.py", SETTINGS);
        workspace.write("manage.py", MANAGE);
        workspace.write("shop/__init__.py", "");
        workspace.write("shop/migrations/__init__.py", "");
        workspace.write("shop/migrations/0001_initial.py", FIRST);
        // An absolute path, in which Django and we agree about the slashes.
        let url = if db == Db::Sqlite {
            format!("sqlite://{}", workspace.file("shop.db").display())
        } else {
            database.url().to_owned()
        };
        Self { workspace, database, url }
    }

    fn with(self, operation: &str) -> Self {
        self.workspace.write("shop/migrations/0002_second.py", &second(operation));
        self
    }

    /// The one line of every app.
    fn release(&self, role: &str) -> Bellwether {
        Bellwether::release(&self.database)
            .in_workspace(&self.workspace)
            .without("BELLWETHER_DATABASE_URL")
            .env("DATABASE_URL", &self.url)
            .env("RUN_MIGRATIONS", if role == "leader" { "true" } else { "" })
            .env("BELLWETHER_APP", role)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .command([installed("BELLWETHER_TEST_PYTHON").as_str(), "manage.py", "migrate"])
    }

    /// Two followers that wait.
    fn followers(&self) -> [Running; 2] {
        ["one", "two"].map(|name| self.release(name).waiting())
    }
}

fn a_good_migration(db: Db) {
    let project = Project::new(db);
    let followers = project.followers();
    let _ = project.release("leader").run().exits(0).prints("Applying shop.0001_initial... OK");
    for follower in followers {
        let _ = follower.wait().exits(0).never_shows("Applying");
    }
    let _ = project.release("leader").run().exits(0).prints("No migrations to apply");
}

fn a_failing_migration(db: Db) {
    let project = Project::new(db).with(r#"raise RuntimeError("the wolf came")"#);
    let followers = project.followers();
    let _ = project.release("leader").run().exits(1).prints("Applying shop.0001_initial... OK");
    for follower in followers {
        let _ = follower.wait().exits(121).says("RuntimeError: the wolf came");
    }
}

fn a_killed_leader(db: Db) {
    let project = Project::new(db).with(r#"pathlib.Path("started").touch(); [time.sleep(0.1) for _ in iter(int, 1)]"#);
    let followers = project.followers();
    let leader = project.release("leader").hasty().spawn();
    project.workspace.wait_for("started");
    leader.signal(Signal::KILL);
    let _ = leader.wait().exits(137);
    for follower in followers {
        let _ = follower.wait().exits(122).says_last("lost");
    }
    project.workspace.write("shop/migrations/0002_second.py", &second("pass"));
    let _ = project.release("leader").run().exits(0).prints("Applying shop.0002_second... OK");
    let _ = project.release("follower").env("BELLWETHER_TIMEOUT", "0s").run().exits(0);
}

#[test]
fn a_good_migration_on_postgres() {
    a_good_migration(Db::Postgres);
}

#[test]
fn a_good_migration_on_sqlite() {
    a_good_migration(Db::Sqlite);
}

#[test]
fn a_failing_migration_on_postgres() {
    a_failing_migration(Db::Postgres);
}

#[test]
fn a_failing_migration_on_sqlite() {
    a_failing_migration(Db::Sqlite);
}

#[test]
fn a_killed_leader_on_postgres() {
    a_killed_leader(Db::Postgres);
}

#[test]
fn a_killed_leader_on_sqlite() {
    a_killed_leader(Db::Sqlite);
}

/// The statement of a killed migration works on inside the server, until the next leader ends its session.
#[test]
fn the_statement_of_a_killed_migration_is_ended_before_the_next_begins() {
    let project = Project::new(Db::Postgres).with(r#"editor.execute("SELECT pg_sleep(600)")"#);
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                    AND query = 'SELECT pg_sleep(600)' AND application_name LIKE 'bellwether-run-1-%'";
    let leader = project.release("leader").hasty().spawn();
    eventually("the migration works in the server", || project.database.value(sleeping) == "1");
    leader.signal(Signal::KILL);
    let _ = leader.wait().exits(137);
    assert_eq!(project.database.value(sleeping), "1", "it works on without its client");
    project.workspace.write(
        "shop/migrations/0002_second.py",
        &second(&format!("cursor = editor.connection.cursor(); cursor.execute(\"{sleeping}\"); print(\"left:\", cursor.fetchone()[0])")),
    );
    let _ = project.release("leader").run().exits(0).prints("left: 0").says("bellwether-run-1-");
}
