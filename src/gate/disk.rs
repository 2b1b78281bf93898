//! What this app ships: the migrations in its folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crc::{CRC_32_ISO_HDLC, Crc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha384};
use walkdir::{DirEntry, WalkDir};

use super::preset::{Digest, Preset, Rule};
use super::{alembic, django, drizzle};
use crate::words::listed;

/// A migration that this app ships.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// Its name for people.
    pub name: String,
    /// What its row is found by, made comparable.
    pub id: String,
    /// The app or module that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The digest of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Those that it stands for (Django) or builds on (Alembic).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

/// Where the migrations of a framework are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The folder.
    pub folder: PathBuf,
    /// Further ones, which only Alembic has.
    pub more: Vec<PathBuf>,
    /// Whether Alembic looks into the folders in them, too.
    pub recursive: bool,
}

impl From<PathBuf> for Places {
    fn from(folder: PathBuf) -> Self {
        Self { folder, more: Vec::new(), recursive: false }
    }
}

impl Places {
    /// The folders, for people who are in the folder `here`.
    pub fn shown(&self, here: &Path) -> String {
        let shown = |folder: &PathBuf| match folder.strip_prefix(here).unwrap_or(folder) {
            itself if itself.as_os_str().is_empty() => ".".to_owned(),
            below => below.display().to_string(),
        };
        [&self.folder].into_iter().chain(&self.more).map(shown).collect::<Vec<_>>().join(", ")
    }
}

/// The places of a framework's migrations: the given folder, else the first usual one that exists.
pub fn places(preset: &Preset, given: Option<&Path>, here: &Path) -> Result<Places, String> {
    if let Some(given) = given.filter(|given| !here.join(given).is_dir()) {
        return Err(format!(
            "there is no folder `{}`; name the one that holds the migrations of {}",
            given.display(),
            preset.title
        ));
    }
    let places = match (preset.rule, given) {
        (Rule::Alembic, given) => alembic::places(preset, given, here)?,
        (_, Some(given)) => Some(here.join(given).into()),
        (_, None) => preset.paths.iter().map(|path| here.join(path)).find(|path| path.is_dir()).map(Places::from),
    };
    places.ok_or_else(|| {
        format!(
            "no migrations of {}: there is no folder `{}` here; name theirs with `{}:PATH`, or ship a list of them and \
             name that with `manifest:FILE`",
            preset.title,
            preset.paths.join("` or `"),
            preset.name
        )
    })
}

/// The migrations in these places, in their order. None at all is an error: of nothing it would always be true that all is
/// applied.
pub fn shipped(preset: &Preset, places: &Places) -> Result<Vec<Migration>, String> {
    let folder = &places.folder;
    let migrations = match preset.rule {
        Rule::Django => sorted(preset, django::shipped(preset, folder)?),
        Rule::Alembic => alembic::shipped(preset, places)?,
        Rule::Drizzle => match drizzle::journal(folder)? {
            Some(migrations) => migrations,
            None => sorted(preset, plain(preset, folder)?),
        },
        Rule::Plain | Rule::Flyway | Rule::Highest => sorted(preset, plain(preset, folder)?),
    };
    if migrations.is_empty() {
        return Err(format!(
            "no migration of {} in `{}`; name the folder that holds them with `{}:PATH`, or ship a list of them and \
             name that with `manifest:FILE`",
            preset.title,
            folder.display(),
            preset.name
        ));
    }
    Ok(migrations)
}

fn sorted(preset: &Preset, mut migrations: Vec<Migration>) -> Vec<Migration> {
    let scope = |migration: &Migration| migration.scope.clone();
    migrations
        .sort_by_cached_key(|migration| (scope(migration), preset.key.order(&migration.id), migration.name.clone()));
    migrations
}

fn plain(preset: &Preset, folder: &Path) -> Result<Vec<Migration>, String> {
    let mut migrations = Vec::new();
    for entry in entries(preset, folder)? {
        let name = entry.file_name().to_string_lossy();
        let file = match preset.files.marker {
            Some(marker) => entry.path().join(marker),
            None => entry.path().to_owned(),
        };
        let Some(captured) = preset.files.capture(&name).filter(|_| file.is_file()) else { continue };
        let scope = preset.scope.and_then(|_| Some(entry.path().parent()?.file_name()?.to_string_lossy().into_owned()));
        migrations.push(Migration {
            name: shown(preset, &name),
            id: preset.key.of(captured),
            scope,
            checksum: preset.checksum.map(|checksum| digest(checksum.kind, &file)).transpose()?,
            links: Vec::new(),
        });
    }
    Ok(migrations)
}

fn entries(preset: &Preset, folder: &Path) -> Result<Vec<DirEntry>, String> {
    let depth = if preset.files.recursive { usize::MAX } else { 1 };
    let hidden = |entry: &DirEntry| entry.file_name().to_string_lossy().starts_with('.');
    let entries = WalkDir::new(folder).min_depth(1).max_depth(depth).follow_links(true).sort_by_file_name();
    let entries = entries.into_iter().filter_entry(|entry| entry.depth() == 0 || !hidden(entry));
    entries.collect::<Result<_, _>>().map_err(|error| format!("can't read `{}`: {error}", folder.display()))
}

