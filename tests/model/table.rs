//! The runs table: rows, and the writes with the same guards as the statements of `src/store/statements.rs`.

use std::time::Duration;

use bellwether::protocol::claim::Seen;
use bellwether::protocol::run::{Outcome, Reading, Run, State};

use crate::Broken;
use crate::mutants::Mutant;
use crate::setting::{Before, Seat, Setting, seconds};

/// The nonce of a process: its place, and which of its lives it is.
pub type Holder = u8;

/// Ages are counted up to here: past any lease.
const OLD: u8 = 14;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    pub id: i64,
    pub release: char,
    pub command: char,
    pub holder: Holder,
    pub state: State,
    pub active: bool,
    pub beats: u8,
    pub lease: u8,
    pub outcome: Option<Outcome>,
    /// How long ago it beat by the database's clock, which may jump.
    pub age: u8,
    /// How long ago it beat in truth.
    pub quiet: u8,
    /// Whether its command really exited with 0 before anybody had told it to stop, and a gate saw nothing missing.
    pub true_success: bool,
}

/// A write on its way to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Write {
    Claim { holder: Holder, release: char, command: char, over: Option<Seen> },
    Beat { run: i64, holder: Holder, shortened: bool },
    Record { run: i64, holder: Holder, outcome: Outcome },
}

/// What the database answers to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// The number of the run that was inserted, unless somebody was faster.
    Claimed(Option<i64>),
    /// Whether a row was ours to change.
    Done(bool),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    pub rows: Vec<Row>,
    highest_id_ever: i64,
}

impl Table {
    pub fn new(before: Before) -> Self {
        let mut table = Self { rows: Vec::new(), highest_id_ever: 0 };
        let state = match before {
            Before::Nothing => return table,
            Before::Failure => State::Failed,
            Before::Success => State::Succeeded,
            Before::Restored => State::Running,
        };
        // A holder that no process has.
        let mut row = Row { age: OLD, quiet: OLD, true_success: true, ..table.fresh_row(u8::MAX, 'a', 'm', 6) };
        row.active = state == State::Running;
        row.state = state;
        table.highest_id_ever = row.id;
        table.rows.push(row);
        table
    }

