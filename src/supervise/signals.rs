//! The signals that tell us to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// TERM, INT, HUP and QUIT, but for those that were ignored when we began: `nohup` must hold.
pub struct Signals {
    streams: Vec<(u8, Signal)>,
}

impl Signals {
    /// Listens from now on.
    pub fn listen() -> std::io::Result<Self> {
        let ignored = ignored_at_entry();
        let kinds =
            [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup(), SignalKind::quit()].into_iter();
        let heard = kinds.filter(|kind| ignored & (1 << (kind.as_raw_value() - 1)) == 0);
        let stream = |kind: SignalKind| Ok((u8::try_from(kind.as_raw_value()).unwrap_or(0), signal(kind)?));
        Ok(Self { streams: heard.map(stream).collect::<std::io::Result<_>>()? })
    }

    /// The number of the next signal.
    pub async fn next(&mut self) -> u8 {
        std::future::poll_fn(|context| {
            for (number, stream) in &mut self.streams {
                if stream.poll_recv(context).is_ready() {
                    return std::task::Poll::Ready(*number);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}

/// The name of a signal, for people.
pub fn name(number: u8) -> String {
    match number {
        1 => "HUP".into(),
        2 => "INT".into(),
        3 => "QUIT".into(),
        9 => "KILL".into(),
        15 => "TERM".into(),
        other => format!("signal {other}"),
    }
}

/// The mask of the signals that whoever started us had ignored, where the system tells.
fn ignored_at_entry() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
