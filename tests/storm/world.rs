//! The world in which a storm rages: one database, two ways to it, and the processes that use it.

use super::plan::{FLEETS, Fault, Start, What};
use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::processes::{self, signal_all};
use crate::support::proxy::{Mode, Proxy};
use crate::support::running::Running;
use crate::support::servers::{Server, durable};
use crate::support::workspace::Workspace;
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

/// How long after the last event a process may still live; all are bounded by shorter timeouts.
const LAST_WORD: Duration = Duration::from_secs(50);

/// A process of the storm: what it was to do, and how it ended.
pub(super) struct Process {
    pub(super) app: String,
    pub(super) fleet: String,
    pub(super) start: Start,
    pub(super) running: Running,
    pub(super) started: u128,
    pub(super) took: Duration,
    pub(super) ended: Option<(i32, u128)>,
    /// When all of its processes were stopped and went on, by the wall clock.
    pub(super) paused: Vec<(u128, u128)>,
    /// For how long it has itself been stopped.
    pub(super) frozen: Duration,
    /// We signalled it.
    pub(super) signalled: bool,
    began: Instant,
}

pub(super) struct World {
    pub(super) workspace: Workspace,
    pub(super) database: Database,
    pub(super) processes: Vec<Process>,
    pub(super) deploys: u32,
    pub(super) faults: BTreeMap<Fault, u32>,
    ways: Vec<Proxy>,
    heals: Vec<(Instant, Heal)>,
    /// What befalls the server now, until it is well again.
    operation: Option<JoinHandle<()>>,
    // Declared last: the database goes before its server.
    server: Option<Arc<Server>>,
}

/// The end of a fault.
enum Heal {
    Thaw { process: usize, pids: Vec<i32> },
    Open(usize),
    Unlocked,
}

impl World {
    pub(super) fn new(db: Db) -> Self {
        let server = (db != Db::Sqlite).then(|| Arc::new(Server::start(db, durable(db))));
        let database = server.as_ref().map_or_else(|| db.fresh(), |server| server.database());
        let ways = server.iter().flat_map(|server| [server.port(); 2]).map(Proxy::before).collect();
        let workspace = Workspace::new();
        workspace.write("command.sh", include_str!("command.sh"));
        workspace.touch("log");
        Self {
            workspace,
            database,
            processes: Vec::new(),
            deploys: 0,
            faults: BTreeMap::new(),
            ways,
            heals: Vec::new(),
            operation: None,
            server,
        }
    }

    /// Lets all of the plan happen, then ends every fault and waits for every process.
    pub(super) fn live(&mut self, plan: Vec<(Duration, What)>) {
        let began = Instant::now();
        for (at, what) in plan {
            while began.elapsed() < at {
                self.turn();
            }
            match what {
                What::Deploy => self.deploys += 1,
                What::Start(start) => self.start(start),
                What::Fault { fault, pick, length } => self.fault(fault, pick, length),
            }
        }
        while !self.heals.is_empty() || !self.is_server_well() {
            self.turn();
        }
        if let Some(operation) = self.operation.take() {
            operation.join().unwrap();
        }
        let deadline = Instant::now() + LAST_WORD;
        while self.processes.iter().any(|process| process.ended.is_none()) && Instant::now() < deadline {
            self.turn();
        }
    }

    /// A deploy after the storm: a leader and a follower that nobody disturbs.
    pub(super) fn calm(&self, fleet: usize) -> Result<(), String> {
        let common = |program: Bellwether| {
            program.env("BELLWETHER_FLEET", &format!("fleet{fleet}")).env("BELLWETHER_RELEASE", "calm")
        };
        let outcomes =
            [common(Bellwether::lead(&self.database)).sh("true"), common(Bellwether::follow(&self.database))];
        for outcome in outcomes.map(Bellwether::run) {
            if outcome.code != 0 {
                return Err(format!("a deploy in the calm afterwards fails:\n{outcome}"));
            }
        }
        Ok(())
    }

    fn start(&mut self, start: Start) {
        let app = format!("p{}", self.processes.len());
        let fleet = format!("fleet{}", start.fleet);
        let program = match &start.command {
            None => Bellwether::follow(&self.database),
            Some((kind, seconds)) => {
                let script = if kind.word() == "missing" { "/nowhere/command" } else { "sh" };
                let words = [script, "command.sh", &kind.word(), seconds, &fleet];
                Bellwether::lead(&self.database).command(words)
            }
        };
        let url = self.ways.get(start.way).map(|way| self.database.url_at(way.port()));
        let running = program
            .env("BELLWETHER_DATABASE_URL", url.as_deref().unwrap_or(self.database.url()))
            .env("BELLWETHER_APP", &app)
            .env("BELLWETHER_FLEET", &fleet)
            .env("BELLWETHER_RELEASE", &start.release)
            .env("BELLWETHER_KILL_AFTER", "200ms")
            .env("BELLWETHER_LEASE", "4800ms")
            .env("BELLWETHER_COMMAND_TIMEOUT", "4s")
            .env("BELLWETHER_RETRY_WINDOW", "2s")
            .env("BELLWETHER_POLL_INTERVAL", "100ms")
            .env("BELLWETHER_TIMEOUT", &format!("{}ms", start.timeout.as_millis()))
            .in_workspace(&self.workspace)
            .spawn();
        self.processes.push(Process {
            app,
            fleet,
            start,
            running,
            started: now(),
            took: Duration::ZERO,
            ended: None,
            paused: Vec::new(),
            frozen: Duration::ZERO,
            signalled: false,
            began: Instant::now(),
        });
    }

