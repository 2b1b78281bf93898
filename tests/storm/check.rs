//! Whether the promises were kept: decided by the log of the commands, the table and the exit codes.

use super::plan::Kind;
use super::world::{Process, World};
use crate::support::databases::Db;
use crate::support::processes::eventually;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a run of the table says.
pub(super) struct Row {
    pub(super) id: i64,
    fleet: String,
    release: String,
    state: String,
    active: bool,
    app: String,
    /// In nanoseconds of the wall clock, cut to milliseconds.
    ended: u128,
}

/// What the commands of the runs wrote.
#[derive(Default)]
struct Log {
    /// The app and the time of every beginning of a run's command.
    begun: BTreeMap<i64, Vec<(String, u128)>>,
    /// The code with which a run's command ended by itself.
    ended: BTreeMap<i64, i32>,
    /// The run that began while something of another one was alive, that other one, and when.
    overlaps: Vec<(i64, i64, u128)>,
}

#[derive(Default)]
pub(super) struct Verdict {
    pub(super) commands: usize,
    /// Overlaps with a command whose whole machine was frozen: declared, and counted apart.
    pub(super) declared: usize,
    pub(super) violations: Vec<String>,
}

/// How long a command that was frozen with its guard may live on after it wakes.
const WAKING: u128 = 1_500_000_000;
/// One attempt, the last read, and a busy machine.
const P3_SLACK: Duration = Duration::from_secs(5 + 3 + 6);

pub(super) fn check(world: &World) -> Verdict {
    let rows = rows(world);
    let log = read_log(&world.workspace.read("log"));
    let mut verdict = Verdict { commands: log.begun.len(), ..Verdict::default() };
    one_leader(world, &rows, &log, &mut verdict);
    outcomes(&rows, &log, &mut verdict.violations);
    for process in &world.processes {
        let before = verdict.violations.len();
        let is_twin = |other: &&Process| other.start.command == process.start.command;
        let twins: Vec<&str> = world.processes.iter().filter(is_twin).map(|other| other.app.as_str()).collect();
        ending(process, &rows, &twins, &mut verdict.violations);
        if verdict.violations.len() > before {
            verdict.violations.push(process.running.so_far().to_string());
        }
    }
    verdict
}

/// P1: no command began while anything of another one was alive, and the table never held two active runs of a fleet.
fn one_leader(world: &World, rows: &[Row], log: &Log, verdict: &mut Verdict) {
    for (run, holder, at) in &log.overlaps {
        let app = log.begun.get(holder).and_then(|begun| begun.first()).map(|(app, _)| app);
        let process = world.processes.iter().find(|process| Some(&process.app) == app);
        let pauses = process.map(|process| process.paused.as_slice()).unwrap_or_default();
        if pauses.iter().any(|(from, to)| from <= at && *at <= to.saturating_add(WAKING)) {
            verdict.declared += 1;
        } else {
            verdict.violations.push(format!("P1: run {run} began at {at} beside run {holder} of {app:?}"));
        }
    }
    let mut active: Vec<&str> = rows.iter().filter(|row| row.active).map(|row| row.fleet.as_str()).collect();
    active.sort_unstable();
    let fleets = active.len();
    active.dedup();
    if active.len() < fleets {
        verdict.violations.push("P1: the table holds two active runs of a fleet".to_owned());
    }
}

/// Every recorded success is the success of a command that ran once, under its own run, to its own end.
fn outcomes(rows: &[Row], log: &Log, violations: &mut Vec<String>) {
    for row in rows.iter().filter(|row| row.state == "succeeded") {
        if log.ended.get(&row.id) != Some(&0) {
            violations.push(format!("P5: run {} is recorded as succeeded, its command did not", row.id));
        }
    }
    for (run, begun) in &log.begun {
        let row = rows.iter().find(|row| row.id == *run);
        let [(app, _)] = begun.as_slice() else {
            violations.push(format!("P1: the command of run {run} began {} times", begun.len()));
            continue;
        };
        if row.is_none_or(|row| row.app != *app) {
            violations.push(format!("P1: run {run} of {app} has another row, or none"));
        }
    }
}

