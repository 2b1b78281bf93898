//! What can happen next to a leader's process and to its command.

use bellwether::protocol::leader::Check;

use crate::mutants::Mutant;
use crate::process::{Act, Interruption, Life, Phase, Process};
use crate::setting::{Fault, Faults, Setting};

impl Process {
    /// What can happen to it now. `reachable` is whether the database answers it.
    pub fn options(&self, faults: Faults, reachable: bool, limit: u8) -> Vec<Act> {
        let mut acts = Vec::new();
        if self.frozen {
            acts.push(Act::Thaw);
            self.flight_options(faults, reachable, limit, &mut acts);
        } else {
            self.own_options(faults, reachable, limit, &mut acts);
        }
        if self.is_up() {
            self.blows(faults, &mut acts);
        }
        if self.cut {
            acts.push(Act::Heal);
        }
        acts
    }

    fn own_options(&self, faults: Faults, reachable: bool, limit: u8, acts: &mut Vec<Act>) {
        match &self.phase {
            Phase::Off => acts.push(Act::Start),
            Phase::Gone(_) if faults.has(Fault::Restart) && !self.group.is_alive() => acts.push(Act::Start),
            Phase::Claiming(_) if self.flight.is_none() && reachable => {
                acts.push(Act::Poll);
                acts.extend(faults.has(Fault::Stale).then_some(Act::PollSlowly));
            }
            Phase::Gone(_) | Phase::Claiming(_) => {}
            Phase::Leading(leading) => {
                acts.extend((leading.leader.wake_at() <= leading.now()).then_some(Act::Wake));
                acts.extend(leading.preparing.then_some(Act::Prepared));
                acts.extend((leading.preparing && faults.has(Fault::NoStart)).then_some(Act::NotStarted));
                acts.extend(self.group.has_news().then_some(Act::Learn));
                if leading.checking.is_some() {
                    let answers = [Check::Complete, Check::Pending].map(Act::Check);
                    acts.extend(answers.into_iter().filter(|_| reachable));
                    acts.extend((!reachable || faults.has(Fault::Lost)).then_some(Act::Check(Check::Failed)));
                }
            }
        }
        self.flight_options(faults, reachable, limit, acts);
    }

    fn flight_options(&self, faults: Faults, reachable: bool, limit: u8, acts: &mut Vec<Act>) {
        let Some(flight) = &self.flight else { return };
        let is_write = flight.write().is_some();
        let timed_out = flight.slow && flight.age >= limit;
        let may_fail = faults.has(Fault::Lost) || timed_out || !reachable;
        match (&flight.answer, flight.slow) {
            (None, false) if reachable && !self.frozen => {
                acts.push(Act::Serve);
                acts.extend(faults.has(Fault::Slow).then_some(Act::Delay));
                acts.extend((is_write && faults.has(Fault::Repeat)).then_some(Act::ServeTwice));
                acts.extend(faults.has(Fault::Lost).then_some(Act::LoseAnswer));
            }
            (None, true) if reachable => acts.push(Act::Execute),
            (Some(_), _) if reachable && !self.frozen => acts.push(Act::Answer),
            _ => {}
        }
        if may_fail && !self.frozen {
            acts.push(if flight.answer.is_none() { Act::Lose } else { Act::LoseAnswer });
        }
        if flight.answer.is_none() && is_write && faults.has(Fault::Late) && !self.frozen {
            acts.push(Act::Abandon);
        }
    }

    /// What others do to it.
    fn blows(&self, faults: Faults, acts: &mut Vec<Act>) {
        acts.extend(faults.has(Fault::Crash).then_some(Act::Crash));
        acts.extend((faults.has(Fault::Cut) && !self.cut).then_some(Act::Cut));
        if !self.frozen {
            // A second signal on the way to the lease changes nothing.
            let told = matches!(&self.phase, Phase::Claiming(claiming) if claiming.interruption != Interruption::None);
            acts.extend((faults.has(Fault::Signal) && !told).then_some(Act::Signal));
            // A claimant that is stopped between two requests is no other than one that polls late.
            let noticeable = matches!(self.phase, Phase::Leading(_)) || self.flight.is_some();
            acts.extend((faults.has(Fault::Freeze) && noticeable).then_some(Act::Freeze));
        }
    }

    /// What its command can do, and what its guard must.
    pub fn command_options(&self, setting: &Setting) -> Vec<Act> {
        let mut acts = Vec::new();
        match self.group.life {
            Life::Running => {
                for leftovers in [false, true].into_iter().take(if setting.leftovers { 2 } else { 1 }) {
                    acts.extend([0, 1].map(|code| Act::Exit { code, leftovers }));
                }
            }
            Life::Leftovers => acts.push(Act::LeftoversEnd),
            Life::Never | Life::Over => {}
        }
        acts.extend(self.guard_is_due(setting).then_some(Act::Guard));
        acts
    }

    /// Whether the guard kills now.
    pub fn guard_is_due(&self, setting: &Setting) -> bool {
        let grace = if setting.is(Mutant::GuardWithGrace) { setting.scale.kill_after } else { 0 };
        let overdue = match &self.phase {
            Phase::Leading(leading) => {
                leading.clock >= self.group.deadline && !setting.is(Mutant::GuardWithoutDeadline)
            }
            _ => false,
        };
        self.group.is_alive() && (overdue || self.group.orphaned.is_some_and(|since| since >= grace))
    }
}
