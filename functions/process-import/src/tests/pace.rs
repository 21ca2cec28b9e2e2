//! Writing to a database that does so much a second and leaves over the rest, in virtual time.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use futures_util::{StreamExt, stream};
use imports::{
    ports::{BatchRead, BatchWrite, PortError, PortResult},
    stored::{Mark, wire_bytes},
    used::Used,
};
use records::RecordId;
use tokio::time::{Instant, sleep};

use super::{bulk::record, *};
use crate::{bulk::Bulk, progress::Progress};

const OBJECTS: u32 = 50_000;

/// A table in equal parts, each with its share of the objects. Each saves up what it does in a tenth of a second.
struct Table {
    latency: Duration,
    state: Mutex<State>,
}

struct State {
    /// How many units each part does a second.
    capacity: f64,
    saved: Vec<f64>,
    saved_at: Instant,
    written: Vec<f64>,
    left_over: f64,
}

impl Table {
    fn new(parts: usize, capacity: f64, latency: u64) -> Self {
        let (saved, written) = (vec![capacity / 10.0; parts], vec![0.0; parts]);
        let state = State { capacity, saved, saved_at: Instant::now(), written, left_over: 0.0 };
        Self { latency: Duration::from_millis(latency), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Writes all objects as a job does; gives the seconds that it took.
    async fn fill(&self) -> f64 {
        let began = Instant::now();
        let progress = Progress::default();
        let bulk = Bulk::new(self, &progress);
        let lines: Vec<u32> = (0..OBJECTS).collect();
        let batches = stream::iter(lines.chunks(100).map(|lines| lines.iter().copied().map(record).collect()));
        let writes = batches.map(|batch| bulk.writes.ask(batch)).buffer_unordered(24);
        bulk.serve(writes.for_each(async |refused| assert_eq!(refused, Ok(BTreeMap::new())))).await;
        began.elapsed().as_secs_f64()
    }
}

impl State {
    /// Writes a record, unless its part has done all that it does for now.
    fn takes(&mut self, record: &StoredRecord) -> bool {
        let saved = self.saved_at.elapsed().as_secs_f64() * self.capacity;
        self.saved_at = Instant::now();
        self.saved.iter_mut().for_each(|part| *part = (*part + saved).min(self.capacity / 10.0));
        let units = f64::from(u32::try_from(wire_bytes(record).div_ceil(1024)).unwrap());
        let part = usize::from_str_radix(&record.id.to_string()[34..], 16).unwrap() % self.saved.len();
        let takes = self.saved[part] >= units;
        if takes {
            self.saved[part] -= units;
            self.written[part] += units;
        } else {
            self.left_over += units;
        }
        takes
    }
}

impl Records for Table {
    async fn read_batch(&self, _: &[RecordId]) -> PortResult<BatchRead<StoredRecord>> {
        panic!("nothing is read")
    }

    async fn read_marks(&self, _: &[RecordId]) -> PortResult<BatchRead<Mark>> {
        panic!("nothing is read")
    }

    async fn write_batch(&self, records: &[StoredRecord]) -> PortResult<BatchWrite> {
        sleep(self.latency).await;
        let mut state = self.state();
        let left = records.iter().filter(|record| !state.takes(record)).map(|record| record.id);
        let unprocessed: Vec<RecordId> = left.collect();
        if unprocessed.len() == records.len() {
            return Err(PortError::Transient("throttled".to_owned()));
        }
        Ok(BatchWrite::Written { unprocessed })
    }

    fn used(&self) -> Used {
        Used::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_at_its_limit_is_kept_busy_and_leaves_little_over() {
    for (parts, capacity) in [(4, 1_000.0), (1, 1_000.0), (1, 4_000.0), (16, 1_000.0), (1, 20_000.0)] {
        for latency in [5, 20] {
            let table = Table::new(parts, capacity, latency);
            let seconds = table.fill().await;
            let state = table.state();
            // The fullest part takes longest.
            let floor = state.written.iter().copied().fold(0.0, f64::max) / capacity;
            let (times, left_over) = (seconds / floor, state.left_over / state.written.iter().sum::<f64>());
            println!(
                "{parts} × {capacity} units/s, {latency} ms: {times:.3} times the least time, {:.1} % left over",
                100.0 * left_over
            );
            assert!(times < 1.05, "{times}");
            assert!(left_over < 0.04, "{left_over}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_with_plenty_is_not_slowed() {
    for latency in [5, 20, 50] {
        let seconds = Table::new(4, 1e9, latency).fill().await;
        // 32 calls side by side.
        let least = f64::from(OBJECTS / 25 / 32) * Duration::from_millis(latency).as_secs_f64();
        println!("{latency} ms: {seconds:.2} s of {least:.2}");
        assert!(seconds < least + 0.3, "{latency} ms: {seconds} s, could be {least}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_bad_spell_the_pace_picks_up_again() {
    let table = Table::new(1, 100.0, 5);
    let recover = async {
        sleep(Duration::from_mins(1)).await;
        table.state().capacity = 20_000.0;
    };
    let (seconds, ()) = tokio::join!(table.fill(), recover);
    println!("{seconds:.2} s");
    assert!(seconds < 60.0 + 2.5 + 2.0, "{seconds}");
}
