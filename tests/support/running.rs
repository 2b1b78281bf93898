//! A run of the program that goes on while the test looks at it.

use crate::support::PATIENCE;
use crate::support::outcome::Outcome;
use crate::support::processes;
use crate::support::workspace::Workspace;
use rustix::process::Signal;
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long after its end a program's streams may stay open: a process that it left behind can hold them for ever.
const STRAGGLE: Duration = Duration::from_secs(5);

/// Everything that has come out of a stream so far.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    ended: bool,
}

#[derive(Clone, Default)]
struct Stream(Arc<(Mutex<Text>, Condvar)>);

impl Stream {
    fn read(mut source: impl Read + Send + 'static) -> Self {
        let stream = Self::default();
        let writer = stream.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let count = source.read(&mut buffer).unwrap_or(0);
                writer.0.0.lock().unwrap().bytes.extend(&buffer[..count]);
                writer.0.0.lock().unwrap().ended = count == 0;
                writer.0.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        stream
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.0.lock().unwrap().bytes.clone()
    }

    fn wait_until_ended(&self, limit: Duration) {
        let text = self.0.0.lock().unwrap();
        drop(self.0.1.wait_timeout_while(text, limit, |text| !text.ended).unwrap());
    }

    /// Waits for something in the whole lines read so far.
    fn wait_for<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + PATIENCE;
        let mut text = self.0.0.lock().unwrap();
        loop {
            let whole = text.bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            let found = String::from_utf8_lossy(&text.bytes[..whole]).lines().find_map(&find);
            let left = deadline.saturating_duration_since(Instant::now());
            if found.is_some() || text.ended || left.is_zero() {
                return found;
            }
            text = self.0.1.wait_timeout(text, left).unwrap().0;
        }
    }
}

#[must_use = "wait for its end or signal it"]
pub(crate) struct Running {
    child: Child,
    started: Instant,
    line: String,
    stdout: Stream,
    stderr: Stream,
    _workspace: Workspace,
}

impl Running {
    #[track_caller]
    pub(crate) fn start(mut command: Command, input: &str, line: String, workspace: Workspace) -> Self {
        let started = Instant::now();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start `{line}`: {error}"));
        // A program that never reads may be gone before it is written to.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let stdout = Stream::read(child.stdout.take().unwrap());
        let stderr = Stream::read(child.stderr.take().unwrap());
        Self { child, started, line, stdout, stderr, _workspace: workspace }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.child.id().try_into().unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        processes::signal(self.pid(), signal);
    }

    /// Sends the signal to the program and to every process that came from it, as some platforms do.
    pub(crate) fn signal_everybody(&self, signal: Signal) {
        for pid in processes::family(self.pid()) {
            processes::signal(pid, signal);
        }
    }

    /// Waits for a line on stderr that contains the text.
    #[track_caller]
    pub(crate) fn wait_for_line(&self, text: &str) -> String {
        let found = self.stderr.wait_for(|line| line.contains(text).then(|| line.to_owned()));
        found.unwrap_or_else(|| panic!("no line with `{text}` came\n{}", self.so_far()))
    }

    /// Waits for a JSON line with this event on stderr.
    #[track_caller]
    pub(crate) fn wait_for_event(&self, name: &str) -> Value {
        let found = self.stderr.wait_for(|line| {
            let value: Value = serde_json::from_str(line).ok()?;
            (value["event"] == name).then_some(value)
        });
        found.unwrap_or_else(|| panic!("no event `{name}` came\n{}", self.so_far()))
    }

    #[track_caller]
    pub(crate) fn assert_alive(&mut self) {
        assert!(self.child.try_wait().unwrap().is_none(), "it should still be at work\n{}", self.so_far());
    }

    /// The exit code, if it has ended.
    pub(crate) fn code(&mut self) -> Option<i32> {
        self.child.try_wait().unwrap().map(code_of)
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn wait(mut self) -> Outcome {
        let status = self.end();
        let took = self.started.elapsed();
        self.stdout.wait_until_ended(STRAGGLE);
        self.stderr.wait_until_ended(STRAGGLE);
        Outcome { took, ..self.outcome(code_of(status)) }
    }

    #[track_caller]
    fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end\n{}", self.so_far());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// What is known of it by now.
    pub(crate) fn so_far(&self) -> Outcome {
        self.outcome(-1)
    }

    fn outcome(&self, code: i32) -> Outcome {
        Outcome {
            line: self.line.clone(),
            code,
            stdout: self.stdout.bytes(),
            stderr: self.stderr.bytes(),
            took: self.started.elapsed(),
        }
    }
}

fn code_of(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap())
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            for pid in processes::family(self.pid()) {
                processes::signal(pid, Signal::KILL);
            }
            let _ = self.child.wait();
        }
    }
}
