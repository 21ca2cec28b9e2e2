//! How long to wait before something is tried again.

use std::time::Duration;

use backon::ExponentialBuilder;

/// Eleven pauses for twelve tries, each twice as long as the one before and up to twice that by chance, so that those who
/// collided don't collide again: some seconds in all.
pub const BACK_OFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(10))
    .with_max_delay(Duration::from_millis(640))
    .with_max_times(11)
    .with_jitter();
