//! The worker against the twins in memory, with tokio's time paused.

use std::fmt::Write;

use imports::{
    creation::submit,
    import::{Import, ImportId, NewImport},
    options::{ImportOptions, OnConflict},
    report::{Action, Report},
    stored::StoredRecord,
    times::{LEASE, WORKER_TIMEOUT},
};
use twins::{
    Call, Fault, Faults, MemoryEvents, MemoryFiles, MemoryImports, MemoryQueue, MemoryRecords,
    fixture::{self, RETENTION, event, id, noon, store},
};
use uuid::Uuid;

use super::*;

mod bulk;
mod by_id;
mod cancelled;
mod claims;
mod codes;
mod drops;
mod events;
mod faults;
mod files;
mod lease;
mod left;
mod options;
mod pace;
mod receipts;
mod results;
mod telemetry;
mod types;
mod warnings;

/// A worker and everything around it.
struct World {
    faults: Faults,
    worker: Worker<MemoryImports, MemoryRecords, MemoryFiles, MemoryQueue, MemoryEvents>,
}

impl World {
    /// A world without a job, at noon.
    fn new() -> Self {
        let fixture::World { faults, imports, records, files, queue, events, telemetry, .. } = fixture::World::new();
        Self {
            faults,
            worker: Worker {
                imports,
                records,
                files,
                queue,
                events,
                retention: RETENTION,
                clock: twins::now,
                beside: |task| task,
                telemetry,
                unreleased: Unreleased::default(),
            },
        }
    }

    /// A world in which a file waits as job 1.
    async fn with(file: impl Into<bytes::Bytes>) -> Self {
        let world = Self::new();
        world.submit(1, file).await;
        world
    }

    /// Makes a job of a file, and wakes the worker.
    async fn submit(&self, number: u128, file: impl Into<bytes::Bytes>) {
        self.submit_with(number, file, ImportOptions::default()).await;
    }

    async fn submit_with(&self, number: u128, file: impl Into<bytes::Bytes>, options: ImportOptions) {
        let file = self.worker.files.store(&number.to_string(), file);
        let new = NewImport { options, ..NewImport::new(id(number), store(), file) };
        submit(&self.worker.imports, &self.worker.queue, new, twins::now()).await.unwrap();
    }

    /// Makes a job of a dropped file, and wakes the worker.
    async fn drop_file(&self, number: u128, name: &str, file: impl Into<bytes::Bytes>) {
        let file = self.worker.files.store(&format!("drops/main/{name}"), file);
        let new = NewImport::new(id(number), store(), file);
        submit(&self.worker.imports, &self.worker.queue, new, twins::now()).await.unwrap();
    }

    /// Handles the next message as Lambda does; `None` when there is none. The answer says whether it is done.
    async fn turn(&self) -> Option<bool> {
        self.turn_with(WORKER_TIMEOUT).await
    }

    async fn turn_with(&self, time: TimeDelta) -> Option<bool> {
        let message = self.worker.queue.receive(twins::now())?;
        let response = self.worker.handle(event(&message), twins::now() + time).await.unwrap();
        let done = response.batch_item_failures.is_empty();
        if done {
            self.worker.queue.delete(&message.receipt_handle);
        }
        Some(done)
    }

    /// Handles messages until none is left, waiting for those that come back.
    async fn run(&self) {
        for _ in 0..1_000 {
            if self.turn().await.is_none() {
                if self.worker.queue.ticks().is_empty() {
                    return;
                }
                pass(TimeDelta::seconds(5)).await;
            }
        }
        panic!("the messages never end");
    }

    /// How many attempts job 1 has used up.
    fn attempts(&self) -> u32 {
        let mut used = None;
        self.worker.imports.each(|import, attempts| used = used.or((import.id == id(1)).then_some(attempts)));
        used.unwrap()
    }

    async fn import(&self, number: u128) -> Import {
        self.worker.imports.get(&store(), id(number), twins::now()).await.unwrap().unwrap()
    }

    /// The job's status and counts, and its error rows: line, code, field, the line to blame.
    async fn outcome(&self, number: u128) -> String {
        let import = self.import(number).await;
        let (uploaded, imported) = (import.tally.uploaded.total(), import.tally.imported.total());
        let mut outcome = format!("{}, {imported} of {uploaded}\n", import.status.as_str());
        let Some(report) = import.report else { return outcome };
        let rows = self.rows(&Report::errors_key(&report.prefix));
        assert_eq!(u64::try_from(rows.len() + usize::from(report.failure.is_some())), Ok(report.errors));
        let blocked = rows.iter().filter(|row| row["meta"]["blocked_by"].is_u64()).count();
        assert_eq!(u64::try_from(blocked), Ok(report.blocked));
        if let Some(failure) = &report.failure {
            let code = serde_json::to_value(failure.code).unwrap();
            writeln!(outcome, "0: {} {}", code.as_str().unwrap(), failure.field).unwrap();
        }
        for row in rows {
            let meta = &row["meta"];
            let blame = meta["blocked_by"].as_u64().map(|line| format!(" because of line {line}")).unwrap_or_default();
            let (line, code) = (&meta["line_number"], meta["code"].as_str().unwrap());
            writeln!(outcome, "{line}: {code} {}{blame}", meta["field"].as_str().unwrap()).unwrap();
        }
        outcome
    }

