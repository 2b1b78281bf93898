//! Node's frameworks.

use super::{INTO_MENDED, TABLES};
use crate::real::Framework;
use crate::support::databases::{Database, Db};

on_each_database! {
    typeorm_is_read_as_it_reads_itself,
    typeorm_1_is_read_as_it_reads_itself,
    drizzle_is_read_as_it_reads_itself,
    drizzle_1_is_read_as_it_reads_itself,
    kysely_is_read_as_it_reads_itself,
    mikro_orm_is_read_as_it_reads_itself,
    dbmate_is_read_as_it_reads_itself,
}

/// What fails until the test has mended it.
const UNTIL_MENDED: &str = "require('fs').readFileSync('mended');";

/// A module of functions, such as most are.
fn module(body: &str) -> String {
    format!("exports.up = async () => {{ {body} }};\nexports.down = async () => {{}};\n")
}

fn writes(framework: &Framework, names: [&str; 3], text: impl Fn(&str) -> String) {
    for (name, body) in names.into_iter().zip(["", "", UNTIL_MENDED]) {
        framework.app.write(name, &text(body));
    }
}

fn writes_sql(framework: &Framework, names: [&str; 3]) {
    for (name, text) in names.into_iter().zip([TABLES[0], TABLES[1], INTO_MENDED]) {
        framework.app.write(name, text);
    }
}

#[test]
fn prisma_is_read_as_it_reads_itself_on_postgres() {
    prisma(&Db::Postgres.fresh());
}

#[test]
fn prisma_is_read_as_it_reads_itself_on_sqlite() {
    prisma(&Db::Sqlite.fresh());
}

/// In MySQL's language its engine in WebAssembly crashes with a driver.
fn prisma(database: &Database) {
    let prisma = Framework::of(database, "prisma", "extra/with_prisma.js");
    let file = |name: &str| format!("prisma/migrations/{name}/migration.sql");
    let [a, b, c] = ["20240101000000_a", "20240102000000_b", "20240103000000_c"].map(file);
    writes_sql(&prisma, [&a, &b, &c]);
    let follower = prisma.fails();
    let _ = follower.wait().exits(121).says_last("20240103000000_c");
    // What `migrate resolve --rolled-back` writes, for which Prisma needs its native engine.
    database.execute("UPDATE _prisma_migrations SET rolled_back_at = started_at WHERE finished_at IS NULL");
    // `migrate status` takes it for applied now, as any with a row; `migrate deploy`, by which we go, runs it again.
    assert!(!prisma.ours()["20240103000000_c"]);
    prisma.recovers();
    prisma.is_led();
}

const DATED: [&str; 3] = ["migrations/20240101-a.js", "migrations/20240102-b.js", "migrations/20240103-c.js"];

/// On SQLite Sequelize wants a driver that is built when it is installed.
const SERVERS: [Db; 2] = [Db::Postgres, Db::MySql];

#[test]
fn sequelize_is_read_as_it_reads_itself() {
    for database in SERVERS.map(Db::fresh) {
        let sequelize = Framework::of(&database, "sequelize", "extra/with_sequelize.js");
        writes(&sequelize, DATED, module);
        sequelize.lives();
    }
}

#[test]
fn umzug_is_read_as_it_reads_itself() {
    for database in SERVERS.map(Db::fresh) {
        let umzug = Framework::of(&database, "umzug", "extra/with_umzug.js");
        writes(&umzug, DATED, module);
        umzug.lives();
    }
}

fn typeorm(database: &Database, version: &str) {
    let mut typeorm = Framework::of(database, "typeorm", "extra/with_typeorm.js");
    typeorm.environment.push(("TYPEORM", version.to_owned()));
    for (number, body) in ["", "", UNTIL_MENDED].into_iter().enumerate() {
        let time = 1_700_000_000_001 + number;
        let class = format!("class Step{time} {{ async up() {{ {body} }} async down() {{}} }}");
        typeorm.app.write(&format!("dist/migrations/{time}-Step.js"), &format!("exports.Step{time} = {class};\n"));
    }
    typeorm.lives();
}

fn typeorm_is_read_as_it_reads_itself(database: &Database) {
    typeorm(database, "typeorm");
}

fn typeorm_1_is_read_as_it_reads_itself(database: &Database) {
    typeorm(database, "typeorm-1");
}

