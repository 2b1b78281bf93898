//! The name of the runs table.

use super::url::Dialect;

/// Longer names would not leave room for the names of the indexes within PostgreSQL's 63 bytes.
const LONGEST: usize = 48;

/// The runs table, perhaps in a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    schema: Option<String>,
    name: String,
}

/// A name that is none. The text says what one looks like.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a table name; write `table` or `schema.table`, each of letters, digits and `_`, not beginning with \
     a digit, at most {LONGEST} characters"
)]
pub struct BadTableName(String);

impl Default for Table {
    fn default() -> Self {
        Self { schema: None, name: "bellwether_runs".to_owned() }
    }
}

impl Table {
    /// Reads `table` or `schema.table`.
    pub fn parse(text: &str) -> Result<Self, BadTableName> {
        let (schema, name) = match text.split_once('.') {
            Some((schema, name)) => (Some(schema), name),
            None => (None, text),
        };
        if schema.into_iter().chain([name]).all(is_identifier) {
            Ok(Self { schema: schema.map(str::to_owned), name: name.to_owned() })
        } else {
            Err(BadTableName(text.to_owned()))
        }
    }

    /// The name as statements write it.
    pub(super) fn quoted(&self, dialect: Dialect) -> String {
        let parts = self.schema.iter().chain([&self.name]);
        parts.map(|part| quote(dialect, part)).collect::<Vec<_>>().join(".")
    }

    /// The quoted name of one of its indexes, which lives in the table's schema without saying so.
    pub(super) fn index(&self, dialect: Dialect, purpose: &str) -> String {
        quote(dialect, &format!("{}_{purpose}", self.name))
    }

    /// Whether a schema is named; SQLite has none.
    pub fn names_a_schema(&self) -> bool {
        self.schema.is_some()
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

fn quote(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::MySql => format!("`{name}`"),
        Dialect::Postgres | Dialect::Sqlite => format!("\"{name}\""),
    }
}

fn is_identifier(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !text.is_empty()
        && text.len() <= LONGEST
        && text.chars().all(word)
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_with_one_dot_at_most() {
        for good in ["bellwether_runs", "ops.runs", "_a1"] {
            assert_eq!(Table::parse(good).map(|table| table.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "a.b.c", "a b", "a;drop", "1a", ".a", "a.", "a\"b", &"x".repeat(49)] {
            assert!(Table::parse(bad).is_err(), "{bad}");
        }
    }
}
