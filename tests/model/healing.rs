//! Liveness: from a state on nothing more goes wrong, and everybody must get through.

use bellwether::protocol::leader::Check;
use bellwether::protocol::run::CommandEnd;

use crate::Broken;
use crate::fate::Prospect;
use crate::process::{Act, Interruption, Leading, Phase, Process};
use crate::setting::{Faults, Setting};
use crate::watcher::Watcher;
use crate::world::{Event, World};

/// More than any way through needs.
const PATIENCE: usize = 400;

/// Heals the world and lets time pass: commands go on for a lease and exit with 0. All processes end; every leader that
/// is there, or comes, and has nothing to stop for exits with 0; and every follower ends.
pub fn gets_through(setting: &Setting, world: &World) -> Result<(), Broken> {
    let mut world = world.clone();
    world.faults = Faults::default();
    let hopeful: Vec<bool> = (0..world.processes.len()).map(|i| must_get_through(setting, &world, i)).collect();
    let mut healing = Healing { polled: vec![false; hopeful.len()], seconds: 0 };
    for _ in 0..PATIENCE {
        let events = world.events(setting).into_iter();
        let next = events
            .filter_map(|event| Some((healing.urgency(setting, event)?, event)))
            .min_by_key(|(urgency, _)| *urgency);
        let Some((_, event)) = next else { break };
        healing.note(event);
        world = world.after(setting, event)?;
        if ended(&world) {
            let through = |(process, hopeful): (&Process, &bool)| !hopeful || process.phase == Phase::Gone(Some(0));
            return if world.processes.iter().zip(&hopeful).all(through) {
                Ok(())
            } else {
                Err(Broken::new("liveness", "with a healthy database a leader does not get through"))
            };
        }
    }
    Err(Broken::new("liveness", "with a healthy database somebody never ends"))
}

/// Whether nothing stands in this leader's way any more.
fn must_get_through(setting: &Setting, world: &World, i: usize) -> bool {
    let process = &world.processes[i];
    match &process.phase {
        Phase::Off => true,
        // One that was stopped in the middle of its claim may find its trust over when it goes on.
        Phase::Claiming(claiming) => {
            let stopped = process.flight.as_ref().is_some_and(|flight| flight.age > setting.request_limit());
            claiming.interruption == Interruption::None && !process.frozen && !stopped
        }
        Phase::Leading(leading) => !process.frozen && is_promising(setting, world, i, leading),
        Phase::Gone(_) => false,
    }
}

/// Whether a leader at work has its success, or time enough to keep its lease for it.
fn is_promising(setting: &Setting, world: &World, i: usize, leading: &Leading) -> bool {
    let fate = leading.fate;
    let ours =
        world.table.row(leading.run).is_some_and(|row| row.active || row.outcome.is_some_and(|end| end.succeeded));
    let may_succeed = matches!(world.processes[i].group.end, None | Some(CommandEnd::Exited(0)));
    // A beat that has failed is repeated within the second, which is the next one here.
    let in_time = fate.is_trusted(setting, leading.clock + 1) && setting.command_limit.is_none();
    // Past its lease it may be about to be marked lost.
    let unrivalled = world.processes.iter().enumerate().all(|(other, process)| other == i || process.flight.is_none());
    ours && match fate.prospect {
        Prospect::Earned => in_time || unrivalled,
        Prospect::Open => may_succeed && (in_time || (fate.over.is_some() && unrivalled)),
        Prospect::Forfeited => false,
    }
}

fn ended(world: &World) -> bool {
    let gone =
        world.processes.iter().all(|process| matches!(process.phase, Phase::Gone(_)) && !process.group.is_alive());
    gone && world.watchers.iter().all(Watcher::has_ended)
}

/// How a healed world goes on.
struct Healing {
    /// Who has polled in this second.
    polled: Vec<bool>,
    seconds: u8,
}

impl Healing {
    fn note(&mut self, event: Event) {
        match event {
            Event::Tick => {
                self.polled.fill(false);
                self.seconds += 1;
            }
            Event::Leader(i, Act::Poll) => self.polled[usize::from(i)] = true,
            _ => {}
        }
    }

    /// What comes first when nothing goes wrong; nothing for what need not happen.
    fn urgency(&self, setting: &Setting, event: Event) -> Option<u8> {
        match event {
            Event::Up | Event::Leader(_, Act::Heal | Act::Thaw | Act::Guard) => Some(0),
            Event::Leader(_, Act::Start) | Event::FollowerStarts(_) => Some(1),
            Event::Leader(_, Act::Answer | Act::Execute | Act::Serve | Act::Check(Check::Complete)) => Some(2),
            Event::Leader(_, Act::Learn | Act::Wake | Act::Prepared) => Some(3),
            Event::Leader(_, Act::LeftoversEnd) => Some(4),
            // Long enough for a lease that nobody keeps to run out; but not longer than it may.
            Event::Leader(_, Act::Exit { code: 0, leftovers: false })
                if self.seconds >= setting.lease() || setting.command_limit.is_some() =>
            {
                Some(4)
            }
            Event::Leader(i, Act::Poll) if !self.polled[usize::from(i)] => Some(5),
            Event::FollowerPolls(_) => Some(6),
            Event::Tick => Some(7),
            _ => None,
        }
    }
}
