//! What the tests are written with: the program as a builder, its outcome as one text, databases, processes.

#[macro_use]
pub(crate) mod databases;
pub(crate) mod outcome;
pub(crate) mod processes;
pub(crate) mod proxy;
pub(crate) mod run;
pub(crate) mod running;
pub(crate) mod servers;
pub(crate) mod sql;
pub(crate) mod workspace;

use crate::support::databases::Database;
use crate::support::outcome::Outcome;
use crate::support::running::Running;
use crate::support::workspace::Workspace;
use bellwether::store::NewRun;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long a fact may take to come true. Only a broken program ever waits this long.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The lease of a hasty leader: the shortest that fits the grace of 100 ms.
pub(crate) const HASTY_LEASE: Duration = Duration::from_millis(4200);

/// The name of the event that a waiting leader or follower reports with `--log-format json`.
pub(crate) const WAITING: &str = "waiting";

/// A command that tells that it started and runs until the file `go` appears.
pub(crate) const HOLD: &str = "echo $$ > pid; touch started; while [ ! -e go ]; do sleep 0.05; done";

/// One run of the program, to be configured and then `run` or `spawn`ed. Nothing of the caller's environment but
/// `PATH` reaches it; its durations are short; it works for the release `r1`.
#[must_use = "run or spawn it"]
pub(crate) struct Bellwether {
    wrapper: Vec<String>,
    args: Vec<String>,
    command: Option<Vec<String>>,
    env: BTreeMap<String, String>,
    input: String,
    on_a_terminal: bool,
    workspace: Workspace,
}

impl Bellwether {
    /// The program with these arguments and nothing else.
    pub(crate) fn bare<const N: usize>(args: [&str; N]) -> Self {
        let mut env = BTreeMap::new();
        env.insert("PATH".to_owned(), std::env::var("PATH").unwrap());
        Self {
            wrapper: Vec::new(),
            args: args.map(str::to_owned).to_vec(),
            command: None,
            env,
            input: String::new(),
            on_a_terminal: false,
            workspace: Workspace::new(),
        }
    }

    fn of_role(subcommand: &str, database: &Database) -> Self {
        Self::bare([subcommand])
            .env("BELLWETHER_DATABASE_URL", database.url())
            .env("BELLWETHER_RELEASE", "r1")
            .env("BELLWETHER_APP", &format!("the-{subcommand}-app"))
            .env("BELLWETHER_LEASE", "12s")
            .env("BELLWETHER_KILL_AFTER", "100ms")
            .env("BELLWETHER_POLL_INTERVAL", "100ms")
            .env("BELLWETHER_TIMEOUT", "50s")
    }

    pub(crate) fn lead(database: &Database) -> Self {
        Self::of_role("lead", database)
    }

    pub(crate) fn follow(database: &Database) -> Self {
        Self::of_role("follow", database)
    }

    pub(crate) fn release(database: &Database) -> Self {
        Self::of_role("release", database)
    }

    pub(crate) fn status(database: &Database) -> Self {
        Self::bare(["status"]).env("BELLWETHER_DATABASE_URL", database.url())
    }

    pub(crate) fn migrations(database: &Database) -> Self {
        Self::bare(["migrations"]).env("BELLWETHER_DATABASE_URL", database.url())
    }

    pub(crate) fn setup(database: &Database) -> Self {
        Self::bare(["setup"]).env("BELLWETHER_DATABASE_URL", database.url())
    }

    /// With a lease that runs out soon. A busy machine may cost it, so only for tests of what then happens.
    pub(crate) fn hasty(self) -> Self {
        self.env("BELLWETHER_LEASE", "4200ms")
    }

    /// With a grace in which a busy machine, too, can run a trap of the command's.
    pub(crate) fn patient(self) -> Self {
        self.env("BELLWETHER_KILL_AFTER", "10s").env("BELLWETHER_LEASE", "24s")
    }

    pub(crate) fn args<const N: usize>(mut self, args: [&str; N]) -> Self {
        self.args.extend(args.map(str::to_owned));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.env.remove(name);
        self
    }

    /// The command after `--`.
    pub(crate) fn command<const N: usize>(mut self, command: [&str; N]) -> Self {
        self.command = Some(command.map(str::to_owned).to_vec());
        self
    }

    /// The command is this shell script.
    pub(crate) fn sh(self, script: &str) -> Self {
        self.command(["sh", "-c", script])
    }

    pub(crate) fn in_workspace(mut self, workspace: &Workspace) -> Self {
        self.workspace = workspace.clone();
        self
    }

    /// Starts the program by way of another one, such as `nohup`.
    pub(crate) fn through<const N: usize>(mut self, wrapper: [&str; N]) -> Self {
        self.wrapper = wrapper.map(str::to_owned).to_vec();
        self
    }

    /// What the program finds on its standard input.
    pub(crate) fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    /// The words of the whole command line.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = self.wrapper.clone();
        words.push(env!("CARGO_BIN_EXE_bellwether").to_owned());
        words.extend(self.args.iter().cloned());
        if let Some(command) = &self.command {
            words.push("--".to_owned());
            words.extend(command.iter().cloned());
        }
        words
    }

    /// Runs it under a pseudo-terminal, on which its two streams are one: stdout here.
    pub(crate) fn on_a_terminal(mut self) -> Self {
        self.on_a_terminal = true;
        self
    }

    fn prepared(&self) -> Command {
        let mut words = self.words();
        if self.on_a_terminal {
            let line = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            words = ["script", "-qec", &line, "/dev/null"].map(str::to_owned).into();
        }
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .env_clear()
            .env("HOME", self.workspace.path())
            .envs(&self.env)
            .current_dir(self.workspace.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    #[track_caller]
    pub(crate) fn spawn(self) -> Running {
        Running::start(self.prepared(), &self.input, self.words().join(" "), self.workspace)
    }

    /// Spawned, and known to wait.
    #[track_caller]
    pub(crate) fn waiting(self) -> Running {
        let running = self.args(["--log-format", "json"]).spawn();
        running.wait_for_event(WAITING);
        running
    }

    /// Spawned in this workspace, with a command that has told that it started.
    #[track_caller]
    pub(crate) fn started(self, workspace: &Workspace) -> Running {
        let running = self.in_workspace(workspace).spawn();
        workspace.wait_for("started");
        running
    }

    #[track_caller]
    pub(crate) fn run(self) -> Outcome {
        self.spawn().wait()
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// What `scripts/frameworks` has put there, by the variable that says where.
pub(crate) fn installed(variable: &str) -> String {
    let script = if variable.contains("_MORE_") { "test-frameworks" } else { "test" };
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run the tests with scripts/{script}"))
}

/// A claim of the store, of which only this much matters.
pub(crate) fn new_run(fleet: &str, release: &str, holder: &str) -> NewRun {
    NewRun {
        fleet: fleet.to_owned(),
        release: release.to_owned(),
        release_source: "the test".to_owned(),
        lease: Duration::from_mins(1),
        holder: holder.to_owned(),
        app: "app".to_owned(),
        instance: "instance".to_owned(),
        command_digest: "digest".to_owned(),
    }
}
