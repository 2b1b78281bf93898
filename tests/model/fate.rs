//! What becomes of a leader's run by the model's own account: what the shipped machine may not give away.

use bellwether::protocol::leader::{Action, Check, Happening, Stopping};
use bellwether::protocol::run::{Cause, CommandEnd};

use crate::Broken;
use crate::setting::{RECORDING, Setting};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fate {
    /// When the beat that the leader relies on was sent, on its own clock.
    pub beaten: u8,
    /// A write to its row was refused.
    pub refused: bool,
    pub prospect: Prospect,
    /// Since when nothing of its command is alive, and nothing will be.
    pub over: Option<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Prospect {
    /// It is a success if its command exits with 0.
    #[default]
    Open,
    /// It is a success, which only has to be recorded.
    Earned,
    /// It was told to stop, its trust is over, or its command has failed.
    Forfeited,
}

impl Fate {
    pub fn is_trusted(self, setting: &Setting, now: u8) -> bool {
        now < self.beaten + setting.trust()
    }

    /// Takes in what befalls a leader; `unborn` is whether its command was not started yet.
    pub fn befall(&mut self, setting: &Setting, now: u8, unborn: bool, happening: Happening) {
        let earned = if setting.gated { Prospect::Open } else { Prospect::Earned };
        let (prospect, mut over) = match happening {
            // Nobody else has a say once the migrations are looked at.
            Happening::CheckAnswered(check) => {
                self.prospect = if check == Check::Complete { Prospect::Earned } else { Prospect::Forfeited };
                return;
            }
            Happening::CommandEnded { end: CommandEnd::Exited(0), leftovers: false } | Happening::GroupEmpty => {
                (earned, true)
            }
            Happening::CommandEnded { end: CommandEnd::Exited(0), leftovers: true } => (Prospect::Open, false),
            Happening::CommandEnded { leftovers, .. } => (Prospect::Forfeited, !leftovers),
            Happening::NotStarted(_) | Happening::Signalled(_) if self.over.is_none() => (Prospect::Forfeited, unborn),
            _ => (self.prospect, false),
        };
        if self.prospect == Prospect::Open {
            self.prospect = prospect;
        }
        if self.over.is_none() && !over && (self.refused || !self.is_trusted(setting, now)) {
            self.prospect = Prospect::Forfeited;
            over = unborn;
        }
        if over {
            self.over.get_or_insert(now);
        }
    }

    /// Whether the machine gives away what is not lost. That a command has overrun is taken from it.
    pub fn check(&mut self, stopping: Option<Stopping>, actions: &[Action]) -> Result<(), Broken> {
        if stopping == Some(Stopping::Overran) && self.prospect == Prospect::Open {
            self.prospect = Prospect::Forfeited;
        }
        let outcomes = actions.iter().filter_map(|action| match action {
            Action::Record(outcome) => Some(*outcome),
            Action::Leave(departure) => Some(departure.outcome),
            _ => None,
        });
        for outcome in outcomes {
            if self.prospect == Prospect::Earned && !outcome.succeeded {
                return Err(Broken::new("P5", "a leader gives a success away after its command has ended"));
            }
            if self.prospect == Prospect::Open && outcome.cause == Cause::Fenced {
                return Err(Broken::new("trust", "a leader gives up its run while it can rely on its lease"));
            }
        }
        if self.prospect == Prospect::Open && stopping == Some(Stopping::Fenced) {
            return Err(Broken::new("trust", "a leader stops its command while it can rely on its lease"));
        }
        Ok(())
    }

    /// Whether a leader may stop to repeat its recording.
    pub fn may_give_up(self, now: u8) -> bool {
        self.over.is_some_and(|over| now >= over + RECORDING)
    }
}
