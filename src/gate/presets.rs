//! The frameworks. Adding a plain one is an entry here and a fixture in `tests/frameworks.rs`.

use super::names::{Capture, Files, Key};
use super::preset::{Applied, Checksum, Digest, PLAIN, Preset, RowState};

/// All frameworks, by name.
pub const PRESETS: &[Preset] = &[
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
];

/// The framework of this name.
pub fn find(name: &str) -> Option<&'static Preset> {
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    PRESETS.iter().find(|preset| is(preset.name) || preset.aliases.iter().any(|alias| is(alias)))
}
