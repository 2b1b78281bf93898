//! On the way to the lease: drives the shipped claimant.

use bellwether::protocol::Moment;
use bellwether::protocol::claim::{Bid, Claimant, Seen};
use bellwether::protocol::leader::Happening;
use bellwether::protocol::run::{Reading, Run, State};

use crate::Broken;
use crate::fate::Fate;
use crate::leading::TERM;
use crate::mutants::Mutant;
use crate::process::{Claiming, Flight, Group, Interruption, Leading, Phase, Request, Response};
use crate::setting::{Setting, seconds};
use crate::table::{Holder, Reply, Row, Write, nonce};
use crate::world::World;

impl World {
    pub fn start(&mut self, setting: &Setting, i: usize) {
        let process = &mut self.processes[i];
        process.lives += 1;
        process.group = Group::default();
        let claimant = Claimant::new(nonce(self.holder(i)), setting.leaders[i].command);
        self.processes[i].phase = Phase::Claiming(Box::new(Claiming {
            claimant,
            clock: 0,
            horizon: 0,
            seen: None,
            looked: false,
            first: None,
            unsure: false,
            interruption: Interruption::None,
        }));
    }

    /// The nonce of the process in this place.
    pub fn holder(&self, i: usize) -> Holder {
        self.processes[i].lives * 8 + u8::try_from(i).unwrap()
    }

    /// A reading that was asked for `age` ago is answered to a claimant.
    pub fn bid(&mut self, setting: &Setting, i: usize, mut reading: Reading, age: u8) -> Result<(), Broken> {
        let holder = self.holder(i);
        let seat = setting.leaders[i];
        let own_name = nonce(holder);
        doctor_reading(setting, &mut reading, seat.command, &own_name);
        let active = reading.active.clone();
        let overdue = active.as_ref().and_then(|run| self.table.row(run.id)).is_some_and(Row::overdue);
        let process = &mut self.processes[i];
        let Phase::Claiming(claiming) = &mut process.phase else { return Ok(()) };
        let now = seconds(claiming.clock);
        let mut bid = claiming.bid(setting, &own_name, seat.command, &reading);
        if setting.is(Mutant::WatchFromTheSending) && claiming.clock == 0 {
            claiming.clock = age;
        }
        let two_beats = |free_at: Moment, run: &Run| now + run.lease >= free_at + run.beat_interval() * 2;
        if let (Bid::Wait { free_at, .. }, Some(run)) = (&bid, &active)
            && (setting.is(Mutant::NoWatch)
                || (setting.is(Mutant::DatabaseClockDecides) && overdue)
                || (setting.is(Mutant::WatchOfTwoBeats) && two_beats(*free_at, run)))
        {
            bid = Bid::TakeOver(Seen { run: run.id, beats: run.beats });
        }
        let claim = |over| Write::Claim { holder, release: seat.release, command: seat.command, over };
        let write = match bid {
            Bid::Insert => claim(None),
            Bid::TakeOver(seen) => claim(Some(seen)),
            Bid::Adopt(run) if setting.is(Mutant::AdoptedWithoutBeat) => return self.win(setting, i, run, 0),
            Bid::Adopt(run) => Write::Beat { run, holder, shortened: false },
            Bid::Wait { .. } => return Ok(()),
            Bid::Share(run) => return self.share(setting, i, &run),
        };
        process.flight = Some(Flight::of(Request::Write(write)));
        Ok(())
    }

    /// The request of a claimant is answered, or fails.
    pub fn way_answered(
        &mut self,
        setting: &Setting,
        i: usize,
        flight: &Flight,
        answer: Option<Response>,
    ) -> Result<(), Broken> {
        let Phase::Claiming(claiming) = &mut self.processes[i].phase else { return Ok(()) };
        let told = claiming.interruption != Interruption::None;
        match (flight.request, answer) {
            (Request::Look, Some(Response::Read(reading))) if told => return self.searched(setting, i, Some(&reading)),
            (Request::Look, Some(Response::Read(reading))) => return self.bid(setting, i, *reading, flight.age),
            (Request::Look, _) => return if told { self.searched(setting, i, None) } else { Ok(()) },
            (_, Some(Response::Wrote(Reply::Claimed(Some(run))))) => return self.win(setting, i, run, flight.age),
            (Request::Write(Write::Beat { run, .. }), Some(Response::Wrote(Reply::Done(true)))) => {
                return self.win(setting, i, run, flight.age);
            }
            (_, Some(Response::Wrote(Reply::Claimed(None)))) => {
                claiming.claimant.beaten();
                claiming.unsure &= !setting.is(Mutant::BeatenMeansNothingIsOurs);
            }
            (Request::Write(Write::Claim { .. }), None) => claiming.unsure = true,
            _ => {}
        }
        if told { self.interrupted(setting, i) } else { Ok(()) }
    }

    fn share(&mut self, setting: &Setting, i: usize, run: &Run) -> Result<(), Broken> {
        let seat = setting.leaders[i];
        let shared = self.table.row(run.id).filter(|row| row.state == State::Succeeded);
        if !shared.is_some_and(|row| row.release == seat.release && row.command == seat.command) {
            return Err(Broken::new("P5", "a leader exits with 0 for a success that is not its own command's"));
        }
        let process = &mut self.processes[i];
        if matches!(&process.phase, Phase::Claiming(claiming) if Some(run.id) <= claiming.first) {
            return Err(Broken::new("P5", "a leader exits with 0 for a success from before it came"));
        }
        process.phase = Phase::Gone(Some(0));
        Ok(())
    }

