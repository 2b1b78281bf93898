//! What the database says: the framework's own table, found through the catalogue and read as records.

use std::time::Duration;

use super::presets::{Applied, Digest, Preset, RowState, Rule, all};
use crate::store::url::{Dialect, Location};
use crate::store::{Class, Column, Found, Store, StoreError};

/// Where a framework's table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// Its schema, if that is named.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
}

/// A row, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The app or module.
    pub scope: Option<String>,
    /// What its migration is found by, made comparable; empty where the row has none.
    pub id: String,
    /// What it says.
    pub state: RowState,
    /// The digest that it holds.
    pub checksum: Option<String>,
    /// The columns that only this framework has, in the order of [`Preset::columns`].
    pub more: Vec<Option<String>>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The rows; none if there is no table.
    pub records: Vec<Record>,
    /// Whether there is a table.
    pub has_table: bool,
    /// What the user should know about where it was found.
    pub warnings: Vec<String>,
}

/// Why the table could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// It is another framework's.
    #[error("{0}")]
    Shape(String),
    /// The database does not answer, or refuses.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl TableName {
    /// Reads `table` or `schema.table`. The error says how to write it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('.').collect();
        let quoted = text.contains(['"', '`']);
        match parts.as_slice() {
            [name] if !name.is_empty() && !quoted => Ok(Self { schema: None, name: (*name).to_owned() }),
            [schema, name] if !schema.is_empty() && !name.is_empty() && !quoted => {
                Ok(Self { schema: Some((*schema).to_owned()), name: (*name).to_owned() })
            }
            _ => Err("write `table` or `schema.table`, without quotes".into()),
        }
    }

    /// The table that a framework makes by itself in such a database. A schema of its own is PostgreSQL's only.
    pub fn of(preset: &Preset, location: &Location) -> Self {
        let named = location.schema().filter(|_| preset.schema_in_url).or(preset.schema);
        let schema = named.filter(|_| location.dialect() == Dialect::Postgres).map(str::to_owned);
        Self { schema, name: preset.table.to_owned() }
    }
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Reads a framework's table. A missing one has no rows.
pub async fn read(store: &mut Store, limit: Duration, preset: &Preset, wanted: &TableName) -> Result<Rows, TableError> {
    let schema = wanted.schema.as_deref();
    let found = store.find_tables(limit, schema, &wanted.name).await?;
    let is_meant = |table: &&Found| match (schema, &table.schema) {
        (Some(wanted), Some(schema)) => wanted.eq_ignore_ascii_case(schema),
        _ => table.on_path,
    };
    let Some(table) = found.iter().find(is_meant) else {
        return missing(store, limit, schema, wanted, &found).await;
    };
    if !preset.fits(&table.columns) {
        return Err(TableError::Shape(misfit(preset, table, wanted)));
    }
    let mut columns = preset.columns();
    // From 1.0 on Drizzle's rows have names as well.
    if preset.rule == Rule::Drizzle && table.has("name") {
        columns.push("name");
    }
    let as_written: Vec<_> = columns.iter().map(|name| column(preset, name, table)).collect();
    match store.read_table(limit, table, &as_written).await {
        Ok(rows) => {
            let records = newest_only(preset, rows.into_iter().map(|row| record(preset, row)).collect());
            Ok(Rows { records, has_table: true, warnings: Vec::new() })
        }
        // It was dropped in this moment.
        Err(error) if error.class == Class::NoTable => Ok(Rows::default()),
        Err(error) => Err(error.into()),
    }
}

async fn missing(
    store: &mut Store,
    limit: Duration,
    schema: Option<&str>,
    wanted: &TableName,
    found: &[Found],
) -> Result<Rows, TableError> {
    match store.probe_table(limit, schema, &wanted.name).await {
        Err(error) if error.class == Class::Refused && !store.has_schemas() => return Err(error.into()),
        _ => {}
    }
    let elsewhere: Vec<_> = found.iter().filter_map(|table| table.schema.as_deref()).collect();
    let warnings = if elsewhere.is_empty() {
        Vec::new()
    } else {
        vec![format!(
            "there is no table `{wanted}` where it is looked for, but a `{}` in the schema `{}`; if one of these is meant, \
             name it: `--migrations-table {}.{}`",
            wanted.name,
            elsewhere.join("`, `"),
            elsewhere[0],
            wanted.name
        )]
    };
    Ok(Rows { warnings, ..Rows::default() })
}

/// The table's own spelling of a column.
fn column<'t>(preset: &Preset, name: &'t str, table: &'t Found) -> Column<'t> {
    let spelled = table.columns.iter().find(|column| column.eq_ignore_ascii_case(name)).map_or(name, String::as_str);
    let is_bytes = preset.checksum.is_some_and(|checksum| checksum.column == name && checksum.kind == Digest::Sha384);
    if is_bytes { Column::Hex(spelled) } else { Column::Text(spelled) }
}

