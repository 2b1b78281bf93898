//! Diesel's, SeaORM's and refinery's own migrators in an app's folder: `FRAMEWORK status`, `one`, `all` or `down`.

mod migration;
mod sea_orm;

use diesel::migration::{Migration, MigrationSource};
use diesel::{Connection, SqliteConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use refinery::{Runner, Target, load_sql_migrations};
use std::error::Error;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let url = std::env::var("DATABASE_URL")?;
    match words[0].as_str() {
        "diesel" => diesel(&url, &words[1]),
        "refinery" => refinery(&url, &words[1]),
        _ => sea_orm::act(&url, &words[1]),
    }
}

fn show(name: &str, applied: bool) {
    println!("{} {name}", if applied { "applied" } else { "pending" });
}

fn diesel(url: &str, action: &str) -> Outcome {
    let mut connection = SqliteConnection::establish(url.trim_start_matches("sqlite:"))?;
    let source = FileBasedMigrations::from_path("migrations")?;
    match action {
        "status" => {
            let pending = connection.pending_migrations(source.clone())?;
            let pending: Vec<_> = pending.iter().map(|migration| migration.name().to_string()).collect();
            let all: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> = source.migrations()?;
            for migration in all {
                let name = migration.name().to_string();
                show(&name, !pending.contains(&name));
            }
        }
        "one" => drop(connection.run_next_migration(source)?),
        "all" => drop(connection.run_pending_migrations(source)?),
        _ => drop(connection.revert_last_migration(source)?),
    }
    Ok(())
}

fn refinery(url: &str, action: &str) -> Outcome {
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    let migrations = load_sql_migrations("migrations")?;
    let runner = Runner::new(&migrations);
    match action {
        "status" => {
            // It asks only a table that is there.
            let has_table = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
            let has_table: bool = client.query_one(has_table, &[])?.get(0);
            let applied = if has_table { runner.get_applied_migrations(&mut client)? } else { Vec::new() };
            for migration in &migrations {
                let name = format!("V{}__{}", migration.version(), migration.name());
                show(&name, applied.iter().any(|done| done.version() == migration.version()));
            }
        }
        "one" => drop(runner.set_target(Target::Version(1)).run(&mut client)?),
        _ => drop(runner.run(&mut client)?),
    }
    Ok(())
}
