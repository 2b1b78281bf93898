//! Tables as the frameworks make them, with rows as they write them.

use super::plain::PLAIN;
use crate::support::databases::Db;

/// The databases of a framework.
pub(super) const ALL: &[Db] = &[Db::Sqlite, Db::Postgres, Db::MySql];
/// A framework's files and table.
pub(super) struct Fixture {
    pub(super) framework: &'static str,
    pub(super) databases: &'static [Db],
    /// Its migrations, three of them, and what looks like one.
    pub(super) files: &'static [&'static str],
    /// Its table; `[` and `]` quote a name.
    pub(super) table: &'static str,
    /// The rows of the first two migrations.
    pub(super) some: &'static str,
    /// That of the third.
    pub(super) rest: &'static str,
}

/// The frameworks of `presets`.
const FIRST: &[Fixture] = &[
    Fixture {
        framework: "prisma",
        databases: ALL,
        files: &[
            "prisma/migrations/1_a/migration.sql",
            "prisma/migrations/2_b/migration.sql",
            "prisma/migrations/3_c/migration.sql",
            "prisma/migrations/migration_lock.toml",
        ],
        table: "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at varchar(40), migration_name varchar(255) NOT NULL, logs text, rolled_back_at varchar(40), started_at varchar(40), applied_steps_count int)",
        some: "INSERT INTO _prisma_migrations VALUES ('a', '', 'now', '1_a', NULL, NULL, 'now', 1), ('b', '', NULL, '2_b', 'it failed', 'now', 'now', 0), ('c', '', 'now', '2_b', NULL, NULL, 'now', 1)",
        rest: "INSERT INTO _prisma_migrations VALUES ('d', '', 'now', '3_c', NULL, NULL, 'now', 1)",
    },
    Fixture {
        framework: "knex",
        databases: ALL,
        files: &[
            "migrations/1_a.js",
            "migrations/2_b.js",
            "migrations/3_c.ts",
            "migrations/3_c.d.ts",
            "migrations/readme.md",
        ],
        table: "CREATE TABLE knex_migrations (id int PRIMARY KEY, name varchar(255), batch int, migration_time varchar(40))",
        some: "INSERT INTO knex_migrations VALUES (1, '1_a.js', 1, ''), (2, '2_b.js', 1, '')",
        rest: "INSERT INTO knex_migrations VALUES (3, '3_c.ts', 2, '')",
    },
    Fixture {
        framework: "sequelize",
        databases: ALL,
        files: &["migrations/1-a.js", "migrations/2-b.cjs", "migrations/3-c.ts", "migrations/3-c.d.ts"],
        table: "CREATE TABLE [SequelizeMeta] (name varchar(255) PRIMARY KEY)",
        some: "INSERT INTO [SequelizeMeta] VALUES ('1-a.js'), ('2-b.cjs')",
        rest: "INSERT INTO [SequelizeMeta] VALUES ('3-c.ts')",
    },
    Fixture {
        framework: "typeorm",
        databases: ALL,
        files: &[
            "src/migrations/1700000000001-A.ts",
            "src/migrations/1700000000002-B.ts",
            "src/migrations/1700000000003-C.ts",
            "src/migrations/index.ts",
        ],
        table: "CREATE TABLE migrations (id int PRIMARY KEY, [timestamp] bigint NOT NULL, name varchar(255) NOT NULL)",
        some: "INSERT INTO migrations VALUES (1, 1700000000001, 'A1700000000001'), (2, 1700000000002, 'B1700000000002')",
        rest: "INSERT INTO migrations VALUES (3, 1700000000003, 'C1700000000003')",
    },
    Fixture {
        framework: "flyway",
        databases: ALL,
        files: &[
            "db/migration/V001__a.sql",
            "db/migration/V1_1__b.sql",
            "db/migration/sub/V2.0__c.sql",
            "db/migration/R__view.sql",
            "db/migration/U2__c.sql",
            "db/migration/beforeMigrate.sql",
        ],
        table: "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50), description varchar(200), [type] varchar(20), script varchar(1000), checksum int, installed_by varchar(100), installed_on varchar(40), execution_time int, success boolean)",
        some: "INSERT INTO flyway_schema_history VALUES (1, '001', 'a', 'SQL', '', NULL, '', '', 1, true), (2, '1.1', 'b', 'SQL', '', NULL, '', '', 1, true), (3, NULL, 'view', 'SQL', '', 7, '', '', 1, true)",
        rest: "INSERT INTO flyway_schema_history VALUES (4, '2.0', 'c', 'SQL', '', 0, '', '', 1, true)",
    },
    Fixture {
        framework: "golang-migrate",
        databases: ALL,
        files: &[
            "migrations/1_a.up.sql",
            "migrations/1_a.down.sql",
            "migrations/000002_b.up.sql",
            "migrations/3_c.up.sql",
        ],
        table: "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)",
        some: "INSERT INTO schema_migrations VALUES (2, false)",
        rest: "UPDATE schema_migrations SET version = 3",
    },
    Fixture {
        framework: "laravel",
        databases: ALL,
        files: &[
            "database/migrations/2024_01_01_000001_a.php",
            "database/migrations/2024_01_01_000002_b.php",
            "database/migrations/2024_01_01_000003_c.php",
            "database/schema/mysql-schema.sql",
        ],
        table: "CREATE TABLE migrations (id int PRIMARY KEY, migration varchar(255) NOT NULL, batch int NOT NULL)",
        some: "INSERT INTO migrations VALUES (1, '2024_01_01_000001_a', 1), (2, '2024_01_01_000002_b', 1)",
        rest: "INSERT INTO migrations VALUES (3, '2024_01_01_000003_c', 2)",
    },
    Fixture {
        framework: "ecto",
        databases: ALL,
        files: &[
            "priv/repo/migrations/20240101_a.exs",
            "priv/repo/migrations/old/20240102_b.exs",
            "priv/repo/migrations/20240103_c.exs",
            "priv/repo/migrations/.formatter.exs",
        ],
        table: "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, inserted_at varchar(40))",
        some: "INSERT INTO schema_migrations VALUES (20240101, ''), (20240102, '')",
        rest: "INSERT INTO schema_migrations VALUES (20240103, '')",
    },
];

pub(super) fn all() -> impl Iterator<Item = &'static Fixture> {
    FIRST.iter().chain(PLAIN)
}
