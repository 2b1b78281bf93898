//! Events as JSON, one object a line, with the line for people as `message`.

use serde::Serialize;

use super::event::Event;
use super::text;
use crate::words::is_unsafe;

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a Event,
    message: String,
}

pub(super) fn line(event: &Event) -> String {
    let line = Line { event, message: text::lines(event).join("\n") };
    serde_json::to_string(&line).map(|json| escaped(&json)).unwrap_or_default()
}

/// JSON whose text is safe on a terminal, too: what serde leaves as it is, is escaped as well.
pub fn escaped(json: &str) -> String {
    let escape = |c: char| if is_unsafe(c) && c != '\n' { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    json.chars().map(escape).collect()
}
