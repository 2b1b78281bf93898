//! Rows as runs. Nothing of a row is trusted: what is missing or malformed is read as harmless.

use std::time::Duration;

use super::step::Row;
use crate::protocol::run::{Reading, Run, State};

/// The longest label that is shown whole, in characters. Ours are shorter, but anybody may have written a row.
const LONGEST_LABEL: usize = 1024;
/// The most of a run's last lines that is shown, likewise.
const LONGEST_DETAIL: usize = 16 * 1024;

/// A text of a row, cut where it is longer than anything that we write.
pub(super) fn label(row: &Row, index: usize) -> Option<String> {
    row.text(index).map(|text| match text.char_indices().nth(LONGEST_LABEL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    })
}

/// The end of a long text: of last lines, the last ones.
fn end_of(text: String) -> String {
    match text.char_indices().nth_back(LONGEST_DETAIL) {
        Some((start, first)) => format!("…{}", &text[start + first.len_utf8()..]),
        None => text,
    }
}

/// Sorts the rows of `look` by their first column.
pub(super) fn reading(rows: &[Row]) -> Reading {
    let mut reading = Reading::default();
    for row in rows {
        let run = run(row, 1);
        match row.text(0).as_deref() {
            Some("success") => reading.success = Some(run),
            Some("newest") => reading.newest = Some(run),
            Some("active") => reading.active = Some(run),
            _ => reading.recent.push(run),
        }
    }
    reading.recent.sort_by_key(|run| std::cmp::Reverse(run.id));
    reading
}

/// Reads a run whose columns begin at `at`, in the order of the statements.
pub(super) fn run(row: &Row, at: usize) -> Run {
    let int = |offset: usize| row.int(at + offset);
    let text = |offset: usize| label(row, at + offset).unwrap_or_default();
    let lease = int(5).and_then(|milliseconds| u64::try_from(milliseconds).ok()).unwrap_or(0);
    Run {
        id: int(0).unwrap_or(0),
        release: text(1),
        state: State::from(text(2).as_str()),
        active: int(3) == Some(1),
        beats: int(4).unwrap_or(0),
        lease: Duration::from_millis(lease),
        holder: text(6),
        app: text(7),
        instance: text(8),
        release_source: text(9),
        command_digest: text(10),
        started_at: int(11),
        beat_at: int(12),
        ended_at: int(13),
        read_at: int(14),
        exit_code: int(15),
        cause: label(row, at + 16),
        detail: row.text(at + 17).map(end_of),
        version: text(18),
    }
}