    pub fn row(&self, id: i64) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    fn row_mut(&mut self, id: i64) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.id == id)
    }

    fn fresh_row(&self, holder: Holder, release: char, command: char, lease: u8) -> Row {
        Row {
            id: self.highest_id_ever + 1,
            release,
            command,
            holder,
            state: State::Running,
            active: true,
            beats: 1,
            lease,
            outcome: None,
            age: 0,
            quiet: 0,
            true_success: false,
        }
    }

    /// One transaction. A beat counts up to `fresh_beats`, a number that nobody has seen on this row: only equality of
    /// beats ever matters, so numbers are used again when they are forgotten.
    pub fn execute(&mut self, write: Write, fresh_beats: u8, setting: &Setting) -> Result<Reply, Broken> {
        match write {
            Write::Claim { holder, release, command, over } => {
                let mut copy = self.clone();
                let claimed = copy.claim(holder, Seat { release, command }, over, setting)?;
                if claimed.is_some() {
                    *self = copy;
                }
                Ok(Reply::Claimed(claimed))
            }
            Write::Beat { run, holder, shortened } => {
                Ok(Reply::Done(self.beat(run, holder, shortened, fresh_beats, setting)))
            }
            Write::Record { run, holder, outcome } => self.record(run, holder, outcome, setting).map(Reply::Done),
        }
    }

    fn claim(
        &mut self,
        holder: Holder,
        seat: Seat,
        over: Option<Seen>,
        setting: &Setting,
    ) -> Result<Option<i64>, Broken> {
        if let Some(seen) = over {
            let fits = |row: &&mut Row| {
                row.id == seen.run
                    && (i64::from(row.beats) == seen.beats || setting.is(Mutant::MarkLostWithoutBeats))
                    && (row.active || setting.is(Mutant::MarkLostWithoutActive))
            };
            let Some(row) = self.rows.iter_mut().find(fits) else { return Ok(None) };
            still_running(row)?;
            if row.holder == holder {
                return Err(Broken::new("P4", "a leader takes its own run for another's and marks it lost"));
            }
            if setting.ages_matter() && row.quiet < row.lease {
                return Err(Broken::new("P6", "a leader takes over from one that has beaten within its lease"));
            }
            row.state = State::Lost;
            row.active = false;
        }
        if self.rows.iter().any(|row| row.active) && !setting.is(Mutant::NoUniqueIndex) {
            return Ok(None);
        }
        let mut row = self.fresh_row(holder, seat.release, seat.command, setting.lease());
        if setting.is(Mutant::IdsReused) {
            row.id = self.rows.iter().map(|row| row.id).max().unwrap_or(0) + 1;
        }
        let id = row.id;
        if id <= self.highest_id_ever {
            return Err(Broken::new("ids grow", "a new run has the number of an earlier one"));
        }
        self.highest_id_ever = id;
        self.rows.push(row);
        Ok(Some(id))
    }

    fn beat(&mut self, run: i64, holder: Holder, shortened: bool, fresh: u8, setting: &Setting) -> bool {
        let restamps = !(shortened && setting.is(Mutant::ShortenedWithoutRestamp));
        let any_state = setting.is(Mutant::BeatWithoutActive);
        let Some(row) = self.row_mut(run).filter(|row| row.holder == holder && (row.active || any_state)) else {
            return false;
        };
        if restamps {
            row.beats = fresh;
            row.age = 0;
            row.quiet = 0;
        }
        if shortened {
            row.lease = setting.shortened();
        }
        true
    }

    fn record(&mut self, run: i64, holder: Holder, outcome: Outcome, setting: &Setting) -> Result<bool, Broken> {
        let Some(row) = self.row_mut(run).filter(|row| row.holder == holder) else { return Ok(false) };
        if row.active || setting.is(Mutant::RecordWithoutActive) {
            if row.outcome != Some(outcome) {
                still_running(row)?;
            }
            if outcome.succeeded && !row.true_success {
                return Err(Broken::new("P2", "a success is recorded although the command had none of its own"));
            }
            row.state = outcome.state();
            row.active = false;
            row.outcome = Some(outcome);
            return Ok(true);
        }
        Ok(row.outcome == Some(outcome) && !setting.is(Mutant::RepeatedRecordRefused))
    }

    /// The command of this run exited with 0, unasked.
    pub fn note_true_success(&mut self, run: i64) {
        if let Some(row) = self.row_mut(run) {
            row.true_success = true;
        }
    }

    /// What a poll reads.
    pub fn look(&self, release: char) -> Reading {
        let newest = |fits: &dyn Fn(&Row) -> bool| self.rows.iter().rev().find(|row| fits(row)).map(Row::as_read);
        Reading {
            success: newest(&|row| row.release == release && row.state == State::Succeeded),
            newest: newest(&|row| row.release == release),
            active: newest(&|row| row.active),
            recent: newest(&|_| true).into_iter().collect(),
        }
    }

    /// The newest row, if it is a bad ending, which may be deleted by hand.
    pub fn deletable(&self) -> bool {
        self.rows.last().is_some_and(|row| matches!(row.state, State::Failed | State::Lost))
    }

    /// A second passes.
    pub fn tick(&mut self) {
        for row in &mut self.rows {
            row.age = (row.age + 1).min(OLD);
            row.quiet = (row.quiet + 1).min(OLD);
        }
    }

    /// The database's clock jumps.
    pub fn step_clock(&mut self) {
        for row in &mut self.rows {
            row.age = OLD;
        }
    }

    /// Forgets ages that nobody will ask for: those of runs that have ended, or all.
    pub fn forget_ages(&mut self, all: bool) {
        for row in self.rows.iter_mut().filter(|row| all || row.state != State::Running) {
            row.age = 0;
            row.quiet = 0;
        }
    }
}

impl Row {
    fn as_read(&self) -> Run {
        // The database's clock stands at one moment; ages are all that anybody makes of it.
        const NOW: i64 = 1_000_000;
        Run {
            id: self.id,
            release: self.release.to_string(),
            state: self.state.clone(),
            active: self.active,
            beats: self.beats.into(),
            lease: seconds(self.lease),
            holder: nonce(self.holder),
            app: String::new(),
            instance: String::new(),
            release_source: String::new(),
            command_digest: self.command.to_string(),
            started_at: None,
            beat_at: Some(NOW - 1000 * i64::from(self.age)),
            ended_at: None,
            read_at: Some(NOW),
            exit_code: None,
            cause: None,
            detail: None,
            version: String::new(),
        }
    }

    /// Whether the database's clock has jumped since it beat.
    pub fn is_misdated(&self) -> bool {
        self.age > self.quiet
    }

    /// Whether its lease is over by the database's clock.
    pub fn overdue(&self) -> bool {
        seconds(self.age) > Duration::from_secs(self.lease.into())
    }
}

pub fn nonce(holder: Holder) -> String {
    holder.to_string()
}

fn still_running(row: &Row) -> Result<(), Broken> {
    if row.state == State::Running {
        return Ok(());
    }
    Err(Broken::new("terminal states stay", "the recorded ending of a run is overwritten"))
}
