//! Two real apps of different repositories on one PostgreSQL database, each with its release line as users have it: one
//! leads, the other follows by what its framework's table says. The last migration that both ship fails or hangs if the
//! variable `ORDERS` says so.

use crate::support::databases::{Database, Db};
use crate::support::processes::eventually;
use crate::support::workspace::Workspace;
use crate::support::{Bellwether, installed};
use rustix::process::Signal;
use std::fs;
use std::path::Path;
use std::process::Command;
use walkdir::WalkDir;

struct Stack {
    framework: &'static str,
    leader: Workspace,
    follower: Workspace,
    /// What the release line runs.
    migrate: [String; 2],
    /// The framework's own way to ask whether nothing is pending.
    check: Vec<String>,
    database: Database,
}

/// An app of the folder `apps`.
fn app(name: &str) -> Workspace {
    let (from, app) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/apps").join(name), Workspace::new());
    for entry in WalkDir::new(&from).into_iter().flatten().filter(|entry| entry.file_type().is_file()) {
        let to = app.path().join(entry.path().strip_prefix(&from).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(entry.path(), to).unwrap();
    }
    app
}

/// The leader ships a migration more, of which the follower knows nothing.
fn rails() -> Stack {
    let (leader, follower) = (app("rails"), app("rails"));
    let bills = "class CreateBills < ActiveRecord::Migration[6.1]\n  def change\n    create_table :bills\n  end\nend\n";
    leader.write("db/migrate/20240101000002_create_bills.rb", bills);
    let migrate = ["bin/rails", "db:migrate"].map(str::to_owned);
    let check = ["bin/rails", "db:abort_if_pending_migrations"].map(str::to_owned).to_vec();
    Stack { framework: "rails", leader, follower, migrate, check, database: Db::Postgres.fresh() }
}

fn django() -> Stack {
    let (leader, follower) = (app("django"), app("django"));
    let more = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    dependencies = [\
                (\"shop\", \"0002_orders\")]\n";
    leader.write("shop/migrations/0003_more.py", more);
    // The interpreter of a virtual environment, which an activated one would put first.
    for app in [&leader, &follower] {
        let text = app.read("manage.py").replace("/usr/bin/env python", &installed("BELLWETHER_TEST_PYTHON"));
        app.write("manage.py", &text);
    }
    let migrate = ["./manage.py", "migrate"].map(str::to_owned);
    let check = ["./manage.py", "migrate", "--check"].map(str::to_owned).to_vec();
    Stack { framework: "django", leader, follower, migrate, check, database: Db::Postgres.fresh() }
}

impl Stack {
    /// The one line that is in each app's Procfile, with the app's variables.
    fn release(&self, app: &Workspace) -> Bellwether {
        let [program, task] = self.migrate.each_ref().map(String::as_str);
        Bellwether::release(&self.database)
            .in_workspace(app)
            .without("BELLWETHER_DATABASE_URL")
            .env("DATABASE_URL", self.database.url())
            .env("RAILS_ENV", "production")
            .args(["--migrations", self.framework])
            .command([program, task])
    }

    fn lead(&self) -> Bellwether {
        self.release(&self.leader).env("RUN_MIGRATIONS", "true")
    }

    /// A commit of another repository is no release that the leader could know: the migrations decide.
    fn follow(&self) -> Bellwether {
        self.release(&self.follower).without("BELLWETHER_RELEASE")
    }

    /// Whether nothing is pending in the follower, by its framework's own word.
    fn all_is_applied(&self) -> bool {
        let mut command = Command::new(&self.check[0]);
        command.args(&self.check[1..]).current_dir(self.follower.path());
        let output = command.env("DATABASE_URL", self.database.url()).env("RAILS_ENV", "production").output();
        output.unwrap().status.success()
    }

    /// The leader migrates, the follower that waited goes, and so does one that comes later.
    fn is_good_in_the_end(&self) {
        let follower = self.follow().waiting();
        let _ = self.lead().run().exits(0);
        let _ = follower.wait().exits(0).says_last("all that this app ships is applied (2 migrations)");
        assert!(self.all_is_applied());
        let _ = self.follow().run().exits(0);
    }

    fn follows_what_is_good(&self) {
        assert!(!self.all_is_applied());
        let own = self.follow().env("BELLWETHER_RELEASE", "another-repositorys-commit").waiting();
        self.is_good_in_the_end();
        let _ = own.wait().exits(0).says_last("all that this app ships is applied (2 migrations)");
    }

    fn stops_at_what_fails(&self) {
        let follower = self.follow().waiting();
        let _ = self.lead().env("ORDERS", "fail").run().exits(1).says("no such luck");
        let _ = follower.wait().exits(121).says_last("exited with code 1");
        assert!(!self.all_is_applied());
        self.is_good_in_the_end();
    }

    /// The killed leader's statement is still at work in the server, with its locks, when the next one starts.
    fn notices_what_is_killed(&self) {
        let follower = self.follow().waiting();
        // Short, for it is waited for twice, and long enough for a busy machine.
        let leader = self.lead().env("BELLWETHER_LEASE", "6s").env("ORDERS", "hang").spawn();
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE \
                      'SELECT pg_sleep%'";
        eventually("the migration is at work", || self.database.value(asleep) == "1");
        leader.signal(Signal::KILL);
        let _ = leader.wait().exits(137);
        let _ = follower.wait().exits(122);
        assert_eq!(self.database.value(asleep), "1");
        self.is_good_in_the_end();
        assert_eq!(self.database.value(asleep), "0");
    }
}

#[test]
fn a_rails_app_follows_another() {
    rails().follows_what_is_good();
}

#[test]
fn a_rails_app_stops_when_another_fails() {
    rails().stops_at_what_fails();
}

#[test]
fn a_rails_app_notices_when_another_is_killed() {
    rails().notices_what_is_killed();
}

#[test]
fn a_django_project_follows_another() {
    django().follows_what_is_good();
}

#[test]
fn a_django_project_stops_when_another_fails() {
    django().stops_at_what_fails();
}

#[test]
fn a_django_project_notices_when_another_is_killed() {
    django().notices_what_is_killed();
}
