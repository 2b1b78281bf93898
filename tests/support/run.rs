//! A row of the table of runs.

/// A row: its columns as text.
pub(crate) type Texts = Vec<Option<String>>;

/// A row of the table, by the contract's names.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: i64,
    pub(crate) fleet: String,
    pub(crate) release: String,
    pub(crate) state: String,
    pub(crate) active: bool,
    pub(crate) lease_ms: i64,
    pub(crate) holder: String,
    pub(crate) app: String,
    pub(crate) digest: String,
    pub(crate) ended: bool,
    pub(crate) exit_code: Option<i64>,
    pub(crate) cause: Option<String>,
    pub(crate) detail: Option<String>,
}

impl Run {
    pub(crate) fn from(texts: Texts) -> Self {
        let mut texts = texts.into_iter();
        let mut next = move || texts.next().unwrap();
        Self {
            id: next().unwrap().parse().unwrap(),
            fleet: next().unwrap(),
            release: next().unwrap(),
            state: next().unwrap(),
            active: next().is_some(),
            lease_ms: next().unwrap().parse().unwrap(),
            holder: next().unwrap(),
            app: next().unwrap(),
            digest: next().unwrap(),
            ended: next().is_some(),
            exit_code: next().map(|code| code.parse().unwrap()),
            cause: next(),
            detail: next(),
        }
    }

    /// State, cause and exit code in one, to be compared at once.
    #[track_caller]
    pub(crate) fn ended_as(&self, state: &str, cause: &str, exit_code: i64) {
        let ended = (self.state.as_str(), self.cause.as_deref(), self.exit_code);
        assert_eq!(ended, (state, Some(cause), Some(exit_code)), "{self:?}");
        assert!(!self.active && self.ended, "an ended run is not active and has an end: {self:?}");
    }
}
