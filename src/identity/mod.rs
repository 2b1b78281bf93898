//! Who this process is: the release that is being deployed, the app and the instance it runs as, and the platform
//! that runs it.
//!
//! Only the release decides anything. Leader and followers find each other by it, so it must be equal in every app of
//! one deploy and different in the next one: the commit, an id that somebody chose, or a fingerprint of the migrations.
//! App and instance are labels for people; the platform only sets defaults and chooses the advice in messages.

mod candidates;
mod fingerprint;
mod label;
mod platform;
mod release;
mod value;

use std::path::PathBuf;

pub use fingerprint::fingerprint;
pub use label::{Label, app, instance};
pub use platform::Platform;
pub use release::{Release, Wanted, release};
pub use value::same_commit_in_short;

/// The most characters that a release or a label may have: what the columns of the table hold.
const LONGEST: usize = 255;

/// Why there is no identity to work with. Every one is a mistake in the settings, none gets better by waiting.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// An id and a fingerprint were both given.
    #[error("`{release}` and `{fingerprint}` both say which release this is; keep one and remove the other")]
    Both {
        /// The flag or variable of the id.
        release: &'static str,
        /// The flag or variable of the fingerprint.
        fingerprint: &'static str,
    },
    /// An id was given that names no release.
    #[error(
        "`{origin}` is `{value}`, which {why}; give the commit that is being deployed, the same text in every app, or \
         use `--fingerprint db/migrate` in its place"
    )]
    Refused {
        /// The flag or variable.
        origin: &'static str,
        /// What it holds, made printable.
        value: String,
        /// What is wrong with it, as the end of a sentence.
        why: &'static str,
    },
    /// A release or an app name does not fit into its column.
    #[error("`{origin}` has {length} characters (`{value}`); a release or an app has at most {LONGEST}")]
    TooLong {
        /// The flag, variable or file.
        origin: String,
        /// How it begins.
        value: String,
        /// How many characters it has.
        length: usize,
    },
    /// Kamal was started in a working tree with uncommitted changes.
    #[error(
        "`KAMAL_VERSION` is `{0}`: Kamal adds random characters to the commit while the working tree has uncommitted \
         changes, so no other app can match it; commit the changes and deploy again, or set `BELLWETHER_RELEASE` in \
         every app"
    )]
    Uncommitted(String),
    /// Nothing names the release.
    #[error("nothing says which release this is: no `--release`, no `--fingerprint` and no variable of the platform{passed_over}. {}", .platform.how_to_name_the_release())]
    NotFound {
        /// The values that were found but are placeholders, as an insertion.
        passed_over: String,
        /// Where this runs, as the fix depends on it.
        platform: Platform,
    },
    /// No path, or an empty one, is to be fingerprinted.
    #[error(
        "`--fingerprint` or `BELLWETHER_FINGERPRINT` holds an empty path; name the folder of the migrations, such as \
         `db/migrate`"
    )]
    NoPath,
    /// A path to be fingerprinted does not exist.
    #[error(
        "the fingerprint path `{}` does not exist; name a file or folder that every app ships, such as the one that \
         holds the migrations",
        .0.display()
    )]
    MissingPath(PathBuf),
    /// A path to be fingerprinted holds no file that counts.
    #[error(
        "the fingerprint path `{}` holds no file (names that begin with a dot, `__pycache__` and `*.pyc` do not \
         count); name the folder of the migrations",
        .0.display()
    )]
    EmptyPath(PathBuf),
    /// A file or folder to be fingerprinted cannot be read.
    #[error(
        "cannot read `{}` for the fingerprint: {why}; make it readable for the user that runs this, or name another \
         path",
        .path.display()
    )]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// A link below a path to be fingerprinted leads back to a folder above it.
    #[error(
        "the link `{}` leads back to `{}`, so the files below that have no end; remove the link, or name a fingerprint \
         path without it",
        .link.display(),
        .ancestor.display()
    )]
    Loop {
        /// The link.
        link: PathBuf,
        /// The folder above it that it leads to.
        ancestor: PathBuf,
    },
}

/// The beginning of a value as it can stand in a message or a column: on one line and not too long.
fn printable(value: &str) -> String {
    const SHOWN: usize = 120;
    let mut characters = value.chars().flat_map(char::escape_debug);
    let mut text: String = characters.by_ref().take(SHOWN).collect();
    if characters.next().is_some() {
        text.push('…');
    }
    text
}

/// Refuses a value that would not fit into its column.
fn check_length(origin: &str, value: &str) -> Result<(), IdentityError> {
    let length = value.chars().count();
    if length > LONGEST {
        return Err(IdentityError::TooLong { origin: origin.to_owned(), value: printable(value), length });
    }
    Ok(())
}
