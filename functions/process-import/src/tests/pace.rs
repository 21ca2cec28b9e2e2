//! Writing to a database that does so much a second and leaves over the rest, in virtual time.

use std::sync::Mutex;

use futures_util::{StreamExt, stream};
use imports::{
    ports::{BatchRead, BatchWrite, PortError, PortResult},
    stored::{Mark, wire_bytes},
};
use records::RecordId;
use tokio::time::{Instant, sleep};

use super::{bulk::record, *};
use crate::bulk::Bulk;

/// A table in parts, each with its share of the objects. It saves up what it does in a tenth of a second.
struct Table(Mutex<State>);

struct State {
    parts: Vec<f64>,
    /// What each part does a second.
    capacity: f64,
    latency: Duration,
    filled: Instant,
    offered: usize,
    written: Vec<usize>,
}

impl Table {
    fn new(parts: usize, capacity: u32) -> Self {
        let capacity = f64::from(capacity);
        Self(Mutex::new(State {
            parts: vec![capacity / 10.0; parts],
            capacity,
            latency: Duration::from_millis(5),
            filled: Instant::now(),
            offered: 0,
            written: vec![0; parts],
        }))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    /// Writes a record, unless its part has done all it does for now.
    fn takes(&mut self, record: &StoredRecord) -> bool {
        let units = wire_bytes(record).div_ceil(1024);
        self.offered += units;
        let time = self.filled.elapsed().as_secs_f64();
        self.filled = Instant::now();
        for part in &mut self.parts {
            *part = (*part + time * self.capacity).min(self.capacity / 10.0);
        }
        let part = usize::try_from(record.id.as_uuid().as_u128() % self.parts.len() as u128).unwrap();
        let takes = self.parts[part] >= units as f64;
        if takes {
            self.parts[part] -= units as f64;
            self.written[part] += units;
        }
        takes
    }
}

impl Records for Table {
    async fn read_batch(&self, _: &[RecordId]) -> PortResult<BatchRead<StoredRecord>> {
        unimplemented!("nothing is read")
    }

    async fn read_marks(&self, _: &[RecordId]) -> PortResult<BatchRead<Mark>> {
        unimplemented!("nothing is read")
    }

    async fn write_batch(&self, records: &[StoredRecord]) -> PortResult<BatchWrite> {
        let latency = self.state().latency;
        sleep(latency).await;
        let mut state = self.state();
        let left: Vec<RecordId> =
            records.iter().filter(|record| !state.takes(record)).map(|record| record.id).collect();
        if left.len() == records.len() {
            return Err(PortError::Transient("throttled".to_owned()));
        }
        Ok(BatchWrite::Written { unprocessed: left })
    }
}

/// What writing took.
struct Cost {
    /// Over the least time that the fullest part of the table can do it in.
    time: f64,
    /// Of what was offered.
    left_over: f64,
    seconds: f64,
}

async fn write(table: &Table, lines: std::ops::Range<u32>) -> Cost {
    let (offered_before, written_before) = {
        let state = table.state();
        (state.offered, state.written.clone())
    };
    let began = Instant::now();
    let bulk = Bulk::new(table);
    let lines: Vec<u32> = lines.collect();
    let batches = stream::iter(lines.chunks(100).map(|lines| lines.iter().map(|line| record(*line)).collect()));
    let written = batches.map(|batch| bulk.write_all(batch)).buffer_unordered(24);
    bulk.serve(written.for_each(async |refused| assert_eq!(refused, Ok(vec![])))).await;
    let seconds = began.elapsed().as_secs_f64();
    let state = table.state();
    let by_part = state.written.iter().zip(&written_before).map(|(after, before)| after - before);
    let written: usize = by_part.clone().sum();
    let offered = state.offered - offered_before;
    let floor = by_part.max().unwrap() as f64 / state.capacity;
    let cost = Cost { time: seconds / floor, left_over: (offered - written) as f64 / written as f64, seconds };
    println!("{} parts of {}: {:.3} of the floor, {:.3} left over, {:.2} s", state.parts.len(), state.capacity, cost.time, cost.left_over, seconds);
    cost
}

#[tokio::test(start_paused = true)]
async fn a_table_at_its_limit_is_kept_there() {
    for (parts, capacity) in [(1, 1_000), (4, 1_000), (1, 4_000), (16, 1_000), (1, 400), (1, 20_000)] {
        let table = Table::new(parts, capacity);
        write(&table, 0..50_000).await;
    }
}

#[tokio::test(start_paused = true)]
async fn plenty() {
    for latency in [1, 5, 20, 50] {
        let table = Table::new(4, 10_000_000);
        table.state().latency = Duration::from_millis(latency);
        write(&table, 0..50_000).await;
    }
}
