//! The guard: a process of our own that outlives us just long enough to kill our command.
//!
//! It lives in its own session and is deaf to the signals that a platform or terminal sends to everybody. Its standard
//! input is a pipe that only the leader holds, so the leader's death closes it, however it died: then the guard KILLs
//! the command's processes at once, without a grace, because the leader may have spent it already. The leader also
//! tells it by when the command must be dead: so a leader that is stopped, not dead, is fenced as well.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::unix::pipe;
use tokio::signal::unix::{SignalKind, signal};

use super::itself;
use super::scope::Scope;
use crate::clock;
use crate::protocol::Moment;

/// For how long a KILL is repeated: it can't be refused, only be late.
const PERSISTENCE: Duration = Duration::from_secs(5);

/// The leader's end of a running guard.
pub struct Guard {
    process: Child,
    pipe: Option<ChildStdin>,
    told: Option<Moment>,
}

impl Guard {
    /// Starts a guard and waits until it is deaf and in its own session.
    pub fn start() -> std::io::Result<Self> {
        let mut process = Command::new(itself())
            .arg0("bellwether")
            .arg("internal-guard")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut ready = [0; 1];
        let mut answer = process.stdout.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
        std::io::Read::read_exact(&mut answer, &mut ready)?;
        let pipe = process.stdin.take();
        Ok(Self { process, pipe, told: None })
    }

    /// From now on it watches over these processes.
    pub fn watch(&mut self, scope: Scope) {
        self.tell(&scope.to_string());
    }

    /// By this moment they must be dead, with us or without.
    pub fn deadline(&mut self, moment: Moment) {
        if self.told.replace(moment) != Some(moment) {
            self.tell(&format!("by {}", moment.as_millis()));
        }
    }

    /// The command is over: there is nothing left to guard.
    pub fn dismiss(mut self) {
        self.tell("done");
        self.pipe = None;
        // It ends by itself, at once; we are about to end as well, so nobody has to wait for it.
        let _ = self.process.try_wait();
    }

    fn tell(&mut self, line: &str) {
        if let Some(pipe) = &mut self.pipe {
            // A guard that is gone was killed by hand; the leader's own fence still holds.
            let _ = writeln!(pipe, "{line}");
        }
    }
}

/// The guard's own life, until it is dismissed or has done its duty.
pub async fn run() -> std::io::Result<()> {
    // Refused only to the leader of a group, which then has what a session gives.
    let _ = rustix::process::setsid();
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup(), SignalKind::quit()];
    let deaf = kinds.map(signal);
    let input = rustix::io::dup(std::io::stdin())?;
    let mut lines = BufReader::new(pipe::Receiver::from_owned_fd(input)?).lines();
    std::io::stdout().write_all(b"r")?;
    std::io::stdout().flush()?;
    let mut watched: Option<Scope> = None;
    let mut deadline: Option<Moment> = None;
    loop {
        let remaining = deadline.map_or(Duration::MAX, |moment| moment.saturating_sub(clock::now()));
        // Looks at the clock every second: tokio's own stands still while the machine is suspended.
        let pause = remaining.min(Duration::from_secs(1));
        match tokio::time::timeout(pause, lines.next_line()).await {
            Ok(Ok(Some(line))) => match line.split_once(' ') {
                Some(("by", moment)) => deadline = moment.parse().ok().map(Duration::from_millis),
                Some(_) => watched = line.parse().ok(),
                None => break,
            },
            Ok(_) => {
                kill(watched).await;
                break;
            }
            Err(_) if deadline.is_some_and(|moment| clock::now() >= moment) => {
                deadline = None;
                kill(watched).await;
            }
            Err(_) => {}
        }
    }
    drop(deaf);
    Ok(())
}

async fn kill(watched: Option<Scope>) {
    let Some(scope) = watched else { return };
    let began = clock::now();
    while !scope.is_empty() && clock::now() < began + PERSISTENCE {
        scope.signal(Signal::KILL);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
