//! The files in a folder, as a preset's rules for names tell migrations from others.

use std::path::Path;

use crc::{CRC_32_ISO_HDLC, Crc};
use sha2::{Digest as _, Sha256, Sha384};
use walkdir::{DirEntry, WalkDir};

use super::migration::Migration;
use super::presets::{Digest, Preset};

/// In the order in which they are run.
pub fn sorted(preset: &Preset, mut migrations: Vec<Migration>) -> Vec<Migration> {
    let scope = |migration: &Migration| migration.scope.clone();
    migrations
        .sort_by_cached_key(|migration| (scope(migration), preset.key.order(&migration.id), migration.name.clone()));
    migrations
}

/// The migrations in a folder, by the names of their files.
pub fn migrations(preset: &Preset, folder: &Path) -> Result<Vec<Migration>, String> {
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

/// The names of the files in a folder that are passed over, though they look like migrations.
pub fn passed_over(preset: &Preset, folder: &Path) -> Result<Vec<String>, String> {
    let entries = entries(preset, folder)?;
    let files = entries.iter().filter(|entry| entry.file_type().is_file());
    let names = files.map(|entry| entry.file_name().to_string_lossy());
    Ok(names.filter(|name| preset.files.is_nearly(name)).map(|name| format!("`{name}`")).collect())
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

    #[test]
    fn crc_32_is_the_usual_one_over_lines() {
        assert_eq!(crc32_of_lines(b"123456789").cast_unsigned(), 0xcbf4_3926);
        assert_eq!(crc32_of_lines(b"\xef\xbb\xbf12345\r\n6789\n"), crc32_of_lines(b"123456789"));
    }
}
