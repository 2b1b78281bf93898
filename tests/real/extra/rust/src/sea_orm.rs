//! SeaORM's migrator.

use crate::migration::Migrator;
use crate::{Outcome, show};
use sea_orm_migration::MigratorTrait;
use sea_orm_migration::sea_orm::Database;

#[tokio::main(flavor = "current_thread")]
pub async fn act(url: &str, action: &str) -> Outcome {
    let connection = Database::connect(url).await?;
    match action {
        "status" => {
            let pending = Migrator::get_pending_migrations(&connection).await?;
            let pending: Vec<_> = pending.iter().map(|migration| migration.name().to_owned()).collect();
            for migration in Migrator::migrations() {
                let name = migration.name().to_owned();
                show(&name, !pending.contains(&name));
            }
        }
        "one" => Migrator::up(&connection, Some(1)).await?,
        "all" => Migrator::up(&connection, None).await?,
        _ => Migrator::down(&connection, Some(1)).await?,
    }
    Ok(())
}