    /// What became of each line of a job's file: line and action; the failed ones' errors are those of the error rows.
    async fn results(&self, number: u128) -> Vec<(u64, String)> {
        let prefix = self.import(number).await.report.unwrap().prefix;
        let results = self.rows(&Report::results_key(&prefix));
        let is_failed = |row: &&serde_json::Value| row["action"] == "failed";
        let number_of = |errors: &serde_json::Value| errors.as_array().map(Vec::len).unwrap_or_default();
        let errors: usize = results.iter().map(|row| number_of(&row["errors"])).sum();
        assert_eq!(errors, self.rows(&Report::errors_key(&prefix)).len());
        let failed = self.rows(&Report::failed_results_key(&prefix));
        assert!(failed.iter().map(|row| &row["line"]).eq(results.iter().filter(is_failed).map(|row| &row["line"])));
        self.check_actions(number, &results).await;
        for row in &results {
            let is_failed = row["action"] == "failed";
            assert_eq!((row["id"].is_null(), number_of(&row["errors"]) > 0), (is_failed, is_failed), "{row}");
        }
        results.iter().map(|row| (row["line"].as_u64().unwrap(), row["action"].as_str().unwrap().to_owned())).collect()
    }

    /// What the job counts as created, updated and skipped are the lines whose results say so.
    async fn check_actions(&self, number: u128, results: &[serde_json::Value]) {
        let import = self.import(number).await;
        let actions = import.tally.actions;
        for (action, counts) in Action::ALL.iter().zip([actions.created, actions.updated, actions.skipped]) {
            let action: &str = if import.options.dry_run { action.in_dry_run() } else { (*action).into() };
            let found = results.iter().filter(|row| row["action"] == action).count();
            assert_eq!(usize::try_from(counts.total()), Ok(found), "{action}");
        }
    }

    /// The failed lines of a job's file, as they are handed out.
    async fn failed_lines(&self, number: u128) -> bytes::Bytes {
        let prefix = self.import(number).await.report.unwrap().prefix;
        self.worker.files.content(&Report::failed_lines_key(&prefix)).unwrap()
    }

    fn rows(&self, key: &str) -> Vec<serde_json::Value> {
        let rows = self.worker.files.content(key).unwrap();
        rows.split(|byte| *byte == b'\n')
            .filter(|row| !row.is_empty())
            .map(|row| serde_json::from_slice(row).unwrap())
            .collect()
    }

    /// The objects as line, type and name, in the order of the lines.
    fn objects(&self) -> Vec<String> {
        let mut records = self.worker.records.all();
        records.sort_by_key(|record| record.line);
        let show = |record: StoredRecord| {
            format!("{}: {} {}", record.line, record.record_type, record.external_ref.unwrap_or_default())
        };
        records.into_iter().map(show).collect()
    }
}

const POLICIES: [OnConflict; 3] = [OnConflict::Fail, OnConflict::Skip, OnConflict::Update];

/// Lets time pass.
async fn pass(time: TimeDelta) {
    tokio::time::sleep(time.to_std().unwrap()).await;
}

fn product(external_ref: &str) -> String {
    format!(
        "{{\"type\":\"subscription_product\",\"external_ref\":\"{external_ref}\",\"name\":\"Tea {external_ref}\"}}\n"
    )
}

fn plan(external_ref: &str) -> String {
    format!(
        "{{\"type\":\"subscription_plan\",\"external_ref\":\"{external_ref}\",\"name\":\"Monthly\",\
         \"billing_interval_type\":\"month\",\"billing_frequency\":1,\"plan_length\":12,\"end_behavior\":\"roll\",\
         \"can_pause\":true,\"can_resume\":true,\"can_cancel\":false}}\n"
    )
}

fn offering(external_ref: &str, product: &str, plan: &str) -> String {
    format!(
        "{{\"type\":\"subscription_offering\",\"external_ref\":\"{external_ref}\",\"name\":\"Box\",\
         \"products\":[\"{product}\"],\"plans\":[\"{plan}\"]}}\n"
    )
}

fn subscription(external_ref: &str, offering: &str, plan: &str) -> String {
    format!(
        "{{\"type\":\"subscription\",\"external_ref\":\"{external_ref}\",\
         \"account_id\":\"550e8400-e29b-41d4-a716-446655440000\",\"currency\":\"USD\",\"name\":\"Ada Lovelace\",\
         \"email\":\"ada@example.com\",\"manual_payments\":false,\"offering_external_ref\":\"{offering}\",\
         \"plan_id\":\"{plan}\"}}\n"
    )
}

/// A file of so many products.
fn products(count: usize) -> String {
    (0..count).map(|number| product(&number.to_string())).collect()
}

/// A file of so many products without an `external_ref`.
fn unnamed(count: usize) -> String {
    let line = |number| format!("{{\"type\":\"subscription_product\",\"name\":\"Tea {number}\"}}\n");
    (0..count).map(line).collect()
}
