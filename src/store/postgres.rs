//! PostgreSQL, also behind a transaction pooler.

use sqlx::postgres::{PgConnectOptions, PgConnection, PgQueryResult, PgRow, PgSslMode};
use sqlx::{ConnectOptions, Postgres, Row, TypeInfo, ValueRef};

use super::encryption;
use super::failure::StoreError;
use super::step::{Cell, Driver};
use super::url::{Endpoint, Server, TlsMode};

pub(super) async fn connect(server: &Server) -> Result<PgConnection, StoreError> {
    encryption::check(server)?;
    // What the URL leaves out comes from libpq's variables (`PGUSER`, `PGPASSWORD`, …), but not from `~/.pgpass`.
    let mut options = PgConnectOptions::new_without_pgpass()
        .application_name(concat!("bellwether ", env!("CARGO_PKG_VERSION")))
        // PgBouncer refuses a startup parameter that its administrator has not allowed.
        .extra_float_digits(None)
        .statement_cache_capacity(0)
        .ssl_mode(ssl_mode(server.tls.mode));
    options = match &server.endpoint {
        Endpoint::Tcp { host, port } => options.host(host).port(*port),
        Endpoint::Socket { path, port } => options.socket(path).port(*port),
    };
    if let Some(user) = &server.user {
        options = options.username(user);
    }
    if let Some(password) = &server.password {
        options = options.password(password.reveal());
    }
    if let Some(database) = &server.database {
        options = options.database(database);
    }
    if let Some(file) = &server.tls.root_cert {
        options = options.ssl_root_cert(file);
    }
    if let (Some(certificate), Some(key)) = (&server.tls.client_cert, &server.tls.client_key) {
        options = options.ssl_client_cert(certificate).ssl_client_key(key);
    }
    options.connect().await.map_err(|error| encryption::explain(error, server))
}

fn ssl_mode(mode: TlsMode) -> PgSslMode {
    match mode {
        TlsMode::Disable => PgSslMode::Disable,
        TlsMode::Prefer => PgSslMode::Prefer,
        TlsMode::Require => PgSslMode::Require,
        TlsMode::VerifyCa => PgSslMode::VerifyCa,
        TlsMode::VerifyFull => PgSslMode::VerifyFull,
    }
}

impl Driver for Postgres {
    const PERSISTENT: bool = false;

    fn changed(result: &PgQueryResult) -> u64 {
        result.rows_affected()
    }

    fn cell(row: &PgRow, index: usize) -> Result<Cell, sqlx::Error> {
        let value = row.try_get_raw(index)?;
        if value.is_null() {
            return Ok(Cell::Null);
        }
        Ok(match value.type_info().name() {
            "INT8" => Cell::Int(row.try_get(index)?),
            "INT4" => Cell::Int(row.try_get::<i32, _>(index)?.into()),
            "INT2" => Cell::Int(row.try_get::<i16, _>(index)?.into()),
            _ => {
                let bytes = value.as_bytes().map_err(sqlx::Error::Decode)?;
                Cell::Text(String::from_utf8_lossy(bytes).into_owned())
            }
        })
    }
}
