//! The command's output: passed through unchanged and unbuffered, and its end remembered.
//!
//! A thread for each stream, because a reader of ours that is slow must slow the command down and nothing else: the
//! beats go on. On a terminal the command gets the terminal itself, and nothing is kept.

use std::fs::File;
use std::io::{IsTerminal, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::tail::Tail;
use crate::secrets::Secrets;

/// How long the output may still come after the command's end: a grandchild that keeps the pipe open does not hold us.
const DRAIN: Duration = Duration::from_millis(500);

/// The streams of a running command.
pub(super) struct Output {
    tail: Option<Arc<Mutex<Tail>>>,
    copying: Receiver<()>,
}

impl Output {
    /// Opens the way of the two streams. `kept` is whether the last lines are remembered; `mid_line` is set while what
    /// was passed on last to where our own lines go did not end a line.
    pub(super) fn open(kept: bool, mid_line: &Arc<AtomicBool>) -> std::io::Result<(Self, Stdio, Stdio)> {
        let tail = kept.then(|| Arc::new(Mutex::new(Tail::default())));
        let (done, copying) = channel();
        let pipe_to = |target: File, mid_line: Arc<AtomicBool>| -> std::io::Result<PipeWriter> {
            let (reader, writer) = std::io::pipe()?;
            let (tail, done) = (tail.clone(), done.clone());
            std::thread::spawn(move || {
                pass_on(reader, target, tail.as_deref(), &mid_line);
                drop(done);
            });
            Ok(writer)
        };
        let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
        let streams: [Stdio; 2] = match (stdout.is_terminal(), stderr.is_terminal()) {
            // One pipe for both keeps their order.
            (false, false) if same_file(&stdout, &stderr) => {
                let writer = pipe_to(copy_of(&stderr)?, mid_line.clone())?;
                [writer.try_clone()?.into(), writer.into()]
            }
            (on_stdout, on_stderr) => {
                let aside = Arc::default();
                let stdout = if on_stdout { Stdio::inherit() } else { pipe_to(copy_of(&stdout)?, aside)?.into() };
                let stderr =
                    if on_stderr { Stdio::inherit() } else { pipe_to(copy_of(&stderr)?, mid_line.clone())?.into() };
                [stdout, stderr]
            }
        };
        let [stdout, stderr] = streams;
        Ok((Self { tail, copying }, stdout, stderr))
    }

    /// Waits, not for long, for the rest of the output, and returns its last lines.
    pub(super) fn finish(self, secrets: &Secrets) -> Option<String> {
        let deadline = Instant::now() + DRAIN;
        // Nothing is ever sent: the channel closes when the last stream has ended.
        while self.copying.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok() {}
        let tail = self.tail?;
        let lines = tail.lock().unwrap_or_else(PoisonError::into_inner).lines(secrets);
        (!lines.is_empty()).then_some(lines)
    }
}

fn copy_of(stream: &impl AsFd) -> std::io::Result<File> {
    Ok(File::from(stream.as_fd().try_clone_to_owned()?))
}

fn same_file(one: &impl AsFd, other: &impl AsFd) -> bool {
    match (rustix::fs::fstat(one), rustix::fs::fstat(other)) {
        (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
        _ => false,
    }
}

/// Copies a stream to its end. When nobody reads us any more, the command goes on: half a migration is worse than an
/// unread log.
fn pass_on(mut reader: PipeReader, mut target: File, tail: Option<&Mutex<Tail>>, mid_line: &AtomicBool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        let bytes = &buffer[..count];
        let _ = write_all(&mut target, bytes);
        mid_line.store(!bytes.ends_with(b"\n"), Ordering::Relaxed);
        if let Some(tail) = tail {
            tail.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
        }
    }
}

/// Like `Write::write_all`, but patient with a target that somebody has made non-blocking.
fn write_all(target: &mut File, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match target.write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
