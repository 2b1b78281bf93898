//! What is shipped: migrations, and where they are.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A migration that this app ships.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// Its name for people.
    pub name: String,
    /// What its row is found by, made comparable.
    pub id: String,
    /// The app or module that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The digest of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Those that it stands for (Django) or builds on (Alembic).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

/// Where the migrations of a framework are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The folder.
    pub folder: PathBuf,
    /// Further ones, which only Alembic has.
    pub more: Vec<PathBuf>,
    /// Whether Alembic looks into the folders in them, too.
    pub recursive: bool,
}

impl From<PathBuf> for Places {
    fn from(folder: PathBuf) -> Self {
        Self { folder, more: Vec::new(), recursive: false }
    }
}

impl Places {
    /// The folders, for people who are in the folder `here`.
    pub fn shown(&self, here: &Path) -> String {
        let shown = |folder: &PathBuf| match folder.strip_prefix(here).unwrap_or(folder) {
            itself if itself.as_os_str().is_empty() => ".".to_owned(),
            below => below.display().to_string(),
        };
        [&self.folder].into_iter().chain(&self.more).map(shown).collect::<Vec<_>>().join(", ")
    }
}
