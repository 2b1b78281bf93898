//! The frameworks, as data. Adding a plain one is an entry in `more` and a fixture in `tests/frameworks/`.

mod first;
mod more;
mod names;
mod preset;

use self::first::FIRST;
use self::more::MORE;
pub use self::preset::{Applied, Digest, Preset, RowState, Rule};

/// All frameworks.
pub fn all() -> impl Iterator<Item = &'static Preset> {
    FIRST.iter().chain(MORE)
}

/// The framework of this name.
pub fn find(name: &str) -> Option<&'static Preset> {
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    all().find(|preset| is(preset.name) || preset.aliases.iter().any(|alias| is(alias)))
}
