//! The power goes while a claim or an outcome is being written: the server dies between any two messages of the
//! transaction, and what is there when it is back must be all of it or nothing, and good enough to go on with.

use crate::support::databases::{Database, Db};
use crate::support::new_run;
use crate::support::processes::eventually;
use crate::support::servers::{Server, durable};
use bellwether::protocol::claim::Seen;
use bellwether::store::{Ending, Store, Table, url};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

/// Two for each message of a takeover and of a recording.
const MOMENTS: u32 = 28;
const LIMIT: Duration = Duration::from_secs(20);
const SUCCESS: Ending<'_> = Ending { state: "succeeded", exit_code: 0, cause: "exited", detail: Some("done") };

#[test]
fn between_any_two_messages_on_postgres() {
    cut_everywhere(Db::Postgres);
}

#[test]
fn between_any_two_messages_on_mysql() {
    cut_everywhere(Db::MySql);
}

/// A way to the server on which a chosen message of the client, or the answer to it, is its last.
struct Tripwire {
    port: u16,
    /// Not to hold it: the threads of the wire end only with the test program, the server with its test.
    server: Weak<Server>,
    port_of_server: u16,
    /// The client's messages until then; none is chosen below one.
    left: AtomicI32,
    /// The message still reaches the server, only the answer is lost.
    delivers: AtomicBool,
    answer_is_last: AtomicBool,
    tripped: AtomicBool,
    dead: AtomicBool,
}

impl Tripwire {
    fn before(server: &Arc<Server>) -> Arc<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let wire = Arc::new(Self {
            port: listener.local_addr().unwrap().port(),
            server: Arc::downgrade(server),
            port_of_server: server.port(),
            left: AtomicI32::new(0),
            delivers: AtomicBool::new(false),
            answer_is_last: AtomicBool::new(false),
            tripped: AtomicBool::new(false),
            dead: AtomicBool::new(false),
        });
        let shared = Arc::clone(&wire);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, shared.port_of_server)) else { continue };
                let copies = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (there, back) = (Arc::clone(&shared), Arc::clone(&shared));
                thread::spawn(move || copy(&client, &server, || there.is_asked()));
                thread::spawn(move || copy(&copies.1, &copies.0, || back.is_answered()));
            }
        });
        wire
    }

    fn arm(&self, moment: Moment) {
        self.tripped.store(false, Ordering::SeqCst);
        self.dead.store(false, Ordering::SeqCst);
        self.answer_is_last.store(false, Ordering::SeqCst);
        self.delivers.store(moment.delivers, Ordering::SeqCst);
        self.left.store(moment.message, Ordering::SeqCst);
    }

    /// Nothing is cut any more. Whether something was.
    fn disarm(&self) -> bool {
        self.left.store(0, Ordering::SeqCst);
        self.answer_is_last.store(false, Ordering::SeqCst);
        self.tripped.load(Ordering::SeqCst)
    }

    /// A message of the client came. Whether it goes on.
    fn is_asked(&self) -> bool {
        if self.left.load(Ordering::SeqCst) < 1 || self.left.fetch_sub(1, Ordering::SeqCst) > 1 {
            return true;
        }
        if self.delivers.load(Ordering::SeqCst) {
            self.answer_is_last.store(true, Ordering::SeqCst);
            return true;
        }
        self.cut()
    }

    fn is_answered(&self) -> bool {
        !self.answer_is_last.swap(false, Ordering::SeqCst) || self.cut()
    }

    fn cut(&self) -> bool {
        self.tripped.store(true, Ordering::SeqCst);
        self.server.upgrade().unwrap().crash();
        self.dead.store(true, Ordering::SeqCst);
        false
    }
}

fn copy(mut from: &TcpStream, mut to: &TcpStream, goes_on: impl Fn() -> bool) {
    let mut buffer = [0; 16384];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !goes_on() || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Which message is the last, and whether it arrives.
#[derive(Clone, Copy, Debug)]
struct Moment {
    message: i32,
    delivers: bool,
}

fn cut_everywhere(db: Db) {
    let server = Arc::new(Server::start(db, durable(db)));
    let database = server.database();
    let wire = Tripwire::before(&server);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let scene = Scene { database: &database, server: &server, wire: &wire };
        scene.direct().create(LIMIT).await.unwrap();
        let mut whole = [false; 4];
        let mut cuts = 0;
        for message in 1.. {
            for (index, whole) in whole.iter_mut().enumerate().filter(|(_, whole)| !**whole) {
                let moment = Moment { message, delivers: index % 2 == 1 };
                // Past the last message nothing is cut, and all moments have been seen.
                *whole = !if index < 2 { scene.claim(moment).await } else { scene.record(moment).await };
                cuts += u32::from(!*whole);
            }
            if whole.iter().all(|whole| *whole) {
                let name = if db == Db::MySql { "MariaDB" } else { "PostgreSQL" };
                let report = format!("{cuts} power cuts on {name}\n");
                // Past the capture of the test harness: the figures are the point.
                let _ = std::io::stderr().write_all(report.as_bytes());
                return assert_eq!(cuts, MOMENTS, "at all of them, and docs/reliability.md says how many");
            }
        }
    });
}

