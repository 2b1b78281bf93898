//! What one exploration is about: who takes part, how long things take, which faults may happen and how often.

use std::time::Duration;

use bellwether::protocol::leader::{Leader, Limits};
use bellwether::protocol::policy::{LeasePolicy, WaitPolicy};

use crate::mutants::Mutant;

/// The durations, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    pub lease: u8,
    pub kill_after: u8,
    /// How long a request may take.
    pub request: u8,
}

/// Beat 1 s, trust 3 s: the shortest lease that the program accepts.
pub const SMALL: Scale = Scale { lease: 6, kill_after: 1, request: 1 };

/// Beat 2 s, trust 6 s, and a shortened lease of 6 s: a command takes long to stop.
pub const WIDE: Scale = Scale { lease: 12, kill_after: 4, request: 2 };

/// The same, with requests of up to half a beat.
pub const BRISK: Scale = Scale { request: 1, ..WIDE };

/// Requests may take two beats: longer than the program lets them, and still no reason for two commands.
pub const TARDY: Scale = Scale { request: 2, ..SMALL };

/// For how long a leader repeats its recording.
pub const RECORDING: u8 = 2;
/// The follower's durations.
pub const START_TIMEOUT: u8 = 3;
pub const RETRY_WINDOW: u8 = 3;

/// A leader's place: what it deploys and with which command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    pub release: char,
    pub command: char,
}

pub const A: Seat = Seat { release: 'a', command: 'm' };
pub const B: Seat = Seat { release: 'b', command: 'm' };
/// The same release as [`A`], led with another command.
pub const A_OTHERWISE: Seat = Seat { release: 'a', command: 'n' };

/// What is in the table at the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    Nothing,
    /// An old failure of release a.
    Failure,
    /// An old success of release a.
    Success,
    /// A row of release a that was running when its backup was made.
    Restored,
}

/// What can go wrong, or is not under anybody's control. Each use is paid from a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A request, or its answer, is lost.
    Lost,
    /// A write takes its time, up to the limit.
    Slow,
    /// A reading takes its time, and is old when it comes.
    Stale,
    /// A request that was given up is executed later, whenever that is.
    Late,
    /// A write is executed once more, whenever that is.
    Repeat,
    /// A process is killed.
    Crash,
    /// A process that is gone is started again.
    Restart,
    /// A leader is told to stop.
    Signal,
    /// A leader's network is gone until it comes back.
    Cut,
    /// The database is gone for everybody until it comes back.
    Outage,
    /// The database's clock jumps forward by more than any lease.
    ClockStep,
    /// A leader's process is stopped until it goes on.
    Freeze,
    /// The preparation is not done in time, or the command can't be started.
    NoStart,
    /// Somebody deletes a bad ending by hand.
    Delete,
}

/// How often each fault may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults([u8; 14]);

impl Faults {
    pub fn of(list: &[(Fault, u8)]) -> Self {
        let mut faults = Self::default();
        for (fault, times) in list {
            faults.0[*fault as usize] = *times;
        }
        faults
    }

    pub fn has(self, fault: Fault) -> bool {
        self.0[fault as usize] > 0
    }

    pub fn spend(&mut self, fault: Fault) {
        self.0[fault as usize] -= 1;
    }
}

/// One exploration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub scale: Scale,
    pub leaders: &'static [Seat],
    /// The followers' releases.
    pub followers: &'static [char],
    /// After how long a follower gives up.
    pub timeout: u8,
    pub before: Before,
    pub faults: &'static [(Fault, u8)],
    /// Whether a command may leave somebody behind in its group.
    pub leftovers: bool,
    /// Whether leaders look at the migrations before they call a run a success.
    pub gated: bool,
    /// How long a command may run.
    pub command_limit: Option<u8>,
    pub mutant: Option<Mutant>,
}

/// Two leaders of one release, and nothing that goes wrong.
pub const TWO_LEADERS: Setting = Setting {
    scale: SMALL,
    leaders: &[A, A],
    followers: &[],
    timeout: 12,
    before: Before::Nothing,
    faults: &[],
    leftovers: false,
    gated: false,
    command_limit: None,
    mutant: None,
};

/// The same, and these faults may happen.
pub const fn with(setting: Setting, faults: &'static [(Fault, u8)]) -> Setting {
    Setting { faults, ..setting }
}

impl Setting {
    pub fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// The shipped policy: all durations that follow from the scale are its own.
    pub fn policy(&self) -> LeasePolicy {
        let Scale { lease, kill_after, .. } = self.scale;
        LeasePolicy::new(seconds(lease), seconds(kill_after)).unwrap()
    }

    /// The policy that leaders work by.
    fn leaders_policy(&self) -> LeasePolicy {
        let Scale { lease, kill_after, .. } = self.scale;
        // A trust as long as the row's lease is that of a longer one.
        let longer = if self.is(Mutant::TrustAsLongAsTheLease) { kill_after + 2 } else { 0 };
        LeasePolicy::new(seconds(lease + longer), seconds(kill_after)).unwrap()
    }

    /// A leader whose claim was sent at this second.
    pub fn leader(&self, claimed: u8) -> Leader {
        let leader = Leader::new(self.leaders_policy(), self.limits(), seconds(claimed));
        if self.gated { leader.gated() } else { leader }
    }

    fn limits(&self) -> Limits {
        Limits { command: self.command_limit.map(seconds), recording: seconds(RECORDING) }
    }

    pub fn wait_policy(&self) -> WaitPolicy {
        let window = if self.is(Mutant::NoRetryWindow) { 0 } else { RETRY_WINDOW };
        WaitPolicy { start_timeout: seconds(START_TIMEOUT), retry_window: seconds(window) }
    }

    /// The time between two beats, which the scales choose to be whole.
    pub fn beat(&self) -> u8 {
        whole(self.policy().beat_interval())
    }

    /// The lease that a claim writes into its row.
    pub fn lease(&self) -> u8 {
        whole(self.policy().lease())
    }

    /// The lease that an interrupted leader leaves behind.
    pub fn shortened(&self) -> u8 {
        whole(self.policy().shortened_lease())
    }

    /// How long a leader may rely on a beat.
    pub fn trust(&self) -> u8 {
        whole(self.policy().trust())
    }

    /// Whether it makes a difference how old a beat is. Without followers, and with a database's clock that goes right,
    /// nobody asks.
    pub fn ages_matter(&self) -> bool {
        !self.followers.is_empty() || self.faults.iter().any(|(fault, _)| *fault == Fault::ClockStep)
    }

    /// Without a time limit no rule alone is missed: trust from the sending bounds a late answer, too.
    pub fn trusts_from_the_answer(&self) -> bool {
        self.is(Mutant::TrustFromTheAnswer) || self.is(Mutant::NoRequestLimit)
    }

    pub fn request_limit(&self) -> u8 {
        if self.is(Mutant::NoRequestLimit) { 2 * self.scale.lease } else { self.scale.request }
    }
}

pub fn seconds(seconds: u8) -> Duration {
    Duration::from_secs(seconds.into())
}

fn whole(duration: Duration) -> u8 {
    u8::try_from(duration.as_secs()).unwrap()
}
