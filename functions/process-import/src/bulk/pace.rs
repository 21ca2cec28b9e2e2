//! How fast calls follow each other, and how long none is sent after one that came to nothing.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff};
use imports::back_off::BACK_OFF;
use tokio::time::Instant;

/// The rate to begin with, in units a second: what a new table takes of writes.
const START: f64 = 4_000.0;

/// The rate does not fall below this: what one partition takes of writes.
const LEAST: f64 = 1_000.0;

/// How much may be sent at once after a pause: what the rate allows in so long.
const BURST: Duration = Duration::from_millis(50);

/// How fast the rate rises while nothing is left over, as a share of it a second: so much just after something was, more
/// with every second after, at most so much, which is also how it begins.
const RISE: f64 = 0.1;
const RISE_MORE: f64 = 2.0;
const RISE_MOST: f64 = 14.0;

/// How far the rate falls for each unit left over. At the slowest rise one unit in a hundred is left over.
const FALL: f64 = 10.0;

/// How many seconds of rising each fall takes back besides.
const TAKEN_BACK: f64 = 0.04;

/// A rate that falls with what the database leaves over and rises while it leaves nothing over. Where the database is the
/// limit, calls sent as fast as answers come are mostly left over, and sent again for nothing.
#[derive(Debug)]
pub(super) struct Pace {
    rate: f64,
    /// When the next call may go.
    pub(super) next: Instant,
    left_over_at: Option<Instant>,
    failed_at: Option<Instant>,
    /// The pauses after the next tries that come to nothing, until one comes to something.
    pauses: ExponentialBackoff,
}

/// A call on its way.
#[derive(Debug)]
pub(super) struct Sent {
    at: Instant,
    units: f64,
    /// Whether the pace held it back. Only the answers to such calls say that the rate could be higher.
    was_held: bool,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { rate: START, next: Instant::now(), left_over_at: None, failed_at: None, pauses: BACK_OFF.build() }
    }

    /// Counts a call of so many units that goes now.
    pub(super) fn send(&mut self, units: f64) -> Sent {
        let at = Instant::now();
        let earliest = at.checked_sub(BURST).unwrap_or(at);
        let was_held = self.next > earliest;
        self.next = self.next.max(earliest) + Duration::from_secs_f64(units / self.rate);
        Sent { at, units, was_held }
    }

    /// Learns how many units of a call were left over. The answer is whether to go on: too many tries in a row may have
    /// come to nothing.
    pub(super) fn learn(&mut self, call: &Sent, left: f64) -> bool {
        let now = Instant::now();
        let quiet = self.left_over_at.map_or(f64::INFINITY, |at| (now - at).as_secs_f64());
        let rise = (RISE + RISE_MORE * quiet).min(RISE_MOST);
        if left > 0.0 {
            self.rate = (self.rate * (1.0 - rise * TAKEN_BACK) - FALL * left).max(LEAST);
            self.left_over_at = Some(now);
        } else if call.was_held {
            self.rate += rise * call.units;
        }
        if left < call.units {
            self.pauses = BACK_OFF.build();
        } else if self.failed_at.is_none_or(|failed_at| failed_at < call.at) {
            // Calls that were under way together are one try.
            self.failed_at = Some(now);
            let pause = self.pauses.next();
            self.next = self.next.max(now + pause.unwrap_or_default());
            return pause.is_some();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_calls_that_were_held_back_raise_the_rate() {
        let mut pace = Pace::new();
        for _ in 0..100 {
            tokio::time::advance(Duration::from_secs(1)).await;
            let call = pace.send(25.0);
            assert!(pace.learn(&call, 0.0) && pace.rate <= START, "{pace:?}");
        }
        let calls: Vec<_> = (0..100).map(|_| pace.send(25.0)).collect();
        assert!(calls.iter().all(|call| pace.learn(call, 0.0)) && pace.rate > START, "{pace:?}");
    }
}
