//! A storm: random deploys with the real program on real databases, while processes are killed, told to stop and
//! frozen, servers crash and the ways to them are cut. Afterwards the log of the commands, the table and the exit codes
//! must show that every promise was kept.
//!
//! A short one is part of every test run; `scripts/storm SECONDS SEED` runs a long one. The seed gives the same plan
//! again, not the same luck: what meets what is also up to the machine.

mod check;
mod plan;
mod world;

use self::plan::FLEETS;
use self::world::World;
use crate::support::databases::Db;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

#[test]
fn on_sqlite() {
    storm("SQLite", Db::Sqlite);
}

#[test]
fn on_postgres() {
    storm("PostgreSQL", Db::Postgres);
}

#[test]
fn on_mysql() {
    storm("MariaDB", Db::MySql);
}

fn storm(name: &str, db: Db) {
    let seed = number("BELLWETHER_STORM_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    let length = Duration::from_secs(number("BELLWETHER_STORM_SECONDS").unwrap_or(20));
    let mut world = World::new(db);
    world.live(plan::plan(seed, length, db != Db::Sqlite));
    check::leftovers(&world);
    let mut verdict = check::check(&world);
    verdict.violations.extend((0..FLEETS).filter_map(|fleet| world.calm(fleet).err()));
    let report = report(name, seed, length, &world, &verdict);
    // Past the capture of the test harness: the figures are the point.
    let _ = std::io::stderr().write_all(report.as_bytes());
    assert!(verdict.violations.is_empty(), "{report}\n{}", verdict.violations.join("\n"));
}

fn report(name: &str, seed: u64, length: Duration, world: &World, verdict: &check::Verdict) -> String {
    let mut codes: BTreeMap<(&str, i32), u32> = BTreeMap::new();
    for process in &world.processes {
        let role = if process.start.command.is_some() { "leaders" } else { "followers" };
        *codes.entry((role, process.ended.map_or(-1, |(code, _)| code))).or_default() += 1;
    }
    let mut text = format!(
        "storm on {name}, seed {seed}, {length:?}: {} deploys, {} processes, {} commands, {} violations, \
         {} overlaps with a frozen machine (declared)\n ",
        world.deploys,
        world.processes.len(),
        verdict.commands,
        verdict.violations.len(),
        verdict.declared
    );
    for (fault, count) in &world.faults {
        let _ = write!(text, " {fault:?} {count}");
    }
    for role in ["leaders", "followers"] {
        let _ = write!(text, "\n  {role} by exit code:");
        for ((_, code), count) in codes.iter().filter(|((of, _), _)| *of == role) {
            let _ = write!(text, " {code}: {count}");
        }
    }
    text + "\n"
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().filter(|text| !text.is_empty()).map(|text| text.parse().unwrap())
}
