//! The command as a process: started guarded, heard, signalled, waited for. Knows no lease and no database.

pub mod guard;
mod output;
mod scope;
pub mod signals;
mod start;
mod tail;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rustix::process::Signal;

use self::guard::Guard;
use self::output::Output;
use self::scope::Scope;
pub use self::start::{NotStarted, Spec, become_command};
use crate::protocol::Moment;
use crate::protocol::run::CommandEnd;
use crate::secrets::Secrets;

/// How often the leftovers of a command are looked for.
const LOOK: Duration = Duration::from_millis(20);

/// A running command, its output and its guard.
pub struct Command {
    process: tokio::process::Child,
    scope: Scope,
    guard: Guard,
    output: Output,
    life: Life,
}

/// How much of a command is alive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    /// Its own process, at least.
    Running,
    /// Only others of its group.
    Leftovers,
    /// Nobody.
    Over,
}

/// What a command did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its own process ended.
    Ended {
        /// How.
        end: CommandEnd,
        /// Whether somebody of its group lives on.
        leftovers: bool,
    },
    /// Nobody of its group lives any more.
    GroupEmpty,
}

impl Command {
    /// Starts a command under this guard. `kept` is whether its last lines are kept; `mid_line` is set while what it
    /// wrote last did not end a line.
    pub fn start(
        spec: &Spec<'_>,
        mut guard: Guard,
        kept: bool,
        mid_line: &Arc<AtomicBool>,
    ) -> Result<Self, NotStarted> {
        let (output, stdout, stderr) = Output::open(kept, mid_line)?;
        let mut candidate = start::prepare(spec, stdout, stderr)?;
        let scope = Scope::of(candidate.pid, spec.own_group);
        guard.watch(scope);
        if let Err(not_started) = candidate.go() {
            guard.dismiss();
            return Err(not_started);
        }
        Ok(Self { process: candidate.process, scope, guard, output, life: Life::Running })
    }

    /// Tells the guard by when the command must be dead.
    pub fn deadline(&mut self, moment: Moment) {
        self.guard.deadline(moment);
    }

    /// Sends a signal to everybody of the command.
    pub fn signal(&self, signal: u8) {
        // On a terminal the keys that make these reach the command without us, as its group is ours.
        let by_keyboard = matches!(self.scope, Scope::Tree { .. }) && matches!(signal, 2 | 3);
        if let Some(signal) = Signal::from_named_raw(i32::from(signal)).filter(|_| !by_keyboard) {
            self.scope.signal(signal);
        }
    }

    /// Kills everybody of the command.
    pub fn kill(&self) {
        self.scope.signal(Signal::KILL);
    }

    /// The next thing that the command does; never, once its group is empty.
    pub async fn change(&mut self) -> Change {
        match self.life {
            Life::Running => self.end().await,
            Life::Leftovers => {
                while !self.scope.is_empty() {
                    tokio::time::sleep(LOOK).await;
                }
                self.life = Life::Over;
                Change::GroupEmpty
            }
            Life::Over => std::future::pending().await,
        }
    }

    async fn end(&mut self) -> Change {
        let end = match self.process.wait().await {
            Ok(status) => command_end(status),
            // Somebody else reaped it: how it ended can't be known, so it can't be called a success.
            Err(_) => CommandEnd::Exited(125),
        };
        let leftovers = !self.scope.is_empty();
        self.life = if leftovers { Life::Leftovers } else { Life::Over };
        Change::Ended { end, leftovers }
    }

    /// Dismisses the guard and takes what is left of the output. Returns the last lines, if they were kept. To be
    /// called when the group is empty.
    pub fn finish(self, secrets: &Secrets) -> Option<String> {
        self.guard.dismiss();
        self.output.finish(secrets)
    }
}

fn command_end(status: std::process::ExitStatus) -> CommandEnd {
    use std::os::unix::process::ExitStatusExt;
    let byte = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    match status.code() {
        Some(code) => CommandEnd::Exited(byte(code)),
        None => CommandEnd::Signalled(status.signal().map_or(0, byte)),
    }
}

/// The processor time of all children that have ended and been waited for, with theirs; nothing where there is no `/proc`.
pub fn children_cpu() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may itself hold spaces; the state follows it as the third field.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(13);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks.saturating_mul(1000) / rustix::param::clock_ticks_per_second().max(1)))
}

/// Our own program, also when its file has been replaced since.
fn itself() -> PathBuf {
    let link = Path::new("/proc/self/exe");
    if link.exists() { link.to_owned() } else { std::env::current_exe().unwrap_or_else(|_| "bellwether".into()) }
}
