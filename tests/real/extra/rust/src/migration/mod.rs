//! An app's migrations; the test puts these files where an app has them.

mod m20240101_000001_a;
mod m20240102_000001_b;
mod m20240103_000001_c;

use sea_orm_migration::prelude::*;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20240101_000001_a::Migration),
            Box::new(m20240102_000001_b::Migration),
            Box::new(m20240103_000001_c::Migration),
        ]
    }
}
