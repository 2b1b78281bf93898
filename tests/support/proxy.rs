//! A TCP proxy before a database server, which a test can cut or silence.

use crate::support::processes::eventually;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// What becomes of connections, open and new.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mode {
    /// Bytes go through.
    Pass,
    /// Connections are closed.
    Refuse,
    /// Connections stay open and nothing comes through, as if all packets were dropped.
    Silent,
    /// Bytes go through late.
    Slow,
    /// Bytes go through until an insertion is committed: then the answer is lost with its connection, once.
    LosesCommit,
}

/// How often a connection looks at the mode.
const TICK: Duration = Duration::from_millis(20);
/// How late bytes come through a slow one.
const LATE: Duration = Duration::from_millis(60);

pub(crate) struct Proxy {
    port: u16,
    mode: Arc<AtomicU8>,
    refused: Arc<AtomicU32>,
    server: Arc<AtomicU16>,
}

impl Proxy {
    /// Starts a proxy to a port of this machine; its threads end with the test program.
    pub(crate) fn before(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mode = Arc::new(AtomicU8::new(Mode::Pass as u8));
        let refused = Arc::new(AtomicU32::new(0));
        let (shared, count) = (Arc::clone(&mode), Arc::clone(&refused));
        let server = Arc::new(AtomicU16::new(server));
        let target = Arc::clone(&server);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, target.load(Ordering::SeqCst)));
                match server.ok().filter(|_| shared.load(Ordering::SeqCst) != Mode::Refuse as u8) {
                    Some(server) => {
                        let committed = Arc::new(AtomicBool::new(false));
                        join(&client, &server, &shared, notice_commit(&committed));
                        join(&server, &client, &shared, lose_answer(&committed, &shared));
                    }
                    None => drop(count.fetch_add(1, Ordering::SeqCst)),
                }
            }
        });
        Self { port, mode, refused, server }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits until some more connections have been refused.
    #[track_caller]
    pub(crate) fn wait_for_refusals(&self, more: u32) {
        let before = self.refused.load(Ordering::SeqCst);
        eventually("connections are refused", || self.refused.load(Ordering::SeqCst) >= before + more);
    }

    /// Sends new connections to another server, as a failover does.
    pub(crate) fn lead_to(&self, server: u16) {
        self.server.store(server, Ordering::SeqCst);
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }
}

/// A port of this machine on which nothing listens.
pub(crate) fn unused_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Lets through what a client sends, and notes when it commits an insertion.
fn notice_commit(committed: &Arc<AtomicBool>) -> impl FnMut(&[u8]) -> bool + Send + use<> {
    let (committed, mut inserts) = (Arc::clone(committed), false);
    let says = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|bytes| bytes == word);
    move |bytes| {
        inserts |= says(bytes, b"INSERT");
        if inserts && says(bytes, b"COMMIT") {
            committed.store(true, Ordering::SeqCst);
        }
        true
    }
}

/// Lets through what a server answers, but not to such a commit if that answer is to be lost.
fn lose_answer(committed: &Arc<AtomicBool>, mode: &Arc<AtomicU8>) -> impl FnMut(&[u8]) -> bool + Send + use<> {
    let (committed, mode) = (Arc::clone(committed), Arc::clone(mode));
    let (loses, pass) = (Mode::LosesCommit as u8, Mode::Pass as u8);
    move |_| {
        let is_committed = committed.load(Ordering::SeqCst);
        !is_committed || mode.compare_exchange(loses, pass, Ordering::SeqCst, Ordering::SeqCst).is_err()
    }
}

/// Copies one direction in a thread of its own, as long as `goes_on` says so of what came.
fn join(
    from: &TcpStream,
    to: &TcpStream,
    mode: &Arc<AtomicU8>,
    mut goes_on: impl FnMut(&[u8]) -> bool + Send + 'static,
) {
    let (mut from, mut to, mode) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(mode));
    from.set_read_timeout(Some(TICK)).unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        loop {
            let mode = mode.load(Ordering::SeqCst);
            if mode == Mode::Silent as u8 {
                thread::sleep(TICK);
                continue;
            }
            let copied = if mode == Mode::Refuse as u8 { Ok(0) } else { from.read(&mut buffer) };
            if mode == Mode::Slow as u8 && copied.is_ok() {
                thread::sleep(LATE);
            }
            match copied {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Ok(count) if count > 0 && goes_on(&buffer[..count]) && to.write_all(&buffer[..count]).is_ok() => {}
                _ => {
                    let _ = from.shutdown(Shutdown::Both);
                    let _ = to.shutdown(Shutdown::Both);
                    return;
                }
            }
        }
    });
}
