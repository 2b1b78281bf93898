//! The places where platforms, build tools and image authors leave the commit, in the order in which they are believed.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::environment::Environment;

/// Heroku's older variable for the commit.
pub(super) const HEROKU_SLUG_COMMIT: &str = "HEROKU_SLUG_COMMIT";
/// Kamal's version: a commit, or a commit with random characters.
pub(super) const KAMAL_VERSION: &str = "KAMAL_VERSION";
/// The hash of the source tree on Platform.sh and Upsun.
pub(super) const PLATFORM_TREE_ID: &str = "PLATFORM_TREE_ID";

/// The most bytes of a file that are looked at.
const FILE_LIMIT: u64 = 64 * 1024;

enum Place {
    Variable(&'static str),
    /// `release.commit` of Heroku's dyno metadata.
    HerokuDynoFile,
    /// The first line of the file that Capistrano and many Dockerfiles write.
    RevisionFile,
}

struct Candidate {
    place: Place,
    /// Names that mean something else elsewhere are read only where one of these groups of variables is set.
    only_with: &'static [&'static [&'static str]],
}

const fn variable(name: &'static str) -> Candidate {
    Candidate { place: Place::Variable(name), only_with: &[] }
}

const CANDIDATES: [Candidate; 27] = [
    variable("HEROKU_BUILD_COMMIT"),
    variable(HEROKU_SLUG_COMMIT),
    Candidate { place: Place::HerokuDynoFile, only_with: &[&["DYNO"]] },
    variable("RENDER_GIT_COMMIT"),
    variable("RAILWAY_GIT_COMMIT_SHA"),
    Candidate {
        place: Place::Variable("CONTAINER_VERSION"),
        only_with: &[&["SCALINGO_APPLICATION_ID"], &["CONTAINER"]],
    },
    variable("CC_COMMIT_ID"),
    Candidate { place: Place::Variable("COMMIT_ID"), only_with: &[&["APP_ID", "INSTANCE_TYPE"]] },
    variable("KOYEB_GIT_SHA"),
    variable("NF_DEPLOYMENT_SHA"),
    variable("VERCEL_GIT_COMMIT_SHA"),
    variable(KAMAL_VERSION),
    variable("GIT_REV"),
    variable("CI_COMMIT_SHA"),
    variable("GITHUB_SHA"),
    variable("CIRCLE_SHA1"),
    variable("BUILDKITE_COMMIT"),
    variable("BITBUCKET_COMMIT"),
    variable("CODEBUILD_RESOLVED_SOURCE_VERSION"),
    variable("GIT_COMMIT_SHA"),
    variable("GIT_COMMIT"),
    variable("GIT_SHA"),
    variable("COMMIT_SHA"),
    variable("SOURCE_COMMIT"),
    variable("SOURCE_VERSION"),
    Candidate { place: Place::RevisionFile, only_with: &[] },
    variable(PLATFORM_TREE_ID),
];

/// What one place says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The name of the variable or file.
    pub(super) source: String,
    /// Its value without blanks around it; never empty.
    pub(super) value: String,
}

/// What all places say, the most trusted first.
pub(super) fn found(env: &Environment) -> impl Iterator<Item = Found> {
    CANDIDATES
        .iter()
        .filter(|candidate| {
            let groups = candidate.only_with;
            groups.is_empty() || groups.iter().any(|group| group.iter().all(|name| env.get(name).is_some()))
        })
        .filter_map(|candidate| read(&candidate.place, env))
        .map(|(source, value)| Found { source, value: value.trim().to_owned() })
        .filter(|found| !found.value.is_empty())
}

fn read(place: &Place, env: &Environment) -> Option<(String, String)> {
    match place {
        Place::Variable(name) => Some(((*name).to_owned(), env.get(name)?.to_owned())),
        Place::HerokuDynoFile => {
            let dyno: serde_json::Value = serde_json::from_str(&beginning(&env.heroku_dyno_file)?).ok()?;
            let commit = dyno.pointer("/release/commit")?.as_str()?;
            Some((env.heroku_dyno_file.display().to_string(), commit.to_owned()))
        }
        Place::RevisionFile => {
            let text = beginning(&env.working_directory.join("REVISION"))?;
            Some(("REVISION".to_owned(), text.lines().next()?.to_owned()))
        }
    }
}

/// The beginning of a regular file; none if it is missing, unreadable or no text.
fn beginning(path: &Path) -> Option<String> {
    // Opening a pipe would wait for its writer.
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(path).ok()?.take(FILE_LIMIT).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    fn all(env: &Environment) -> Vec<(String, String)> {
        found(env).map(|found| (found.source, found.value)).collect()
    }

    /// Each variable with the others that it needs.
    const VARIABLES: [(&str, &[&str]); 26] = [
        ("HEROKU_BUILD_COMMIT", &[]),
        ("HEROKU_SLUG_COMMIT", &[]),
        ("RENDER_GIT_COMMIT", &[]),
        ("RAILWAY_GIT_COMMIT_SHA", &[]),
        ("CONTAINER_VERSION", &["CONTAINER"]),
        ("CC_COMMIT_ID", &[]),
        ("COMMIT_ID", &["APP_ID", "INSTANCE_TYPE"]),
        ("KOYEB_GIT_SHA", &[]),
        ("NF_DEPLOYMENT_SHA", &[]),
        ("VERCEL_GIT_COMMIT_SHA", &[]),
        ("KAMAL_VERSION", &[]),
        ("GIT_REV", &[]),
        ("CI_COMMIT_SHA", &[]),
        ("GITHUB_SHA", &[]),
        ("CIRCLE_SHA1", &[]),
        ("BUILDKITE_COMMIT", &[]),
        ("BITBUCKET_COMMIT", &[]),
        ("CODEBUILD_RESOLVED_SOURCE_VERSION", &[]),
        ("GIT_COMMIT_SHA", &[]),
        ("GIT_COMMIT", &[]),
        ("GIT_SHA", &[]),
        ("COMMIT_SHA", &[]),
        ("SOURCE_COMMIT", &[]),
        ("SOURCE_VERSION", &[]),
        ("PLATFORM_TREE_ID", &[]),
        ("CONTAINER_VERSION", &["SCALINGO_APPLICATION_ID"]),
    ];

    #[test]
    fn each_variable_is_read_and_only_where_it_means_the_commit() {
        for (name, needs) in VARIABLES {
            let first = needs.first().copied().unwrap_or("UNRELATED");
            let second = needs.get(1).copied().unwrap_or("UNRELATED");
            let env = Environment::of([(name, " abc1234 "), (first, "x"), (second, "x")]);
            assert_eq!(all(&env), [(name.to_owned(), "abc1234".to_owned())]);
            assert_eq!(all(&Environment::of([(name, "abc1234")])).is_empty(), !needs.is_empty(), "{name}");
        }
        assert!(all(&Environment::of([("COMMIT_ID", "abc1234"), ("APP_ID", "x")])).is_empty());
    }

    #[test]
    fn the_order_is_the_documented_one() {
        let names: Vec<&str> = VARIABLES[..25].iter().map(|(name, _)| *name).collect();
        for pair in names.windows(2) {
            let env = Environment::of([
                (pair[0], "a"),
                (pair[1], "b"),
                ("CONTAINER", "x"),
                ("APP_ID", "x"),
                ("INSTANCE_TYPE", "x"),
            ]);
            assert_eq!(all(&env).into_iter().map(|(name, _)| name).collect::<Vec<_>>(), pair);
        }
    }

    #[test]
    fn revision_file() {
        let cases: [(&[u8], Option<&str>); 6] = [
            (b"abc1234\n", Some("abc1234")),
            (b" abc1234\r\nsecond line\n", Some("abc1234")),
            (b"", None),
            (b"\nabc1234\n", None),
            (b"  \n", None),
            (b"\xff\xfe\n", None),
        ];
        let folder = tempfile::tempdir().unwrap();
        for (contents, expected) in cases {
            fs::write(folder.path().join("REVISION"), contents).unwrap();
            let mut env = Environment::of([("PLATFORM_TREE_ID", "tree")]);
            env.working_directory = folder.path().to_owned();
            let mut wanted: Vec<_> =
                expected.map(|value| ("REVISION".to_owned(), value.to_owned())).into_iter().collect();
            wanted.push(("PLATFORM_TREE_ID".to_owned(), "tree".to_owned()));
            assert_eq!(all(&env), wanted, "{contents:?}");
        }
        fs::remove_file(folder.path().join("REVISION")).unwrap();
        fs::create_dir(folder.path().join("REVISION")).unwrap();
        let mut env = Environment::of([]);
        env.working_directory = folder.path().to_owned();
        assert!(all(&env).is_empty());
    }

    #[test]
    fn heroku_dyno_file() {
        let cases = [
            (r#"{"release":{"commit":"abc1234","id":1}}"#, true, Some("abc1234")),
            (r#"{"release":{"commit":"abc1234"}}"#, false, None),
            (r#"{"release":{"commit":null}}"#, true, None),
            (r#"{"release":{}}"#, true, None),
            ("", true, None),
            ("no JSON", true, None),
        ];
        let file = tempfile::NamedTempFile::new().unwrap();
        for (contents, dyno, expected) in cases {
            fs::write(file.path(), contents).unwrap();
            let mut env = Environment::of([(if dyno { "DYNO" } else { "OTHER" }, "release.1")]);
            env.heroku_dyno_file = file.path().to_owned();
            let source = file.path().display().to_string();
            assert_eq!(all(&env), expected.map(|value| (source, value.to_owned())).into_iter().collect::<Vec<_>>());
        }
        fs::write(file.path(), r#"{"release":{"commit":"abc1234"}}"#).unwrap();
        let mut env = Environment::of([("HEROKU_SLUG_COMMIT", "a"), ("RENDER_GIT_COMMIT", "b"), ("DYNO", "release.1")]);
        env.heroku_dyno_file = file.path().to_owned();
        assert_eq!(found(&env).map(|found| found.value).collect::<Vec<_>>(), ["a", "abc1234", "b"]);
    }
}
