//! Which database, and for SQLite which file beside it.

use std::path::{Path, PathBuf};

use super::Given;
use crate::environment::Environment;
use crate::store::url::{self, Location, SqliteFile};

/// Where providers put the URL when they don't call it `DATABASE_URL`.
const PROVIDERS: [&str; 10] = [
    "POSTGRESQL_ADDON_URI",
    "SCALINGO_POSTGRESQL_URL",
    "SCALINGO_MYSQL_URL",
    "JAWSDB_URL",
    "JAWSDB_MARIA_URL",
    "CLEARDB_DATABASE_URL",
    "MYSQL_ADDON_URI",
    "DATABASE_PRIVATE_URL",
    "POSTGRES_URL",
    "MYSQL_URL",
];

/// A database that was understood.
#[derive(Clone)]
pub struct Database {
    /// Where the runs table lives.
    pub location: Location,
    /// Which option or variable named it.
    pub source: String,
    /// Its password in all spellings, to be masked wherever it appears.
    pub secrets: Vec<String>,
    /// What the user should know about how it was understood.
    pub warnings: Vec<String>,
}

/// Finds and reads the database URL. The error is a usage error.
pub(super) fn resolve(given: Option<Given>, env: &Environment) -> Result<Database, String> {
    let shared = given.is_none();
    let given = given.or_else(|| Given::variable(env, "DATABASE_URL")).ok_or_else(|| missing(env))?;
    let url = url::parse(&given.value, &given.name).map_err(|error| error.to_string())?;
    let secrets = url.secrets();
    let mut warnings = url.warnings;
    let location = match url.location {
        Location::File(file) => {
            let (path, warning) = sqlite(&env.working_directory, &file.path, shared);
            warnings.extend(warning);
            Location::File(SqliteFile { path })
        }
        server @ Location::Server(_) => server,
    };
    Ok(Database { location, source: given.name, secrets, warnings })
}

/// Reads the URL of a database that is used as it is.
pub(super) fn own(given: &Given, env: &Environment) -> Result<Database, String> {
    let url = url::parse(&given.value, &given.name).map_err(|error| error.to_string())?;
    let secrets = url.secrets();
    let location = match url.location {
        Location::File(file) => Location::File(SqliteFile { path: resolved(&env.working_directory.join(file.path)) }),
        server @ Location::Server(_) => server,
    };
    Ok(Database { location, source: given.name.clone(), secrets, warnings: url.warnings })
}

/// The file of the runs: the one that was named for them, or a sibling of the app's own database, because a migration's
/// long write transaction there would block our beats.
fn sqlite(here: &Path, named: &Path, shared: bool) -> (PathBuf, Option<String>) {
    let path = resolved(&here.join(named));
    let mut sibling = path.clone().into_os_string();
    sibling.push("-bellwether");
    let sibling = PathBuf::from(sibling);
    let relative = named.strip_prefix("/").unwrap_or(named);
    let warning = if !path.exists() && named.is_absolute() && here.join(relative).exists() {
        Some(format!(
            "`{}` does not exist, but `{}` does here; three slashes begin an absolute path, so write `sqlite:{}`",
            path.display(),
            relative.display(),
            relative.display()
        ))
    } else if !shared && sibling.exists() {
        Some(format!(
            "`{}` looks like an app's own database, with runs in `{}` beside it; DATABASE_URL would use those",
            path.display(),
            sibling.display()
        ))
    } else {
        None
    };
    (if shared { sibling } else { path }, warning)
}

/// The path with links followed, so that two ways to one file name one sibling.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    match (path.parent().and_then(|folder| folder.canonicalize().ok()), path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

fn missing(env: &Environment) -> String {
    let hint = match PROVIDERS.into_iter().find(|name| env.get(name).is_some()) {
        Some(name) => format!("; `{name}` is set: pass it on as `BELLWETHER_DATABASE_URL`"),
        None => String::new(),
    };
    format!("no database: set `DATABASE_URL` or `BELLWETHER_DATABASE_URL`, or give `--database-url`{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(database: &Database) -> &Path {
        match &database.location {
            Location::File(file) => &file.path,
            Location::Server(_) => panic!("a server"),
        }
    }

    #[test]
    fn the_apps_own_sqlite_file_has_a_sibling_beside_its_resolved_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let real = folder.path().canonicalize().expect("a path").join("app.db");
        std::fs::write(&real, "").expect("a file");
        std::os::unix::fs::symlink(&real, folder.path().join("link.db")).expect("a link");
        let mut env = Environment::of([("DATABASE_URL", "sqlite:link.db")]);
        env.working_directory = folder.path().to_owned();
        let expected = real.with_file_name("app.db-bellwether");
        let shared = resolve(None, &env).expect("a database");
        assert_eq!((file(&shared), shared.source.as_str()), (expected.as_path(), "DATABASE_URL"));
        std::fs::write(&expected, "").expect("a file");
        let given = Given { name: "--database-url".into(), value: "sqlite:app.db".into() };
        let own = resolve(Some(given), &env).expect("a database");
        assert_eq!(file(&own), real);
        assert!(own.warnings[0].contains("app.db-bellwether"), "{:?}", own.warnings);
    }

    #[test]
    fn a_missing_url_names_the_providers_variable() {
        let env = Environment::of([("DATABASE_URL", ""), ("JAWSDB_URL", "mysql://x")]);
        let error = resolve(None, &env).err().expect("no database");
        assert!(error.contains("`JAWSDB_URL` is set"), "{error}");
    }
}
