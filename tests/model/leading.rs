//! A leader at work: drives the shipped machine, and obeys it.

use bellwether::protocol::leader::{Action, Answer, Check, Departure, Happening, Recorded, Stopping};
use bellwether::protocol::run::{Cause, CommandEnd, Outcome};

use crate::Broken;
use crate::fate::{Fate, Prospect};
use crate::mutants::Mutant;
use crate::process::{Flight, Group, Interruption, Leading, Life, Phase, Process, Request, Response, Told};
use crate::setting::{Fault, Setting, seconds};
use crate::table::{Reply, Write};
use crate::world::World;

/// The signal that leaders are told to stop with.
pub const TERM: u8 = 15;
/// What `lead` exits with when it can't say how its run ended.
const UNABLE: u8 = 125;

impl World {
    /// The request of this process is answered, or fails.
    pub fn respond(&mut self, setting: &Setting, i: usize, answer: Option<Response>) -> Result<(), Broken> {
        let process = &mut self.processes[i];
        let Some(flight) = process.flight.take() else { return Ok(()) };
        if let (Phase::Leading(leading), Some(Response::Wrote(Reply::Done(false)))) = (&mut process.phase, &answer) {
            leading.fate.refused = true;
        }
        let answer = doctor_answer(setting, &flight, answer);
        match &mut process.phase {
            Phase::Claiming(_) => self.way_answered(setting, i, &flight, answer),
            Phase::Leading(leading) if leading.held => {
                leading.held = false;
                self.happen(setting, i, Happening::Signalled(TERM))
            }
            Phase::Leading(_) => self.own_write_answered(setting, i, &flight, answer.as_ref()),
            Phase::Off | Phase::Gone(_) => Ok(()),
        }
    }

    fn own_write_answered(
        &mut self,
        setting: &Setting,
        i: usize,
        flight: &Flight,
        answer: Option<&Response>,
    ) -> Result<(), Broken> {
        let landed = match answer {
            Some(Response::Wrote(Reply::Done(true))) => Answer::Landed,
            Some(_) => Answer::Refused,
            None => Answer::Failed,
        };
        let Phase::Leading(leading) = &mut self.processes[i].phase else { return Ok(()) };
        match flight.write() {
            Some(Write::Record { outcome, .. })
                if landed == Answer::Failed && setting.is(Mutant::RecordingTriedOnce) =>
            {
                return self.leave(i, Departure { outcome, recorded: Recorded::GivenUp });
            }
            Some(Write::Record { .. }) => return self.happen(setting, i, Happening::RecordAnswered(landed)),
            Some(Write::Beat { shortened: false, .. }) if landed == Answer::Landed => {
                leading.fate.beaten = leading.fate.beaten.max(leading.clock.saturating_sub(flight.age));
            }
            _ => {}
        }
        self.happen(setting, i, Happening::BeatAnswered(landed))?;
        if landed == Answer::Landed
            && let Phase::Leading(leading) = &mut self.processes[i].phase
        {
            leading.start_clock_anew(setting, flight.age);
        }
        self.tell_guard(setting, i);
        Ok(())
    }

    /// Something befalls the leader's machine: what it says is done.
    pub fn happen(&mut self, setting: &Setting, i: usize, happening: Happening) -> Result<(), Broken> {
        let holder = self.holder(i);
        let process = &mut self.processes[i];
        let Phase::Leading(leading) = &mut process.phase else { return Ok(()) };
        let run = leading.run;
        leading.fate.befall(setting, leading.clock, process.group.life == Life::Never, happening);
        let actions = leading.leader.step(leading.now(), happening).into_iter();
        let actions: Vec<_> = actions.map(|action| doctor_action(setting, process.group, leading, action)).collect();
        leading.fate.check(leading.leader.stopping(), &actions)?;
        for action in actions {
            let sends = matches!(action, Action::Beat { .. } | Action::Record(_));
            if sends && process.flight.is_some() && !leading.held {
                return Err(Broken::new("one request at a time", "a leader sends a request beside another"));
            }
            match action {
                Action::Start => process.group.start(),
                Action::Signal(_) => process.group.asked = true,
                Action::Kill => process.group.kill(),
                Action::Check => leading.checking = Some(0),
                Action::Beat { .. } if leading.held => {
                    leading.leader.step(leading.now(), Happening::BeatAnswered(Answer::Failed));
                }
                Action::Beat { shortened } => {
                    process.flight = Some(Flight::of(Request::Write(Write::Beat { run, holder, shortened })));
                }
                Action::Record(outcome) => {
                    process.flight = Some(Flight::of(Request::Write(Write::Record { run, holder, outcome })));
                    if setting.is(Mutant::LeavesBeforeTheAnswer) {
                        return self.leave(i, Departure { outcome, recorded: Recorded::Stored });
                    }
                }
                Action::Leave(departure) => return self.leave(i, departure),
            }
        }
        self.tell_guard(setting, i);
        Ok(())
    }

