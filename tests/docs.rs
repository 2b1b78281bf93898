//! The documents agree with the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::Bellwether;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// `DatabaseUnavailable` as `database_unavailable`.
fn snake_case(name: &str) -> String {
    let underscored = |c: char| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.to_string() };
    name.chars().map(underscored).collect::<String>().trim_start_matches('_').to_owned()
}

#[test]
fn every_event_and_every_field_is_documented() {
    let documented = read("docs/events.md");
    let source = read("src/report/event.rs");
    let body = source.split("pub enum Event {").nth(1).unwrap();
    let mut count = 0;
    for line in body.lines().filter(|line| !line.trim_start().starts_with("//") && !line.contains("#[")) {
        let (indent, text) = (line.len() - line.trim_start().len(), line.trim());
        let name = match (indent, text.strip_prefix("pub ")) {
            (4, None) => snake_case(text.split(['{', ',', '}', ' ', '(']).next().unwrap()),
            (4, Some(field)) => field.split(':').next().unwrap().to_owned(),
            (8, _) => text.split(':').next().unwrap().to_owned(),
            _ => continue,
        };
        // The field `what` of a wait is called `for` in JSON.
        let known = documented.contains(&format!("`{name}`")) || name == "what" && documented.contains("`for`");
        assert!(name.is_empty() || known, "`{name}` is not in docs/events.md");
        count += 1;
    }
    assert!(count > 40, "only {count} names were found in the source");
}

#[test]
fn every_field_of_status_json_is_documented() {
    let documented = read("docs/operating.md");
    let source = read("src/command/status/json.rs");
    let fields = source.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(": "));
    let names: BTreeSet<&str> =
        fields.map(|(name, _)| name).filter(|name| name.chars().all(|c| c.is_lowercase() || c == '_')).collect();
    assert!(names.contains("summary") && names.contains("since_beat_ms"), "{names:?}");
    for name in names {
        assert!(documented.contains(&format!("`{name}`")), "`{name}` is not in docs/operating.md");
    }
}

#[test]
fn every_option_is_documented_with_its_variable() {
    let documented = read("docs/operating.md") + &read("docs/databases.md") + &read("README.md");
    let help = Bellwether::bare(["release", "--help"]).run().exits(0).stdout().clone();
    let words: BTreeSet<&str> = help.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')).collect();
    let names =
        words.into_iter().filter(|word| word.starts_with("--") && word.len() > 2 || word.starts_with("BELLWETHER_"));
    let missing: Vec<&str> = names.filter(|name| *name != "--help" && !documented.contains(name)).collect();
    assert!(missing.is_empty(), "not documented: {missing:?}");
}

#[test]
fn the_exit_codes_of_the_readme_are_those_of_the_program() {
    let source = read("src/exit.rs");
    let readme = read("README.md") + &read("docs/operating.md");
    for line in source.lines().filter_map(|line| line.strip_prefix("pub const ")) {
        let code = line.rsplit(' ').next().unwrap().trim_end_matches(';');
        assert!(readme.contains(code), "{line} is not documented");
    }
}
