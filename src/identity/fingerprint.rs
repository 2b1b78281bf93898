//! A release identity made of files, for platforms that do not say which commit runs.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use walkdir::WalkDir;

use super::IdentityError;

/// How many of the digest's bytes the id shows: as many as a commit has.
const SHOWN_BYTES: usize = 20;

type Sum = [u8; 32];

/// The identity of the files at and below `paths`: equal names and contents, equal identity, in whatever order the
/// paths are given and wherever they lie. A path that is given twice counts once.
///
/// Apps on different versions of this program compare the result, so how it is computed must not change.
pub fn fingerprint(paths: &[PathBuf]) -> Result<String, IdentityError> {
    let distinct: BTreeSet<&PathBuf> = paths.iter().collect();
    if distinct.is_empty() {
        return Err(IdentityError::NoPath);
    }
    // Each path has a sum of its own, so that a file that moves from one path to another changes the result.
    let mut sums = distinct.into_iter().map(|path| sum_of_path(path)).collect::<Result<Vec<Sum>, _>>()?;
    sums.sort_unstable();
    let digest = Sha256::digest(sums.concat());
    Ok(format!("fp-{}", hex::encode(&digest[..SHOWN_BYTES])))
}

fn sum_of_path(path: &Path) -> Result<Sum, IdentityError> {
    fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => IdentityError::MissingPath(path.to_owned()),
        _ => unreadable(path, &error),
    })?;
    // Sorted by name, as the order in which a folder is listed differs between file systems.
    let mut files = BTreeMap::new();
    let walk = WalkDir::new(path).follow_links(true).into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_left_out(entry.file_name())) {
        let entry = match entry {
            Ok(entry) => entry,
            // An editor's lock is a broken link with a name that does not count anyway.
            Err(error) if error.depth() > 0 && error.path().and_then(Path::file_name).is_some_and(is_left_out) => {
                continue;
            }
            Err(error) => return Err(failed_walk(path, &error)),
        };
        if entry.file_type().is_file() {
            let sum = sum_of_file(entry.path()).map_err(|error| unreadable(entry.path(), &error))?;
            files.insert(relative_name(path, entry.path()), sum);
        }
    }
    if files.is_empty() {
        return Err(IdentityError::EmptyPath(path.to_owned()));
    }
    let mut hasher = Sha256::new();
    for (name, sum) in files {
        // The length before the name and the fixed length of the sum keep the parts apart.
        hasher.update((name.len() as u64).to_be_bytes());
        hasher.update(&name);
        hasher.update(sum);
    }
    Ok(hasher.finalize().into())
}

/// What editors, version control and Python leave beside the files that are meant.
fn is_left_out(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name.starts_with(b".") || name == b"__pycache__" || name.ends_with(b".pyc")
}

/// The name below the given path; a path that is a file itself goes by its own name.
fn relative_name(path: &Path, file: &Path) -> Vec<u8> {
    let below = file.strip_prefix(path).unwrap_or(file).as_os_str();
    if below.is_empty() { file.file_name().unwrap_or_default() } else { below }.as_bytes().to_vec()
}

fn sum_of_file(path: &Path) -> io::Result<Sum> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finalize().into()),
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> IdentityError {
    IdentityError::Unreadable { path: path.to_owned(), why: error.to_string() }
}

