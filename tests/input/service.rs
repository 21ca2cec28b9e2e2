//! The worker over its twins, from a file to its report.

use std::sync::Arc;

use bytes::Bytes;
use imports::{
    creation::submit,
    import::{Import, NewImport},
    options::ImportOptions,
    ports::Imports,
    report::Report,
    times::WORKER_TIMEOUT,
};
use process_import::Worker;
use serde_json::Value;
use twins::Faults;

use crate::world::{MemoryWorker, event, noon, worker};

pub(crate) use twins::fixture::{id, job, store};

/// A worker, at noon, with nothing stored.
pub(crate) struct Service {
    pub(crate) worker: Arc<MemoryWorker>,
}

/// What a job has reported of its file.
pub(crate) struct Outcome {
    pub(crate) import: Import,
    pub(crate) errors: Vec<Value>,
    pub(crate) results: Vec<Value>,
    pub(crate) failed_results: Vec<Value>,
    pub(crate) failed_lines: Bytes,
}

impl Service {
    pub(crate) fn new() -> Self {
        twins::set_clock(noon());
        Self { worker: worker(&Faults::default()) }
    }

    /// Makes a job of a file and runs it to its end.
    pub(crate) async fn import(&self, number: u128, file: impl Into<Bytes>) -> Outcome {
        self.import_with(ImportOptions::default(), number, file).await
    }

    pub(crate) async fn import_with(&self, options: ImportOptions, number: u128, file: impl Into<Bytes>) -> Outcome {
        let Worker { imports, files, queue, .. } = &*self.worker;
        let new = NewImport { options, file: files.store(&format!("imports/main/{number}"), file), ..job(number) };
        submit(imports, queue, new, twins::now()).await.unwrap();
        let message = queue.receive(twins::now()).unwrap();
        let response = self.worker.handle(event(&message), twins::now() + WORKER_TIMEOUT).await.unwrap();
        assert!(response.batch_item_failures.is_empty(), "the message is done");
        queue.delete(&message.receipt_handle);
        self.outcome(number).await
    }

    async fn outcome(&self, number: u128) -> Outcome {
        let import = self.worker.imports.get(&store(), id(number), twins::now()).await.unwrap().unwrap();
        let prefix = import.report.as_ref().unwrap().prefix.clone();
        Outcome {
            errors: self.rows(&Report::errors_key(&prefix)),
            results: self.rows(&Report::results_key(&prefix)),
            failed_results: self.rows(&Report::failed_results_key(&prefix)),
            failed_lines: self.worker.files.content(&Report::failed_lines_key(&prefix)).unwrap(),
            import,
        }
    }

    fn rows(&self, key: &str) -> Vec<Value> {
        let rows = self.worker.files.content(key).unwrap();
        let rows = rows.split(|byte| *byte == b'\n').filter(|row| !row.is_empty());
        rows.map(|row| serde_json::from_slice(row).unwrap()).collect()
    }
}
