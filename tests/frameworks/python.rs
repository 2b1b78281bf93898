//! What Django's and Alembic's files and configurations may look like.

use super::look;
use crate::support::Bellwether;
use crate::support::databases::Database;
use crate::support::workspace::Workspace;

on_each_database! {
    alembic_goes_by_its_configuration,
    what_builds_on_a_head_is_not_applied_whatever_the_other_heads_are,
    python_is_read_as_python,
}

fn versions(database: &Database, heads: &[&str]) {
    database.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)");
    for head in heads {
        database.execute(&format!("INSERT INTO alembic_version VALUES ('{head}')"));
    }
}

fn chain(app: &Workspace) {
    for (revision, below) in [("r1", "None"), ("r2", "'r1'"), ("r3", "'r2'")] {
        let text = format!("revision = '{revision}'\ndown_revision = {below}\n");
        app.write(&format!("alembic/versions/{revision}.py"), &text);
    }
}

fn alembic_goes_by_its_configuration(database: &Database) {
    let app = Workspace::new();
    chain(&app);
    app.write("extra/2026/r4.py", "revision = 'r4'\ndown_revision = 'r3'\n");
    let ini = "[alembic]\nscript_location = alembic\nversion_locations =\n    alembic/versions\n    %(here)s/extra\n\
               path_separator = newline\nrecursive_version_locations = true\n";
    app.write("alembic.ini", ini);
    versions(database, &["r3"]);
    let outcome = look(database, &app, "alembic").exits(123).prints("Alembic in alembic/versions, extra, table");
    let _ = outcome.prints("3 of 4 migrations applied").prints("pending     r4");
    let _ = look(database, &app, "alembic:alembic").exits(0).prints("3 of 3");
    app.write("alembic.ini", "[alembic]\nscript_location = elsewhere\n");
    let outcome = look(database, &app, "alembic").exits(2).says("`script_location = elsewhere`");
    let _ = outcome.says("no folder `elsewhere`").says("`alembic:PATH`");
}

fn what_builds_on_a_head_is_not_applied_whatever_the_other_heads_are(database: &Database) {
    let app = Workspace::new();
    chain(&app);
    versions(database, &["zz", "r2"]);
    let ahead = ["--migrations", "alembic", "--unknown-revision", "ahead"];
    let _ = look(database, &app, "alembic").exits(123).prints("2 of 3 migrations applied; 1 pending");
    let follow = || Bellwether::follow(database).in_workspace(&app).args(ahead);
    let _ = follow().args(["--timeout", "0s"]).run().exits(120).says("r3");
    let lead = Bellwether::lead(database).in_workspace(&app).args(ahead).sh("true").run();
    let _ = lead.exits(123).says("r3");
    let _ = Bellwether::lead(database).sh("true").run().exits(0);
    let _ = follow().run().exits(123).says_last("r3");
}

fn python_is_read_as_python(database: &Database) {
    let app = Workspace::new();
    let squash =
        "class  Migration ( migrations.Migration ):\n    \"\"\"\n    replaces = [('shop', '0001_a')]\n    \"\"\"\n";
    app.write("build/migrations/0001_a.py", squash);
    app.write("build/migrations/0002_b.py", "class Migration(Base):\n    replaces = [('shop', '0001_a')] + MORE\n");
    app.write("build/migrations/0003_c.py", "class Migration(Base):\n    replaces = [('shop', '0001_a'), ]\n");
    app.write(
        "build/apps.py",
        "class A(AppConfig):\n    label = 'a'\nclass B(AppConfig):\n    default = True; label = 'b'\n",
    );
    app.write("python/pyvenv.cfg", "");
    app.write("python/auth/migrations/0001_a.py", squash);
    database.execute(
        "CREATE TABLE django_migrations (id int PRIMARY KEY, app varchar(255), name varchar(255), applied varchar(40))",
    );
    database.execute("INSERT INTO django_migrations VALUES (1, 'shop', '0001_a', '')");
    let outcome = look(database, &app, "django").exits(123).prints("Django in ., table").prints("1 of 3 migrations");
    let _ = outcome.prints("pending     b.0001_a").prints("pending     b.0002_b").prints("applied     b.0003_c");
    app.write("build/migrations/0002_b.py", "class Migration(Base:\n");
    let _ = look(database, &app, "django").exits(2).says("0002_b.py` can't be read as Python: line 1");
    app.write("versions/a.py", "revision = ID\n");
    let outcome = look(database, &app, "alembic:versions").exits(2).says("versions/a.py` doesn't say its `revision`");
    let _ = outcome.says("`manifest:FILE`");
}
