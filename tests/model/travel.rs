//! A leader's requests on their way: executed, answered, lost.

use crate::Broken;
use crate::process::{Act, Flight, Request, Response};
use crate::setting::{Fault, Setting};
use crate::world::World;

impl World {
    /// A request on its way to an answer.
    pub fn travel(&mut self, setting: &Setting, i: usize, act: Act) -> Result<(), Broken> {
        let release = setting.leaders[i].release;
        if act == Act::PollSlowly {
            self.processes[i].flight = Some(Flight::of(Request::Look));
        }
        let Some(flight) = self.processes[i].flight.clone() else { return Ok(()) };
        let write = flight.write();
        let answer = match (act, flight.answer, flight.request) {
            (Act::Answer, answer, _) => answer,
            (Act::PollSlowly | Act::Delay, ..) => {
                self.faults.spend(if act == Act::Delay { Fault::Slow } else { Fault::Stale });
                self.processes[i].flight.iter_mut().for_each(|flight| flight.slow = true);
                return Ok(());
            }
            (_, _, Request::Look) => Some(Response::Read(Box::new(self.table.look(release)))),
            (_, _, Request::Write(write)) => Some(Response::Wrote(self.execute(setting, write)?)),
        };
        if act == Act::Execute {
            self.processes[i].flight.iter_mut().for_each(|flight| flight.answer.clone_from(&answer));
            return Ok(());
        }
        if act == Act::ServeTwice {
            self.faults.spend(Fault::Repeat);
            self.late.extend(write);
        }
        self.respond(setting, i, answer)
    }

    /// A request that fails, for its process at least.
    pub fn fail(&mut self, setting: &Setting, i: usize, act: Act) -> Result<(), Broken> {
        let reachable = self.reachable(i);
        let Some(flight) = self.processes[i].flight.clone() else { return Ok(()) };
        let free = !reachable || (flight.slow && flight.age >= setting.request_limit());
        match (act, flight.write()) {
            (Act::Abandon, write) => {
                self.faults.spend(Fault::Late);
                self.late.extend(write);
            }
            (act, write) => {
                if !free {
                    self.faults.spend(Fault::Lost);
                }
                if let (Act::LoseAnswer, None, Some(write)) = (act, &flight.answer, write) {
                    self.execute(setting, write)?;
                }
            }
        }
        self.respond(setting, i, None)
    }
}
