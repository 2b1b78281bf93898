//! `setup`: make the table, or print the SQL for somebody who may.

use std::time::Duration;

use super::Context;
use crate::cli::SetupArgs;
use crate::error::Error;
use crate::exit;
use crate::report::Event;
use crate::settings::Fleet;
use crate::store::Class;

/// One attempt, connect included.
const ATTEMPT: Duration = Duration::from_secs(10);

/// Makes the table where it is missing. Returns the exit code.
pub async fn setup(context: &Context, args: &SetupArgs) -> Result<u8, Error> {
    let fleet = Fleet::resolve(&args.fleet, &context.env)?;
    let mut store = fleet.store();
    if args.print {
        let statements = store.create_statements().into_iter().map(|statement| statement + ";\n");
        super::print(&statements.collect::<Vec<_>>().join("\n"))?;
        return Ok(exit::GO);
    }
    super::warn(context, &fleet.database.warnings);
    if let Err(source) = store.create(ATTEMPT).await {
        // A role that may not make it is content with one that is there.
        if source.class != Class::Refused || store.fleets(ATTEMPT).await.is_err() {
            return Err(Error::uncreated(&fleet.database.location, &fleet.table, source));
        }
    }
    store.disconnect().await;
    context.reporter.say(&Event::Ended {
        role: None,
        exit_code: exit::GO,
        fleet: Some(fleet.name),
        release: None,
        run: None,
        what: format!("the table {} is ready in {}", fleet.table, fleet.database.location),
        next: String::new(),
    });
    Ok(exit::GO)
}
