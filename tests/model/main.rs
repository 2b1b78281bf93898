//! An exhaustive model of the protocol: the shipped `Claimant`, `Leader` and `Follower`, driven through every order of
//! events within stated bounds, and searched breadth-first for a state that breaks a promise.
//!
//! `setting` says who takes part and what may go wrong; `table` is the database with the guards of the shipped
//! statements; `process`, `claiming`, `leading` and `watcher` are the processes around the shipped decisions, a copy of
//! what `src/command/` does; `fate` keeps account of what a leader may not give away; `options`, `travel` and `world` have
//! every next step; `explore` searches, and `healing` sees whether everybody gets through.
//! `bounds` holds what was searched, `mutants` every rule taken back, each of which must be caught.
//! `docs/reliability.md` tells what came of it, which `document` holds it to.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod bounds;
mod claiming;
mod document;
mod explore;
mod fate;
mod healing;
mod leading;
mod mutants;
mod options;
mod process;
mod setting;
mod table;
mod travel;
mod watcher;
mod words;
mod world;

/// A promise that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its name.
    pub promise: &'static str,
    /// What happened.
    pub how: &'static str,
}

impl Broken {
    /// A promise that does not hold, and how.
    pub fn new(promise: &'static str, how: &'static str) -> Self {
        Self { promise, how }
    }
}
