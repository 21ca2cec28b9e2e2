//! Items that several want at once: a transaction is refused while another request is at work on one of its items, and a plain
//! write while a transaction is; plain writes wait for each other.

use std::{collections::HashMap, ops::RangeInclusive, time::Duration};

use tokio::time::Instant;

/// How long a plain write has its item: a partition takes a thousand of them a second.
const WRITE: Duration = Duration::from_millis(1);

/// Who is at work on which item, and until when.
#[derive(Debug)]
pub struct Contention {
    /// For how many milliseconds a transaction holds its items.
    hold: RangeInclusive<u64>,
    items: HashMap<String, Busy>,
}

#[derive(Clone, Copy, Debug)]
enum Busy {
    Held(Instant),
    Written(Instant),
}

impl Contention {
    /// Begins with nobody at work.
    #[must_use]
    pub fn new(hold: RangeInclusive<u64>) -> Self {
        Self { hold, items: HashMap::new() }
    }

    /// Lets a transaction over these items in, and says until when it holds them.
    ///
    /// # Errors
    /// When it is refused: for each item, whether another request is at work on it.
    pub fn transact(&mut self, items: &[&str], now: Instant) -> Result<Instant, Vec<bool>> {
        let busy: Vec<bool> = items.iter().map(|item| self.busy(item, now).is_some()).collect();
        if busy.contains(&true) {
            return Err(busy);
        }
        let until = now + Duration::from_millis(fastrand::u64(self.hold.clone()));
        self.items.extend(items.iter().map(|item| ((*item).to_owned(), Busy::Held(until))));
        Ok(until)
    }

    /// Lets a plain write of an item in, and says when it is done; `None` where a transaction holds the item.
    pub fn write(&mut self, item: &str, now: Instant) -> Option<Instant> {
        let begins = match self.busy(item, now) {
            None => now,
            Some(Busy::Written(until)) => until,
            Some(Busy::Held(_)) => return None,
        };
        self.items.insert(item.to_owned(), Busy::Written(begins + WRITE));
        Some(begins + WRITE)
    }

    fn busy(&self, item: &str, now: Instant) -> Option<Busy> {
        let until = |busy: &Busy| match busy {
            Busy::Held(until) | Busy::Written(until) => *until,
        };
        self.items.get(item).copied().filter(|busy| until(busy) > now)
    }
}
