//! The program's mouth: events go in, lines come out on standard error. Nothing else prints there.
//!
//! A thread of its own writes, because a log that nobody reads must not stop the beats.

mod event;
mod json;
mod progress;
mod text;

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

pub use self::event::{Event, Migrations, Opening, StopReason, Waiting, WaitingFor};
pub use self::json::escaped;
pub use self::progress::Progress;
use crate::words::{clean, span};

/// How long the last lines may take to be written before we leave without them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Says events, as lines for people or for machines.
pub struct Reporter {
    json: bool,
    spinner: bool,
    printer: Sender<Message>,
    done: Receiver<()>,
    mid_line: Arc<AtomicBool>,
}

enum Message {
    Lines(Vec<String>),
    Spin { text: String, timeout: Duration, done: Option<(u64, u64)> },
    Rest,
}

impl Reporter {
    /// Begins to print; `json` chooses the form.
    pub fn start(json: bool) -> Self {
        let (printer, messages) = channel();
        let (finished, done) = channel();
        let mid_line = Arc::new(AtomicBool::new(false));
        let shared = mid_line.clone();
        std::thread::spawn(move || {
            print(&messages, &shared);
            drop(finished);
        });
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { json, spinner: !json && !dumb && std::io::stderr().is_terminal(), printer, done, mid_line }
    }

    /// Says something.
    pub fn say(&self, event: &Event) {
        let lines = if self.json {
            vec![json::line(event)]
        } else {
            text::lines(event).into_iter().map(|line| format!("bellwether: {line}")).collect()
        };
        self.send(Message::Lines(lines));
    }

    /// Shows on a terminal that we wait, with the time that has passed and the time that remains.
    pub fn spin(&self, waiting: &Waiting) {
        if self.spinner {
            let timeout = Duration::from_millis(waiting.timeout_ms);
            let shipping = waiting.migrations.as_ref().filter(|migrations| migrations.shipped > 0);
            let done = shipping.map(|migrations| (migrations.applied as u64, migrations.shipped as u64));
            self.send(Message::Spin { text: clean(&text::what_for(waiting)), timeout, done });
        }
    }

    /// Takes the spinner away, before the command writes to the same terminal.
    pub fn rest(&self) {
        if self.spinner {
            self.send(Message::Rest);
        }
    }

    /// Set by whoever writes to our standard output or error beside us, while the last line there is not ended.
    pub fn mid_line(&self) -> &Arc<AtomicBool> {
        &self.mid_line
    }

    /// Waits, not for long, until all is written.
    pub fn finish(self) {
        drop(self.printer);
        // The channel closes when the thread has ended; nothing is ever sent.
        let _ = self.done.recv_timeout(PATIENCE);
    }

    fn send(&self, message: Message) {
        // The thread ends only after us.
        let _ = self.printer.send(message);
    }
}

fn print(messages: &Receiver<Message>, mid_line: &AtomicBool) {
    let mut bar: Option<ProgressBar> = None;
    for message in messages {
        match message {
            Message::Lines(lines) => match &bar {
                Some(bar) => bar.suspend(|| write(&lines, mid_line)),
                None => write(&lines, mid_line),
            },
            Message::Spin { text, timeout, done } => {
                let bar = bar.get_or_insert_with(|| spinner(timeout, done.is_some()));
                if let Some((applied, shipped)) = done {
                    bar.set_length(shipped);
                    bar.set_position(applied);
                }
                bar.set_message(text);
            }
            Message::Rest => clear(bar.take()),
        }
    }
    clear(bar);
}

fn write(lines: &[String], mid_line: &AtomicBool) {
    let mut stderr = std::io::stderr().lock();
    let mut text = lines.join("\n");
    if mid_line.swap(false, Ordering::Relaxed) {
        text.insert(0, '\n');
    }
    text.push('\n');
    // When nobody reads us any more there is nobody to tell.
    let _ = stderr.write_all(text.as_bytes());
}

/// Shows that we wait; as a bar, if it is known how much of it is done.
fn spinner(timeout: Duration, is_bar: bool) -> ProgressBar {
    let left = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = write!(out, "{}", span(timeout.saturating_sub(state.elapsed())));
    };
    let template = if is_bar {
        "{spinner} [{bar:20}] {wide_msg} {elapsed}, {left} left"
    } else {
        "{spinner} {wide_msg} {elapsed}, {left} left"
    };
    let style = ProgressStyle::with_template(template);
    let bar = ProgressBar::new_spinner();
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()).with_key("left", left));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn clear(bar: Option<ProgressBar>) {
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}
