//! Frameworks in Rust, by the program that `scripts/frameworks` builds of the folder `rust`.

use super::{INTO_MENDED, TABLES};
use crate::real::Framework;
use crate::support::databases::{Database, Db};

/// A program with drivers of all databases for all of them can't be linked.
#[test]
fn diesel_is_read_as_it_reads_itself() {
    let database = Db::Sqlite.fresh();
    let diesel = Framework::of(&database, "diesel", "extra/rust");
    let down = ["DROP TABLE a;\n", "DROP TABLE b;\n", "DELETE FROM mended;\n"];
    let up = [TABLES[0], TABLES[1], INTO_MENDED];
    for (name, (up, down)) in
        ["2024-01-01-000000_a", "2024-01-02-000000_b", "20240103000000_c"].into_iter().zip(up.into_iter().zip(down))
    {
        diesel.app.write(&format!("migrations/{name}/up.sql"), up);
        diesel.app.write(&format!("migrations/{name}/down.sql"), down);
    }
    diesel.lives();
}

#[test]
fn refinery_is_read_as_it_reads_itself() {
    let database = Db::Postgres.fresh();
    let refinery = Framework::of(&database, "refinery", "extra/rust");
    for (name, sql) in ["V1__a", "V2__b", "V10__c"].into_iter().zip([TABLES[0], TABLES[1], INTO_MENDED]) {
        refinery.app.write(&format!("migrations/{name}.sql"), sql);
    }
    refinery.lives_onwards();
}

fn sea_orm(database: &Database) {
    let sea_orm = Framework::of(database, "sea-orm", "extra/rust");
    for (name, text) in [
        ("m20240101_000001_a", include_str!("rust/src/migration/m20240101_000001_a.rs")),
        ("m20240102_000001_b", include_str!("rust/src/migration/m20240102_000001_b.rs")),
        ("m20240103_000001_c", include_str!("rust/src/migration/m20240103_000001_c.rs")),
        ("lib", include_str!("rust/src/migration/mod.rs")),
    ] {
        sea_orm.app.write(&format!("migration/src/{name}.rs"), text);
    }
    sea_orm.lives();
}

#[test]
fn sea_orm_is_read_as_it_reads_itself_on_postgres() {
    sea_orm(&Db::Postgres.fresh());
}

#[test]
fn sea_orm_is_read_as_it_reads_itself_on_mysql() {
    sea_orm(&Db::MySql.fresh());
}
