//! Where a server listens: Unix sockets, IPv6, and what `localhost` means.

use crate::support::Bellwether;
use crate::support::databases::{Database, Db};
use crate::support::proxy::unused_port;
use crate::support::servers::Server;
use std::net::{Ipv6Addr, TcpListener};

/// Leads and follows at this URL.
fn works(url: &str, database: &Database) {
    let with = |line: Bellwether| line.env("BELLWETHER_DATABASE_URL", url);
    let _ = with(Bellwether::lead(database)).sh("true").run().exits(0);
    let _ = with(Bellwether::follow(database)).args(["--timeout", "0s"]).run().exits(0);
}

/// Tables go to the role's own database, so it may make them.
fn role(database: &Database) -> String {
    let role = database.create_role("app", "secret");
    database.execute(&if database.db == Db::MySql {
        format!("GRANT ALL ON {}.* TO {role}", database.name())
    } else {
        format!("GRANT ALL ON SCHEMA public TO {role}")
    });
    role
}

fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

#[test]
fn postgres_by_its_socket_and_ipv6() {
    let server = Server::start(Db::Postgres, &["listen_addresses=127.0.0.1,::1"]);
    let database = server.database();
    let (role, name, home, port) = (role(&database), database.name(), server.home(), server.port());
    let home = home.display();
    for parameters in ["", "&sslmode=require"] {
        works(&format!("postgres://{role}:secret@/{name}?host={home}&port={port}{parameters}"), &database);
    }
    let encoded = home.to_string().replace('/', "%2F");
    works(&format!("postgresql+psycopg2://{role}:secret@{encoded}:{port}/{name}"), &database);
    if has_ipv6() {
        works(&format!("postgis://{role}:secret@[::1]:{port}/{name}"), &database);
    }
}

#[test]
fn mysql_by_its_socket_and_ipv6() {
    let server = Server::start(Db::MySql, &["--bind-address=127.0.0.1,::1"]);
    let database = server.database();
    let (role, name, port) = (role(&database), database.name(), server.port());
    let socket = server.home().join("socket").display().to_string();
    for parameters in ["", "&ssl-mode=REQUIRED"] {
        works(&format!("mysql2://{role}:secret@localhost/{name}?socket={socket}{parameters}"), &database);
    }
    works(&format!("mysql+pymysql://{role}:secret@{}/{name}", socket.replace('/', "%2F")), &database);
    if has_ipv6() {
        works(&format!("mariadb://{role}:secret@[::1]:{port}/{name}"), &database);
    }
}

#[test]
fn mysqls_localhost_is_a_socket_to_other_clients() {
    let url = format!("mysql://app@localhost:{}/shop", unused_port());
    let follower = Bellwether::follow(&Db::Sqlite.fresh()).env("BELLWETHER_DATABASE_URL", &url);
    let outcome = follower.args(["--timeout", "0s"]).run().exits(125);
    let _ = outcome.says_last("can't be reached").says_last("?socket=PATH");
}
