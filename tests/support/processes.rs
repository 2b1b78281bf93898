//! What `/proc` says of processes. A zombie counts as ended: it runs nothing.

use crate::support::PATIENCE;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

struct Process {
    pid: i32,
    parent: i32,
    group: i32,
    ended: bool,
}

impl Process {
    /// The fields of `/proc/PID/stat` after the name, which may itself hold blanks and brackets.
    fn read(pid: i32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = text.rsplit_once(')')?.1.split_whitespace();
        let ended = matches!(fields.next()?, "Z" | "X");
        Some(Self { pid, ended, parent: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
    }
}

fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| Process::read(entry.ok()?.file_name().to_str()?.parse().ok()?)).collect()
}

pub(crate) fn is_alive(pid: i32) -> bool {
    Process::read(pid).is_some_and(|process| !process.ended)
}

pub(crate) fn group_of(pid: i32) -> Option<i32> {
    Process::read(pid).map(|process| process.group)
}

pub(crate) fn group_is_alive(group: i32) -> bool {
    all().iter().any(|process| process.group == group && !process.ended)
}

/// The process and everything that came from it and has not been orphaned since.
pub(crate) fn family(pid: i32) -> Vec<i32> {
    let processes = all();
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(processes.iter().filter(|process| process.parent == parent).map(|process| process.pid));
        next += 1;
    }
    family
}

/// Sends a signal to a process that may have ended by now.
pub(crate) fn signal(pid: i32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

pub(crate) fn signal_all(pids: &[i32], signal: Signal) {
    for pid in pids {
        self::signal(*pid, signal);
    }
}

/// Waits until something is the case, and fails if it does not come true.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it never happened that {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A process that a test let loose on purpose; it is ended with the test.
pub(crate) struct Loose(pub(crate) i32);

impl Drop for Loose {
    fn drop(&mut self) {
        signal(self.0, Signal::KILL);
    }
}
