//! The frameworks with the most users, and those that need more than a row each.

use super::names::{Capture, DECLARATIONS, Files, Key, MODULES};
use super::preset::{Applied, Checksum, Digest, Never, PLAIN, Preset, RowState, Rule};

/// The frameworks that need more than a row each, or have the most users.
pub const FIRST: &[Preset] = &[
    Preset {
        name: "rails",
        title: "Rails",
        aliases: &["activerecord", "active-record"],
        paths: &["db/migrate"],
        files: Files { recursive: true, capture: Capture::DigitsOfWords, endings: &[".rb"], ..PLAIN.files },
        table: "schema_migrations",
        id: "version",
        key: Key::Integer,
        has_not: &["dirty", "inserted_at", "statements"],
        ..PLAIN
    },
    Preset {
        name: "django",
        title: "Django",
        paths: &["."],
        files: Files {
            recursive: true,
            capture: Capture::Stem,
            endings: &[".py"],
            but_not_beginning: &["_", "~", "."],
            ..PLAIN.files
        },
        table: "django_migrations",
        scope: Some("app"),
        rule: Rule::Django,
        ..PLAIN
    },
    Preset {
        name: "alembic",
        title: "Alembic",
        aliases: &["flask-migrate", "flask"],
        paths: &["alembic/versions", "migrations/versions"],
        files: Files {
            capture: Capture::Stem,
            endings: &[".py"],
            but_not_beginning: &["__init__", "."],
            ..PLAIN.files
        },
        table: "alembic_version",
        id: "version_num",
        rule: Rule::Alembic,
        ..PLAIN
    },
    Preset {
        name: "prisma",
        title: "Prisma Migrate",
        paths: &["prisma/migrations"],
        files: Files { marker: Some("migration.sql"), ..PLAIN.files },
        schema: Some("public"),
        schema_in_url: true,
        table: "_prisma_migrations",
        id: "migration_name",
        applied: Applied::Ended { end: "finished_at", rolled_back: "rolled_back_at", log: "logs" },
        checksum: Some(Checksum { column: "checksum", kind: Digest::Sha256 }),
        ..PLAIN
    },
    Preset {
        name: "knex",
        title: "Knex",
        files: Files {
            endings: &[".co", ".coffee", ".eg", ".iced", ".js", ".cjs", ".mjs", ".litcoffee", ".ls", ".ts"],
            but_not: DECLARATIONS,
            ..PLAIN.files
        },
        table: "knex_migrations",
        has: &["batch"],
        ..PLAIN
    },
    Preset {
        name: "sequelize",
        title: "Sequelize",
        aliases: &["umzug", "sequelize-cli"],
        files: Files { endings: MODULES, but_not: DECLARATIONS, ..PLAIN.files },
        table: "SequelizeMeta",
        ..PLAIN
    },
    Preset {
        name: "typeorm",
        title: "TypeORM",
        paths: &["dist/migrations", "dist/migration", "src/migrations", "src/migration", "migrations"],
        files: Files {
            capture: Capture::Time,
            endings: MODULES,
            but_not: DECLARATIONS,
            but_not_beginning: &["index.", "."],
            ..PLAIN.files
        },
        table: "migrations",
        id: "timestamp",
        key: Key::Integer,
        has: &["name"],
        ..PLAIN
    },
    Preset {
        name: "drizzle",
        title: "Drizzle",
        aliases: &["drizzle-kit", "drizzle-orm"],
        paths: &["drizzle"],
        files: Files { marker: Some("migration.sql"), ..PLAIN.files },
        schema: Some("drizzle"),
        table: "__drizzle_migrations",
        id: "created_at",
        checksum: Some(Checksum { column: "hash", kind: Digest::Sha256 }),
        never: Some(Never {
            beginning: "",
            reason: "a newer row is in the table, and Drizzle runs only what its journal dates after the newest",
        }),
        rule: Rule::Drizzle,
        ..PLAIN
    },
    FLYWAY,
    Preset { name: "flyway-out-of-order", title: "Flyway with outOfOrder", never: None, ..FLYWAY },
    Preset {
        name: "golang-migrate",
        title: "golang-migrate",
        aliases: &["migrate"],
        paths: &["migrations", "db/migrations"],
        files: Files { capture: Capture::Digits("_"), endings: UP_FILES, ..PLAIN.files },
        table: "schema_migrations",
        id: "version",
        key: Key::Integer,
        applied: Applied::Clean { dirty: "dirty" },
        rule: Rule::Highest,
        ..PLAIN
    },
    Preset {
        name: "laravel",
        title: "Laravel",
        paths: &["database/migrations"],
        files: Files { capture: Capture::Words, endings: &[".php"], ..PLAIN.files },
        id: "migration",
        has: &["batch"],
        ..PLAIN
    },
    Preset {
        name: "ecto",
        title: "Ecto",
        aliases: &["phoenix"],
        paths: &["priv/repo/migrations"],
        files: Files { recursive: true, capture: Capture::Digits("_"), endings: &[".exs"], ..PLAIN.files },
        table: "schema_migrations",
        id: "version",
        key: Key::Integer,
        has: &["inserted_at"],
        ..PLAIN
    },
];

const FLYWAY: Preset = Preset {
    name: "flyway",
    title: "Flyway",
    paths: &["db/migration", "src/main/resources/db/migration"],
    files: Files { recursive: true, capture: Capture::Version(&['V']), ..PLAIN.files },
    table: "flyway_schema_history",
    id: "version",
    key: Key::Dotted,
    applied: Applied::True { column: "success", otherwise: RowState::Failed },
    checksum: Some(Checksum { column: "checksum", kind: Digest::Crc32OfLines }),
    never: Some(Never {
        beginning: "",
        reason: "a later version is applied, and Flyway passes over what is below it; with outOfOrder name it \
                 `flyway-out-of-order`",
    }),
    rule: Rule::Flyway,
    ..PLAIN
};

/// What golang-migrate runs upwards, in whatever language its driver speaks.
const UP_FILES: &[&str] = &[".up.sql", ".up.pgsql", ".up.cql", ".up.json"];
