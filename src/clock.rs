//! The one clock by which time is measured.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::protocol::Moment;

/// Linux's clock that also counts while the machine is suspended: a laptop that wakes must not find its trust intact.
#[cfg(target_os = "linux")]
const CLOCK: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const CLOCK: ClockId = ClockId::Monotonic;

/// Now, since the machine was started: the same for every process on it.
pub fn now() -> Moment {
    let time = clock_gettime(CLOCK);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanoseconds)
}
