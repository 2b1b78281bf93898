//! Tables that are not ours: found in the catalogue, whatever their case and schema, and read as text.

use std::time::Duration;

use super::step::{Expect, Row, Value};
use super::url::Dialect;
use super::{Class, Store, StoreError};

/// A table that the catalogue shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its schema; SQLite has none.
    pub schema: Option<String>,
    /// Its name, in the catalogue's own case.
    pub name: String,
    /// Its columns, likewise.
    pub columns: Vec<String>,
    /// Whether its name alone would find it.
    pub on_path: bool,
}

impl Found {
    /// Whether it has this column, in whatever case.
    pub fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.eq_ignore_ascii_case(name))
    }
}

/// A column to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column<'a> {
    /// Its value as text.
    Text(&'a str),
    /// Its bytes as hexadecimal digits.
    Hex(&'a str),
}

impl Store {
    /// The tables of this name in whatever case, those that the name alone finds first. Without a schema only those of
    /// the current database are looked for. No database file is no table.
    pub async fn find_tables(
        &mut self,
        limit: Duration,
        schema: Option<&str>,
        name: &str,
    ) -> Result<Vec<Found>, StoreError> {
        let sql = match self.location.dialect() {
            Dialect::MySql => return self.find_in_mysql(limit, schema, name).await,
            Dialect::Postgres => {
                "SELECT n.nspname::text, c.relname::text, a.attname::text, \
                 coalesce(array_position(current_schemas(false), n.nspname), 0)::bigint AS place \
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
                 WHERE lower(c.relname::text) = lower(?) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
                 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY place, n.nspname, c.relname, a.attnum"
            }
            Dialect::Sqlite => {
                "SELECT NULL, m.name, p.name, 1 FROM sqlite_master m JOIN pragma_table_info(m.name) p \
                 WHERE lower(m.name) = lower(?) AND m.type IN ('table', 'view') ORDER BY m.name, p.cid"
            }
        };
        let step = self.statements.step(sql, [name.into()], Expect::Rows);
        let rows = match self.read(limit, step).await {
            Err(error) if error.class == Class::NoTable => Vec::new(),
            answer => answer?,
        };
        let mut found = grouped(&rows);
        // A name in just this case goes before its likes, and a schema that is not searched last.
        found.sort_by_key(|table| (!table.on_path, table.name != name));
        Ok(found)
    }

    /// MySQL's catalogue opens every table whose columns it might be asked for, so names are looked for first.
    async fn find_in_mysql(
        &mut self,
        limit: Duration,
        schema: Option<&str>,
        name: &str,
    ) -> Result<Vec<Found>, StoreError> {
        let place = if schema.is_some() { "?" } else { "database()" };
        let in_schema = |name: &str| -> Vec<Value> { schema.into_iter().chain([name]).map(Value::from).collect() };
        let names = format!(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = {place} \
             AND lower(table_name) = lower(?)"
        );
        let rows = self.read(limit, self.statements.step(&names, in_schema(name), Expect::Rows)).await?;
        let mut names: Vec<_> = rows.iter().filter_map(|row| row.text(0)).collect();
        names.sort_by_key(|found| found != name);
        let Some(found) = names.first() else { return Ok(Vec::new()) };
        let columns = format!(
            "SELECT table_schema, table_name, column_name, 1 FROM information_schema.columns \
             WHERE table_schema = {place} AND table_name = ?"
        );
        let rows = self.read(limit, self.statements.step(&columns, in_schema(found), Expect::Rows)).await?;
        Ok(grouped(&rows))
    }

    /// Fails where the table can't be read, with [`Class::NoTable`] where there is none. MySQL's catalogue hides a table
    /// from a role that has no right to it.
    pub async fn probe_table(&mut self, limit: Duration, schema: Option<&str>, name: &str) -> Result<(), StoreError> {
        let sql = format!("SELECT 1 FROM {} WHERE 1 = 0", self.quoted(schema, name));
        let step = self.statements.step(&sql, [], Expect::Rows);
        self.read(limit, step).await.map(|_| ())
    }

    /// All rows of the table: these columns.
    pub async fn read_table(
        &mut self,
        limit: Duration,
        table: &Found,
        columns: &[Column<'_>],
    ) -> Result<Vec<Vec<Option<String>>>, StoreError> {
        let dialect = self.location.dialect();
        let columns: Vec<_> = columns.iter().map(|column| expression(dialect, *column)).collect();
        let sql = format!("SELECT {} FROM {}", columns.join(", "), self.quoted(table.schema.as_deref(), &table.name));
        let step = self.statements.step(&sql, [], Expect::Rows);
        let rows = self.read(limit, step).await?;
        Ok(rows.iter().map(|row| (0..columns.len()).map(|index| row.text(index)).collect()).collect())
    }

    fn quoted(&self, schema: Option<&str>, name: &str) -> String {
        let parts = schema.into_iter().chain([name]);
        parts.map(|part| quote(self.location.dialect(), part)).collect::<Vec<_>>().join(".")
    }
}

fn grouped(rows: &[Row]) -> Vec<Found> {
    let mut tables: Vec<Found> = Vec::new();
    for row in rows {
        let (schema, Some(name), Some(column)) = (row.text(0), row.text(1), row.text(2)) else { continue };
        match tables.last_mut().filter(|table| table.schema == schema && table.name == name) {
            Some(table) => table.columns.push(column),
            None => tables.push(Found { schema, name, columns: vec![column], on_path: row.int(3) != Some(0) }),
        }
    }
    tables
}

fn expression(dialect: Dialect, column: Column<'_>) -> String {
    match (column, dialect) {
        (Column::Text(name), Dialect::Postgres) => format!("{}::text", quote(dialect, name)),
        (Column::Text(name), Dialect::MySql) => format!("CAST({} AS CHAR)", quote(dialect, name)),
        (Column::Text(name), Dialect::Sqlite) => format!("CAST({} AS TEXT)", quote(dialect, name)),
        (Column::Hex(name), Dialect::Postgres) => format!("encode({}, 'hex')", quote(dialect, name)),
        (Column::Hex(name), _) => format!("HEX({})", quote(dialect, name)),
    }
}

/// Quotes any name. A question mark would be taken for a value's place, and no framework has one in a name.
fn quote(dialect: Dialect, name: &str) -> String {
    let name = name.replace('?', "");
    match dialect {
        Dialect::MySql => format!("`{}`", name.replace('`', "``")),
        Dialect::Postgres | Dialect::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_is_quoted() {
        assert_eq!(quote(Dialect::Postgres, "a\"b"), "\"a\"\"b\"");
        assert_eq!(quote(Dialect::MySql, "a`b"), "`a``b`");
    }
}
