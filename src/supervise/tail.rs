//! The last lines of a command's output, made fit to be stored and shown to others.

use std::collections::VecDeque;

use crate::secrets::Secrets;

/// How many lines are kept.
const LINES: usize = 20;
/// How many bytes they may have together.
const BYTES: usize = 4096;
/// How many raw bytes are remembered: enough that what masking and stripping remove does not eat into the lines.
const RAW: usize = 64 * 1024;

/// Remembers the end of a stream of bytes.
#[derive(Default)]
pub(super) struct Tail {
    raw: VecDeque<u8>,
}

impl Tail {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(RAW)..];
        let surplus = (self.raw.len() + bytes.len()).saturating_sub(RAW);
        self.raw.drain(..surplus);
        self.raw.extend(bytes);
    }

    /// The last lines: valid UTF-8, without control sequences, with secrets masked, within the limits.
    pub(super) fn lines(&self, secrets: &Secrets) -> String {
        let raw: Vec<u8> = self.raw.iter().copied().collect();
        let stripped = anstream::adapter::strip_str(&String::from_utf8_lossy(&raw)).to_string();
        let masked = secrets.mask(&printable(&stripped));
        let mut lines: Vec<&str> = masked.trim_end().lines().rev().take(LINES).collect();
        lines.reverse();
        let text = lines.join("\n");
        let mut start = text.len().saturating_sub(BYTES);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        text[start..].to_owned()
    }
}

/// What a terminal would show at last: of a line that was overwritten its last version, and no control characters.
fn printable(text: &str) -> String {
    let visible = |line: &str| -> String {
        let line = line.trim_end_matches('\r');
        let last = line.rsplit('\r').next().unwrap_or(line);
        last.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !c.is_control()).collect()
    };
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(bytes: &[u8]) -> String {
        let mut tail = Tail::default();
        for chunk in bytes.chunks(7) {
            tail.push(chunk);
        }
        tail.lines(&Secrets::default())
    }

    #[test]
    fn the_last_twenty_lines_are_kept() {
        let lines: Vec<_> = (1..=30).map(|number| format!("line {number}")).collect();
        assert_eq!(tail(lines.join("\n").as_bytes()), lines[10..].join("\n"));
        assert_eq!(tail(b"one\ntwo\n\n"), "one\ntwo");
        assert_eq!(tail(b""), "");
    }

    #[test]
    fn at_most_four_kibibytes_and_whole_characters() {
        let long = tail("ä".repeat(40_000).as_bytes());
        assert!(long.len() <= BYTES && long.chars().all(|c| c == 'ä'), "{}", long.len());
    }

    #[test]
    fn what_a_terminal_would_show_is_kept() {
        assert_eq!(tail(b"\x1b[31mred\x1b[0m \x07bell\n10%\r50%\r100%\r\nbad \xff\n"), "red bell\n100%\nbad \u{fffd}");
        assert_eq!(tail(b"\x1b]0;title\x07text"), "text");
    }
}
