//! Which release is being deployed: given by the user, or read off the platform's variables and files.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::environment::Environment;

use super::candidates::{self, Found, HEROKU_SLUG_COMMIT, KAMAL_VERSION, PLATFORM_TREE_ID};
use super::value::{fault, in_lower_case, same_commit_in_short};
use super::{IdentityError, Platform, check_length, fingerprint, printable};

/// The identity of what is being deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// What leader and followers compare, byte for byte.
    pub id: String,
    /// Where it was found, such as `--release`, `HEROKU_BUILD_COMMIT`, `REVISION` or `--fingerprint db/migrate`.
    pub source: String,
    /// What the user should know about it, one line each.
    pub warnings: Vec<String>,
}

/// The flags that say which release this is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The value of `--release`.
    pub release: Option<&'a str>,
    /// The values of `--fingerprint`.
    pub fingerprint: &'a [PathBuf],
}

/// Finds the release: the flags and variables of the user, else what the platform says. It never guesses.
pub fn release(wanted: &Wanted<'_>, env: &Environment) -> Result<Release, IdentityError> {
    match (given_id(wanted, env), given_paths(wanted, env)) {
        (Some((release, _)), Some((fingerprint, _))) => Err(IdentityError::Both { release, fingerprint }),
        (Some((origin, id)), None) => from_id(origin, id),
        (None, Some((origin, paths))) => from_paths(origin, &paths, env),
        (None, None) => detected(env),
    }
}

fn given_id<'a>(wanted: &Wanted<'a>, env: &'a Environment) -> Option<(&'static str, &'a str)> {
    let variable = || env.get("BELLWETHER_RELEASE").map(|id| ("BELLWETHER_RELEASE", id));
    wanted.release.map(|id| ("--release", id)).or_else(variable)
}

fn given_paths<'a>(wanted: &Wanted<'a>, env: &'a Environment) -> Option<(&'static str, Cow<'a, [PathBuf]>)> {
    if !wanted.fingerprint.is_empty() {
        return Some(("--fingerprint", wanted.fingerprint.into()));
    }
    let paths = env.get("BELLWETHER_FINGERPRINT")?.split(',').map(str::trim).filter(|path| !path.is_empty());
    Some(("BELLWETHER_FINGERPRINT", paths.map(PathBuf::from).collect()))
}

fn from_id(origin: &'static str, id: &str) -> Result<Release, IdentityError> {
    if let Some(why) = fault(id) {
        return Err(IdentityError::Refused { origin, value: printable(id), why });
    }
    check_length(origin, id)?;
    Ok(Release { id: id.to_owned(), source: origin.to_owned(), warnings: Vec::new() })
}

fn from_paths(origin: &str, paths: &[PathBuf], env: &Environment) -> Result<Release, IdentityError> {
    // Joined to the working directory, an empty path would mean all of it.
    if paths.iter().any(|path| path.as_os_str().is_empty()) {
        return Err(IdentityError::NoPath);
    }
    let resolved: Vec<PathBuf> = paths.iter().map(|path| env.working_directory.join(path)).collect();
    let id = fingerprint(&resolved)?;
    let list = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    Ok(Release { id, source: format!("{origin} {}", printable(&list)), warnings: Vec::new() })
}

fn detected(env: &Environment) -> Result<Release, IdentityError> {
    let (refused, usable): (Vec<Found>, Vec<Found>) =
        candidates::found(env).partition(|found| fault(&found.value).is_some());
    let mut usable = usable.into_iter().map(|found| Found { value: in_lower_case(found.value), ..found });
    let Some(first) = usable.next() else {
        return Err(IdentityError::NotFound { passed_over: insertion(&refused), platform: Platform::detect(env) });
    };
    check_length(&first.source, &first.value)?;
    if first.source == KAMAL_VERSION && first.value.contains("_uncommitted_") {
        return Err(IdentityError::Uncommitted(first.value));
    }
    let warnings = doubts(&first.source).into_iter().chain(disagreement(&first, usable)).collect();
    Ok(Release { id: first.value, source: first.source, warnings })
}

fn insertion(refused: &[Found]) -> String {
    if refused.is_empty() {
        return String::new();
    }
    let list: Vec<String> =
        refused.iter().map(|found| format!("`{}` is `{}`", found.source, printable(&found.value))).collect();
    format!(" ({}, which is no release)", list.join(", "))
}

