//! The migration gate: which frameworks, and in which database their tables are.

use super::database::Database;
use super::{Given, database};
use crate::cli::GateOptions;
use crate::environment::Environment;
use crate::error::Error;
use crate::gate::{self, Gate, TableName};
use crate::store::{Store, Table};

/// A gate, and where its tables are.
#[derive(Clone)]
pub struct Migrations {
    /// What this app ships.
    pub gate: Gate,
    /// The database of the frameworks' tables.
    pub database: Database,
}

impl Migrations {
    /// Checks what was said of the gate; nothing if no SPEC was given. The files are read here, before anything is done.
    pub fn resolve(options: &GateOptions, runs: Option<&String>, env: &Environment) -> Result<Option<Self>, Error> {
        let Some(gate) = load(options, env)? else { return Ok(None) };
        Ok(Some(Self { gate, database: find_database(options, runs, env)? }))
    }

    /// A store that reads there, not connected yet.
    pub fn store(&self) -> Store {
        Store::new(self.database.location.clone(), Table::default())
    }
}

/// What this app ships, by the SPECs that were given.
pub fn load(options: &GateOptions, env: &Environment) -> Result<Option<Gate>, Error> {
    let Some(given) = specs(options, env) else { return Ok(None) };
    if given.is_empty() {
        return Err(Error::Usage("`BELLWETHER_MIGRATIONS` names no SPEC; name one, or leave it empty".into()));
    }
    let mut specs = Vec::new();
    for given in &given {
        specs.push(gate::parse(&given.value).map_err(|why| given.refused(why))?);
    }
    let table = Given::find(options.migrations_table.as_ref(), "--migrations-table", env);
    let name =
        table.as_ref().map(|given| TableName::parse(&given.value).map_err(|why| given.refused(why))).transpose()?;
    let ahead = match Given::find(options.unknown_revision.as_ref(), "--unknown-revision", env) {
        None => false,
        Some(given) => match given.value.as_str() {
            "wait" => false,
            "ahead" => true,
            _ => return Err(given.refused("write `wait` or `ahead`")),
        },
    };
    let names: Vec<_> = given.iter().map(|given| given.value.as_str()).collect();
    let all = Given { name: given[0].name.clone(), value: names.join(",") };
    let gate = Gate::load(&specs, name.as_ref(), ahead, &env.working_directory).map_err(|why| all.refused(why))?;
    match table.filter(|_| gate.sources() > 1) {
        Some(given) => Err(given.refused("it can't be the table of several frameworks; compare one at a time")),
        None => Ok(Some(gate)),
    }
}

fn specs(options: &GateOptions, env: &Environment) -> Option<Vec<Given>> {
    const OPTION: &str = "--migrations";
    if !options.migrations.is_empty() {
        let given = |value: &String| Given { name: OPTION.into(), value: value.clone() };
        return Some(options.migrations.iter().map(given).collect());
    }
    let all = Given::find(None, OPTION, env)?;
    let words = all.value.split(',').map(str::trim).filter(|word| !word.is_empty());
    Some(words.map(|word| Given { name: all.name.clone(), value: word.to_owned() }).collect())
}

/// The app's own database goes before that of the runs: the framework's table is where the app's are.
fn find_database(options: &GateOptions, runs: Option<&String>, env: &Environment) -> Result<Database, Error> {
    let given = Given::find(options.migrations_database_url.as_ref(), "--migrations-database-url", env)
        .or_else(|| Given::variable(env, "DATABASE_URL"))
        .or_else(|| Given::find(runs, "--database-url", env));
    match given {
        Some(given) => database::own(&given, env).map_err(Error::Usage),
        None => database::resolve(None, env).map_err(Error::Usage),
    }
}
