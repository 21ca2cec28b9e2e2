//! How fast calls follow each other, and how long nothing is sent after one that came to nothing.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff};
use imports::back_off::BACK_OFF;
use tokio::time::Instant;

/// The rate to begin with, in units a second: what a new table takes of writes.
const START: f64 = 4_000.0;

/// The rate does not fall below this: where a database leaves over whatever is sent, to send less is no help.
const LEAST: f64 = 400.0;

/// How much may be sent at once after a pause, in time at the rate.
const BURST: Duration = Duration::from_millis(50);

/// By how much the rate falls for each unit left over, a second.
const FALL: f64 = 20.0;

/// By how much the rate rises for each unit done, a second: at least, at most, and more for each second in which nothing
/// was left over. Where what is left over balances it, it is a hundredth of all.
const RISE: f64 = 0.2;
const RISE_MOST: f64 = 10.0;
const RISE_MORE: f64 = 5.0;

/// How fast calls follow each other: a rate that falls with what the database leaves over and rises while it leaves
/// nothing. Whoever sends as fast as answers come has most of it left over, again and again, where the limit is the
/// database's.
#[derive(Debug)]
pub(super) struct Pace {
    rate: f64,
    /// When the next call may go.
    next: Instant,
    /// Since when nothing was left over.
    quiet_since: Option<Instant>,
    /// When a call last came to nothing, and the pauses for the next ones that do before any comes to something.
    idle_since: Option<Instant>,
    pauses: ExponentialBackoff,
}

/// A call on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    at: Instant,
    units: f64,
    /// Whether the pace held it back: only then its answer says that more could be sent.
    held: bool,
}

impl Pace {
    pub(super) fn new() -> Self {
        let next = Instant::now();
        Self { rate: START, next, quiet_since: None, idle_since: None, pauses: BACK_OFF.build() }
    }

    /// When the next call may go.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Sends a call of so many units.
    pub(super) fn send(&mut self, units: usize) -> Sent {
        let (at, units) = (Instant::now(), number(units));
        let full = at.checked_sub(BURST).unwrap_or(at);
        let held = self.next > full;
        self.next = self.next.max(full) + Duration::from_secs_f64(units / self.rate);
        Sent { at, units, held }
    }

    /// Learns what a call left over. The answer is whether it is worth going on.
    pub(super) fn learn(&mut self, call: Sent, left: usize) -> bool {
        let (now, left) = (Instant::now(), number(left));
        if left > 0.0 {
            self.rate = (self.rate - left * FALL).max(LEAST);
            self.quiet_since = Some(now);
        } else if call.held {
            let quiet = self.quiet_since.map_or(f64::INFINITY, |since| (now - since).as_secs_f64());
            self.rate += call.units * (RISE + RISE_MORE * quiet).min(RISE_MOST);
        }
        if left < call.units {
            self.pauses = BACK_OFF.build();
            return true;
        }
        // Those that were sent together are one try.
        if self.idle_since.is_some_and(|since| call.at <= since) {
            return true;
        }
        self.idle_since = Some(now);
        let pause = self.pauses.next();
        self.next = self.next.max(now + pause.unwrap_or_default());
        pause.is_some()
    }
}

fn number(units: usize) -> f64 {
    u32::try_from(units).map_or(f64::INFINITY, f64::from)
}
