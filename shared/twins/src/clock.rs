//! A clock for tests: it goes with tokio's, which a test can pause.

use std::cell::Cell;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

thread_local! {
    static SET: Cell<Option<(DateTime<Utc>, Instant)>> = const { Cell::new(None) };
}

/// Sets the clock of this thread. From here on it goes as tokio's does: with time paused, only as the test's waits do.
pub fn set_clock(time: DateTime<Utc>) {
    SET.set(Some((time, Instant::now())));
}

/// Tells the time by this thread's clock; one that was never set goes right.
#[must_use]
pub fn now() -> DateTime<Utc> {
    match SET.get() {
        Some((time, set)) => time + TimeDelta::from_std(set.elapsed()).unwrap_or_default(),
        None => Utc::now(),
    }
}