/// P2, P3, P5 and P8, by one process's exit code. Its twins are the apps that run the same command.
fn ending(process: &Process, rows: &[Row], twins: &[&str], violations: &mut Vec<String>) {
    let Process { app, start, .. } = process;
    let Some((code, ended)) = process.ended else {
        violations.push(format!("P3: {app} has not ended"));
        return;
    };
    let successes = || {
        let ours = |row: &&Row| row.fleet == process.fleet && row.release == start.release;
        rows.iter().filter(ours).filter(|row| row.state == "succeeded")
    };
    let mut violate = |promise: &str| {
        violations.push(format!("{promise}: {app} of {}, timeout {:?}, exited {code}", start.release, start.timeout));
    };
    match &start.command {
        None => {
            if code == 0 && !successes().any(|row| row.ended <= ended) {
                violate("P2: no success of its release was recorded before");
            }
            if process.took > start.timeout + process.frozen + P3_SLACK {
                violate(&format!("P3: it took {:?}", process.took));
            }
            if matches!(code, 120..=122) && successes().any(|row| row.ended + 1_000_000 < process.started) {
                violate("P8: its release had succeeded before it started");
            }
        }
        Some((kind, _)) => {
            let own = || rows.iter().filter(|row| row.app == *app);
            let shared = successes().any(|row| row.ended > process.started && twins.contains(&row.app.as_str()));
            if code == 0 && !own().any(|row| row.state == "succeeded") && (own().count() > 0 || !shared) {
                violate("P5: its success is not stored");
            }
            if own().any(|row| row.active) && !process.signalled && code != 125 {
                violate("P5: it left its run active");
            }
            if code == 0 && matches!(kind, Kind::Fail | Kind::Hang | Kind::Stubborn | Kind::Missing) {
                violate("P5: its command cannot succeed");
            }
        }
    }
    let ours = [0, 3, 9, 120, 121, 122, 124, 125, 127, 128 + 9, 128 + 15];
    if !ours.contains(&code) {
        violate("the exit code is none of the documented ones");
    }
}

/// Nothing of any command is alive once all leaders have ended.
pub(super) fn leftovers(world: &World) {
    eventually("nothing of a command is left", || world.alive().is_empty());
}

fn read_log(text: &str) -> Log {
    let mut log = Log::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["begin", run, app, at] => {
                let begun = (app.to_string(), at.parse().unwrap());
                log.begun.entry(run.parse().unwrap()).or_default().push(begun);
            }
            ["end", run, code, _] => drop(log.ended.insert(run.parse().unwrap(), code.parse().unwrap())),
            ["overlap", run, holder, at] => {
                log.overlaps.push((run.parse().unwrap(), holder.parse().unwrap_or(0), at.parse().unwrap()));
            }
            _ => panic!("a line of the log is torn: {line}"),
        }
    }
    log
}

pub(super) fn rows(world: &World) -> Vec<Row> {
    let ended = match world.database.db {
        Db::Sqlite => "CAST(unixepoch(ended_at, 'subsec') * 1000 AS INTEGER)",
        Db::Postgres => "floor(extract(epoch FROM ended_at) * 1000)::bigint",
        Db::MySql => "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ended_at) DIV 1000",
    };
    let sql = format!("SELECT id, fleet, release_id, state, active, app, {ended} FROM bellwether_runs ORDER BY id");
    let texts = world.database.try_rows(&sql).unwrap();
    texts
        .into_iter()
        .map(|texts| {
            let text = |index: usize| texts[index].clone().unwrap_or_default();
            Row {
                id: text(0).parse().unwrap(),
                fleet: text(1),
                release: text(2),
                state: text(3),
                active: texts[4].is_some(),
                app: text(5),
                ended: text(6).parse::<u128>().unwrap_or(0) * 1_000_000,
            }
        })
        .collect()
}
