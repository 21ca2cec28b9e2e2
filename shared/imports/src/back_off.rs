//! How long to wait before something is tried again.

use std::time::Duration;

use backon::ExponentialBuilder;

use crate::times::{LATEST, SOON, duration};

/// After how long a message comes back that was received so often in vain: at first soon, then after twice the time each time,
/// and never so late that the lane stands still for long once the cause has passed.
#[must_use]
pub fn again_after(receives: u32) -> Duration {
    let doubled = 1 << receives.saturating_sub(1).min(10);
    (duration(SOON) * doubled).min(duration(LATEST))
}

/// Eleven pauses for twelve tries, each twice as long as the one before and up to twice that by chance, so that those who
/// collided don't collide again: some seconds in all.
pub const BACK_OFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(10))
    .with_max_delay(Duration::from_millis(640))
    .with_max_times(11)
    .with_jitter();
