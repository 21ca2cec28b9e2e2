//! How much the table of objects takes: four partitions by the hash of the key, each with so many units a second, and a table's
//! worth for all of them. A tenth of a second is saved up.

use std::time::Instant;

const PARTITIONS: usize = 4;
const WRITES: f64 = 1_000.0;
const READS: f64 = 3_000.0;
const TABLE_WRITES: f64 = 4_000.0;
const TABLE_READS: f64 = 12_000.0;
const SAVED: f64 = 0.1;

/// Units of one kind.
#[derive(Debug)]
pub(super) struct Limit {
    partitions: Vec<Saved>,
    table: Saved,
}

#[derive(Clone, Debug)]
struct Saved {
    rate: f64,
    units: f64,
    at: Instant,
}

impl Limit {
    pub(super) fn of_writes() -> Self {
        Self::new(WRITES, TABLE_WRITES)
    }

    pub(super) fn of_reads() -> Self {
        Self::new(READS, TABLE_READS)
    }

    fn new(partition: f64, table: f64) -> Self {
        Self { partitions: vec![Saved::new(partition); PARTITIONS], table: Saved::new(table) }
    }

    /// Takes the units of an item, if its partition and the table have them.
    pub(super) fn take(&mut self, id: &str, units: u64) -> bool {
        let units = crate::real(units);
        let Some(partition) = self.partitions.get_mut(partition_of(id)) else { return false };
        let is_enough = partition.has(units) && self.table.has(units);
        if is_enough {
            partition.units -= units;
            self.table.units -= units;
        }
        is_enough
    }
}

impl Saved {
    fn new(rate: f64) -> Self {
        Self { rate, units: rate * SAVED, at: Instant::now() }
    }

    /// Whether there is enough. An item larger than what can be saved up takes all of that, and the rest is owed.
    fn has(&mut self, units: f64) -> bool {
        let most = self.rate * SAVED;
        self.units = (self.units + self.rate * self.at.elapsed().as_secs_f64()).min(most);
        self.at = Instant::now();
        self.units >= units.min(most)
    }
}

/// The shortest time in which the table takes all these writes, in seconds.
pub(crate) fn floor<'a>(writes: impl Iterator<Item = (&'a String, &'a u64)>) -> f64 {
    let mut partitions = [0; PARTITIONS];
    for (id, units) in writes {
        if let Some(partition) = partitions.get_mut(partition_of(id)) {
            *partition += units;
        }
    }
    let fullest = crate::real(partitions.into_iter().max().unwrap_or_default());
    let all = crate::real(partitions.into_iter().sum());
    ((fullest / WRITES).max(all / TABLE_WRITES) - SAVED).max(0.0)
}

/// FNV-1a: the same in every run.
fn partition_of(id: &str) -> usize {
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // The upper bits: the lowest ones of ids that differ in one character hardly differ.
    usize::try_from(hash >> 33).unwrap_or_default() % PARTITIONS
}
