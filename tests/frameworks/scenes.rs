//! The frameworks that have more to them than rows.

use super::fixtures::all;
use super::{look, quoted};
use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::workspace::Workspace;

on_each_database! {
    django_counts_its_apps,
    alembic_follows_its_graph,
    drizzle_tells_what_never_runs,
    flyway_goes_by_its_history,
    prisma_shows_failures,
}

fn django_counts_its_apps(database: &Database) {
    let app = Workspace::new();
    app.write("shop/migrations/0001_initial.py", "class Migration(x):\n    pass\n");
    app.write("shop/migrations/0002_b.py", "class Migration(x):\n    replaces = []\n");
    app.write("blog/migrations/0001_initial.py", "class Migration(x):\n    pass\n");
    database.execute(
        "CREATE TABLE django_migrations (id int PRIMARY KEY, app varchar(255), name varchar(255), applied varchar(40))",
    );
    database.execute(
        "INSERT INTO django_migrations VALUES (1, 'shop', '0001_initial', ''), (2, 'auth', '0001_initial', '')",
    );
    let _ = look(database, &app, "django").exits(123).prints("1 of 3").prints("pending     blog.0001_initial");
    database.execute("INSERT INTO django_migrations VALUES (3, 'blog', '0001_initial', ''), (4, 'shop', '0002_b', '')");
    let _ = look(database, &app, "django").exits(0).prints("3 of 3").prints("1 more row");
}

fn alembic_follows_its_graph(database: &Database) {
    let app = Workspace::new();
    app.write("migrations/versions/a.py", "revision = 'aa'\ndown_revision = None\n");
    app.write("migrations/versions/b.py", "revision: str = 'bb'\ndown_revision: str = 'aa'\n");
    database.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)");
    let _ = look(database, &app, "flask-migrate").exits(123).prints("0 of 2");
    database.execute("INSERT INTO alembic_version VALUES ('aa')");
    let _ = look(database, &app, "alembic").exits(123).prints("1 of 2 migrations applied; 1 pending");
    database.execute("UPDATE alembic_version SET version_num = 'bb'");
    let _ = look(database, &app, "alembic:migrations").exits(0).prints("2 of 2");
    database.execute("UPDATE alembic_version SET version_num = 'zz'");
    let _ = look(database, &app, "alembic").exits(123).prints("AHEAD").prints("`zz`").prints("2 unknown");
    let follow =
        || Bellwether::follow(database).in_workspace(&app).args(["--migrations", "alembic", "--timeout", "0s"]);
    let _ = follow().run().exits(120).says("--unknown-revision ahead");
    let _ = follow().args(["--unknown-revision", "ahead"]).run().exits(0);
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    let _ = follow().run().exits(0);
}

fn drizzle_tells_what_never_runs(database: &Database) {
    let app = Workspace::new();
    let entry =
        |when: u32, tag: &str| format!(r#"{{"idx":0,"version":"7","when":{when},"tag":"{tag}","breakpoints":true}}"#);
    let entries = [entry(1000, "0000_a"), entry(2000, "0001_b"), entry(3000, "0002_c")];
    app.write("drizzle/meta/_journal.json", &format!(r#"{{"version":"7","entries":[{}]}}"#, entries.join(",")));
    for (tag, text) in [("0000_a", "a"), ("0001_b", "b"), ("0002_c", "c")] {
        app.write(&format!("drizzle/{tag}.sql"), text);
    }
    let table = if database.db == Db::Postgres { "drizzle.__drizzle_migrations" } else { "__drizzle_migrations" };
    if database.db == Db::Postgres {
        database.execute("CREATE SCHEMA drizzle");
    }
    database.execute(&format!("CREATE TABLE {table} (id int, hash text NOT NULL, created_at bigint)"));
    database.execute(&format!("INSERT INTO {table} VALUES (1, 'x', 1000)"));
    let outcome = look(database, &app, "drizzle").exits(123).prints("1 of 3 migrations applied; 2 pending");
    let _ = outcome.prints("`0000_a` is applied, but from a file with other contents");
    database.execute(&format!("INSERT INTO {table} VALUES (2, 'y', 3000)"));
    let _ = look(database, &app, "drizzle").exits(123).prints("never runs  0001_b").prints("1 will never run");
    let follower = Bellwether::follow(database).in_workspace(&app).args(["--migrations", "drizzle"]).run();
    let _ = follower.exits(123).says_last("0001_b will never run");
}

fn flyway_goes_by_its_history(database: &Database) {
    let app = Workspace::new();
    for file in ["V1__a.sql", "V2__b.sql", "V3__c.sql"] {
        app.write(&format!("db/migration/{file}"), "");
    }
    let fixture = all().find(|fixture| fixture.framework == "flyway").unwrap();
    database.execute(&quoted(database, fixture.table));
    let row = |rank: u32, version: &str, kind: &str, success: bool| {
        database.execute(&format!(
            "INSERT INTO flyway_schema_history VALUES ({rank}, '{version}', '', '{kind}', '', NULL, '', '', 1, {success})"
        ));
    };
    row(1, "1", "BASELINE", true);
    row(2, "2", "SQL", false);
    let _ = look(database, &app, "flyway").exits(123).prints("applied     V1__a").prints("failed      V2__b");
    let follow = |spec| Bellwether::follow(database).in_workspace(&app).args(["--migrations", spec]);
    let _ = follow("flyway").args(["--retry-window", "300ms"]).run().exits(121).says_last("V2__b");
    database.execute("DELETE FROM flyway_schema_history WHERE installed_rank = 2");
    row(2, "3", "SQL", true);
    let _ = follow("flyway").run().exits(123).says_last("V2__b will never run");
    let _ = follow("flyway-out-of-order").args(["--timeout", "0s"]).run().exits(120).says_last("V2__b");
}

fn prisma_shows_failures(database: &Database) {
    let app = Workspace::new();
    app.write("prisma/migrations/1_a/migration.sql", "");
    let fixture = all().find(|fixture| fixture.framework == "prisma").unwrap();
    database.execute(fixture.table);
    let follower = Bellwether::follow(database).in_workspace(&app).args(["--migrations", "prisma"]).waiting();
    database.execute("INSERT INTO _prisma_migrations VALUES ('a', '', NULL, '1_a', NULL, NULL, 'now', 0)");
    let _ = look(database, &app, "prisma").exits(123).prints("running     1_a");
    database.execute("UPDATE _prisma_migrations SET logs = 'syntax error'");
    let _ = follower.wait().exits(121).says_last("1_a");
}
