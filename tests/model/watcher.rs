//! A follower's process: drives the shipped judge with one poll a second, and remembers enough to check its verdicts.

use bellwether::protocol::claim::Seen;
use bellwether::protocol::judge::{Follower, Stop, Verdict};
use bellwether::protocol::run::{Reading, Run, State};

use crate::Broken;
use crate::mutants::Mutant;
use crate::setting::{RETRY_WINDOW, START_TIMEOUT, Setting, seconds};
use crate::table::Table;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Watcher {
    pub release: char,
    pub stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    Off,
    Waiting(Box<Waiting>),
    Ended(Ending),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    Go,
    Failed,
    Lost,
    NoRun,
    NotEnded,
    Unreadable,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Waiting {
    follower: Follower,
    clock: u8,
    polled: bool,
    /// What the follower remembers of beats.
    own: Option<Seen>,
    other: Option<Seen>,
    /// The highest run number in its first reading.
    first_highest: Option<i64>,
    /// The run of its release that it last read as running and within its lease.
    witnessed: Option<i64>,
    /// For how many seconds a run of its release could have begun, and every reading was without one.
    without_run: u8,
    last_was_without: bool,
    /// For how many seconds every poll was answered and no leader was alive.
    alone: u8,
}

impl Watcher {
    pub fn new(release: char) -> Self {
        Self { release, stage: Stage::Off }
    }

    pub fn is_off(&self) -> bool {
        self.stage == Stage::Off
    }

    pub fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended(_))
    }

    pub fn is_to_poll(&self) -> bool {
        matches!(&self.stage, Stage::Waiting(waiting) if !waiting.polled)
    }

    pub fn memories(&self) -> impl Iterator<Item = Seen> + '_ {
        let seen = match &self.stage {
            Stage::Waiting(waiting) => [waiting.own, waiting.other],
            _ => [None, None],
        };
        seen.into_iter().flatten()
    }

    pub fn start(&mut self, setting: &Setting) {
        self.stage = Stage::Waiting(Box::new(Waiting {
            follower: Follower::new(setting.wait_policy(), seconds(0)),
            clock: 0,
            polled: false,
            own: None,
            other: None,
            first_highest: None,
            witnessed: None,
            without_run: 0,
            last_was_without: false,
            alone: 0,
        }));
    }

    /// A second passes; `distracted` is whether a leader lives or the database is gone.
    pub fn tick(&mut self, setting: &Setting, distracted: bool) -> Result<(), Broken> {
        let Stage::Waiting(waiting) = &mut self.stage else { return Ok(()) };
        waiting.clock += 1;
        waiting.polled = false;
        waiting.alone = if distracted { 0 } else { waiting.alone + 1 };
        let noticed = setting.lease() + 2 * setting.beat() + 1;
        // What it saw alive it must miss; else another leader may be about to come.
        let patience = if waiting.witnessed.is_some() { 0 } else { START_TIMEOUT.max(RETRY_WINDOW) };
        if waiting.alone > noticed + patience {
            return Err(Broken::new("P4", "a follower has not noticed that no leader is left"));
        }
        Ok(())
    }

    pub fn cannot_poll(&mut self, setting: &Setting) {
        let Stage::Waiting(waiting) = &mut self.stage else { return };
        waiting.polled = true;
        waiting.last_was_without = false;
        waiting.alone = 0;
        if !setting.is(Mutant::StartClockNeverPauses) {
            waiting.follower.unreadable();
        }
        if waiting.clock >= setting.timeout {
            self.stage = Stage::Ended(Ending::Unreadable);
        }
    }

    pub fn poll(&mut self, setting: &Setting, table: &Table) -> Result<(), Broken> {
        let reading = table.look(self.release);
        let Stage::Waiting(waiting) = &mut self.stage else { return Ok(()) };
        let last = waiting.clock >= setting.timeout;
        waiting.remember(table, &reading);
        let doctored = waiting.doctored(setting, reading.clone());
        let now = seconds(waiting.clock);
        let follower = &mut waiting.follower;
        let mut verdict = if last && !setting.is(Mutant::NoLastReading) {
            follower.judge_last(now, &doctored)
        } else {
            follower.judge(now, &doctored)
        };
        if let (Some(newest), Verdict::Wait(_)) = (&reading.newest, &verdict)
            && setting.is(Mutant::OneReadingIsSilence)
            && newest.overdue()
        {
            verdict = Verdict::Stop(Stop::Lost(Box::new(newest.clone())));
        }
        waiting.check(table, &reading, &verdict, last)?;
        waiting.note(&reading);
        let ending = match verdict {
            Verdict::Wait(_) => return Ok(()),
            Verdict::Go(_) => Ending::Go,
            Verdict::Stop(Stop::Failed(_)) => Ending::Failed,
            Verdict::Stop(Stop::Lost(_)) => Ending::Lost,
            Verdict::Stop(Stop::NoRun) => Ending::NoRun,
            Verdict::Stop(Stop::NotEnded(_)) => Ending::NotEnded,
        };
        self.stage = Stage::Ended(ending);
        Ok(())
    }
}