fn drizzle_is_read_as_it_reads_itself(database: &Database) {
    let mut drizzle = Framework::of(database, "drizzle", "extra/with_drizzle.js");
    drizzle.environment.push(("DRIZZLE", "drizzle-orm".to_owned()));
    writes_sql(&drizzle, ["drizzle/0000_a.sql", "drizzle/0001_b.sql", "drizzle/0002_c.sql"]);
    let entry = |(index, tag): (usize, &str)| {
        let when = 1_700_000_000_123 + index * 1000;
        format!(r#"{{"idx":{index},"version":"7","when":{when},"tag":"{tag}","breakpoints":true}}"#)
    };
    let entries: Vec<_> = ["0000_a", "0001_b", "0002_c"].into_iter().enumerate().map(entry).collect();
    let journal = format!(r#"{{"version":"7","dialect":"any","entries":[{}]}}"#, entries.join(","));
    drizzle.app.write("drizzle/meta/_journal.json", &journal);
    drizzle.lives_onwards();
}

fn drizzle_1_is_read_as_it_reads_itself(database: &Database) {
    let mut drizzle = Framework::of(database, "drizzle", "extra/with_drizzle.js");
    drizzle.environment.push(("DRIZZLE", "drizzle-orm-1".to_owned()));
    let file = |name: &str| format!("drizzle/{name}/migration.sql");
    let [a, b, c] = ["20240101000000_a", "20240102000000_b", "20240103000000_c"].map(file);
    writes_sql(&drizzle, [&a, &b, &c]);
    drizzle.lives_onwards();
}

fn kysely_is_read_as_it_reads_itself(database: &Database) {
    let kysely = Framework::of(database, "kysely", "extra/with_kysely.js");
    writes(&kysely, ["migrations/001_a.js", "migrations/002_b.js", "migrations/003_c.js"], module);
    kysely.lives();
}

fn mikro_orm_is_read_as_it_reads_itself(database: &Database) {
    let mikro_orm = Framework::of(database, "mikro-orm", "extra/with_mikro_orm.js");
    for (name, body) in
        ["Migration20240101", "Migration20240102", "Migration20240103"].into_iter().zip(["", "", UNTIL_MENDED])
    {
        let class = format!("class {name} extends Migration {{ async up() {{ {body} }} async down() {{}} }}");
        let text = format!("const {{ Migration }} = require('@mikro-orm/migrations');\nexports.{name} = {class};\n");
        mikro_orm.app.write(&format!("migrations/{name}.js"), &text);
    }
    mikro_orm.lives();
}

fn dbmate_is_read_as_it_reads_itself(database: &Database) {
    let dbmate = Framework::of(database, "dbmate", "extra/with_dbmate.js");
    for (name, up) in ["001_a", "0002_b", "20240103_c"].into_iter().zip([TABLES[0], TABLES[1], INTO_MENDED]) {
        dbmate.app.write(&format!("db/migrations/{name}.sql"), &format!("-- migrate:up\n{up}\n-- migrate:down\n"));
    }
    dbmate.lives();
}

#[test]
fn node_pg_migrate_is_read_as_it_reads_itself() {
    let database = Db::Postgres.fresh();
    let node_pg_migrate = Framework::of(&database, "node-pg-migrate", "extra/with_node_pg_migrate.js");
    // What it asks for when it only tells what is pending is not a file: it calls the functions for that, too.
    for (number, (name, sql)) in [("a", TABLES[0]), ("b", TABLES[1]), ("c", INTO_MENDED)].into_iter().enumerate() {
        let text = format!("exports.up = (pgm) => pgm.sql(`{sql}`);\nexports.down = () => {{}};\n");
        node_pg_migrate.app.write(&format!("migrations/{}_{name}.cjs", 1_700_000_000_000 + number), &text);
    }
    node_pg_migrate.lives();
}

#[test]
fn graphile_migrate_is_read_as_it_reads_itself() {
    let database = Db::Postgres.fresh();
    let graphile = Framework::of(&database, "graphile-migrate", "extra/with_graphile_migrate.js");
    let folder = "migrations/committed";
    writes_sql(
        &graphile,
        [&format!("{folder}/000001-a.sql"), &format!("{folder}/000002.sql"), &format!("{folder}/000003-c.sql")],
    );
    graphile.lives_onwards();
}

#[test]
fn supabase_is_read_as_it_reads_itself() {
    let database = Db::Postgres.fresh();
    let supabase = Framework::of(&database, "supabase", "extra/with_supabase.js");
    let file = |name: &str| format!("supabase/migrations/{name}.sql");
    let [a, b, c] = ["20240101000000_a", "20240102000000_b", "20240103000000_c"].map(file);
    writes_sql(&supabase, [&a, &b, &c]);
    supabase.lives_onwards();
}