fn failed_walk(path: &Path, error: &walkdir::Error) -> IdentityError {
    let at = error.path().unwrap_or(path).to_owned();
    match (error.loop_ancestor(), error.io_error()) {
        (Some(ancestor), _) => IdentityError::Loop { link: at, ancestor: ancestor.to_owned() },
        (None, Some(io)) => unreadable(&at, io),
        (None, None) => IdentityError::Unreadable { path: at, why: error.to_string() },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    type Files<'a> = &'a [(&'a str, &'a str)];

    /// A folder with these files.
    fn folder(files: Files<'_>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, contents) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, contents).unwrap();
        }
        folder
    }

    fn of(files: Files<'_>) -> String {
        fingerprint(&[folder(files).path().to_owned()]).unwrap()
    }

    #[test]
    fn the_value_stays_the_same_in_every_version() {
        assert_eq!(of(&[("1.sql", "create"), ("sub/2.sql", "alter")]), "fp-0a7bc8a63e7c843d8383de25818e6eb487450221");
    }

    #[test]
    fn what_counts_and_what_does_not() {
        let base: Files<'_> = &[("1.sql", "a"), ("sub/2.sql", "b")];
        let cases: [(&str, Files<'_>, bool); 12] = [
            ("other order", &[("sub/2.sql", "b"), ("1.sql", "a")], true),
            ("dot file", &[("1.sql", "a"), ("sub/2.sql", "b"), ("sub/.keep", "")], true),
            ("dot folder", &[("1.sql", "a"), ("sub/2.sql", "b"), (".git/HEAD", "x")], true),
            ("pycache", &[("1.sql", "a"), ("sub/2.sql", "b"), ("sub/__pycache__/2.txt", "x")], true),
            ("compiled", &[("1.sql", "a"), ("sub/2.sql", "b"), ("2.pyc", "x")], true),
            ("contents", &[("1.sql", "a"), ("sub/2.sql", "B")], false),
            ("name", &[("1.sql", "a"), ("sub/3.sql", "b")], false),
            ("folder", &[("1.sql", "a"), ("other/2.sql", "b")], false),
            ("one more", &[("1.sql", "a"), ("sub/2.sql", "b"), ("3.sql", "")], false),
            ("one less", &[("1.sql", "a")], false),
            ("swapped contents", &[("1.sql", "b"), ("sub/2.sql", "a")], false),
            ("moved boundary", &[("1.sqla", ""), ("sub/2.sql", "b")], false),
        ];
        for (case, files, equal) in cases {
            assert_eq!(of(files) == of(base), equal, "{case}");
        }
    }

    #[test]
    fn several_paths_in_any_order() {
        let all = folder(&[("a/x", "1"), ("a/z", "3"), ("b/y", "2"), ("c/x", "1"), ("d/y", "2"), ("d/z", "3")]);
        let at = |names: &[&str]| fingerprint(&names.iter().map(|name| all.path().join(name)).collect::<Vec<_>>());
        let both = at(&["a", "b"]).unwrap();
        assert_eq!(both, at(&["b", "a"]).unwrap());
        assert_eq!(both, at(&["a", "b", "./a/"]).unwrap(), "named twice");
        assert_ne!(both, at(&["a"]).unwrap());
        assert_ne!(both, at(&["c", "d"]).unwrap(), "`z` has moved to the other path");
        assert_eq!(at(&["a/x"]).unwrap(), at(&["c"]).unwrap(), "a file goes by its own name");
        assert!(matches!(fingerprint(&[]), Err(IdentityError::NoPath)));
    }

    #[test]
    fn the_given_path_itself_is_never_left_out() {
        let all =
            folder(&[(".hidden/1.sql", "a"), ("seen/1.sql", "a"), ("file/.env", "a"), ("__pycache__/1.sql", "a")]);
        let at = |name: &str| fingerprint(&[all.path().join(name)]);
        assert_eq!(at("./.hidden").unwrap(), at("seen").unwrap());
        assert_eq!(at("seen/.").unwrap(), at("seen").unwrap());
        assert_eq!(at("__pycache__").unwrap(), at("seen").unwrap());
        assert!(at("file/.env").is_ok());
    }

    #[test]
    fn links_are_followed() {
        let all = folder(&[("real/1.sql", "a"), ("real/sub/2.sql", "b"), ("linked/.keep", ""), ("far/2.sql", "b")]);
        symlink(all.path().join("real/1.sql"), all.path().join("linked/1.sql")).unwrap();
        symlink("../far", all.path().join("linked/sub")).unwrap();
        symlink("nowhere", all.path().join("linked/.#1.sql")).unwrap();
        symlink("real", all.path().join("root")).unwrap();
        let at = |name: &str| fingerprint(&[all.path().join(name)]).unwrap();
        assert_eq!(at("linked"), at("real"));
        assert_eq!(at("root"), at("real"));
    }

    #[test]
    fn errors_name_the_path() {
        let all = folder(&[("empty/.keep", ""), ("loop/sub/1.sql", "a"), ("broken/1.sql", "a"), ("file", "a")]);
        symlink("..", all.path().join("loop/sub/up")).unwrap();
        symlink("nowhere", all.path().join("broken/2.sql")).unwrap();
        let cases = [
            ("missing", "missing` does not exist"),
            ("empty", "empty` holds no file"),
            ("loop", "loop/sub/up` leads back to"),
            ("broken", "broken/2.sql` for the fingerprint"),
            ("file/below", "file/below` does not exist"),
        ];
        for (name, part) in cases {
            let error = fingerprint(&[all.path().join("broken/1.sql"), all.path().join(name)]).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
