//! What a storm does and when: drawn from a seed alone, so that a seed gives the same storm again.

use fastrand::Rng;
use std::time::Duration;

/// Fleets side by side, so that one's faults are seen not to touch the other's.
pub(super) const FLEETS: usize = 3;

#[derive(Clone, Debug)]
pub(super) enum What {
    Deploy,
    Start(Start),
    Fault { fault: Fault, pick: usize, length: Duration },
}

/// One process of a deploy.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) fleet: usize,
    pub(super) release: String,
    /// The command of a leader; a follower has none.
    pub(super) command: Option<(Kind, String)>,
    /// Which of the two ways to the database it takes.
    pub(super) way: usize,
    pub(super) timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Succeed,
    Fail,
    Hang,
    Stubborn,
    Fork,
    Swarm,
    Noise,
    Missing,
}

impl Kind {
    pub(super) fn word(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    KillLeader,
    TermLeader,
    /// The leader alone is stopped for a while; its guard and its command go on.
    FreezeLeader,
    /// The leader and all that came from it, as if the machine were paused.
    FreezeMachine,
    KillCommand,
    KillFollower,
    TermFollower,
    FreezeFollower,
    /// A way to the database is closed.
    Cut,
    /// A way to the database swallows everything.
    Silence,
    CrashServer,
    StopServer,
    FreezeServer,
    /// Somebody else holds SQLite's write lock.
    LockFile,
}

const ON_PROCESSES: [Fault; 8] = [
    Fault::KillLeader,
    Fault::TermLeader,
    Fault::FreezeLeader,
    Fault::FreezeMachine,
    Fault::KillCommand,
    Fault::KillFollower,
    Fault::TermFollower,
    Fault::FreezeFollower,
];

const ON_SERVERS: [Fault; 5] = [Fault::Cut, Fault::Silence, Fault::CrashServer, Fault::StopServer, Fault::FreezeServer];

const KINDS: [Kind; 14] = [
    Kind::Succeed,
    Kind::Succeed,
    Kind::Succeed,
    Kind::Succeed,
    Kind::Succeed,
    Kind::Fail,
    Kind::Fail,
    Kind::Hang,
    Kind::Stubborn,
    Kind::Fork,
    Kind::Fork,
    Kind::Swarm,
    Kind::Noise,
    Kind::Missing,
];

/// All that happens, by the time since the storm began.
pub(super) fn plan(seed: u64, length: Duration, has_server: bool) -> Vec<(Duration, What)> {
    let mut rng = Rng::with_seed(seed);
    let mut all = Vec::new();
    for fleet in 0..FLEETS {
        let mut at = millis(&mut rng, 0..1000);
        let mut count = 0;
        while at < length {
            all.push((at, What::Deploy));
            deploy(&mut rng, fleet, &mut count, at, &mut all);
            at += millis(&mut rng, 700..4000);
        }
    }
    let mut at = millis(&mut rng, 1000..2000);
    while at < length {
        let process = rng.u8(0..10) < 8;
        let fault = match has_server {
            _ if process => ON_PROCESSES[rng.usize(..ON_PROCESSES.len())],
            true => ON_SERVERS[rng.usize(..ON_SERVERS.len())],
            false => Fault::LockFile,
        };
        // Shorter and longer than a beat, a request and a lease; the database is back soon, or nothing would happen.
        let long = process && rng.u8(0..3) == 0;
        let length = if long { millis(&mut rng, 2500..8500) } else { millis(&mut rng, 50..2500) };
        all.push((at, What::Fault { fault, pick: rng.usize(..), length }));
        at += millis(&mut rng, 100..1400);
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

/// Leaders and followers of one release in random order; sometimes no leader, sometimes two, sometimes a release that
/// was deployed before.
fn deploy(rng: &mut Rng, fleet: usize, count: &mut u32, at: Duration, all: &mut Vec<(Duration, What)>) {
    if *count == 0 || rng.u8(0..10) < 7 {
        *count += 1;
    }
    let release = format!("f{fleet}r{count}");
    let command = (KINDS[rng.usize(..KINDS.len())], format!("{:.1}", rng.f32() * 2.5));
    let other = (KINDS[rng.usize(..KINDS.len())], command.1.clone());
    let leaders = match rng.u8(0..10) {
        0 => vec![],
        1..7 => vec![command],
        7 => vec![command.clone(), command],
        _ => vec![command, other],
    };
    let followers = rng.usize(0..4);
    for command in leaders.into_iter().map(Some).chain(std::iter::repeat_n(None, followers)) {
        let timeout = millis(rng, 2000..12000);
        let start = Start { fleet, release: release.clone(), command, way: rng.usize(0..2), timeout };
        all.push((at + millis(rng, 0..1500), What::Start(start)));
    }
}

fn millis(rng: &mut Rng, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(rng.u64(range))
}