struct Scene<'a> {
    database: &'a Database,
    server: &'a Server,
    wire: &'a Tripwire,
}

impl Scene<'_> {
    fn store(url: &str) -> Store {
        Store::new(url::parse(url, "the test").unwrap().location, Table::default())
    }

    fn direct(&self) -> Store {
        Self::store(self.database.url())
    }

    /// Connected by way of the wire, so that only the transaction's own messages are counted.
    async fn wired(&self, fleet: &str) -> Store {
        let mut store = Self::store(&self.database.url_at(self.wire.port));
        store.look(LIMIT, fleet, "r1").await.unwrap();
        store
    }

    /// Whether the power went; then it is back now.
    fn aftermath(&self) -> bool {
        let cut = self.wire.disarm();
        if cut {
            eventually("the server is dead", || self.wire.dead.load(Ordering::SeqCst));
            self.server.start_again(durable(self.database.db));
        }
        cut
    }

    /// The states of a fleet's runs, the active one marked.
    fn states(&self, fleet: &str) -> String {
        let sql = format!("SELECT state, active FROM bellwether_runs WHERE fleet = '{fleet}' ORDER BY id");
        let word = |row: Vec<Option<String>>| row[0].clone().unwrap() + if row[1].is_some() { "*" } else { "" };
        self.database.try_rows(&sql).unwrap().into_iter().map(word).collect::<Vec<_>>().join(" ")
    }

    /// A takeover: the most that a claim has to do.
    async fn claim(&self, moment: Moment) -> bool {
        let fleet = format!("claim_{moment:?}").replace(|c: char| !c.is_alphanumeric(), "_");
        let silent = self.direct().claim(LIMIT, &new_run(&fleet, "r1", "silent"), None).await.unwrap().unwrap();
        let mut store = self.wired(&fleet).await;
        self.wire.arm(moment);
        let over = Some(Seen { run: silent, beats: 1 });
        let answer = store.claim(LIMIT, &new_run(&fleet, "r1", "ours"), over).await;
        let cut = self.aftermath();
        let states = self.states(&fleet);
        assert!(["running*", "lost running*"].contains(&states.as_str()), "{moment:?}: {states}");
        let won = states == "lost running*";
        assert!(won || answer.is_err(), "{moment:?}: the answer {answer:?} promised more than is there");
        // Going on: what went through is adopted, what did not is claimed again, and there is no third.
        let mut store = self.direct();
        let active = store.look(LIMIT, &fleet, "r1").await.unwrap().active.unwrap();
        assert_eq!(active.holder == "ours", won);
        if won {
            assert!(store.beat(LIMIT, active.id, "ours").await.unwrap(), "{moment:?}: it can be adopted");
        } else {
            assert!(store.claim(LIMIT, &new_run(&fleet, "r1", "ours"), over).await.unwrap().is_some(), "{moment:?}");
        }
        assert!(!store.beat(LIMIT, silent, "silent").await.unwrap(), "{moment:?}: the silent one has lost its lease");
        assert_eq!(self.states(&fleet), "lost running*");
        cut
    }

    async fn record(&self, moment: Moment) -> bool {
        let fleet = format!("record_{moment:?}").replace(|c: char| !c.is_alphanumeric(), "_");
        let id = self.direct().claim(LIMIT, &new_run(&fleet, "r1", "ours"), None).await.unwrap().unwrap();
        let mut store = self.wired(&fleet).await;
        self.wire.arm(moment);
        let answer = store.record(LIMIT, id, "ours", &SUCCESS).await;
        let cut = self.aftermath();
        let states = self.states(&fleet);
        assert!(["running*", "succeeded"].contains(&states.as_str()), "{moment:?}: {states}");
        assert!(states == "succeeded" || answer.is_err(), "{moment:?}: {answer:?}, but nothing is stored");
        // Going on: a follower sees what is there, and the recording can be asked for again.
        let mut store = self.direct();
        let success = store.look(LIMIT, &fleet, "r1").await.unwrap().success;
        assert_eq!(success.is_some(), states == "succeeded", "{moment:?}");
        assert!(store.record(LIMIT, id, "ours", &SUCCESS).await.unwrap(), "{moment:?}: recorded now, or found so");
        assert_eq!(self.states(&fleet), "succeeded");
        cut
    }
}
