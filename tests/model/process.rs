//! A leader's process: the shipped claimant and the shipped leader's machine, its command and its request on the way.

use bellwether::protocol::Moment;
use bellwether::protocol::claim::{Claimant, Seen};
use bellwether::protocol::leader::{Check, Leader};
use bellwether::protocol::run::{CommandEnd, Reading};

use crate::fate::Fate;
use crate::setting::seconds;
use crate::table::{Reply, Write};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    pub phase: Phase,
    pub group: Group,
    pub flight: Option<Flight>,
    /// Its network is gone.
    pub cut: bool,
    /// It is stopped, as by SIGSTOP.
    pub frozen: bool,
    /// How often it was started.
    pub lives: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Not started yet.
    Off,
    Claiming(Box<Claiming>),
    Leading(Box<Leading>),
    /// It left with this code, or was killed.
    Gone(Option<u8>),
}

/// On the way to the lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claiming {
    pub claimant: Claimant,
    /// Its own clock, since it last saw new beats. It stops where it makes no more difference.
    pub clock: u8,
    /// Up to where the clock counts.
    pub horizon: u8,
    /// What it remembers of the run that it watches.
    pub seen: Option<Seen>,
    /// It has read the table before.
    pub looked: bool,
    /// The first reading's success, to make an equal claimant anew.
    pub first: Option<i64>,
    /// The answer to a claim was lost: the active run may be its own.
    pub unsure: bool,
    /// What a signal has led to.
    pub interruption: Interruption,
}

/// How far a signal has come that found its process on the way to the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interruption {
    None,
    /// It waits until the write that is under way is answered.
    KeptBack,
    /// The process looks for a claim of its own that went through after all, for so long now.
    Searching(u8),
}

/// With the lease, or so it believes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leading {
    pub run: i64,
    pub leader: Leader,
    /// Its own clock. It starts anew with every beat that makes the leader equal to one that has just claimed.
    pub clock: u8,
    pub preparing: bool,
    /// For how long a look at the migrations is on its way.
    pub checking: Option<u8>,
    /// The driver keeps a signal back until this beat is answered; only a mutant does.
    pub held: bool,
    pub fate: Fate,
}

impl Leading {
    pub fn now(&self) -> Moment {
        seconds(self.clock)
    }
}

/// A request on the way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Flight {
    pub request: Request,
    pub answer: Option<Response>,
    /// Since when it is on the way.
    pub age: u8,
    /// It takes time; any other is answered within the second.
    pub slow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    Look,
    Write(Write),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Response {
    Read(Box<Reading>),
    Wrote(Reply),
}

impl Flight {
    pub fn of(request: Request) -> Self {
        Self { request, answer: None, age: 0, slow: false }
    }

    pub fn write(&self) -> Option<Write> {
        match self.request {
            Request::Look => None,
            Request::Write(write) => Some(write),
        }
    }
}

/// The command and everybody in its process group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Group {
    pub life: Life,
    /// It was sent a signal.
    pub asked: bool,
    /// How its own process ended.
    pub end: Option<CommandEnd>,
    /// How much of that its leader has been told.
    pub told: Told,
    /// When the guard kills, on the leader's clock.
    pub deadline: u8,
    /// For how long it has been without its leader.
    pub orphaned: Option<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Life {
    #[default]
    Never,
    Running,
    /// Its own process has ended, others of its group live.
    Leftovers,
    Over,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Told {
    #[default]
    Nothing,
    End,
    Everything,
}

impl Group {
    pub fn start(&mut self) {
        *self = Self { life: Life::Running, ..Self::default() };
    }

    pub fn is_alive(self) -> bool {
        matches!(self.life, Life::Running | Life::Leftovers)
    }

    pub fn kill(&mut self) {
        if self.is_alive() {
            self.life = Life::Over;
            self.end.get_or_insert(CommandEnd::Signalled(9));
        }
        if self.orphaned.is_some() {
            *self = Self::default();
        }
    }

    /// Whether its leader has something to learn.
    pub fn has_news(self) -> bool {
        match self.told {
            Told::Nothing => self.end.is_some(),
            Told::End => self.life == Life::Over,
            Told::Everything => false,
        }
    }
}

/// What can happen to, or be done by, a leader's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Start,
    /// Reads the table, and is answered at once.
    Poll,
    /// Reads the table, and the answer takes its time.
    PollSlowly,
    /// The request is executed and answered.
    Serve,
    /// The request is executed and answered, and what it wrote is written again later.
    ServeTwice,
    /// The request will take its time.
    Delay,
    /// The database executes the request, without an answer yet.
    Execute,
    /// The answer comes.
    Answer,
    /// The request fails before it was executed.
    Lose,
    /// The request fails although it was executed.
    LoseAnswer,
    /// The request fails, and the database will execute it later.
    Abandon,
    /// Its time has come.
    Wake,
    /// The preparation is done.
    Prepared,
    /// The preparation was not done in time, or the command can't be started.
    NotStarted,
    /// The command ends with this code, and leaves somebody behind or not.
    Exit {
        code: u8,
        leftovers: bool,
    },
    /// The leftovers end.
    LeftoversEnd,
    /// The leader learns what became of its command.
    Learn,
    /// Its look at the migrations is answered, or fails.
    Check(Check),
    Signal,
    Crash,
    /// The guard kills.
    Guard,
    Freeze,
    Thaw,
    Cut,
    Heal,
}

impl Process {
    pub fn new() -> Self {
        Self { phase: Phase::Off, group: Group::default(), flight: None, cut: false, frozen: false, lives: 0 }
    }

    pub fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Claiming(_) | Phase::Leading(_))
    }

    /// What it remembers of beats.
    pub fn memories(&self) -> impl Iterator<Item = Seen> + '_ {
        let own = match &self.phase {
            Phase::Claiming(claiming) => claiming.seen,
            _ => None,
        };
        let flight = self.flight.iter().flat_map(|flight| {
            let over = match flight.request {
                Request::Write(Write::Claim { over, .. }) => over,
                _ => None,
            };
            let read = match &flight.answer {
                Some(Response::Read(reading)) => reading.active.as_ref(),
                _ => None,
            };
            over.into_iter().chain(read.map(|run| Seen { run: run.id, beats: run.beats }))
        });
        own.into_iter().chain(flight)
    }
}
