//! How a run of the program ended, with checks that show the whole of it when they fail.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

#[must_use = "check how it ended"]
pub(crate) struct Outcome {
    pub(crate) line: String,
    /// The exit code, or 128 + n after a signal, as a shell shows it.
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) took: Duration,
}

impl Outcome {
    /// The exit code must be this.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert!(self.code == code, "the exit code should be {code}\n{self}");
        self
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    pub(crate) fn stderr_lines(&self) -> Vec<String> {
        self.stderr().lines().map(str::to_owned).collect()
    }

    /// The last line of all the talk, which many platforms show alone.
    pub(crate) fn last_line(&self) -> String {
        self.stderr_lines().pop().unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout().contains(text), "stdout should contain `{text}`\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr().contains(text), "stderr should contain `{text}`\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn says_first(self, text: &str) -> Self {
        let first = self.stderr_lines().into_iter().next().unwrap_or_default();
        assert!(first.contains(text), "the first line on stderr should contain `{text}`\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn says_last(self, text: &str) -> Self {
        assert!(self.last_line().contains(text), "the last line on stderr should contain `{text}`\n{self}");
        self
    }

    /// Neither stream may hold this.
    #[track_caller]
    pub(crate) fn never_shows(self, text: &str) -> Self {
        let shown = self.stdout().contains(text) || self.stderr().contains(text);
        assert!(!shown, "`{text}` should appear nowhere\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn within(self, limit: Duration) -> Self {
        assert!(self.took < limit, "it should take less than {limit:?}\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn not_before(self, least: Duration) -> Self {
        assert!(self.took >= least, "it should take at least {least:?}\n{self}");
        self
    }
}

impl Display for Outcome {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "$ {}", self.line)?;
        writeln!(formatter, "{}", self.stdout())?;
        writeln!(formatter, "--- stderr")?;
        writeln!(formatter, "{}", self.stderr())?;
        write!(formatter, "[exit: {} after {:?}]", self.code, self.took)
    }
}
