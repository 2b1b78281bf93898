//! The house rules that no compiler knows: the direction of the layers, and how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may use of the others; `main` and `lib` join them all.
const ARROWS: [(&str, &[&str]); 15] = [
    ("cli", &[]),
    ("clock", &["protocol"]),
    (
        "command",
        &[
            "cli",
            "clock",
            "environment",
            "error",
            "exit",
            "gate",
            "identity",
            "protocol",
            "report",
            "secrets",
            "settings",
            "store",
            "supervise",
            "words",
        ],
    ),
    ("environment", &[]),
    ("error", &["exit", "store"]),
    ("exit", &[]),
    ("gate", &["protocol", "store", "words"]),
    ("identity", &["environment"]),
    ("protocol", &[]),
    ("report", &["protocol", "words"]),
    ("secrets", &[]),
    ("settings", &["cli", "environment", "error", "gate", "identity", "protocol", "store", "words"]),
    ("store", &["protocol", "words"]),
    ("supervise", &["clock", "exit", "protocol", "secrets"]),
    ("words", &[]),
];

/// A file that has grown past this is a question: is it one thing?
const LONGEST_FILE: usize = 320;

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut folders = vec![root.join("src"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((path.strip_prefix(root).unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

/// The module right below `src` that a file belongs to; none for `main`, `lib` and the tests.
fn module(path: &Path) -> Option<String> {
    let below = path.strip_prefix("src").ok()?;
    let name = below.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
    (name != "main" && name != "lib").then_some(name)
}

/// The modules that a text names with `crate::`.
fn used(text: &str) -> BTreeSet<&str> {
    text.split("crate::")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next())
        .collect()
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let arrows: BTreeMap<_, _> = ARROWS.into_iter().collect();
    for (path, text) in sources() {
        let Some(module) = module(&path) else { continue };
        let allowed = arrows.get(module.as_str()).unwrap_or_else(|| panic!("{module} is not in the list of arrows"));
        for other in used(&text).into_iter().filter(|other| *other != module) {
            assert!(allowed.contains(&other), "{} uses crate::{other}", path.display());
        }
    }
}

#[test]
fn the_protocol_knows_no_database_process_environment_or_clock() {
    for (path, text) in sources().into_iter().filter(|(path, _)| path.starts_with("src/protocol")) {
        for stranger in ["sqlx", "tokio", "rustix", "std::env", "std::process", "Instant", "SystemTime"] {
            assert!(!text.contains(stranger), "{} speaks of {stranger}", path.display());
        }
    }
}

#[test]
fn only_one_file_queries() {
    for (path, text) in sources().into_iter().filter(|(path, _)| path.starts_with("src")) {
        let queries = text.contains("sqlx::query") || text.contains("raw_sql");
        assert!(!queries || path.ends_with("store/connection.rs"), "{} queries by itself", path.display());
    }
}

#[test]
fn files_stay_small() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines", path.display());
    }
}
