//! bellwether: one app migrates, the others wait.
//!
//! ```text
//!                       main ──► run
//!                                 │
//!      cli ◄── settings ◄── command/{lead, follow, status, setup}
//!                 │               │         │          │
//!              identity   gate ► store/   supervise/  report/   (these three do not know each other)
//!                 │               │         │          │
//!                 └───────────────┴► protocol/ ◄───────┘        (pure: no database, process, environment or clock)
//! ```
//!
//! `protocol` is the program's thought; `store`, `supervise` and `report` are its hands; `command` joins them. `cli`
//! only describes flags, `settings` checks them together with the environment, and `identity` finds out what is being
//! deployed and where. `gate` reads the migration frameworks' own tables through the store. A test holds the arrows.

mod cli;
mod clock;
mod command;
mod environment;
mod error;
mod exit;
pub mod gate;
mod identity;
pub mod protocol;
mod report;
mod secrets;
mod settings;
pub mod store;
mod supervise;
mod words;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::{Cli, Command, RunOptions};
use crate::command::Context;
use crate::environment::Environment;
use crate::error::Error;
use crate::protocol::Role;
use crate::report::{Event, Reporter};
use crate::secrets::Secrets;

/// Runs the program with these arguments, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let env = Environment::capture();
    ExitCode::from(match Cli::try_parse_from(&arguments) {
        Ok(cli) => dispatch(cli.command, env),
        Err(error) => misused(&error, &arguments, &env),
    })
}

fn dispatch(command: Command, env: Environment) -> u8 {
    match command {
        Command::Release(args) => {
            let choice = settings::choose_role(args.role.as_deref(), &env);
            coordinate(env, choice, &args.options, &args.argv, &[])
        }
        Command::Lead(args) => coordinate(env, Ok(named(Role::Leader, "lead")), &args.options, &args.argv, &[]),
        Command::Follow(args) => coordinate(env, Ok(named(Role::Follower, "follow")), &args.options, &[], &args.probe),
        Command::Status(args) => asked(env, async |context| command::status(context, &args).await),
        Command::Migrations(args) => asked(env, async |context| command::migrations(context, &args).await),
        Command::Setup(args) => asked(env, async |context| command::setup(context, &args).await),
        Command::InternalExec { argv } => {
            supervise::become_command(&argv).err().map_or(exit::UNABLE, |error| error.code)
        }
        Command::InternalGuard => match block_on(supervise::guard::run()) {
            Ok(Ok(())) => exit::GO,
            _ => exit::UNABLE,
        },
    }
}

/// A role that the command names itself.
fn named(role: Role, command: &str) -> settings::Choice {
    settings::Choice { role, reason: format!("the command is `bellwether {command}`"), warning: None }
}

/// `release`, `lead` and `follow`.
fn coordinate(
    env: Environment,
    choice: Result<settings::Choice, String>,
    options: &RunOptions,
    argv: &[OsString],
    probe: &[OsString],
) -> u8 {
    let json = settings::log_is_json(options, &env);
    let reporter = Reporter::start(*json.as_ref().unwrap_or(&false));
    let context = Context { env, reporter };
    let role = choice.as_ref().ok().map(|choice| choice.role);
    let outcome = settings::skip(&context.env).and_then(|skip| {
        if skip {
            context.reporter.say(&Event::Skipped);
            return Ok(exit::GO);
        }
        json?;
        let choice = choice.map_err(Error::Usage)?;
        let role = choice.role;
        context.reporter.say(&Event::Role { role: choice.role, reason: choice.reason });
        if let Some(text) = choice.warning {
            context.reporter.say(&Event::Warning { text });
        }
        let settings = settings::Run::resolve(role, options, probe, &context.env)?;
        block_on(command::run(&context, role, &settings, argv))
    });
    finish(context, role, outcome)
}

/// `status`, `migrations` and `setup`.
fn asked(env: Environment, command: impl AsyncFnOnce(&Context) -> Result<u8, Error>) -> u8 {
    let context = Context { env, reporter: Reporter::start(false) };
    let outcome = block_on(command(&context)).and_then(|outcome| outcome);
    finish(context, None, outcome)
}

fn finish(context: Context, role: Option<Role>, outcome: Result<u8, Error>) -> u8 {
    let code = outcome.unwrap_or_else(|error| {
        let secrets = Secrets::default();
        context.reporter.say(&Event::Ended {
            role,
            exit_code: error.exit_code(),
            fleet: None,
            release: None,
            run: None,
            what: secrets.mask(&error.to_string()),
            next: error.advice().unwrap_or_default().to_owned(),
        });
        error.exit_code()
    });
    context.reporter.finish();
    code
}

/// One thread is enough: nothing here needs two cores.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::System { doing: "start the runtime", source })?;
    let output = runtime.block_on(future);
    // A name look-up that hangs must not hold us.
    runtime.shutdown_background();
    Ok(output)
}

/// Help and version go to standard output; a misuse goes to standard error, without secrets, its reason last. The
/// operator's emergency exit is open even then.
fn misused(error: &clap::Error, arguments: &[OsString], env: &Environment) -> u8 {
    let text = Secrets::default().mask(&error.render().to_string());
    if !error.use_stderr() {
        // A reader that goes away is no error.
        let _ = std::io::stdout().write_all(text.as_bytes());
        return exit::GO;
    }
    let reporter = Reporter::start(env.get("BELLWETHER_LOG_FORMAT") == Some("json"));
    let skippable = ["release", "lead", "follow"].map(OsString::from);
    let code =
        if arguments.get(1).is_some_and(|first| skippable.contains(first)) && matches!(settings::skip(env), Ok(true)) {
            reporter.say(&Event::Skipped);
            exit::GO
        } else {
            reporter.say(&misuse(error, &text));
            exit::USAGE
        };
    reporter.finish();
    code
}

fn misuse(error: &clap::Error, text: &str) -> Event {
    let what = if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = std::io::stderr().write_all(text.as_bytes());
        "no command given".to_owned()
    } else {
        // What was wrong, without clap's usage and its advice to pass a slip of the pen as a part of the command.
        let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
        let lines =
            lines.filter(|line| !line.is_empty() && !line.contains("as a value") && !line.contains("try '--help'"));
        lines.collect::<Vec<_>>().join(" ").trim_start_matches("error: ").to_owned()
    };
    let next = match error.kind() {
        ErrorKind::UnknownArgument | ErrorKind::MissingRequiredArgument => {
            "the command to run goes behind `--`; see `bellwether --help`"
        }
        _ => "see `bellwether --help`",
    };
    Event::Ended {
        role: None,
        exit_code: exit::USAGE,
        fleet: None,
        release: None,
        run: None,
        what,
        next: next.to_owned(),
    }
}
