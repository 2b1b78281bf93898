//! Liveness: from a state on nothing more goes wrong, and everybody must get through.

use bellwether::protocol::leader::Check;

use crate::Broken;
use crate::process::{Act, Interruption, Phase};
use crate::setting::{Faults, Setting};
use crate::watcher::Watcher;
use crate::world::{Event, World};

/// More than any way through needs.
const PATIENCE: usize = 400;

/// Heals the world and lets time pass: all processes end, the commands exit with 0, some leader that is there or comes
/// gets through, and every follower ends.
pub fn gets_through(setting: &Setting, world: &World) -> Result<(), Broken> {
    let mut world = world.clone();
    world.faults = Faults::default();
    let waiting = |world: &World| {
        world.processes.iter().any(|process| match &process.phase {
            Phase::Off => true,
            // One that was stopped in the middle of its claim may find its trust over when it goes on.
            Phase::Claiming(claiming) => {
                let stopped = process.flight.as_ref().is_some_and(|flight| flight.age > setting.request_limit());
                claiming.interruption == Interruption::None && !process.frozen && !stopped
            }
            Phase::Leading(_) | Phase::Gone(_) => false,
        })
    };
    let somebody_waits = waiting(&world);
    let mut polled = vec![false; world.processes.len()];
    for _ in 0..PATIENCE {
        let events = world.events(setting).into_iter();
        let next =
            events.filter_map(|event| Some((urgency(&polled, event)?, event))).min_by_key(|(urgency, _)| *urgency);
        let Some((_, event)) = next else { break };
        match event {
            Event::Tick => polled.fill(false),
            Event::Leader(i, Act::Poll) => polled[usize::from(i)] = true,
            _ => {}
        }
        world = world.after(setting, event)?;
        if ended(&world) {
            let through = world.processes.iter().any(|process| process.phase == Phase::Gone(Some(0)));
            return if through || !somebody_waits {
                Ok(())
            } else {
                Err(Broken::new("liveness", "with a healthy database no leader gets through"))
            };
        }
    }
    Err(Broken::new("liveness", "with a healthy database somebody never ends"))
}

fn ended(world: &World) -> bool {
    let gone =
        world.processes.iter().all(|process| matches!(process.phase, Phase::Gone(_)) && !process.group.is_alive());
    gone && world.watchers.iter().all(Watcher::has_ended)
}

/// What comes first when nothing goes wrong; nothing for what need not happen.
fn urgency(polled: &[bool], event: Event) -> Option<u8> {
    match event {
        Event::Up | Event::Leader(_, Act::Heal | Act::Thaw | Act::Guard) => Some(0),
        Event::Leader(_, Act::Start) | Event::FollowerStarts(_) => Some(1),
        Event::Leader(_, Act::Answer | Act::Execute | Act::Serve | Act::Check(Check::Complete)) => Some(2),
        Event::Leader(_, Act::Learn | Act::Wake | Act::Prepared) => Some(3),
        Event::Leader(_, Act::Exit { code: 0, leftovers: false } | Act::LeftoversEnd) => Some(4),
        Event::Leader(i, Act::Poll) if !polled[usize::from(i)] => Some(5),
        Event::FollowerPolls(_) => Some(6),
        Event::Tick => Some(7),
        _ => None,
    }
}
