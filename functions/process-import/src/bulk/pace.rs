//! How fast calls follow each other, and how long none is sent after one that came to nothing.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff};
use imports::back_off::BACK_OFF;
use tokio::time::Instant;

/// The rate to begin with, in units a second: what a new table takes of writes.
const START: f64 = 4_000.0;

/// The rate does not fall below this, which is what one partition takes of writes. To send less does not help where the
/// database leaves over whatever is sent.
const LEAST: f64 = 1_000.0;

/// How much may be sent at once after a pause: what the rate allows in so long.
const BURST: Duration = Duration::from_millis(50);

/// How fast the rate rises while nothing is left over, in e-folds a second: so much just after something was, more with
/// every second after, at most so much, which is also how it begins.
const RISE: f64 = 0.1;
const RISE_MORE: f64 = 2.0;
const RISE_MOST: f64 = 14.0;

/// How much of a rise is taken back as soon as something is left over: that of the last so many seconds.
const LAG: f64 = 0.05;

/// How far the rate falls for each unit left over, by the seconds that the call took, and at most: what is learned late
/// must count less, or the rate swings. At the most one unit in 200 left over balances the slowest rise.
const FALL: f64 = 0.25;
const FALL_MOST: f64 = 20.0;

/// A rate that falls with what the database leaves over and rises while it leaves nothing over. Calls sent as fast as
/// answers come are mostly left over where the database is the limit, and sent again for nothing.
#[derive(Debug)]
pub(super) struct Pace {
    rate: f64,
    next: Instant,
    left_over_at: Option<Instant>,
    /// When a call last came to nothing, and the pauses after the next ones that do, until one comes to something.
    failed_at: Option<Instant>,
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

    /// When the next call may go.
    pub(super) const fn next(&self) -> Instant {
        self.next
    }

    /// Sends a call of so many units.
    pub(super) fn send(&mut self, units: usize) -> Sent {
        let (at, units) = (Instant::now(), number(units));
        let earliest = at.checked_sub(BURST).unwrap_or(at);
        let was_held = self.next > earliest;
        self.next = self.next.max(earliest) + Duration::from_secs_f64(units / self.rate);
        Sent { at, units, was_held }
    }

    /// Learns how many units a call left over. The answer is whether to go on: too many tries in a row may have come to
    /// nothing.
    pub(super) fn learn(&mut self, call: &Sent, left: usize) -> bool {
        let (now, left) = (Instant::now(), number(left));
        let quiet = self.left_over_at.map_or(f64::INFINITY, |at| (now - at).as_secs_f64());
        let rise = (RISE + RISE_MORE * quiet).min(RISE_MOST);
        if left > 0.0 {
            let fall = (FALL / (now - call.at).as_secs_f64()).min(FALL_MOST);
            self.rate = (self.rate * (-rise * LAG).exp() - fall * left).max(LEAST);
            self.left_over_at = Some(now);
        } else if call.was_held {
            self.rate += rise * call.units;
        }
        if left < call.units {
            self.pauses = BACK_OFF.build();
            return true;
        }
        // Calls that were under way together are one try.
        if self.failed_at.is_some_and(|failed_at| call.at <= failed_at) {
            return true;
        }
        self.failed_at = Some(now);
        let pause = self.pauses.next();
        self.next = self.next.max(now + pause.unwrap_or_default());
        pause.is_some()
    }
}

fn number(units: usize) -> f64 {
    f64::from(u32::try_from(units).unwrap_or(u32::MAX))
}