    /// A short while, in which faults end and ends are noticed.
    fn turn(&mut self) {
        thread::sleep(Duration::from_millis(5));
        let due: Vec<_> = self.heals.extract_if(.., |(at, _)| *at <= Instant::now()).collect();
        for (_, heal) in due {
            self.heal(heal);
        }
        for process in self.processes.iter_mut().filter(|process| process.ended.is_none()) {
            if let Some(code) = process.running.code() {
                process.ended = Some((code, now()));
                process.took = process.began.elapsed();
            }
        }
    }

    fn heal(&mut self, heal: Heal) {
        match heal {
            Heal::Thaw { process, pids } => {
                signal_all(&pids, Signal::CONT);
                if let Some(pause) = self.processes[process].paused.last_mut() {
                    pause.1 = now();
                }
            }
            Heal::Open(way) => self.ways[way].set(Mode::Pass),
            // The one who holds it lets go by itself.
            Heal::Unlocked => {}
        }
    }

    fn fault(&mut self, fault: Fault, pick: usize, length: Duration) {
        let happened = match fault {
            Fault::KillLeader | Fault::TermLeader | Fault::FreezeLeader | Fault::FreezeMachine | Fault::KillCommand => {
                self.on_process(fault, true, pick, length)
            }
            Fault::KillFollower | Fault::TermFollower | Fault::FreezeFollower => {
                self.on_process(fault, false, pick, length)
            }
            Fault::LockFile => self.lock_file(length),
            Fault::Cut | Fault::Silence => {
                let way = pick % self.ways.len();
                self.ways[way].set(if fault == Fault::Cut { Mode::Refuse } else { Mode::Silent });
                self.heals.push((Instant::now() + length, Heal::Open(way)));
                true
            }
            Fault::CrashServer | Fault::StopServer | Fault::FreezeServer => self.on_server(fault, length),
        };
        if happened {
            *self.faults.entry(fault).or_default() += 1;
        }
    }

    /// Befalls one of the processes that live, if there is one.
    fn on_process(&mut self, fault: Fault, leads: bool, pick: usize, length: Duration) -> bool {
        let fits = |process: &Process| process.ended.is_none() && process.start.command.is_some() == leads;
        let living: Vec<usize> = (0..self.processes.len()).filter(|&index| fits(&self.processes[index])).collect();
        if living.is_empty() {
            return false;
        }
        let index = living[pick % living.len()];
        let process = &mut self.processes[index];
        let pid = process.running.pid();
        let pids = match fault {
            Fault::FreezeMachine => processes::family(pid),
            Fault::KillCommand => processes::family(pid).into_iter().filter(|pid| is_command(*pid)).collect(),
            _ => vec![pid],
        };
        match fault {
            Fault::KillLeader | Fault::KillFollower | Fault::KillCommand => signal_all(&pids, Signal::KILL),
            Fault::TermLeader | Fault::TermFollower => signal_all(&pids, Signal::TERM),
            _ => {
                signal_all(&pids, Signal::STOP);
                process.frozen += length;
                if fault == Fault::FreezeMachine {
                    // Until it is known better.
                    process.paused.push((now(), u128::MAX));
                }
                self.heals.push((Instant::now() + length, Heal::Thaw { process: index, pids }));
                return true;
            }
        }
        process.signalled |= fault != Fault::KillCommand;
        true
    }

    /// Befalls the server, in the background: stopping and starting take their time, and the world goes on.
    fn on_server(&mut self, fault: Fault, length: Duration) -> bool {
        let Some(server) = self.server.clone().filter(|_| self.is_server_well()) else { return false };
        let db = self.database.db;
        self.operation = Some(thread::spawn(move || {
            if fault == Fault::FreezeServer {
                let pids = server.processes();
                signal_all(&pids, Signal::STOP);
                thread::sleep(length);
                signal_all(&pids, Signal::CONT);
                return;
            }
            if fault == Fault::CrashServer {
                server.crash();
            } else {
                server.stop();
            }
            thread::sleep(length);
            server.start_again(durable(db));
        }));
        true
    }

    fn is_server_well(&self) -> bool {
        self.operation.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn lock_file(&mut self, length: Duration) -> bool {
        if self.heals.iter().any(|(_, heal)| matches!(heal, Heal::Unlocked)) {
            return false;
        }
        self.database.hold_write_lock(length);
        self.heals.push((Instant::now() + length, Heal::Unlocked));
        true
    }

    /// The commands of these fleets whose lock somebody holds.
    pub(super) fn alive(&self) -> Vec<usize> {
        (0..FLEETS).filter(|fleet| self.is_locked(*fleet)).collect()
    }

    fn is_locked(&self, fleet: usize) -> bool {
        let Ok(file) = fs::File::open(self.workspace.file(&format!("fleet{fleet}.lock"))) else { return false };
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err()
    }
}

fn is_command(pid: i32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline"))
        .is_ok_and(|line| line.starts_with(b"sh\0command.sh") || line.starts_with(b"sleep\0"))
}

/// The wall clock, which all processes of one machine share, in nanoseconds.
pub(super) fn now() -> u128 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos()
}
