//! What `docs/reliability.md` says of the model is true.

use std::fmt::Display;

/// The table of the document has this row: a test's name, and what that test asserts or is about.
pub fn has_row(name: &str, cells: &[&dyn Display]) {
    let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
    says(&format!("| {} | {} |", name.replace('_', " "), cells.join(" | ")));
}

/// The document says this, punctuation apart.
pub fn says(words: &str) {
    let text = include_str!("../../docs/reliability.md").replace([',', '\'', ':'], "").replace('\n', " ");
    assert!(text.contains(words), "docs/reliability.md does not say: {words}");
}
