//! The frameworks that only `scripts/test-frameworks` installs.

mod node;
mod others;
mod rust;

/// Two migrations in SQL, and one that fails until the test has mended it.
const TABLES: [&str; 2] = ["CREATE TABLE a (id int);\n", "CREATE TABLE b (id int);\n"];
const INTO_MENDED: &str = "INSERT INTO mended VALUES (1);\n";
