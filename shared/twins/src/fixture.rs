//! What most tests begin with: the clock at noon, a store, a job, a call, and a world with every port in memory.
#![expect(
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::needless_pass_by_value,
    reason = "this is the beginning of tests"
)]

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    api,
    import::{Claim, Ending, Import, ImportFile, ImportId, Lease, NewImport, Outcome, Tally},
    options::{ImportOptions, OnConflict, Unknown},
    ports::Imports,
    report::Report,
    telemetry::Telemetry,
};
use records::StoreId;
use uuid::Uuid;

use crate::{
    Faults, MemoryEvents, MemoryFiles, MemoryForms, MemoryImports, MemoryQueue, MemoryRecords, Received, keep_line,
};

/// How long an ended job is kept.
pub const RETENTION: TimeDelta = TimeDelta::days(90);

/// When every test begins: noon of 29 May 2026.
#[must_use]
pub fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_056_000, 0).unwrap_or_else(|| panic!("noon is no time"))
}

/// The store `main`, of which most tests need no other.
#[must_use]
pub fn store() -> StoreId {
    store_named("main")
}

/// The store of this name.
#[must_use]
pub fn store_named(name: &str) -> StoreId {
    StoreId::from_own_record(name).unwrap_or_else(|| panic!("no store may be called {name:?}"))
}

/// The job id that ends in this number.
#[must_use]
pub const fn id(number: u128) -> ImportId {
    ImportId::new(Uuid::from_u128(number))
}

/// The job with this number, about to be made for store `main` of a dropped file that nobody has put.
#[must_use]
pub fn job(number: u128) -> NewImport {
    NewImport::new(id(number), store(), ImportFile { key: format!("drops/main/{number}"), version: None })
}

/// Every option other than its default.
#[must_use]
pub fn options(external_ref: &str) -> ImportOptions {
    ImportOptions {
        external_ref: Some(external_ref.to_owned()),
        dry_run: true,
        on_conflict: OnConflict::Update,
        unknown: Unknown::Refuse,
    }
}

/// A call for store `main` that says nothing else. Tests add what they need: `Call { body, ..call() }`.
#[must_use]
pub fn call() -> api::Call {
    api::Call {
        store: store(),
        origin: "https://api.example.com".to_owned(),
        path: String::new(),
        id: None,
        query: Vec::new(),
        headers: Vec::new(),
        content_type: None,
        idempotency_key: None,
        if_none_match: None,
        body: Bytes::new(),
    }
}

/// A call of a store for the job that `id` names, whether or not it is the id of one.
#[must_use]
pub fn call_for(store: &str, id: impl ToString) -> api::Call {
    api::Call { store: store_named(store), id: Some(id.to_string()), ..call() }
}

/// A query as a call has it.
#[must_use]
pub fn query(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
    parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// How a job of no records ended.
#[must_use]
pub fn outcome(ending: Ending, report: Report) -> Outcome {
    Outcome { ending, tally: Tally::default(), report, expires_at: noon() + RETENTION, owes_receipt: false }
}

/// The event with which SQS hands a message to the worker.
#[must_use]
pub fn event(message: &Received) -> SqsEvent {
    let mut record = SqsMessage::default();
    record.message_id = Some(message.message_id.clone());
    record.receipt_handle = Some(message.receipt_handle.clone());
    record.attributes.insert("ApproximateReceiveCount".to_owned(), message.receives.to_string());
    record.body = serde_json::to_string(&message.tick).ok();
    let mut event = SqsEvent::default();
    event.records = vec![record];
    event
}

/// Every port in memory. Clones share what is stored.
#[derive(Clone, Debug)]
pub struct World {
    /// What goes wrong in all of them.
    pub faults: Faults,
    pub imports: MemoryImports,
    pub records: MemoryRecords,
    pub files: MemoryFiles,
    pub forms: MemoryForms,
    pub queue: MemoryQueue,
    pub events: MemoryEvents,
    pub telemetry: Telemetry,
}

impl World {
    /// Sets this thread's clock at noon, and begins with nothing stored.
    #[must_use]
    pub fn new() -> Self {
        crate::set_clock(noon());
        Self::with_faults(&Faults::default())
    }

    /// Begins with nothing stored; `faults` befall all calls. The clock stays as it is.
    #[must_use]
    pub fn with_faults(faults: &Faults) -> Self {
        Self {
            imports: MemoryImports::new(faults.clone()),
            records: MemoryRecords::new(faults.clone()),
            files: MemoryFiles::new(faults.clone()),
            forms: MemoryForms::new(faults.clone()),
            queue: MemoryQueue::new(crate::now, faults.clone()),
            events: MemoryEvents::new(faults.clone()),
            telemetry: Telemetry::new("imports".to_owned(), keep_line),
            faults: faults.clone(),
        }
    }

    /// A world in which the job with this number waits since noon.
    pub async fn with_job(number: u128) -> Self {
        let world = Self::new();
        world.create(job(number)).await;
        world
    }

    /// Makes a job at noon.
    pub async fn create(&self, new: NewImport) {
        self.imports.create(new, noon()).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Claims the next job, at noon.
    pub async fn claim(&self) -> (Import, Lease) {
        match self.imports.claim_next(noon()).await {
            Ok(Claim::Run { import, lease, .. }) => (*import, lease),
            other => panic!("no job to run: {other:?}"),
        }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
