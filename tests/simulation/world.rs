//! The worker in memory, as Lambda runs it.

use std::sync::Arc;

use imports::telemetry::Telemetry;
use process_import::{Unreleased, Worker};
use twins::{Faults, MemoryEvents, MemoryFiles, MemoryImports, MemoryQueue, MemoryRecords, fixture::World};

pub(crate) use twins::fixture::{RETENTION, event, noon};

/// The worker with its twins.
pub(crate) type MemoryWorker = Worker<MemoryImports, MemoryRecords, MemoryFiles, MemoryQueue, MemoryEvents>;

/// A worker whose twins have these faults.
pub(crate) fn worker(faults: &Faults) -> Arc<MemoryWorker> {
    let World { imports, records, files, queue, events, .. } = World::with_faults(faults);
    let telemetry = Telemetry::new("simulation".to_owned(), |_| ());
    Arc::new(Worker {
        imports,
        records,
        files,
        queue,
        events,
        retention: RETENTION,
        telemetry,
        clock: twins::now,
        beside: |task| task,
        unreleased: Unreleased::default(),
    })
}
