//! How migrations stand.

/// How a migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is applied.
    Applied,
    /// It has no row, or none that counts.
    Pending,
    /// Its row says that it failed.
    Failed,
    /// Its row says that it has begun. The row of one whose runner died is the same.
    Running,
    /// The framework will pass it over.
    NeverRuns,
    /// The table is at a place that this app's files don't know, so it can't be told.
    Unknown,
}

/// A migration, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its name for people.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// Why it never runs.
    pub reason: Option<String>,
}

/// What came out of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The migrations of this app, in their order.
    pub standings: Vec<Standing>,
    /// How many rows are about none of them.
    pub others: usize,
    /// What looks wrong and stops nobody.
    pub warnings: Vec<String>,
}
