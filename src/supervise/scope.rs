//! The processes that belong to a command: who they are, whether one is alive, and how to signal them all.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use rustix::process::{
    Pid, Signal, WaitOptions, getpgrp, kill_process, kill_process_group, test_kill_process_group, waitpgid,
};

/// What belongs to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The process group that it leads.
    Group(Pid),
    /// Itself and its descendants in our own group: on a terminal it shares that, and so may a whole pipeline that is
    /// none of our business.
    Tree {
        /// The command's own process.
        root: Pid,
        /// The group that it shares with us.
        group: Pid,
    },
}

impl Scope {
    /// The scope of a command whose own process is `root`.
    pub fn of(root: Pid, own_group: bool) -> Self {
        if own_group { Self::Group(root) } else { Self::Tree { root, group: getpgrp() } }
    }

    /// Sends a signal to all of it. Who is gone already is no error.
    pub fn signal(self, signal: Signal) {
        match self {
            Self::Group(group) => {
                let _ = kill_process_group(group, signal);
            }
            Self::Tree { root, group } => {
                for pid in tree(root, group) {
                    let _ = kill_process(pid, signal);
                }
            }
        }
    }

    /// Whether nothing of it is alive, once its own process has been waited for. A zombie that nobody reaps is not alive.
    pub fn is_empty(self) -> bool {
        match self {
            Self::Group(group) => {
                // As the first process of a container we inherit orphans; nobody else would reap them.
                while let Ok(Some(_)) = waitpgid(group, WaitOptions::NOHANG) {}
                if test_kill_process_group(group) == Err(rustix::io::Errno::SRCH) {
                    return true;
                }
                let members: Vec<_> = processes().into_iter().filter(|process| process.group == group).collect();
                !members.is_empty() && members.iter().all(|process| process.dead)
            }
            Self::Tree { root, group } => tree(root, group).is_empty(),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(group) => write!(f, "group {}", group.as_raw_pid()),
            Self::Tree { root, group } => write!(f, "tree {} {}", root.as_raw_pid(), group.as_raw_pid()),
        }
    }
}

impl FromStr for Scope {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split(' ');
        let kind = words.next();
        let mut pid = || words.next()?.parse().ok().and_then(Pid::from_raw);
        match kind {
            Some("group") => pid().map(Self::Group).ok_or(()),
            Some("tree") => pid().zip(pid()).map(|(root, group)| Self::Tree { root, group }).ok_or(()),
            _ => Err(()),
        }
    }
}

/// The living processes of a command that shares `group`: `root` and whoever descends from it.
fn tree(root: Pid, group: Pid) -> Vec<Pid> {
    let processes = processes();
    let mut pids = BTreeSet::from([root.as_raw_pid()]);
    // A child may come before its parent in the listing, so it is gone through until nobody is added.
    loop {
        let before = pids.len();
        let children = processes.iter().filter(|process| pids.contains(&process.parent));
        pids.extend(children.map(|process| process.pid.as_raw_pid()).collect::<Vec<_>>());
        if pids.len() == before {
            break;
        }
    }
    let alive =
        |process: &&Process| process.group == group && !process.dead && pids.contains(&process.pid.as_raw_pid());
    processes.iter().filter(alive).map(|process| process.pid).collect()
}

struct Process {
    pid: Pid,
    parent: i32,
    group: Pid,
    dead: bool,
}

/// All processes, from `/proc`; none where there is no such thing.
fn processes() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let stat = |entry: std::fs::DirEntry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        parse_stat(pid, &std::fs::read_to_string(entry.path().join("stat")).ok()?)
    };
    entries.flatten().filter_map(stat).collect()
}

/// Reads `/proc/PID/stat`: the name in parentheses may itself hold spaces and parentheses. A zombie is alive as long as
/// it has other threads: its first one may have ended before them.
fn parse_stat(pid: i32, stat: &str) -> Option<Process> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let zombie = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    let group = Pid::from_raw(fields.next()?.parse().ok()?)?;
    // The twentieth field.
    let threads = fields.nth(14).and_then(|threads| threads.parse().ok()).unwrap_or(1);
    let dead = zombie && threads <= 1;
    Some(Process { pid: Pid::from_raw(pid)?, parent, group, dead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_behind_the_last_parenthesis() {
        let process = parse_stat(7, "7 (a) b (c) Z 3 5 5 0 -1").expect("a line");
        assert_eq!((process.parent, process.group.as_raw_pid(), process.dead), (3, 5, true));
        assert!(parse_stat(7, "garbage").is_none());
        let zombie = |threads| format!("7 (a) Z 3 5 5 0 -1 0 0 0 0 0 1 2 3 4 20 0 {threads} 0 9");
        let is_dead = |threads| parse_stat(7, &zombie(threads)).expect("a line").dead;
        assert!(is_dead(1) && !is_dead(2), "its first thread has ended, another one works on");
    }

    #[test]
    fn a_scope_survives_the_way_to_the_guard() {
        let pid = |raw| Pid::from_raw(raw).expect("a pid");
        for scope in [Scope::Group(pid(7)), Scope::Tree { root: pid(8), group: pid(3) }] {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        assert_eq!("group 0".parse::<Scope>(), Err(()));
    }
}