    /// The preparation has come to its end, good or bad.
    pub fn prepared(&mut self, setting: &Setting, i: usize, end: Happening) -> Result<(), Broken> {
        let process = &mut self.processes[i];
        let Phase::Leading(leading) = &mut process.phase else { return Ok(()) };
        leading.preparing = false;
        if end == Happening::Prepared && setting.is(Mutant::StartedWithoutTrust) {
            process.group.start();
        }
        self.happen(setting, i, end)
    }

    /// The leader's look at the migrations is answered, or fails.
    pub fn checked(&mut self, setting: &Setting, i: usize, check: Check) -> Result<(), Broken> {
        let reachable = self.reachable(i);
        let Process { group, phase, .. } = &mut self.processes[i];
        let Phase::Leading(leading) = phase else { return Ok(()) };
        leading.checking = None;
        if check == Check::Complete && group.end == Some(CommandEnd::Exited(0)) && !group.asked {
            self.table.note_true_success(leading.run);
        }
        if check == Check::Failed && reachable {
            self.faults.spend(Fault::Lost);
        }
        let check = if setting.is(Mutant::MissingMigrationsPass) { Check::Complete } else { check };
        self.happen(setting, i, Happening::CheckAnswered(check))
    }

    fn tell_guard(&mut self, setting: &Setting, i: usize) {
        let process = &mut self.processes[i];
        if let Phase::Leading(leading) = &process.phase
            && process.group.is_alive()
            && !(leading.is_interrupted() && setting.is(Mutant::GuardNotToldOfASignal))
        {
            process.group.deadline = u8::try_from(leading.leader.dead_by().as_secs()).unwrap();
        }
    }

    fn leave(&mut self, i: usize, departure: Departure) -> Result<(), Broken> {
        let process = &mut self.processes[i];
        let Phase::Leading(leading) = &process.phase else { return Ok(()) };
        let outcome = self.table.row(leading.run).and_then(|row| row.outcome);
        let code = match departure.recorded {
            Recorded::Stored if outcome != Some(departure.outcome) => {
                return Err(Broken::new("P5", "a leader leaves as if its outcome were stored, and it is not"));
            }
            Recorded::Refused if outcome.is_some() => {
                return Err(Broken::new("P5", "a leader says that its run was taken, and its own outcome is stored"));
            }
            Recorded::GivenUp if !leading.fate.may_give_up(leading.clock) => {
                return Err(Broken::new("P5", "a leader gives up its recording before the time for it has passed"));
            }
            Recorded::Stored => departure.outcome.exit_code,
            _ => UNABLE,
        };
        process.phase = Phase::Gone(Some(code));
        process.flight = None;
        Ok(())
    }

    /// A signal comes to this process.
    pub fn signal(&mut self, setting: &Setting, i: usize) -> Result<(), Broken> {
        let holder = self.holder(i);
        let process = &mut self.processes[i];
        let under_way = process.flight.as_ref().is_some_and(|flight| flight.write().is_some());
        match &mut process.phase {
            Phase::Claiming(claiming) if under_way && !setting.is(Mutant::ClaimBrokenOff) => {
                claiming.interruption = Interruption::KeptBack;
            }
            Phase::Claiming(_) => {
                process.flight = None;
                self.interrupted(setting, i)?;
            }
            Phase::Leading(leading)
                if setting.is(Mutant::SignalAfterShortening)
                    && process.group.life == Life::Running
                    && process.flight.is_none() =>
            {
                leading.held = true;
                let beat = Write::Beat { run: leading.run, holder, shortened: true };
                process.flight = Some(Flight::of(Request::Write(beat)));
            }
            Phase::Leading(leading) => {
                if leading.fate.over.is_some() && setting.is(Mutant::SignalAfterTheEndCounts) {
                    process.group.asked = true;
                }
                self.happen(setting, i, Happening::Signalled(TERM))?;
            }
            Phase::Off | Phase::Gone(_) => {}
        }
        Ok(())
    }

