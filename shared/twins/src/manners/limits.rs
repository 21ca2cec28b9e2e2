//! How much a table takes: so many write units a second for each partition key and for all of them, each with a second's worth
//! saved up.

use std::collections::HashMap;

use tokio::time::Instant;

/// What tables take and have taken.
#[derive(Debug)]
pub struct Limits {
    /// Units a second.
    partition: f64,
    table: f64,
    /// By table and partition key; the table's own under none.
    saved: HashMap<(String, Option<String>), Saved>,
}

/// What may be used at once.
#[derive(Clone, Copy, Debug)]
struct Saved {
    units: f64,
    at: Instant,
    /// How many were used up so far.
    used: f64,
}

/// Which limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Partition,
    Table,
}

impl Limit {
    /// The code of a request of which nothing gets through.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Partition => "ProvisionedThroughputExceededException",
            Self::Table => "ThrottlingException",
        }
    }
}

impl Default for Limits {
    /// Those of a new table on demand.
    fn default() -> Self {
        Self::new(1_000.0, 4_000.0)
    }
}

impl Limits {
    /// So many write units a second.
    #[must_use]
    pub fn new(partition: f64, table: f64) -> Self {
        Self { partition, table, saved: HashMap::new() }
    }

    /// Uses units of a partition and of its table.
    ///
    /// # Errors
    /// Where one of them has not so many left; none is used then.
    pub fn take(&mut self, table: &str, partition: &str, units: f64, now: Instant) -> Result<(), Limit> {
        let [of_table, of_partition] = [None, Some(partition.to_owned())].map(|key| (table.to_owned(), key));
        let [left_of_table, left_of_partition] =
            [(&of_table, self.table), (&of_partition, self.partition)].map(|(key, most)| {
                let saved = self.saved.get(key).copied().unwrap_or(Saved { units: most, at: now, used: 0.0 });
                let more = most * now.saturating_duration_since(saved.at).as_secs_f64();
                Saved { units: (saved.units + more).min(most) - units, at: now, used: saved.used + units }
            });
        if left_of_table.units < 0.0 {
            return Err(Limit::Table);
        }
        if left_of_partition.units < 0.0 {
            return Err(Limit::Partition);
        }
        self.saved.insert(of_table, left_of_table);
        self.saved.insert(of_partition, left_of_partition);
        Ok(())
    }

    /// How many units the busiest partition has used.
    #[must_use]
    pub fn most_used(&self) -> f64 {
        let partitions = self.saved.iter().filter(|((_, partition), _)| partition.is_some());
        partitions.map(|(_, saved)| saved.used).fold(0.0, f64::max)
    }
}
