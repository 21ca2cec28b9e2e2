//! What DynamoDB refuses that no database in memory does: overlapping transactions, and more writes than it takes. Time comes
//! in, a verdict comes out; whoever asks does the waiting. The twins, the database of `tests/weather` and the proxy of the
//! stories ask here.

mod contention;
mod limits;
mod request;

pub use contention::Contention;
pub use limits::{Limit, Limits};

use std::{fmt, ops::Add};

use serde_json::{Value, json};
use tokio::time::Instant;

use request::{Write, actions, refusal, writes};

/// The manners of one database. Those that are `None` it has not.
#[derive(Debug, Default)]
pub struct Manners {
    pub contention: Option<Contention>,
    pub limits: Option<Limits>,
    pub figures: Figures,
}

/// What became of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Requests refused because of another over the same item.
    pub conflicts: u64,
    /// Requests of which nothing got through.
    pub throttled: u64,
    /// Items of batches that were left over.
    pub left_over: u64,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is done at this time.
    Done(Instant),
    /// It is not done; this is its answer, with status 400.
    Refused(Value),
    /// This request is done instead. To its answer belongs what is left over.
    InPart { request: Value, left_over: Value },
}

impl Manners {
    /// Judges a request in DynamoDB's JSON that has come by `now`.
    pub fn judge(&mut self, operation: &str, body: &Value, now: Instant) -> Verdict {
        match operation {
            "TransactWriteItems" => self.transact(&actions(body).map(Write::of).collect::<Vec<_>>(), now),
            "UpdateItem" | "PutItem" | "DeleteItem" => self.write(&Write::of(body), now),
            "BatchWriteItem" => self.write_batch(body, now),
            _ => Verdict::Done(now),
        }
    }

    /// Lets a transaction over these items in, and says until when it holds them.
    ///
    /// # Errors
    /// When it is refused: for each item, whether another request is at work on it.
    pub fn hold(&mut self, items: &[&str], now: Instant) -> Result<Instant, Vec<bool>> {
        let held = self.contention.as_mut().map_or(Ok(now), |contention| contention.transact(items, now));
        self.figures.conflicts += u64::from(held.is_err());
        held
    }

    /// Lets a plain write of an item in, and says when it is done; `None` where a transaction holds the item.
    pub fn turn(&mut self, item: &str, now: Instant) -> Option<Instant> {
        let done = self.contention.as_mut().map_or(Some(now), |contention| contention.write(item, now));
        self.figures.conflicts += u64::from(done.is_none());
        done
    }

    /// Uses units of a partition and of its table.
    ///
    /// # Errors
    /// Where one of them has not so many left.
    pub fn take(&mut self, table: &str, partition: &str, units: f64, now: Instant) -> Result<(), Limit> {
        self.limits.as_mut().map_or(Ok(()), |limits| limits.take(table, partition, units, now))
    }

    fn transact(&mut self, writes: &[Write], now: Instant) -> Verdict {
        let refused = |codes: Vec<&str>| {
            let mut refusal = refusal("TransactionCanceledException");
            refusal["CancellationReasons"] = codes.into_iter().map(|code| json!({"Code": code})).collect();
            Verdict::Refused(refusal)
        };
        // Transactions cost twice.
        let taken: Vec<bool> = writes.iter().map(|write| self.take_for(write, 2.0, now).is_ok()).collect();
        if taken.contains(&false) {
            self.figures.throttled += 1;
            return refused(taken.iter().map(|taken| if *taken { "None" } else { "ThrottlingError" }).collect());
        }
        let items: Vec<&str> = writes.iter().map(|write| write.item.as_str()).collect();
        match self.hold(&items, now) {
            Ok(until) => Verdict::Done(until),
            Err(busy) => refused(busy.iter().map(|busy| if *busy { "TransactionConflict" } else { "None" }).collect()),
        }
    }

    fn write(&mut self, write: &Write, now: Instant) -> Verdict {
        if let Err(limit) = self.take_for(write, 1.0, now) {
            self.figures.throttled += 1;
            return Verdict::Refused(refusal(limit.code()));
        }
        let done = self.turn(&write.item, now).map(Verdict::Done);
        done.unwrap_or_else(|| Verdict::Refused(refusal("TransactionConflictException")))
    }

    fn write_batch(&mut self, body: &Value, now: Instant) -> Verdict {
        let (mut through, mut left_over) = (json!({}), json!({}));
        let (mut all, mut left, mut reached) = (0, 0, Limit::Table);
        for (table, request, write) in writes(body) {
            let taken = self.take_for(&write, 1.0, now);
            all += 1;
            left += u64::from(taken.is_err());
            reached = taken.err().unwrap_or(reached);
            let part = if taken.is_ok() { &mut through } else { &mut left_over };
            let requests = part[table].take();
            part[table] = requests.as_array().into_iter().flatten().chain([request]).cloned().collect();
        }
        if left == all && all > 0 {
            self.figures.throttled += 1;
            return Verdict::Refused(refusal(reached.code()));
        }
        self.figures.left_over += left;
        if left == 0 {
            return Verdict::Done(now);
        }
        let mut request = body.clone();
        request["RequestItems"] = through;
        Verdict::InPart { request, left_over }
    }

    fn take_for(&mut self, write: &Write, times: f64, now: Instant) -> Result<(), Limit> {
        self.take(&write.table, &write.partition, write.units * times, now)
    }
}

impl Add for Figures {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            conflicts: self.conflicts + other.conflicts,
            throttled: self.throttled + other.throttled,
            left_over: self.left_over + other.left_over,
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { conflicts, throttled, left_over } = self;
        write!(f, "{conflicts} conflicts, {throttled} requests throttled, {left_over} items left over")
    }
}

#[cfg(test)]
mod tests;
