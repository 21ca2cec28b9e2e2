//! The service in memory, as Lambda, SQS and the schedule run it.

use std::sync::Arc;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use chrono::{DateTime, TimeDelta, Utc};
use imports::telemetry::Telemetry;
use process_import::Worker;
use twins::{Faults, MemoryFiles, MemoryImports, MemoryQueue, MemoryRecords, Received};

/// The worker with its twins.
pub(crate) type MemoryWorker = Worker<MemoryImports, MemoryRecords, MemoryFiles, MemoryQueue>;

/// How long an ended job is kept.
pub(crate) const RETENTION: TimeDelta = TimeDelta::days(90);

/// A worker whose twins have these faults.
pub(crate) fn worker(faults: &Faults) -> Arc<MemoryWorker> {
    Arc::new(Worker {
        imports: MemoryImports::new(faults.clone()),
        records: MemoryRecords::new(faults.clone()),
        files: MemoryFiles::new(faults.clone()),
        queue: MemoryQueue::new(twins::now, faults.clone()),
        retention: RETENTION,
        telemetry: Telemetry::new("simulation".to_owned(), |_| ()),
        clock: twins::now,
        beside: |task| task,
    })
}

/// When every run begins.
pub(crate) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_056_000, 0).unwrap()
}

/// The event that brings a message.
pub(crate) fn event(message: &Received) -> SqsEvent {
    let mut record = SqsMessage::default();
    record.message_id = Some(message.message_id.clone());
    record.receipt_handle = Some(message.receipt_handle.clone());
    record.body = Some(serde_json::to_string(&message.tick).unwrap());
    let mut event = SqsEvent::default();
    event.records = vec![record];
    event
}
