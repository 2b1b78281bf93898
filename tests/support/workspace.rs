//! A directory of a test's own, in which program and commands run and leave files as signs.

use crate::support::processes::eventually;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tempfile::TempDir;

#[derive(Clone)]
pub(crate) struct Workspace(Rc<TempDir>);

impl Workspace {
    pub(crate) fn new() -> Self {
        Self(Rc::new(tempfile::Builder::new().prefix("bellwether-test-").tempdir().unwrap()))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.file(name).exists()
    }

    pub(crate) fn touch(&self, name: &str) {
        self.write(name, "");
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.file(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_else(|error| panic!("no file `{name}`: {error}"))
    }

    /// Waits for a file that a command makes as a sign.
    #[track_caller]
    pub(crate) fn wait_for(&self, name: &str) {
        eventually(&format!("the file `{name}` is there"), || self.has(name));
    }

    /// Waits for a file that holds a whole line and takes the line as a number.
    #[track_caller]
    pub(crate) fn wait_for_number(&self, name: &str) -> i32 {
        eventually(&format!("the file `{name}` holds a line"), || {
            fs::read_to_string(self.file(name)).is_ok_and(|text| text.ends_with('\n'))
        });
        self.read(name).trim().parse().unwrap()
    }
}