    /// A signal ends the way to the lease. A claim whose answer was lost is looked for first.
    pub fn interrupted(&mut self, setting: &Setting, i: usize) -> Result<(), Broken> {
        let holder = self.holder(i);
        let leaves_a_run = self.table.rows.iter().any(|row| row.active && row.holder == holder);
        let process = &mut self.processes[i];
        let Phase::Claiming(claiming) = &mut process.phase else { return Ok(()) };
        if claiming.unsure && !setting.is(Mutant::UnsureClaimForgotten) {
            claiming.interruption = Interruption::Searching(0);
            process.flight = Some(Flight::of(Request::Look));
            return Ok(());
        }
        if leaves_a_run {
            return Err(Broken::new("P4", "a leader that was told to stop leaves a running row behind"));
        }
        process.phase = Phase::Gone(Some(128 + TERM));
        Ok(())
    }

    /// A look for a claim of its own is answered, or fails: then it is repeated for as long as a platform gives.
    fn searched(&mut self, setting: &Setting, i: usize, reading: Option<&Reading>) -> Result<(), Broken> {
        let own_name = nonce(self.holder(i));
        let process = &mut self.processes[i];
        let Phase::Claiming(claiming) = &process.phase else { return Ok(()) };
        if let Some(own) = reading.and_then(|reading| reading.active.as_ref()).filter(|run| run.holder == own_name) {
            // No command will start, so it makes no difference when the claim was sent.
            return self.win(setting, i, own.id, 0);
        }
        match (reading, claiming.interruption) {
            (None, Interruption::Searching(since)) if since < setting.scale.kill_after => {
                process.flight = Some(Flight::of(Request::Look));
            }
            _ => process.phase = Phase::Gone(Some(128 + TERM)),
        }
        Ok(())
    }

    /// The lease is ours, by a request that was sent `age` ago.
    pub fn win(&mut self, setting: &Setting, i: usize, run: i64, age: u8) -> Result<(), Broken> {
        let process = &mut self.processes[i];
        let Phase::Claiming(claiming) = &process.phase else { return Ok(()) };
        let told = claiming.interruption != Interruption::None;
        let sent = if setting.trusts_from_the_answer() { age } else { 0 };
        let leader = setting.leader(sent);
        process.phase = Phase::Leading(Box::new(Leading {
            run,
            leader,
            clock: age,
            preparing: true,
            checking: None,
            held: false,
            fate: Fate::default(),
        }));
        self.happen(setting, i, if told { Happening::Signalled(TERM) } else { Happening::Tick })
    }
}

/// What a mutant makes of a claimant's reading.
fn doctor_reading(setting: &Setting, reading: &mut Reading, command: char, own_name: &str) {
    if let Some(active) = reading.active.as_mut().filter(|run| run.holder == own_name)
        && setting.is(Mutant::OwnClaimNotAdopted)
    {
        active.holder = "somebody".into();
    }
    if let Some(success) = reading.success.as_mut()
        && setting.is(Mutant::AnyCommandIsShared)
    {
        success.command_digest = command.to_string();
    }
}

impl Claiming {
    fn bid(&mut self, setting: &Setting, own_name: &str, command: char, reading: &Reading) -> Bid {
        let success = reading.success.as_ref();
        if !self.looked {
            self.looked = true;
            self.first = success.map(|run| run.id);
            if setting.is(Mutant::OldSuccessShared) {
                self.claimant.bid(seconds(self.clock), &Reading { success: None, ..reading.clone() });
            }
        }
        let bid = self.claimant.bid(seconds(self.clock), reading);
        if let (Bid::Wait { run, free_at }, Some(active)) = (&bid, &reading.active) {
            self.seen = Some(Seen { run: run.id, beats: run.beats });
            self.horizon = u8::try_from(free_at.as_secs()).unwrap();
            if *free_at == seconds(self.clock) + active.lease {
                self.start_clock_anew(own_name, command, reading);
            }
        }
        bid
    }

    /// A claimant that has just seen new beats is equal to one that has just begun, its memory of successes apart. Such
    /// a one takes its place, with a clock that begins now: so what is equal but for the hour is explored once.
    fn start_clock_anew(&mut self, own_name: &str, command: char, reading: &Reading) {
        let made_at = |clock| {
            let mut claimant = Claimant::new(own_name, command);
            let success = reading.success.as_ref().or(reading.active.as_ref());
            let success = self.first.and_then(|id| success.map(|run| Run { id, ..run.clone() }));
            claimant.bid(seconds(clock), &Reading { success, ..Reading::default() });
            claimant.bid(seconds(clock), &Reading { success: None, ..reading.clone() });
            claimant
        };
        if made_at(self.clock) == self.claimant {
            self.claimant = made_at(0);
            self.clock = 0;
            self.horizon = u8::try_from(reading.active.as_ref().map_or(0, |run| run.lease.as_secs())).unwrap();
        }
    }
}
