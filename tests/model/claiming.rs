//! On the way to the lease: drives the shipped claimant.

use bellwether::protocol::claim::{Bid, Claimant, Seen};
use bellwether::protocol::leader::{Happening, Leader};
use bellwether::protocol::run::{Reading, Run, State};

use crate::Broken;
use crate::leading::TERM;
use crate::mutants::Mutant;
use crate::process::{Claiming, Flight, Group, Leading, Phase, Request};
use crate::setting::{Setting, seconds};
use crate::table::{Holder, Row, Write, nonce};
use crate::world::World;

impl World {
    pub fn start(&mut self, setting: &Setting, i: usize) {
        let process = &mut self.processes[i];
        process.lives += 1;
        process.group = Group::default();
        let claimant = Claimant::new(nonce(self.holder(i)), setting.leaders[i].command);
        let claiming = Claiming { claimant, clock: 0, horizon: 0, seen: None, looked: false, first: None, told: false };
        self.processes[i].phase = Phase::Claiming(Box::new(claiming));
    }

    /// The nonce of the process in this place.
    pub fn holder(&self, i: usize) -> Holder {
        self.processes[i].lives * 8 + u8::try_from(i).unwrap()
    }

    /// A reading is answered to a claimant.
    pub fn bid(&mut self, setting: &Setting, i: usize, mut reading: Reading) -> Result<(), Broken> {
        let holder = self.holder(i);
        let seat = setting.leaders[i];
        let own_name = nonce(holder);
        doctor_reading(setting, &mut reading, seat.command, &own_name);
        let active = reading.active.clone();
        let overdue = active.as_ref().and_then(|run| self.table.row(run.id)).is_some_and(Row::overdue);
        let process = &mut self.processes[i];
        let Phase::Claiming(claiming) = &mut process.phase else { return Ok(()) };
        let mut bid = claiming.bid(&own_name, seat.command, &reading);
        if let (Bid::Wait { .. }, Some(run)) = (&bid, &active)
            && (setting.is(Mutant::NoWatch) || (setting.is(Mutant::DatabaseClockDecides) && overdue))
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

    fn share(&mut self, setting: &Setting, i: usize, run: &Run) -> Result<(), Broken> {
        let seat = setting.leaders[i];
        let shared = self.table.row(run.id).filter(|row| row.state == State::Succeeded);
        if !shared.is_some_and(|row| row.release == seat.release && row.command == seat.command) {
            return Err(Broken::new("P5", "a leader exits with 0 for a success that is not its own command's"));
        }
        self.processes[i].phase = Phase::Gone(Some(0));
        Ok(())
    }

    /// The answer to a claim was lost and a signal came: one look whether it went through.
    pub fn find_own(&mut self, setting: &Setting, i: usize) -> Result<(), Broken> {
        let holder = self.holder(i);
        let own = self.table.rows.iter().find(|row| row.active && row.holder == holder).map(|row| row.id);
        if let Some(run) = own.filter(|_| self.reachable(i)) {
            return self.win(setting, i, run, 0);
        }
        self.processes[i].phase = Phase::Gone(Some(128 + TERM));
        Ok(())
    }

    /// The lease is ours, by a request that was sent `age` ago.
    pub fn win(&mut self, setting: &Setting, i: usize, run: i64, age: u8) -> Result<(), Broken> {
        let process = &mut self.processes[i];
        let Phase::Claiming(claiming) = &process.phase else { return Ok(()) };
        let told = claiming.told;
        let sent = if setting.trusts_from_the_answer() { age } else { 0 };
        let leader = Leader::new(setting.policy(), Setting::limits(), seconds(sent));
        process.phase = Phase::Leading(Box::new(Leading { run, leader, clock: age, preparing: true, held: false }));
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
    fn bid(&mut self, own_name: &str, command: char, reading: &Reading) -> Bid {
        let success = reading.success.as_ref();
        if !self.looked {
            self.looked = true;
            self.first = success.map(|run| run.id);
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

    pub fn beaten(&mut self) {
        self.claimant.beaten();
    }
}