/// What looks like a mistake in what is shipped: a file that is passed over for its name, or two migrations that one row
/// would speak for.
pub fn doubts(preset: &Preset, folder: &Path, shipped: &[Migration]) -> Result<Vec<String>, String> {
    let mut doubts = Vec::new();
    if matches!(preset.rule, Rule::Plain | Rule::Flyway | Rule::Highest) {
        let entries = entries(preset, folder)?;
        let files = entries.iter().filter(|entry| entry.file_type().is_file());
        let names: Vec<_> = files
            .map(|entry| entry.file_name().to_string_lossy())
            .filter(|name| preset.files.is_nearly(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if !names.is_empty() {
            doubts.push(format!("passed over, because by their names they are no migrations: {}", listed(&names)));
        }
    }
    let mut seen: BTreeMap<(Option<&str>, &str), &str> = BTreeMap::new();
    for migration in shipped {
        if let Some(other) = seen.insert((migration.scope.as_deref(), &migration.id), &migration.name) {
            doubts.push(format!("`{other}` and `{}` are the same to the framework: one row is both", migration.name));
        }
    }
    Ok(doubts)
}

/// A file's name for people: without the ending where the table doesn't have it either.
fn shown(preset: &Preset, name: &str) -> String {
    let ending = preset.files.endings.iter().filter(|ending| name.ends_with(*ending)).max_by_key(|ending| ending.len());
    match ending {
        Some(ending) if preset.files.marker.is_none() => name[..name.len() - ending.len()].to_owned(),
        _ => name.to_owned(),
    }
}

/// The digest of a file, as its row would have it.
pub fn digest(kind: Digest, file: &Path) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("can't read `{}`: {error}", file.display()))?;
    Ok(match kind {
        Digest::Sha256 => hex::encode(Sha256::digest(&bytes)),
        Digest::Sha384 => hex::encode(Sha384::digest(&bytes)),
        Digest::Crc32OfLines => crc32_of_lines(&bytes).to_string(),
    })
}

/// CRC-32 (IEEE 802.3) over the lines without their ends and without a byte order mark.
fn crc32_of_lines(bytes: &[u8]) -> i32 {
    const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut digest = CRC.digest();
    for line in bytes.split(|byte| matches!(byte, b'\r' | b'\n')) {
        digest.update(line);
    }
    digest.finalize().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::presets::find;

    /// What a framework makes of these files.
    fn ids(framework: &str, files: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, "").expect("a file");
        }
        let preset = find(framework).expect("a framework");
        let migrations = shipped(preset, &folder.path().to_owned().into()).unwrap_or_default();
        migrations.into_iter().map(|migration| migration.id).collect()
    }

    #[test]
    fn each_framework_knows_its_own_files() {
        let rails =
            ["2_b.rb", "001_a.rb", "engines/10_c.shop.rb", "3_Bad.rb", "x.rb", "4_a.md", ".keep", ".git/5_a.rb"];
        assert_eq!(ids("rails", &rails), ["1", "2", "10"]);
        let sqlx = ["1_a.sql", "0002_b.up.sql", "0002_b.down.sql", "sub/3_c.sql", "readme.sql"];
        assert_eq!(ids("sqlx", &sqlx), ["1", "2"]);
        let typeorm = ["1700000000001-A.ts", "B1700000000002.ts", "index.ts", "C.ts", "1700000000001-A.d.ts"];
        assert_eq!(ids("typeorm", &typeorm), ["1700000000001", "1700000000002"]);
        assert_eq!(ids("laravel", &["2024_a.php", "helper.php"]), ["2024_a"]);
        assert_eq!(ids("sea-orm", &["m2024_a.rs", "lib.rs", "more.rs"]), ["m2024_a"]);
    }

    #[test]
    fn nothing_to_compare_is_an_error_with_the_fix() {
        let folder = tempfile::tempdir().expect("a folder");
        let rails = find("rails").expect("a framework");
        assert!(shipped(rails, &folder.path().to_owned().into()).expect_err("empty").contains("`rails:PATH`"));
        assert!(places(rails, None, folder.path()).expect_err("missing").contains("`db/migrate`"));
        let given = places(rails, Some(Path::new("elsewhere")), folder.path());
        assert!(given.expect_err("missing").contains("`elsewhere`"));
    }

    #[test]
    fn what_looks_like_a_mistake_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["1_a.rb", "01_b.rb", "2_Bad.rb", "README.md"] {
            std::fs::write(folder.path().join(file), "").expect("a file");
        }
        let rails = find("rails").expect("a framework");
        let migrations = shipped(rails, &folder.path().to_owned().into()).expect("migrations");
        let doubts = doubts(rails, folder.path(), &migrations).expect("a folder");
        assert_eq!(doubts.len(), 2, "{doubts:?}");
        assert!(doubts[0].ends_with("no migrations: `2_Bad.rb`"), "{doubts:?}");
        assert!(doubts[1].contains("`01_b` and `1_a`"), "{doubts:?}");
    }

    #[test]
    fn crc_32_is_the_usual_one_over_lines() {
        assert_eq!(crc32_of_lines(b"123456789").cast_unsigned(), 0xcbf4_3926);
        assert_eq!(crc32_of_lines(b"\xef\xbb\xbf12345\r\n6789\n"), crc32_of_lines(b"123456789"));
    }
}
