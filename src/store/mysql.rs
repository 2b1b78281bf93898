//! MySQL and MariaDB.

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlQueryResult, MySqlRow, MySqlSslMode};
use sqlx::{ConnectOptions, MySql, Row, TypeInfo, ValueRef};

use super::encryption;
use super::failure::StoreError;
use super::step::{Cell, Driver};
use super::url::{Endpoint, Server, TlsMode};

pub(super) async fn connect(server: &Server) -> Result<MySqlConnection, StoreError> {
    encryption::check(server)?;
    let mut options = MySqlConnectOptions::new()
        // A proxy pins a session that sets its own SQL mode.
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .ssl_mode(ssl_mode(server.tls.mode));
    options = match &server.endpoint {
        Endpoint::Tcp { host, port } => options.host(host).port(*port),
        Endpoint::Socket { path, .. } => options.socket(path),
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
        options = options.ssl_ca(file);
    }
    if let (Some(certificate), Some(key)) = (&server.tls.client_cert, &server.tls.client_key) {
        options = options.ssl_client_cert(certificate).ssl_client_key(key);
    }
    options.connect().await.map_err(|error| encryption::explain(error, server))
}

fn ssl_mode(mode: TlsMode) -> MySqlSslMode {
    match mode {
        TlsMode::Disable => MySqlSslMode::Disabled,
        TlsMode::Prefer => MySqlSslMode::Preferred,
        TlsMode::Require => MySqlSslMode::Required,
        TlsMode::VerifyCa => MySqlSslMode::VerifyCa,
        TlsMode::VerifyFull => MySqlSslMode::VerifyIdentity,
    }
}

impl Driver for MySql {
    /// Unnamed statements cost this driver 44 ms each, and no pooler in use here shares a session within one.
    const PERSISTENT: bool = true;

    fn changed(result: &MySqlQueryResult) -> u64 {
        result.rows_affected()
    }

    fn cell(row: &MySqlRow, index: usize) -> Result<Cell, sqlx::Error> {
        let value = row.try_get_raw(index)?;
        if value.is_null() {
            return Ok(Cell::Null);
        }
        if value.type_info().name().contains("INT") {
            return Ok(Cell::Int(row.try_get_unchecked(index)?));
        }
        let bytes: Vec<u8> = row.try_get_unchecked(index)?;
        Ok(Cell::Text(String::from_utf8_lossy(&bytes).into_owned()))
    }
}