    /// The command's own process ends.
    pub fn command_exits(&mut self, setting: &Setting, i: usize, code: u8, leftovers: bool) {
        let Process { group, phase, .. } = &mut self.processes[i];
        group.life = if leftovers { Life::Leftovers } else { Life::Over };
        group.end = Some(CommandEnd::Exited(code));
        if let Phase::Leading(leading) = phase
            && code == 0
            && !group.asked
            && !setting.gated
        {
            self.table.note_true_success(leading.run);
        }
    }

    /// The leader learns what became of its command.
    pub fn learn(&mut self, setting: &Setting, i: usize) -> Result<(), Broken> {
        let group = &mut self.processes[i].group;
        let news = group.end.filter(|_| group.told == Told::Nothing);
        let leftovers = news.is_some() && group.life == Life::Leftovers && !setting.is(Mutant::LeftoversForgotten);
        group.told = if leftovers { Told::End } else { Told::Everything };
        let happening = news.map_or(Happening::GroupEmpty, |end| Happening::CommandEnded { end, leftovers });
        self.happen(setting, i, happening)
    }
}

/// What a mutant makes of an answer.
fn doctor_answer(setting: &Setting, flight: &Flight, answer: Option<Response>) -> Option<Response> {
    match (flight.write(), answer) {
        (Some(Write::Beat { .. }), Some(Response::Wrote(Reply::Done(false))))
            if setting.is(Mutant::ZeroRowsNotLookedAt) =>
        {
            Some(Response::Wrote(Reply::Done(true)))
        }
        (Some(Write::Beat { .. }), None) if setting.is(Mutant::FencedByALostBeat) => {
            Some(Response::Wrote(Reply::Done(false)))
        }
        (_, answer) => answer,
    }
}

/// What a mutant makes of what the leader's machine says.
fn doctor_action(setting: &Setting, group: Group, leading: &Leading, action: Action) -> Action {
    let Action::Record(outcome) = action else { return action };
    let exit_counts = match outcome.cause {
        Cause::Interrupted => setting.is(Mutant::ExitAfterTheSignalCounts),
        Cause::Fenced => setting.is(Mutant::ExitAfterTheFenceCounts),
        _ => false,
    };
    let earned = leading.fate.prospect == Prospect::Earned;
    match group.end {
        Some(end) if exit_counts => Action::Record(end.into()),
        _ if setting.is(Mutant::SignalAfterTheEndCounts) && earned && group.asked => {
            Action::Record(Outcome::failed(Cause::Interrupted, 128 + TERM))
        }
        _ if setting.is(Mutant::RecordingEndsWithTrust) && !leading.fate.is_trusted(setting, leading.clock) => {
            Action::Leave(Departure { outcome, recorded: Recorded::GivenUp })
        }
        _ => action,
    }
}

impl Leading {
    /// A leader whose beat has landed is equal to one that claimed when the beat was sent. Such a one takes its place,
    /// with a clock that begins then: so a command may run for any time without making new states.
    fn start_clock_anew(&mut self, setting: &Setting, age: u8) {
        let made_at = |clock: u8| {
            let mut leader = setting.leader(clock);
            if !self.preparing {
                leader.step(seconds(clock), Happening::Prepared);
            }
            leader
        };
        if made_at(self.clock.saturating_sub(age)) == self.leader {
            self.leader = made_at(if setting.trusts_from_the_answer() { age } else { 0 });
            self.clock = age;
            self.fate = Fate::default();
        }
    }

    fn is_interrupted(&self) -> bool {
        matches!(self.leader.stopping(), Some(Stopping::Interrupted(_)))
    }
}

impl Process {
    /// The process is gone from one moment to the next.
    pub fn crash(&mut self) {
        self.phase = Phase::Gone(None);
        self.flight = None;
        self.frozen = false;
        self.cut = false;
        if self.group.is_alive() {
            self.group.orphaned = Some(0);
        } else {
            self.group = Group::default();
        }
    }
}
