//! The plain frameworks: a row is all that there is to know of a migration.

use super::names::{Capture, DECLARATIONS, Files, Key, MODULES};
use super::preset::{Applied, Checksum, Digest, Never, PLAIN, Preset, RowState, Rule};

/// The plain frameworks, and Sequel's numbered one.
pub const MORE: &[Preset] = &[
    Preset {
        name: "dbmate",
        title: "dbmate",
        paths: &["db/migrations"],
        files: Files { capture: Capture::Digits(""), ..PLAIN.files },
        table: "schema_migrations",
        id: "version",
        has_not: &["dirty", "inserted_at", "statements"],
        ..PLAIN
    },
    Preset {
        name: "goose",
        title: "goose",
        paths: &["migrations", "db/migrations", "."],
        files: Files {
            capture: Capture::Digits("_"),
            endings: &[".sql", ".go"],
            but_not: &["_test.go"],
            ..PLAIN.files
        },
        table: "goose_db_version",
        id: "version_id",
        key: Key::Integer,
        applied: Applied::Newest { order: "id", column: "is_applied" },
        ..PLAIN
    },
    Preset {
        name: "node-pg-migrate",
        title: "node-pg-migrate",
        files: Files { capture: Capture::Stem, endings: NODE_PG_MIGRATE, but_not: DECLARATIONS, ..PLAIN.files },
        table: "pgmigrations",
        has: &["run_on"],
        ..PLAIN
    },
    Preset {
        name: "kysely",
        title: "Kysely",
        paths: &["migrations", "src/migrations"],
        files: Files { capture: Capture::Stem, endings: MODULES, but_not: DECLARATIONS, ..PLAIN.files },
        table: "kysely_migration",
        ..PLAIN
    },
    Preset {
        name: "mikro-orm",
        title: "MikroORM",
        aliases: &["mikroorm"],
        paths: &["dist/migrations", "migrations", "src/migrations"],
        files: Files { capture: Capture::Stem, endings: &[".js", ".ts", ".cjs"], but_not: DECLARATIONS, ..PLAIN.files },
        table: "mikro_orm_migrations",
        row_endings: &[".js", ".ts"],
        ..PLAIN
    },
    Preset {
        name: "sqlx",
        title: "sqlx",
        files: Files { capture: Capture::Digits("_"), but_not: &[".down.sql"], ..PLAIN.files },
        table: "_sqlx_migrations",
        id: "version",
        key: Key::Integer,
        applied: Applied::True { column: "success", otherwise: RowState::Unfinished },
        checksum: Some(Checksum { column: "checksum", kind: Digest::Sha384 }),
        ..PLAIN
    },
    Preset {
        name: "diesel",
        title: "Diesel",
        files: Files { marker: Some("up.sql"), capture: Capture::ToUnderscore, ..PLAIN.files },
        table: "__diesel_schema_migrations",
        id: "version",
        key: Key::NoHyphens,
        ..PLAIN
    },
    Preset {
        name: "sea-orm",
        title: "SeaORM",
        aliases: &["seaorm"],
        paths: &["migration/src"],
        files: Files {
            recursive: true,
            capture: Capture::Numbered("m"),
            endings: &[".rs"],
            but_not_beginning: &["lib.", "main.", "mod.", "."],
            ..PLAIN.files
        },
        table: "seaql_migrations",
        id: "version",
        ..PLAIN
    },
    Preset {
        name: "refinery",
        title: "refinery",
        files: Files {
            recursive: true,
            capture: Capture::Version(&['V', 'U']),
            endings: &[".sql", ".rs"],
            ..PLAIN.files
        },
        table: "refinery_schema_history",
        id: "version",
        key: Key::Integer,
        never: Some(Never {
            beginning: "V",
            reason: "a later version is applied, and refinery refuses a V below it; a U may come late",
        }),
        ..PLAIN
    },
    Preset {
        name: "graphile-migrate",
        title: "graphile-migrate",
        aliases: &["graphile"],
        paths: &["migrations/committed"],
        files: Files { capture: Capture::Digits(""), ..PLAIN.files },
        schema: Some("graphile_migrate"),
        table: "migrations",
        id: "filename",
        row_endings: &[".sql"],
        never: Some(Never {
            beginning: "",
            reason: "a later one is committed, and graphile-migrate goes on from the newest only",
        }),
        ..PLAIN
    },
    Preset { name: "sql-migrate", title: "sql-migrate", table: "gorp_migrations", id: "id", ..PLAIN },
    Preset {
        name: "yoyo",
        title: "yoyo",
        files: Files {
            capture: Capture::Stem,
            endings: &[".py", ".sql"],
            but_not: &[".rollback.sql"],
            but_not_beginning: &["post-apply", "__init__", "."],
            ..PLAIN.files
        },
        table: "_yoyo_migration",
        id: "migration_id",
        ..PLAIN
    },
    PHINX,
    Preset { name: "cakephp", title: "CakePHP Migrations", paths: &["config/Migrations"], ..PHINX },
    Preset {
        name: "doctrine",
        title: "Doctrine Migrations",
        aliases: &["symfony"],
        files: Files { recursive: true, capture: Capture::Stem, endings: &[".php"], ..PLAIN.files },
        table: "doctrine_migration_versions",
        id: "version",
        key: Key::Class,
        ..PLAIN
    },
    Preset {
        name: "supabase",
        title: "Supabase",
        paths: &["supabase/migrations"],
        files: Files { capture: Capture::Digits("_"), ..PLAIN.files },
        schema: Some("supabase_migrations"),
        table: "schema_migrations",
        id: "version",
        ..PLAIN
    },
    Preset {
        name: "sequel",
        title: "Sequel",
        paths: &["db/migrate", "db/migrations"],
        files: Files { capture: Capture::NumberedName, endings: &[".rb"], ..PLAIN.files },
        table: "schema_migrations",
        id: "filename",
        key: Key::Lower,
        ..PLAIN
    },
    Preset {
        name: "sequel-integer",
        title: "Sequel with numbered files",
        paths: &["db/migrate", "db/migrations"],
        files: Files { capture: Capture::Digits("_"), endings: &[".rb"], ..PLAIN.files },
        table: "schema_info",
        id: "version",
        key: Key::Integer,
        rule: Rule::Highest,
        ..PLAIN
    },
    Preset {
        name: "aerich",
        title: "Aerich",
        files: Files { recursive: true, capture: Capture::NumberedName, endings: &[".py"], ..PLAIN.files },
        table: "aerich",
        id: "version",
        scope: Some("app"),
        ..PLAIN
    },
];

const PHINX: Preset = Preset {
    name: "phinx",
    title: "Phinx",
    paths: &["db/migrations"],
    files: Files { capture: Capture::Digits(""), endings: &[".php"], ..PLAIN.files },
    table: "phinxlog",
    id: "version",
    key: Key::Integer,
    ..PLAIN
};

/// What node-pg-migrate is given to run.
const NODE_PG_MIGRATE: &[&str] = &[".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".sql"];
