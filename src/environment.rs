//! The process environment as plain data, read once at the start, so that everything decided from it can be tested
//! without touching the real one.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// A snapshot of the environment variables and of the two files that can carry a release identity.
#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// The directory in which a `REVISION` file is looked for, and to which relative paths refer.
    pub working_directory: PathBuf,
    /// Heroku's dyno metadata file.
    pub heroku_dyno_file: PathBuf,
}

impl Environment {
    /// Reads the real environment of this process. Bytes that are not UTF-8 are replaced.
    pub fn capture() -> Self {
        let variables = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect();
        Self {
            variables,
            working_directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            heroku_dyno_file: PathBuf::from("/etc/heroku/dyno"),
        }
    }

    /// An environment of just these variables, with a working directory that holds nothing.
    #[cfg(test)]
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self {
            variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            working_directory: PathBuf::from("/nonexistent"),
            heroku_dyno_file: PathBuf::from("/nonexistent/dyno"),
        }
    }

    /// The variable's value; a variable that is set but empty counts as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All variables that are set and not empty.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(_, value)| !value.is_empty())
    }
}