impl Waiting {
    /// Before the verdict: what it is about to look at.
    fn remember(&mut self, table: &Table, reading: &Reading) {
        self.polled = true;
        self.first_highest.get_or_insert(reading.highest_id());
        let without = reading.newest.is_none();
        let free = without && table.rows.iter().all(|row| !row.active || row.overdue());
        self.without_run += u8::from(free && self.last_was_without);
        self.last_was_without = free;
        let seen = |run: &Option<Run>| run.as_ref().map(|run| Seen { run: run.id, beats: run.beats });
        self.own = seen(&reading.newest).or(self.own);
        self.other = if without { seen(&reading.active).or(self.other) } else { self.other };
    }

    /// After the verdict: what it has now seen.
    fn note(&mut self, reading: &Reading) {
        if let Some(newest) = reading.newest.as_ref().filter(|run| run.state == State::Running && !run.overdue()) {
            let news = self.witnessed.replace(newest.id) != Some(newest.id);
            // Its leader may have come and gone within one second.
            self.alone = if news { 0 } else { self.alone };
        }
    }

    /// What a mutant makes of a reading.
    fn doctored(&self, setting: &Setting, mut reading: Reading) -> Reading {
        if setting.is(Mutant::SuccessNotSticky) {
            reading.success = reading.success.filter(|success| reading.newest.as_ref() == Some(success));
        }
        if setting.is(Mutant::AnyReleaseGoes) {
            reading.success = reading.success.or(reading.recent.first().cloned());
        }
        if let Some(active) = reading.active.as_mut().filter(|_| setting.is(Mutant::StartClockHeldByTheDead)) {
            active.beats = i64::from(self.clock) + 100;
        }
        if reading.newest.is_none() && setting.is(Mutant::StartClockRunsBesideAnother) {
            reading.active = None;
        }
        if let Some(newest) = reading
            .newest
            .as_mut()
            .filter(|run| setting.is(Mutant::OwnClockAloneIsSilence) && self.witnessed == Some(run.id))
        {
            newest.beat_at = None;
        }
        if let Some(newest) = reading.newest.as_ref().filter(|_| setting.is(Mutant::LaterRunsAreOld)) {
            reading.recent = vec![Run { id: i64::MAX, ..newest.clone() }];
        } else if let Some(active) = reading.active.as_ref().filter(|_| setting.is(Mutant::LaterRunsAreOld)) {
            reading.recent = vec![Run { id: i64::MAX, ..active.clone() }];
        }
        reading
    }

    fn check(&self, table: &Table, reading: &Reading, verdict: &Verdict, last: bool) -> Result<(), Broken> {
        match verdict {
            Verdict::Go(run) => {
                let row = table.row(run.id);
                let release = reading.newest.as_ref().map(|newest| &newest.release);
                let own = row.is_some_and(|row| {
                    Some(&row.release.to_string()) == release && row.state == State::Succeeded && row.true_success
                });
                if !own {
                    return Err(Broken::new("P2", "a follower goes without a success of its release"));
                }
            }
            _ if reading.success.is_some() => {
                return Err(Broken::new("P8", "a follower does not go although its release has succeeded"));
            }
            Verdict::Wait(_) if last => return Err(Broken::new("P3", "a follower waits on after its last reading")),
            Verdict::Wait(_) => self.check_wait(reading)?,
            Verdict::Stop(Stop::Lost(run) | Stop::Failed(run)) => self.check_bad_ending(table, run, last)?,
            Verdict::Stop(Stop::NoRun) if !last && self.without_run < START_TIMEOUT => {
                return Err(Broken::new("start timeout", "the start timeout ran although no run could have begun"));
            }
            Verdict::Stop(Stop::NotEnded(_)) if !last => {
                return Err(Broken::new("P6", "a follower gives up on a run that goes on, before its time is spent"));
            }
            Verdict::Stop(_) => {}
        }
        Ok(())
    }

    /// A bad ending that came while we waited ends the wait.
    fn check_wait(&self, reading: &Reading) -> Result<(), Broken> {
        let Some(newest) = &reading.newest else { return Ok(()) };
        let ours = self.witnessed == Some(newest.id) || Some(newest.id) > self.first_highest;
        if ours && matches!(newest.state, State::Failed | State::Lost) {
            return Err(Broken::new("P4", "a follower waits on although the run that it waited for ended badly"));
        }
        Ok(())
    }

    fn check_bad_ending(&self, table: &Table, run: &Run, last: bool) -> Result<(), Broken> {
        if let Some(row) = table.row(run.id).filter(|row| row.state == State::Running) {
            if row.quiet <= row.lease && !row.is_misdated() {
                return Err(Broken::new("P6", "a follower gives up on a leader within its lease"));
            }
            // Two of the beats that the row's lease holds, of which it holds six.
            if 3 * row.quiet < row.lease {
                return Err(Broken::new("P6", "a follower gives up on a leader that has just beaten"));
            }
        }
        let ours = self.witnessed == Some(run.id) || Some(run.id) > self.first_highest;
        if !ours && !last && self.clock < RETRY_WINDOW {
            return Err(Broken::new("retry window", "a follower stops for an old ending before a retry could begin"));
        }
        Ok(())
    }
}
