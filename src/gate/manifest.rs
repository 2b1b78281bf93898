//! The list of what an image ships, for images that ship no migration files: written at build time, read at release.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Source;
use super::migration::Migration;
use super::presets::find;
use super::table::TableName;

/// The version of the format.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Manifest {
    bellwether_manifest: u32,
    sources: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    framework: String,
    /// Where another one than usual was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    migrations: Vec<Migration>,
    /// What looked like a mistake when it was written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    doubts: Vec<String>,
}

/// The manifest of these, as JSON.
pub fn write(sources: &[Source]) -> String {
    let entry = |source: &Source| Entry {
        framework: source.preset.name.to_owned(),
        table: source.table.as_ref().map(TableName::to_string),
        migrations: source.shipped.clone(),
        doubts: source.doubts.clone(),
    };
    let manifest = Manifest { bellwether_manifest: VERSION, sources: sources.iter().map(entry).collect() };
    serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n"
}

/// Reads a manifest. The error says what is wrong with it and how to make one.
pub fn read(file: &Path, text: &str, table: Option<&TableName>) -> Result<Vec<Source>, String> {
    let make = "make one with `bellwether migrations --migrations SPEC --manifest`";
    let shown = file.display();
    let bytes = std::fs::read(file).map_err(|error| format!("can't read the manifest `{shown}`: {error}; {make}"))?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| format!("`{shown}` is no manifest: {error}; {make}"))?;
    if manifest.bellwether_manifest != VERSION {
        return Err(format!("`{shown}` is of version {}; {make}", manifest.bellwether_manifest));
    }
    let mut sources = Vec::new();
    for entry in manifest.sources {
        let preset = find(&entry.framework).ok_or_else(|| {
            format!("`{shown}` names the framework `{}`, which is unknown here; {make}", entry.framework)
        })?;
        if entry.migrations.is_empty() {
            return Err(format!("`{shown}` lists no migration of {}; {make}", preset.title));
        }
        let own = entry.table.map(|own| {
            TableName::parse(&own).map_err(|why| format!("`{shown}` names the table `{own}`: {why}; {make}"))
        });
        let table = table.cloned().or(own.transpose()?);
        sources.push(Source {
            preset,
            origin: text.to_owned(),
            table,
            shipped: entry.migrations,
            doubts: entry.doubts,
        });
    }
    if sources.is_empty() { Err(format!("`{shown}` lists nothing; {make}")) } else { Ok(sources) }
}