/// What is known to go wrong with a source.
fn doubts(source: &str) -> Option<String> {
    match source {
        HEROKU_SLUG_COMMIT => Some(
            "the release comes from `HEROKU_SLUG_COMMIT`, which after a pipeline promotion can still be that of an \
             earlier push; run `heroku labs:enable runtime-dyno-build-metadata` for every app, and \
             `HEROKU_BUILD_COMMIT` is there from the next deploy on"
                .to_owned(),
        ),
        PLATFORM_TREE_ID => Some(
            "the release comes from `PLATFORM_TREE_ID`, which can differ between the apps of one deploy; if it does, \
             give every app the same `BELLWETHER_RELEASE`"
                .to_owned(),
        ),
        _ => None,
    }
}

fn disagreement(first: &Found, mut others: impl Iterator<Item = Found>) -> Option<String> {
    // A tree's hash never equals a commit's.
    let other = others.find(|other| {
        other.source != PLATFORM_TREE_ID
            && other.value != first.value
            && !same_commit_in_short(&first.value, &other.value)
    })?;
    Some(format!(
        "`{}` is `{}` but `{}` is `{}`; the first is taken, set `BELLWETHER_RELEASE` if it is the wrong one",
        first.source,
        printable(&first.value),
        other.source,
        printable(&other.value)
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FULL: &str = "0123456789abcdef0123456789abcdef01234567";

    fn of<const N: usize>(flag: Option<&str>, variables: [(&str, &str); N]) -> Result<Release, IdentityError> {
        release(&Wanted { release: flag, fingerprint: &[] }, &Environment::of(variables))
    }

    #[test]
    fn given_ids_are_taken_as_they_are() {
        let cases = [
            (Some("V1"), "BELLWETHER_RELEASE", "v2", "V1", "--release"),
            (Some(" ABCDEF1 "), "OTHER", "x", " ABCDEF1 ", "--release"),
            (None, "BELLWETHER_RELEASE", "ABCDEF1 ", "ABCDEF1 ", "BELLWETHER_RELEASE"),
            (Some("price-5$"), "OTHER", "x", "price-5$", "--release"),
        ];
        for (flag, variable, value, id, source) in cases {
            let expected = Release { id: id.to_owned(), source: source.to_owned(), warnings: Vec::new() };
            assert_eq!(of(flag, [(variable, value), ("GIT_SHA", "abc1234")]).unwrap(), expected);
        }
    }

    #[test]
    fn given_ids_that_name_no_release() {
        let long = "ä".repeat(256);
        for (value, part) in [("", "is blank"), ("$GIT_SHA", "nothing has expanded"), (&long, "has 256 characters")] {
            let error = of(Some(value), []).unwrap_err().to_string();
            assert!(error.starts_with("`--release` ") && error.contains(part), "{error}");
        }
        assert!(of(Some(&"ä".repeat(255)), []).is_ok());
        assert!(
            of(None, [("BELLWETHER_RELEASE", "dev")]).unwrap_err().to_string().starts_with("`BELLWETHER_RELEASE` ")
        );
    }

    #[test]
    fn detected_ids() {
        let upper = FULL.to_uppercase();
        // The variable, its value, the id.
        let cases = [
            ("GIT_SHA", " ABCDEF1\n", "abcdef1"),
            ("GIT_SHA", upper.as_str(), FULL),
            ("GIT_SHA", "ABCDEF", "ABCDEF"),
            ("KAMAL_VERSION", "V1.2", "V1.2"),
        ];
        for (variable, value, id) in cases {
            let expected = Release { id: id.to_owned(), source: variable.to_owned(), warnings: Vec::new() };
            assert_eq!(of(None, [(variable, value)]).unwrap(), expected);
        }
        for refused in ["null", "UNKNOWN", "undefined", "none", "dev", "local", "HEAD", "latest", "${X}", "$(x)", " "] {
            let found = of(None, [("HEROKU_BUILD_COMMIT", refused), ("GIT_SHA", "abc1234")]).unwrap();
            assert_eq!((found.id.as_str(), found.warnings.len()), ("abc1234", 0), "{refused}");
        }
        let error = of(None, [("GIT_SHA", &"x".repeat(256))]).unwrap_err().to_string();
        assert!(error.starts_with("`GIT_SHA` has 256 characters"), "{error}");
        let error = of(None, [("KAMAL_VERSION", "abc1234_uncommitted_9f"), ("GIT_SHA", "abc1234")]).unwrap_err();
        assert!(error.to_string().contains("commit the changes"), "{error}");
        let first = of(None, [("CI_COMMIT_SHA", "abc1234"), ("KAMAL_VERSION", "unknown")]).unwrap();
        assert_eq!(first.source, "CI_COMMIT_SHA");
    }

    #[test]
    fn warnings() {
        let cases = [
            (Environment::of([("HEROKU_BUILD_COMMIT", FULL), ("GIT_SHA", "0123456")]), None),
            (Environment::of([("HEROKU_BUILD_COMMIT", FULL), ("GIT_SHA", "0123456789ABCDEF")]), None),
            (Environment::of([("GIT_REV", FULL), ("PLATFORM_TREE_ID", "abc1234")]), None),
            (Environment::of([("GIT_REV", FULL), ("KAMAL_VERSION", "latest")]), None),
            (
                Environment::of([("HEROKU_BUILD_COMMIT", FULL), ("GIT_SHA", "abc1234"), ("COMMIT_SHA", "def5678")]),
                Some("`HEROKU_BUILD_COMMIT` is `0123456789abcdef0123456789abcdef01234567` but `GIT_SHA` is `abc1234`"),
            ),
            (
                Environment::of([("HEROKU_BUILD_COMMIT", FULL), ("HEROKU_SLUG_COMMIT", "abc1234")]),
                Some("but `HEROKU_SL"),
            ),
            (Environment::of([("GIT_REV", FULL), ("GIT_SHA", "012345")]), Some("but `GIT_SHA` is `012345`")),
            (Environment::of([("HEROKU_SLUG_COMMIT", FULL), ("GIT_SHA", FULL)]), Some("pipeline promotion")),
            (Environment::of([("PLATFORM_TREE_ID", FULL)]), Some("can differ between the apps")),
        ];
        for (env, part) in cases {
            let warnings = release(&Wanted::default(), &env).unwrap().warnings;
            assert_eq!(warnings.len(), usize::from(part.is_some()), "{warnings:?}");
            assert!(part.is_none_or(|part| warnings[0].contains(part)), "{warnings:?}");
        }
        assert_eq!(of(None, [("HEROKU_SLUG_COMMIT", FULL), ("GIT_SHA", "abc1234")]).unwrap().warnings.len(), 2);
    }

    #[test]
    fn nothing_found() {
        let cases = [
            (Environment::of([("DYNO", "release.1")]), "heroku labs:enable runtime-dyno-metadata"),
            (Environment::of([("FLY_APP_NAME", "a")]), "fly deploy -e BELLWETHER_RELEASE="),
            (Environment::of([("RAILWAY_PROJECT_ID", "a")]), "railway up"),
            (Environment::of([("KUBERNETES_SERVICE_HOST", "a")]), "image tag"),
            (Environment::of([]), "${_self.COMMIT_HASH}"),
            (Environment::of([("GIT_SHA", "unknown")]), "(`GIT_SHA` is `unknown`, which is no release)"),
            // Labels of one app, never an identity.
            (Environment::of([("HEROKU_RELEASE_VERSION", "v42"), ("FLY_IMAGE_REF", "a:b")]), "nothing says"),
        ];
        for (env, part) in cases {
            let error = release(&Wanted::default(), &env).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("`--fingerprint db/migrate`"), "{error}");
        }
    }

    #[test]
    fn fingerprints() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b c"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("1.sql"), name).unwrap();
        }
        let find = |flags: &[&str], variable: &str, id: Option<&str>| {
            let flags: Vec<PathBuf> = flags.iter().map(PathBuf::from).collect();
            let mut env = Environment::of([("BELLWETHER_FINGERPRINT", variable), ("GIT_SHA", "abc1234")]);
            env.working_directory = folder.path().to_owned();
            release(&Wanted { release: id, fingerprint: &flags }, &env)
        };
        let both = find(&["a", "b c"], "missing", None).unwrap();
        assert_eq!(both.source, "--fingerprint a, b c");
        assert!(both.id.starts_with("fp-") && both.id.len() == 43 && both.warnings.is_empty(), "{both:?}");
        let variable = find(&[], " b c , a,", None).unwrap();
        assert_eq!((variable.id, variable.source.as_str()), (both.id, "BELLWETHER_FINGERPRINT b c, a"));
        let long = find(&[&"./".repeat(300)], "", None).unwrap().source;
        assert_eq!(long, format!("--fingerprint {}…", "./".repeat(60)));
        for (flags, variable, id, part) in [
            (&["a"][..], "", Some("x"), "`--release` and `--fingerprint` both"),
            (&[], "a", Some("x"), "`--release` and `BELLWETHER_FINGERPRINT` both"),
            (&[""], "", None, "empty path"),
            (&[], " , ", None, "empty path"),
            (&["missing"], "", None, "missing` does not exist"),
        ] {
            let error = find(flags, variable, id).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
