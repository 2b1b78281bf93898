//! A trace in words.

use std::fmt::Write as _;

use bellwether::protocol::leader::Check;

use crate::process::{Act, Phase, Process};
use crate::table::Row;
use crate::watcher::Stage;
use crate::world::World;

pub fn act(act: Act) -> &'static str {
    match act {
        Act::Start => "starts",
        Act::Poll => "polls",
        Act::PollSlowly => "polls, and the answer takes its time",
        Act::Serve => "its request is executed and answered",
        Act::ServeTwice => "its request is executed and answered, and will be repeated",
        Act::Delay => "its request takes its time",
        Act::Execute => "its request is executed, not yet answered",
        Act::Answer => "its request is answered",
        Act::Lose => "its request fails, never executed",
        Act::LoseAnswer => "its request was executed, but the answer is lost",
        Act::Abandon => "its request fails, and is still under way",
        Act::Wake => "does what is due",
        Act::Prepared => "is prepared",
        Act::NotStarted => "cannot start its command",
        Act::Exit { code: 0, leftovers: false } => "its command exits with 0",
        Act::Exit { code: 0, leftovers: true } => "its command exits with 0 and leaves somebody behind",
        Act::Exit { leftovers: false, .. } => "its command exits with 1",
        Act::Exit { leftovers: true, .. } => "its command exits with 1 and leaves somebody behind",
        Act::LeftoversEnd => "what its command left behind ends",
        Act::Learn => "learns how its command ended",
        Act::Check(Check::Complete) => "sees that all migrations are applied",
        Act::Check(Check::Pending) => "sees that migrations are missing",
        Act::Check(Check::Failed | Check::Refused) => "cannot see how the migrations stand",
        Act::Signal => "is told to stop",
        Act::Crash => "is killed",
        Act::Guard => "its guard kills the command",
        Act::Freeze => "is frozen",
        Act::Thaw => "goes on",
        Act::Cut => "loses its network",
        Act::Heal => "has its network back",
    }
}

/// What an event changed: rows, commands, requests, endings.
pub fn change(before: &World, after: &World) -> String {
    let mut text = String::new();
    for row in &after.table.rows {
        let new = describe(row);
        if before.table.row(row.id).map(describe).as_ref() != Some(&new) {
            let _ = write!(text, "; {new}");
        }
    }
    for (i, (old, new)) in before.processes.iter().zip(&after.processes).enumerate() {
        for (old, new) in [(sends(old), sends(new)), (command(old), command(new)), (leaves(old), leaves(new))] {
            if let (true, Some(new)) = (old != new, new) {
                let _ = write!(text, "; leader {} {new}", i + 1);
            }
        }
    }
    for (i, (old, new)) in before.watchers.iter().zip(&after.watchers).enumerate() {
        if let (true, Stage::Ended(ending)) = (old.stage != new.stage, &new.stage) {
            let _ = write!(text, "; follower {} ends: {ending:?}", i + 1);
        }
    }
    text
}

fn describe(row: &Row) -> String {
    let lease = row.lease;
    format!("run {} of release {} is {}, lease {lease}, beats {}", row.id, row.release, row.state.as_str(), row.beats)
}

fn sends(process: &Process) -> Option<String> {
    use crate::table::Write;
    let flight = process.flight.as_ref()?;
    Some(match flight.write() {
        None => "reads".into(),
        Some(Write::Claim { over: None, .. }) => "sends a claim".into(),
        Some(Write::Claim { over: Some(seen), .. }) => format!("sends a claim over run {}", seen.run),
        Some(Write::Beat { run, shortened: false, .. }) => format!("sends a beat of run {run}"),
        Some(Write::Beat { run, shortened: true, .. }) => format!("sends a beat of run {run} that shortens the lease"),
        Some(Write::Record { run, outcome, .. }) => {
            format!("records run {run} as {} ({})", outcome.state().as_str(), outcome.cause.as_str())
        }
    })
}

fn command(process: &Process) -> Option<String> {
    match (process.group.is_alive(), process.group.asked) {
        (true, true) => Some("has told its command to end".into()),
        (true, false) => Some("runs its command".into()),
        (false, _) => None,
    }
}

fn leaves(process: &Process) -> Option<String> {
    match process.phase {
        Phase::Gone(Some(code)) => Some(format!("exits with {code}")),
        _ => None,
    }
}
