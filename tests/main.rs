//! The black-box tests: every promise that can be seen from outside, through the binary and real databases.
//!
//! `scripts/test` starts the servers that they need. Each test has its own database and working directory, waits for
//! facts (a row, a file, an event) and never for time to pass, and leaves no process behind.

#![allow(clippy::unwrap_used)]

#[macro_use]
mod support;

mod addresses;
mod child;
mod claim;
mod clocks;
mod django;
mod docs;
mod encryption;
mod follow;
mod frameworks;
mod gate;
mod hostile;
mod identity;
mod json;
mod lead;
mod migrations;
mod options;
mod outage;
mod pooler;
mod powercut;
mod probe;
mod real;
mod record;
mod release;
mod restarts;
mod roles;
mod secrets;
mod sessions;
mod setup;
mod signals;
mod status;
mod store;
mod storm;
mod stubborn;
mod terminal;
mod tidy;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_file_of_this_folder_is_part_of_the_test_binary() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let text = fs::read_to_string(folder.join("main.rs")).unwrap();
    let listed: BTreeSet<String> =
        text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).map(str::to_owned).collect();
    let present: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // The model is a package of its own.
        .filter(|path| !path.join("Cargo.toml").exists())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "main")
        .collect();
    assert_eq!(listed, present);
}