fn misfit(preset: &Preset, table: &Found, wanted: &TableName) -> String {
    let has = table.columns.join("`, `");
    let likely: Vec<_> = all()
        .filter(|other| other.table.eq_ignore_ascii_case(&wanted.name) && other.fits(&table.columns))
        .map(|other| other.title)
        .collect();
    let looks =
        if likely.is_empty() { String::new() } else { format!(" and looks like that of {}", likely.join(" or ")) };
    format!(
        "the table `{wanted}` is not that of {}: it has the columns `{has}`{looks}; name the framework's own table with \
         `--migrations-table`, or another framework with `--migrations`",
        preset.title
    )
}

fn record(preset: &Preset, row: Vec<Option<String>>) -> Record {
    let mut cells = row.into_iter();
    let scope = preset.scope.and_then(|_| cells.next().flatten());
    let id = cells.next().flatten();
    let said: Vec<_> = cells.by_ref().take(preset.applied.columns().len()).collect();
    let checksum = preset.checksum.and_then(|_| cells.next().flatten()).map(|digest| digest.to_lowercase());
    let state = state(preset.applied, &said);
    let mut more = if let Applied::Newest { .. } = preset.applied { said } else { Vec::new() };
    more.extend(cells);
    Record { scope, id: id.map(|id| key(preset, &id)).unwrap_or_default(), state, checksum, more }
}

fn key(preset: &Preset, id: &str) -> String {
    let ending = preset.row_endings.iter().find(|ending| id.ends_with(*ending));
    preset.key.of(ending.map_or(id, |ending| &id[..id.len() - ending.len()]))
}

fn state(applied: Applied, said: &[Option<String>]) -> RowState {
    let is_set = |index: usize| said.get(index).is_some_and(Option::is_some);
    let is_true = |index: usize| said.get(index).and_then(Option::as_deref).is_some_and(truth);
    match applied {
        Applied::Row => RowState::Applied,
        Applied::True { otherwise, .. } => {
            if is_true(0) {
                RowState::Applied
            } else {
                otherwise
            }
        }
        Applied::Clean { .. } => {
            if is_true(0) {
                RowState::Unfinished
            } else {
                RowState::Applied
            }
        }
        Applied::Newest { .. } => {
            if is_true(1) {
                RowState::Applied
            } else {
                RowState::Void
            }
        }
        Applied::Ended { .. } => match (is_set(0), is_set(1), is_set(2)) {
            (_, true, _) => RowState::Void,
            (true, false, _) => RowState::Applied,
            (false, false, true) => RowState::Failed,
            (false, false, false) => RowState::Unfinished,
        },
    }
}

/// A boolean as the databases write it.
fn truth(text: &str) -> bool {
    matches!(text, "true" | "t" | "1" | "\u{1}" | "TRUE")
}

/// Where the newest row of a migration decides, the older ones say nothing.
fn newest_only(preset: &Preset, mut records: Vec<Record>) -> Vec<Record> {
    if let Applied::Newest { .. } = preset.applied {
        let order = |record: &Record| {
            let number = record.more.first().cloned().flatten().and_then(|text| text.parse::<i64>().ok());
            (record.id.clone(), std::cmp::Reverse(number))
        };
        records.sort_by_key(order);
        records.dedup_by(|older, newer| older.id == newer.id);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::presets::find;

    fn row<const N: usize>(cells: [Option<&str>; N]) -> Vec<Option<String>> {
        cells.map(|cell| cell.map(str::to_owned)).to_vec()
    }

    #[test]
    fn numbers_are_numbers_whatever_the_column_holds() {
        let rails = find("rails").expect("a framework");
        let record = record(rails, row([Some("0020240101")]));
        assert_eq!((record.id.as_str(), record.state), ("20240101", RowState::Applied));
    }

    #[test]
    fn a_flag_is_read_in_every_databases_words() {
        let sqlx = find("sqlx").expect("a framework");
        for (word, state) in [
            ("true", RowState::Applied),
            ("1", RowState::Applied),
            ("false", RowState::Unfinished),
            ("0", RowState::Unfinished),
        ] {
            let record = record(sqlx, row([Some("1"), Some(word), Some("AB")]));
            assert_eq!((record.state, record.checksum.as_deref()), (state, Some("ab")), "{word}");
        }
    }

    #[test]
    fn a_table_name_may_have_a_schema() {
        for (text, schema) in [("ops.runs", Some("ops")), ("SequelizeMeta", None), ("my-runs", None)] {
            let table = TableName::parse(text).expect(text);
            assert_eq!((table.schema.as_deref(), table.to_string().as_str()), (schema, text));
        }
        for text in ["", ".runs", "ops.", "a.b.c", "\"ops\".\"runs\""] {
            assert!(TableName::parse(text).is_err(), "{text}");
        }
    }
}
